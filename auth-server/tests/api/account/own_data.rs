//! What is known of a user, and what they set.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use serde_json::Value;

use super::{OTHER, bob, connect};
use crate::harness::{EMAIL, NewApplication, Options, PASSWORD, Server};

/// B10, H3, H5: a copy of everything about the user and nobody else, without any secret, and only shortly after a sign-in.
#[tokio::test]
async fn everything_is_downloaded() {
    let server = Server::start_with(Options {
        configure: |config| config.issuer_url = config.issuer_url.replace("127.0.0.1", "localhost"),
        ..Options::manual_clock()
    })
    .await;
    let application = server
        .application(NewApplication::of(Profile::Standard).name("Planner"))
        .await;
    let app = server.give_app(EMAIL).await;
    server.give_passkey(EMAIL).await;
    let other = bob(&server).await;
    connect(&other, &application).await;
    let browser = server.browser();
    let login = browser.get("/login").await;
    let step = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
    server.advance(Duration::from_secs(30));
    let form = step
        .form_with("/login/second-factor", "code")
        .with("code", &app.code(&server, 0));
    assert_eq!(browser.submit_once(&form).await.status, 303);
    let tokens = connect(&browser, &application).await;
    let page = browser.get("/account/profile").await;
    assert_eq!(page.attributes("a[href='/account/data']", "href").len(), 1);
    let file = browser.get_once("/account/data").await;
    assert_eq!(file.status, 200);
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"account.json\""
    );
    assert_eq!(file.header("content-type"), "application/json");
    assert_eq!(file.header("cache-control"), "no-store");
    let data: Value = serde_json::from_str(&file.body).expect("JSON");
    assert_eq!(data["account"]["email"], EMAIL);
    assert_eq!(data["permissions"][0]["application"], "Planner");
    assert_eq!(data["permissions"].as_array().expect("a list").len(), 1);
    assert_eq!(data["tokens"].as_array().expect("a list").len(), 1);
    assert_eq!(data["sessions"].as_array().expect("a list").len(), 1);
    assert_eq!(
        data["second_factors"]["passkeys"]
            .as_array()
            .expect("a list")
            .len(),
        1
    );
    assert!(data["second_factors"]["authenticator_app"]["created_at"].is_i64());
    assert_eq!(data["second_factors"]["recovery_codes_left"], 10);
    assert_eq!(data["history_is_complete"], true);
    let history = data["history"].as_array().expect("a list");
    assert!(history.iter().any(|line| line["what"] == "consent_granted"));
    let hash = server.user(EMAIL).await.password_hash.expect("a password");
    let cookie = browser.cookie("anteroom_session").unwrap_or_default();
    for secret in [
        tokens.access(),
        tokens.refresh(),
        &hash,
        OTHER,
        "argon2",
        "credential",
    ] {
        assert!(!file.body.contains(secret), "{secret}");
    }
    assert!(cookie.is_empty() || !file.body.contains(&cookie));
    for code in &app.recovery_codes {
        assert!(!file.body.contains(code.as_str()));
    }
    assert_eq!(server.audit("data_downloaded").await.len(), 1);

    server.advance(Duration::from_secs(601));
    let late = browser.get_once("/account/data").await;
    assert_eq!(late.location().as_deref(), Some("/account/profile"));
    let page = browser.get("/account/profile").await;
    assert!(page.attributes("a[href='/account/data']", "href").is_empty());
    assert!(page.body.contains("Confirm that it is you"));
    assert_eq!(server.audit("data_downloaded").await.len(), 1);
}

/// The account's language is kept, and pages follow it; the link that proves the address is sent.
#[tokio::test]
async fn language_and_verification() {
    let server = Server::start_with(Options::manual_clock()).await;
    let browser = server.signed_in().await;
    let page = browser.get("/account/profile").await;
    assert!(page.body.contains("Not confirmed"));
    let form = page.form("/account/profile/language");
    let wrong = browser.submit_once(&form.clone().with("language", "tlh")).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.attributes("#language", "aria-invalid"), ["true"]);
    let french = browser.submit(&form.clone().with("language", "fr")).await;
    assert!(
        french.body.contains("La langue est enregistrée."),
        "{}",
        french.body
    );
    assert_eq!(server.user(EMAIL).await.language.as_deref(), Some("fr"));
    let none = browser.submit(&form.with("language", "")).await;
    assert!(none.body.contains("The language is saved."), "{}", none.body);
    assert_eq!(server.user(EMAIL).await.language, None);
    assert_eq!(server.audit("account_changed").await.len(), 2);
    let sent = browser.submit(&page.form("/account/profile/verify-email")).await;
    assert!(sent.body.contains("A link is on its way"), "{}", sent.body);
    let (messages, _) = server
        .state
        .services
        .outbox(None, None, 10)
        .await
        .expect("messages");
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].recipient, EMAIL);
}
