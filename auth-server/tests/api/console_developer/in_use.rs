//! What a developer sees of an application in use: live authorizations, used secrets, errors.

use auth_server::domain::policy::Profile;
use auth_server::domain::registration::ApplicationChange;
use auth_server::flows::registry::Actor;

use super::{approved, developer, make_secret, path, start, works};
use crate::harness::{NewApplication, within_a_second};

/// What is in use: nobody at first, and when a secret was used last.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let id = approved(&server, &browser, "Calendar").await;
    let here = path(&id, "");
    let counts = async || {
        browser
            .get(&here)
            .await
            .texts("section[aria-labelledby=tokens]")
            .concat()
    };
    assert!(counts().await.contains("Nobody uses the app"));
    let made = make_secret(&browser, &id, &[("action", "add"), ("label", "Production")]).await;
    let secret = made.texts("#secret").remove(0);
    let rows = async || {
        let page = browser.get(&here).await;
        page.texts("section[aria-labelledby=security] tbody tr").concat()
    };
    let unused = rows().await.matches("Never").count();
    assert!(works(&server, &id, &secret).await);
    let state = &server.state;
    state
        .services
        .secret_uses
        .write(&state.services.database)
        .await
        .expect("written");
    assert_eq!(rows().await.matches("Never").count(), unused - 1, "it was used");
}

/// S4.17: developers see how many authorizations of their application live, and how many people are behind them.
#[tokio::test(flavor = "multi_thread")]
async fn live_tokens_are_counted() {
    let server = start().await;
    let (owner, browser) = developer(&server, "dev@example.com").await;
    let app = server.application(NewApplication::of(Profile::Standard)).await;
    let change = ApplicationChange {
        owner_id: Some(Some(owner.id)),
        ..ApplicationChange::default()
    };
    let operator = server.state.services.registry(Actor::command_line());
    operator
        .edit_application(&app.client_id, &change, None)
        .await
        .expect("an owner");
    let counts = async || {
        let page = browser.get(&path(&app.client_id, "")).await;
        page.texts("section[aria-labelledby=tokens] p").concat()
    };
    let none = counts().await;
    assert!(none.contains("Nobody uses"), "{none}");
    app.tokens(&server, &[]).await;
    app.tokens(&server, &[]).await;
    app.token(&[("grant_type", "client_credentials")]).await.access();
    let some = counts().await;
    assert!(some.contains("authorizations: 3"), "{some}");
    assert!(some.contains("behind them: 1"), "{some}");
}

/// Refused requests that name the application are explained to its developer, without the exact reason.
#[tokio::test(flavor = "multi_thread")]
async fn errors_are_explained() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let id = approved(&server, &browser, "Calendar").await;
    let other = approved(&server, &browser, "Other").await;
    assert!(!works(&server, &id, "cs-wrong").await);
    let wrong = format!(
        "/oauth2/authorize?clientId={id}&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code"
    );
    assert_eq!(server.browser().get_once(&wrong).await.status, 400);
    let here = path(&id, "");
    let rows = async |here: &str| {
        let page = browser.get(here).await;
        page.texts("section[aria-labelledby=tokens] tbody tr")
    };
    within_a_second("two requests were refused", async || rows(&here).await.len() == 2).await;
    let shown = rows(&here).await.join(" ");
    assert!(
        shown.contains("The client ID or the secret is not right"),
        "{shown}"
    );
    assert!(shown.contains("The redirect URI is missing"), "{shown}");
    assert!(!shown.contains("evil.example"), "no exact reason");
    assert!(rows(&path(&other, "")).await.is_empty());
}
