//! `response_mode=form_post` (OAuth 2.0 Form Post Response Mode): the answer travels in a form.

use auth_server::domain::policy::Profile;

use crate::harness::{Form, NewApplication, Page, Server};

const REDIRECT: &str = "https://app.example/callback";

fn answer(page: &Page) -> Form {
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.location(), None);
    page.form(REDIRECT)
}

/// A27: the code is in a form that posts itself to the application, and in no URL.
#[tokio::test]
async fn the_code_travels_in_a_form() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let (request, verifier) = application.request(&[("response_mode", "form_post")]);
    let consent = browser.get(&request).await.consent_form("allow");
    let page = browser.submit_once(&consent).await;
    let form = answer(&page);
    assert_eq!(page.attributes("form", "method"), ["post"]);
    let code = form.value("code").expect("a code");
    assert_eq!(form.value("state"), Some("xyz"));
    assert_eq!(form.value("iss"), Some(server.url.as_str()));
    assert_eq!(page.body.matches(code).count(), 1);
    application.exchange(code, &verifier).await.ok();
    // It posts itself by a script of ours, and works by its button where there are no scripts.
    let scripts = page.attributes("script", "src");
    assert_eq!(scripts.len(), 1);
    assert!(page.texts("script").concat().is_empty(), "inline code");
    let script = browser.get(&scripts[0]).await;
    assert_eq!(script.status, 200);
    assert!(script.body.contains("submit"), "{}", script.body);
    assert_eq!(page.attributes("form button", "type"), ["submit"]);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
}

/// A27, A19, A20: refusals travel the same way, and only after the sign-in.
#[tokio::test]
async fn refusals_travel_in_a_form() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let mode = ("response_mode", "form_post");
    let (request, _) = application.request(&[mode]);
    let deny = browser.get(&request).await.consent_form("deny");
    let form = answer(&browser.submit_once(&deny).await);
    assert_eq!(form.value("error"), Some("access_denied"));
    let (wrong, _) = application.request(&[mode, ("scope", "not:registered")]);
    assert_eq!(
        answer(&browser.get_once(&wrong).await).value("error"),
        Some("invalid_scope")
    );
    let (silent, _) = application.request(&[mode, ("prompt", "none")]);
    let form = answer(&server.browser().get_once(&silent).await);
    assert_eq!(form.value("error"), Some("login_required"));
    assert_eq!(form.value("iss"), Some(server.url.as_str()));
    let page = server.browser().get_once(&wrong).await;
    assert!(page.location().expect("a redirect").starts_with("/login?"));
}

/// A26, A11: whatever state holds, it stays a value.
#[tokio::test]
async fn values_are_escaped() {
    let server = Server::start().await;
    let application = server
        .application(NewApplication::of(Profile::Standard).name("<img src=x onerror=alert(1)>"))
        .await;
    let browser = server.signed_in().await;
    for state in [
        "\"><script>alert(1)</script>",
        "' autofocus onfocus='alert(1)",
        "</form><form action=\"https://evil.example\">",
        "a+b/c==%20&amp;\u{e9}",
        "line\nbreak",
    ] {
        let (request, _) = application.request(&[
            ("response_mode", "form_post"),
            ("state", state),
            ("prompt", "consent"),
        ]);
        let consent = browser.get(&request).await;
        assert_eq!(consent.attributes("img[onerror]", "src"), [""; 0]);
        let page = browser.submit_once(&consent.consent_form("allow")).await;
        assert_eq!(answer(&page).value("state"), Some(state));
        assert_eq!(page.attributes("form", "action"), [REDIRECT]);
        assert_eq!(page.attributes("script", "src").len(), 1);
        assert!(page.texts("script").concat().is_empty());
        assert_eq!(page.attributes("img[onerror]", "src"), [""; 0]);
    }
}
