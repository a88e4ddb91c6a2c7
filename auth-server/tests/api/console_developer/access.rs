//! Who may use the developer console, and which forms may act.

use auth_server::domain::role::Role;
use reqwest::Method;

use super::{NEW, approved, csrf, developer, path, start, submitted};
use crate::harness::Browser;

/// S4.3, S4.4, H1: every page and form is for users with the developer's role alone; somebody else's application is not
/// there.
#[tokio::test(flavor = "multi_thread")]
async fn pages_and_forms_are_for_developers() {
    let server = start().await;
    let (_, owner) = developer(&server, "dev@example.com").await;
    let (_, stranger) = developer(&server, "other@example.com").await;
    let others = [Role::Admin, Role::Reviewer, Role::Auditor];
    let (_, admin) = server.person("admin@example.com", &others).await;
    let user = server.signed_in().await;
    let id = approved(&server, &owner, "Calendar").await;
    let of_app = ["", "/edit", "/submit", "/withdraw", "/secrets"].map(|rest| path(&id, rest));
    let [show, edit, submit, withdraw, secrets] = of_app;
    let pages = ["/developer".to_owned(), NEW.to_owned(), show, edit.clone()];
    let forms = [
        NEW.to_owned(),
        "/developer/check".to_owned(),
        edit,
        submit,
        withdraw,
        secrets,
    ];
    for page in &pages {
        let anonymous = server.browser().get_once(page).await;
        assert!(
            anonymous.location().expect("a redirect").starts_with("/login?"),
            "{page}"
        );
        for browser in [&user, &admin] {
            assert_eq!(browser.get_once(page).await.status, 403, "{page}");
        }
        assert_eq!(owner.get_once(page).await.status, 200, "{page}");
        let is_foreign = page.contains(&id);
        let status = stranger.get_once(page).await.status;
        assert_eq!(status, if is_foreign { 404 } else { 200 }, "{page}");
    }
    for form in &forms {
        let send = async |browser: &Browser, csrf: &str| {
            let fields = [("csrf", csrf), ("action", "add")];
            let request = browser.request(Method::POST, form).form(&fields);
            browser.send(request).await
        };
        let anonymous = send(&server.browser(), "x").await;
        assert!(
            anonymous.location().expect("a redirect").starts_with("/login?"),
            "{form}"
        );
        for browser in [&user, &admin] {
            assert_eq!(send(browser, "x").await.status, 403, "{form}");
        }
        if form.contains(&id) {
            // A token that fits a form of this name, as a stranger who guesses the id would have it.
            let token = csrf(&server, &stranger, form);
            assert_eq!(send(&stranger, &token).await.status, 404, "{form}");
        }
    }
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(owner.get_once(&path(nobody, "")).await.status, 404);
    assert_eq!(owner.get_once(&path(nobody, "/edit")).await.status, 404);
}

/// H2: no form acts without its token, with another form's, or from another site.
#[tokio::test(flavor = "multi_thread")]
async fn forms_need_their_token() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let id = approved(&server, &browser, "Calendar").await;
    let of_app = ["/edit", "/submit", "/withdraw", "/secrets"].map(|rest| path(&id, rest));
    let other = csrf(&server, &browser, "/developer");
    let actions = [NEW.to_owned(), "/developer/check".to_owned()];
    for action in actions.into_iter().chain(of_app) {
        let fits = csrf(&server, &browser, &action);
        let send = async |token: &str, header: (&str, &str)| {
            let fields = [("csrf", token), ("action", "add")];
            let request = browser.request(Method::POST, &action).header(header.0, header.1);
            browser.send(request.form(&fields)).await.status
        };
        let harmless = ("accept", "text/html");
        assert_ne!(send(&fits, harmless).await, 403, "{action}");
        assert_eq!(send("", harmless).await, 403, "{action}");
        assert_eq!(send(&other, harmless).await, 403, "{action}");
        assert_eq!(
            send(&fits, ("origin", "https://evil.example")).await,
            403,
            "{action}"
        );
        assert_eq!(
            send(&fits, ("sec-fetch-site", "cross-site")).await,
            403,
            "{action}"
        );
    }
}

/// Who had to sign in between a form and its answer comes back to a page.
#[tokio::test(flavor = "multi_thread")]
async fn forms_lead_back_to_their_page() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let id = submitted(&browser, "Calendar").await;
    for rest in ["/submit", "/withdraw", "/secrets"] {
        let back = browser.get_once(&path(&id, rest)).await;
        assert_eq!(back.location(), Some(path(&id, "")), "{rest}");
    }
    let back = browser.get_once("/developer/check").await;
    assert_eq!(back.location().as_deref(), Some("/developer"));
}

/// An id in an address is anybody's text: where only forms lead, it leads back to the page of that id and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_none() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    for id in ["%0A", "%C3%A9", "..%2F..%2Fadmin", "a%3Fb%23c"] {
        for form in ["/submit", "/withdraw", "/secrets"] {
            let back = browser.get_once(&path(id, form)).await;
            assert_eq!(back.status, 303, "{id} {form}");
            assert_eq!(back.location(), Some(path(id, "")), "{form}");
        }
        assert_eq!(browser.get_once(&path(id, "")).await.status, 404, "{id}");
    }
}
