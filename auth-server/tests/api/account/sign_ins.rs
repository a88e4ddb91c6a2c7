//! Sessions, and what happened.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::flows::audit::Subject;
use reqwest::Method;

use super::{FIREFOX, connect};
use crate::harness::{Browser, EMAIL, Form, NewApplication, Options, PASSWORD, Server};

/// Sessions in words; one is ended, then all others, and this one goes on.
#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let server = Server::start_with(Options::manual_clock()).await;
    let (here, one, two) = (
        server.signed_in().await,
        server.browser(),
        server.signed_in().await,
    );
    let form = one.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    let request = one.request(Method::POST, "/login").header("user-agent", FIREFOX);
    assert_eq!(one.send(request.form(&form.fields)).await.status, 303);
    let page = here.get("/account/sessions").await;
    let devices = page.texts(".withdrawable strong");
    assert_eq!(devices.len(), 3, "{devices:?}");
    assert!(devices.contains(&"Firefox, Linux".to_owned()), "{devices:?}");
    assert!(page.body.contains("With your password"));
    assert_eq!(page.texts(".badge-good"), ["This browser"]);
    let first = page.texts(".withdrawable").remove(0);
    assert!(first.contains("This browser"), "{first}");

    let sessions = server.sessions(EMAIL).await;
    let firefox = sessions.iter().find(|session| session.user_agent == FIREFOX);
    let form = page.form("/account/sessions/end");
    let form = form.with("sid", &firefox.expect("the session").sid);
    let done = here.submit_once(&form).await;
    assert_eq!(done.location().as_deref(), Some("/account/sessions?done=session"));
    assert_eq!(one.get_once("/account").await.status, 303);
    assert_eq!(two.get_once("/account").await.status, 200);
    assert_eq!(here.submit_once(&form).await.status, 404, "it is gone");
    let done = here.submit(&page.form("/account/sessions/end-others")).await;
    assert!(done.body.contains("You are signed out everywhere else"));
    assert_eq!(two.get_once("/account").await.status, 303);
    assert_eq!(here.get_once("/account").await.status, 200);
    assert_eq!(server.audit("sign_out").await.len(), 2);
}

/// What happened, in both languages, in parts of fifty, without the words that others left in the log.
#[tokio::test]
async fn history_is_told_in_words() {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server
        .application(NewApplication::of(Profile::Standard).name("Planner"))
        .await;
    let browser = server.browser();
    let wrong = browser.get("/login").await.sign_in_form(EMAIL, "wrong");
    assert_eq!(browser.submit_once(&wrong).await.status, 401);
    browser.sign_in(EMAIL, PASSWORD).await;
    connect(&browser, &application).await;
    let admin = server.add_administrator("root@example.com", PASSWORD).await;
    let registry = server
        .state
        .services
        .registry(auth_server::flows::registry::Actor::user(
            &admin,
            Some("203.0.113.9"),
        ));
    let user = server.user(EMAIL).await;
    let change = auth_server::flows::registry::UserChange {
        name: Some("Alice A".to_owned()),
        ..Default::default()
    };
    registry.edit_user(user.id, &change, None).await.expect("edited");
    let page = browser.get("/account/history").await;
    for text in [
        "You signed in.",
        "A sign-in failed",
        "You allowed an app something.",
        "Planner",
        "An administrator changed your account",
        "127.0.0.1",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    for hidden in ["root@example.com", "203.0.113.9"] {
        assert!(!page.body.contains(hidden), "{hidden}");
    }
    let french = browser
        .request(Method::GET, "/account/history")
        .header("accept-language", "fr");
    assert!(
        browser
            .send(french)
            .await
            .body
            .contains("Vous vous êtes connecté.")
    );

    for _ in 0..60 {
        let subject = Subject {
            user_id: Some(user.id),
            ..Subject::default()
        };
        let kind = auth_server::domain::audit::AuditKind::SignOut;
        server.state.services.audit(kind, subject, "x").await;
    }
    let first = browser.get("/account/history").await;
    assert_eq!(first.texts(".rows .row").len(), 50);
    let older = first.attributes("a.button[href*='after=']", "href").remove(0);
    let second = browser.get(&older).await;
    assert_eq!(
        second.texts(".rows .row").len(),
        14,
        "60, two sign-ins, a consent, an edit"
    );
    assert!(second.attributes("a.button[href*='after=']", "href").is_empty());
}

/// However somebody signs in, a new device is written about.
#[tokio::test]
async fn every_way_of_signing_in_tells_of_a_new_device() {
    const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0";
    const SAFARI: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1";
    let server = Server::start_with(Options {
        configure: |config| config.issuer_url = config.issuer_url.replace("127.0.0.1", "localhost"),
        ..Options::manual_clock()
    })
    .await;
    let send = async |browser: &Browser, form: &Form, agent: &str| {
        let request = browser
            .request(Method::POST, &form.action)
            .header("user-agent", agent);
        let done = browser.send(request.form(&form.fields)).await;
        assert_eq!(done.status, 303, "{}", done.body);
        done.location().expect("a redirect")
    };
    let told = async || {
        let (messages, _) = server
            .state
            .services
            .outbox(None, None, 10)
            .await
            .expect("messages");
        let kind = auth_server::domain::mail::MailKind::NewSignIn;
        messages.iter().filter(|message| message.kind == kind).count()
    };
    server.signed_in().await;
    assert_eq!(told().await, 0, "the first ever");
    let browser = server.browser();
    let login = browser.get("/login").await;
    send(&browser, &login.sign_in_form(EMAIL, PASSWORD), FIREFOX).await;
    assert_eq!(told().await, 1, "a password");

    let app = server.give_app(EMAIL).await;
    let mut key = server.give_passkey(EMAIL).await;
    server.advance(Duration::from_secs(30));
    let browser = server.browser();
    let login = browser.get("/login").await;
    let step = send(&browser, &login.sign_in_form(EMAIL, PASSWORD), EDGE).await;
    assert_eq!(told().await, 1, "half signed in");
    let step = browser.get(&step).await;
    let form = step
        .form_with("/login/second-factor", "code")
        .with("code", &app.code(&server, 0));
    send(&browser, &form, EDGE).await;
    assert_eq!(told().await, 2, "a code");

    let browser = server.browser();
    let login = browser.get("/login").await;
    let answer = key.get(&login.passkey_options()).to_string();
    let form = login
        .form_with("/login/passkey", "answer")
        .with("answer", &answer);
    send(&browser, &form, SAFARI).await;
    assert_eq!(told().await, 3, "a passkey");
}
