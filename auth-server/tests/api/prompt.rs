//! `prompt` and `max_age`: when a user must sign in again, and when nothing may be asked.

use std::time::Duration;

use auth_server::domain::policy::Profile;

use crate::harness::{Application, Browser, EMAIL, NewApplication, Options, PASSWORD, Page, Server, claims};

async fn start() -> (Server, Application) {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    (server, application)
}

fn asks_for_password(page: &Page) -> bool {
    page.status == 200
        && !page
            .attributes("form[action='/login'] input[type='password']", "name")
            .is_empty()
}

/// Signs in where asked and allows: the auth_time of the token that comes of it.
async fn auth_time(application: &Application, browser: &Browser, page: Page, verifier: &str) -> i64 {
    let callback = if page.location().is_some() {
        page.callback()
    } else {
        browser.submit(&page.consent_form("allow")).await.callback()
    };
    let tokens = application.exchange(&callback.code(), verifier).await.ok();
    claims(tokens.access())["auth_time"].as_i64().expect("auth_time")
}

/// A20: without a session, or without consent, prompt=none answers with an error and never with a page.
#[tokio::test]
async fn prompt_none_shows_no_page() {
    let (server, application) = start().await;
    let stranger = server.browser();
    let (silent, verifier) = application.request(&[("prompt", "none"), ("scope", "rooms:list")]);
    assert_eq!(
        stranger.get_once(&silent).await.callback().error(),
        "login_required"
    );
    let browser = server.signed_in().await;
    assert_eq!(
        browser.get_once(&silent).await.callback().error(),
        "consent_required"
    );
    let (asked, _) = application.request(&[("scope", "rooms:list")]);
    browser.approve(&asked).await.code();
    let code = browser.get_once(&silent).await.callback().code();
    application.exchange(&code, &verifier).await.ok();
    // What was not allowed before is not given silently either.
    let (more, _) = application.request(&[("prompt", "none"), ("scope", "rooms:list rooms:create")]);
    assert_eq!(
        browser.get_once(&more).await.callback().error(),
        "consent_required"
    );
    server.advance(Duration::from_secs(100));
    let (recent, _) = application.request(&[("prompt", "none"), ("max_age", "99")]);
    assert_eq!(
        browser.get_once(&recent).await.callback().error(),
        "login_required"
    );
}

/// A21: prompt=login and select_account ask for the password although there is a session; auth_time is later.
#[tokio::test]
async fn prompt_login_forces_a_new_sign_in() {
    let (server, application) = start().await;
    let browser = server.signed_in().await;
    let (plain, verifier) = application.request(&[]);
    let page = browser.get(&plain).await;
    let before = auth_time(&application, &browser, page, &verifier).await;
    for prompt in ["login", "select_account", "login consent"] {
        server.advance(Duration::from_secs(30));
        let (request, verifier) = application.request(&[("prompt", prompt)]);
        let login = browser.get(&request).await;
        assert!(asks_for_password(&login), "{prompt}: {}", login.body);
        let page = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
        let after = auth_time(&application, &browser, page, &verifier).await;
        assert_eq!(after, server.state.services.clock.now(), "{prompt}");
        assert!(after > before);
    }
}

/// A21: a wrong password does not pass for the new sign-in, nor does going back to where it leads.
#[tokio::test]
async fn a_forced_sign_in_cannot_be_skipped() {
    let (server, application) = start().await;
    let browser = server.signed_in().await;
    let (plain, _) = application.request(&[]);
    browser.approve(&plain).await.code();
    server.advance(Duration::from_secs(30));
    let (request, _) = application.request(&[("prompt", "login")]);
    let login = browser.get(&request).await;
    let form = login.sign_in_form(EMAIL, "wrong");
    let return_to = form.value("return_to").expect("return_to").to_owned();
    let refused = browser.submit(&form).await;
    assert_eq!(refused.status, 401);
    assert!(asks_for_password(&browser.get(&return_to).await), "skipped");
}

/// A21: the mark of a sign-in done for the request is ours alone to make, and old ones do not count.
#[tokio::test]
async fn a_forged_reauthentication_mark_does_not_pass() {
    let (server, application) = start().await;
    let browser = server.signed_in().await;
    let (plain, _) = application.request(&[]);
    browser.approve(&plain).await.code();
    server.advance(Duration::from_secs(30));
    let (request, _) = application.request(&[("prompt", "login")]);
    let form = browser.get(&request).await.sign_in_form(EMAIL, PASSWORD);
    let ours = form.value("return_to").expect("return_to").to_owned();
    let mark = crate::harness::query(&server.at(&ours), "reauthentication").expect("a mark");
    let (at, mac) = mark.split_once('.').expect("a moment and a hash");
    let zeros = "0".repeat(mac.len());
    for forged in [
        "1",
        "0.",
        ".",
        "true",
        &format!("0.{mac}"),
        &format!("0.{zeros}"),
        &format!("{at}.{zeros}"),
        &format!("-{at}.{mac}"),
        &format!("{at}."),
        &mark,
    ] {
        let page = browser.get(&format!("{request}&reauthentication={forged}")).await;
        assert!(
            asks_for_password(&page),
            "{forged}: {} {}",
            page.status,
            page.body
        );
    }
}

/// A21: max_age counts from the sign-in, to the second.
#[tokio::test]
async fn max_age_forces_a_new_sign_in_once_it_is_over() {
    let (server, application) = start().await;
    let browser = server.signed_in().await;
    let (plain, _) = application.request(&[]);
    browser.approve(&plain).await.code();
    server.advance(Duration::from_mins(1));
    let (recent, _) = application.request(&[("max_age", "60")]);
    browser.get_once(&recent).await.callback().code();
    server.advance(Duration::from_secs(1));
    for max_age in ["60", "0"] {
        let (request, verifier) = application.request(&[("max_age", max_age)]);
        let login = browser.get(&request).await;
        assert!(asks_for_password(&login), "{max_age}");
        let page = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
        let at = auth_time(&application, &browser, page, &verifier).await;
        assert_eq!(at, server.state.services.clock.now(), "{max_age}");
        server.advance(Duration::from_secs(61));
    }
}

/// prompt=consent asks although everything was allowed before.
#[tokio::test]
async fn prompt_consent_asks_again() {
    let (server, application) = start().await;
    let browser = server.signed_in().await;
    let (plain, _) = application.request(&[]);
    browser.approve(&plain).await.code();
    browser.get_once(&plain).await.callback().code();
    let (request, _) = application.request(&[("prompt", "consent")]);
    let page = browser.get(&request).await;
    let asked = page.attributes("form[action='/consent'] input[name='scope']", "value");
    assert_eq!(asked, ["rooms:create", "rooms:list"]);
}
