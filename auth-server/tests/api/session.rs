//! The session cookie: new at every sign-in, useless after the sign-out, out of reach of scripts.

use std::process::Command;
use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::second_factor::Remaining;
use auth_server::domain::session::Amr;
use reqwest::Method;

use crate::harness::{Browser, EMAIL, NewApplication, Options, PASSWORD, Server};
use crate::on_every_storage;

const SESSION: &str = "anteroom_session";

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/").await.body.contains(EMAIL)
}

fn with_cookie(server: &Server, value: &str) -> Browser {
    let browser = server.browser();
    browser.plant_cookie(SESSION, value);
    browser
}

/// B1: a cookie that was planted before the sign-in is not the session's afterwards.
#[tokio::test]
async fn a_planted_cookie_is_not_adopted() {
    let server = Server::start().await;
    let victim = with_cookie(&server, "se-planted");
    victim.sign_in(EMAIL, PASSWORD).await;
    assert_ne!(victim.cookie(SESSION).as_deref(), Some("se-planted"));
    assert!(is_signed_in(&victim).await);
    assert!(!is_signed_in(&with_cookie(&server, "se-planted")).await);
}

/// B1: not even a session of the attacker's own, which ends when the victim signs in over it.
#[tokio::test]
async fn a_planted_session_does_not_become_the_victims() {
    let server = Server::start().await;
    server.add_user("mallory@example.com", PASSWORD).await;
    let mallory = server.browser();
    mallory.sign_in("mallory@example.com", PASSWORD).await;
    let planted = mallory.cookie(SESSION).expect("a session");
    let victim = with_cookie(&server, &planted);
    victim.sign_in(EMAIL, PASSWORD).await;
    assert!(is_signed_in(&victim).await);
    let front = mallory.get("/").await;
    assert!(
        !front.body.contains(EMAIL) && !front.body.contains("mallory@"),
        "{}",
        front.body
    );
}

/// B1: signing in again changes the cookie and ends the session before.
#[tokio::test]
async fn a_new_sign_in_has_a_new_cookie() {
    let server = Server::start().await;
    let browser = server.signed_in().await;
    let first = browser.cookie(SESSION).expect("a session");
    browser.sign_in(EMAIL, PASSWORD).await;
    assert_ne!(browser.cookie(SESSION).expect("a session"), first);
    assert!(!is_signed_in(&with_cookie(&server, &first)).await);
}

/// B2: on http, which is for loopback, the cookies are HttpOnly and SameSite.
#[tokio::test]
async fn cookies_on_http() {
    let server = Server::start().await;
    let browser = server.browser();
    let page = browser.get("/login").await;
    let form_cookie = page.set_cookies();
    assert_eq!(form_cookie.len(), 1);
    assert!(form_cookie[0].starts_with("anteroom_form=fo-"), "{form_cookie:?}");
    assert!(
        form_cookie[0].ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{form_cookie:?}"
    );
    let done = browser.submit_once(&page.sign_in_form(EMAIL, PASSWORD)).await;
    let session = &done.set_cookies()[0];
    assert!(session.starts_with("anteroom_session=se-"), "{session}");
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{session}");
    // 256 random bits.
    let value = browser.cookie(SESSION).expect("a session");
    assert!(value.len() >= "se-".len() + 43, "{}", value.len());
}

/// B2: on https they are Secure as well and bound to this host, and only that name is read.
#[tokio::test]
async fn cookies_on_https() {
    let options = Options::configured(|config| "https://auth.example".clone_into(&mut config.issuer_url));
    let server = Server::start_with(options).await;
    // The browser of the tests speaks http, so it keeps no Secure cookie: they are carried by hand.
    let browser = server.browser();
    let page = browser.get("/login").await;
    let form_cookie = page.set_cookies().remove(0);
    assert!(
        form_cookie.starts_with("__Host-anteroom_form=fo-"),
        "{form_cookie}"
    );
    let attributes = "; Path=/; HttpOnly; SameSite=Lax; Secure";
    assert!(form_cookie.ends_with(attributes), "{form_cookie}");
    let pair = form_cookie.split(';').next().expect("a pair");
    let form = page.sign_in_form(EMAIL, PASSWORD);
    let post = |cookie: &str| {
        let request = browser.request(Method::POST, "/login").header("cookie", cookie);
        request
            .header("origin", "https://auth.example")
            .form(&form.fields)
    };
    let unbound = pair.trim_start_matches("__Host-");
    assert_eq!(browser.send(post(unbound)).await.status, 403);
    let done = browser.send(post(pair)).await;
    assert_eq!(done.status, 303);
    let session = done.set_cookies().remove(0);
    assert!(session.starts_with("__Host-anteroom_session=se-"), "{session}");
    assert!(session.ends_with(attributes), "{session}");
    let pair = session.split(';').next().expect("a pair");
    let front = |cookie: &str| browser.send(browser.request(Method::GET, "/").header("cookie", cookie));
    assert!(front(pair).await.body.contains(EMAIL));
    let unbound = pair.trim_start_matches("__Host-");
    assert!(!front(unbound).await.body.contains(EMAIL));
    server.give_app(EMAIL).await;
    let pair = form_cookie.split(';').next().expect("a pair");
    let halfway = browser.send(post(pair)).await;
    let note = halfway.set_cookies().remove(0);
    assert!(note.starts_with("__Host-anteroom_second_factor="), "{note}");
    assert!(note.ends_with(attributes), "{note}");
}

on_every_storage!(
    /// B9: after the sign-out the old cookie is worth nothing.
    a_sign_out_ends_the_session,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.signed_in().await;
        let (request, _) = application.request(&[]);
        browser.approve(&request).await.code();
        let old = browser.cookie(SESSION).expect("a session");
        let form = browser.get("/logout").await.form("/logout");
        let done = browser.submit_once(&form).await;
        assert_eq!(done.status, 200);
        assert!(done.set_cookies()[0].starts_with("anteroom_session=; "), "{:?}", done.set_cookies());
        assert!(done.set_cookies()[0].contains("Max-Age=0"));
        assert_eq!(browser.cookie(SESSION), None);
        let replay = with_cookie(&server, &old);
        assert!(!is_signed_in(&replay).await);
        let page = replay.get_once(&request).await;
        assert!(page.location().expect("a redirect").starts_with("/login?"));
        assert_eq!(server.audit("sign_out").await.len(), 1);
    }
);

/// B9, B3: a link or a form of another site signs nobody out.
#[tokio::test]
async fn a_sign_out_from_elsewhere_is_refused() {
    let server = Server::start().await;
    let browser = server.signed_in().await;
    browser.get("/logout").await;
    assert!(is_signed_in(&browser).await, "a mere visit");
    let form = browser.get("/logout").await.form("/logout");
    let other = server.signed_in().await.get("/logout").await.form("/logout");
    let foreign = other.value("csrf").expect("csrf");
    for wrong in [form.clone().lacking("csrf"), form.clone().with("csrf", foreign)] {
        assert_eq!(browser.submit_once(&wrong).await.status, 403);
    }
    let request = browser
        .request(Method::POST, "/logout")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(browser.send(request.form(&form.fields)).await.status, 403);
    assert!(is_signed_in(&browser).await);
}

/// A session ends by itself when its life is over, to the second.
#[tokio::test]
async fn a_session_expires() {
    let options = Options {
        configure: |config| config.session.lifetime_seconds = 600,
        ..Options::manual_clock()
    };
    let server = Server::start_with(options).await;
    let browser = server.signed_in().await;
    server.advance(Duration::from_secs(599));
    assert!(is_signed_in(&browser).await);
    server.advance(Duration::from_secs(1));
    assert!(!is_signed_in(&browser).await);
}

/// B10, D6: blocking a user, by the command line beside the running server, ends their sessions and tokens;
/// unblocking brings none of them back.
#[tokio::test]
async fn blocking_a_user_ends_sessions_and_tokens() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let (request, verifier) = application.request(&[]);
    let tokens = application
        .exchange(&browser.approve(&request).await.code(), &verifier)
        .await
        .ok();
    let (request, verifier) = application.request(&[]);
    let open_code = browser.approve(&request).await.code();
    for word in ["disable", "enable"] {
        let done = Command::new(env!("CARGO_BIN_EXE_auth-server"))
            .args(["user", word, EMAIL])
            .env("DATABASE_URL", &server.config.database_url)
            .current_dir(server.folder())
            .output()
            .expect("the command runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let old = browser.cookie(SESSION).expect("a session");
        assert!(!is_signed_in(&with_cookie(&server, &old)).await, "{word}");
        assert_eq!(
            application.refresh(tokens.refresh()).await.error(),
            "invalid_grant",
            "{word}"
        );
        assert_eq!(
            server.introspect(tokens.access()).await,
            serde_json::json!({"active": false}),
            "{word}"
        );
        if word == "disable" {
            let form = server.browser().get("/login").await;
            assert_eq!(form.status, 200);
            let stranger = server.browser();
            let form = stranger.get("/login").await.sign_in_form(EMAIL, PASSWORD);
            assert_eq!(stranger.submit_once(&form).await.status, 401);
        }
    }
    assert_eq!(
        application.exchange(&open_code, &verifier).await.error(),
        "invalid_grant"
    );
    server.signed_in().await;
}

on_every_storage!(
    /// B10: a sign-in that was under way when the password was replaced, the user blocked (and let in again) or a first
    /// second factor added ends in no session: what it proved holds no more.
    a_sign_in_under_way_does_not_outlive_a_change,
    |server| async move {
        let services = &server.state.services;
        let accounts = services.accounts();
        let prove = async |password: &str| {
            let known = services.check_password(EMAIL, password, "192.0.2.1", None).await;
            known.expect("the database").expect("the password is right")
        };
        let begin = async |user: &auth_server::domain::user::User, amr: Vec<Amr>| {
            services.begin_session(user, amr, "a browser").await.expect("the stores")
        };
        let known = prove(PASSWORD).await;
        assert!(begin(&known.user, vec![Amr::Pwd]).await.is_some());

        let known = prove(PASSWORD).await;
        let hash = services.passwords.hash("another good password".to_owned()).await.expect("a hash");
        assert!(accounts.set_password(known.user.id, &hash).await.expect("set"));
        assert!(begin(&known.user, vec![Amr::Pwd]).await.is_none());
        assert!(begin(&known.user, vec![Amr::Pwd, Amr::Mfa]).await.is_none());

        let known = prove("another good password").await;
        assert!(accounts.set_disabled(known.user.id, true).await.expect("blocked"));
        assert!(begin(&known.user, vec![Amr::Pwd]).await.is_none());
        assert!(accounts.set_disabled(known.user.id, false).await.expect("let in again"));

        let known = prove("another good password").await;
        assert_eq!(known.remaining, Remaining::Nothing);
        server.give_app(EMAIL).await;
        assert!(begin(&known.user, vec![Amr::Pwd]).await.is_none());
        assert!(begin(&known.user, vec![Amr::Pwd, Amr::Otp, Amr::Mfa]).await.is_some());
        let lines = server.audit("sign_in_failed").await;
        assert_eq!(lines.iter().filter(|line| line.detail.contains("changed while")).count(), 4);
        // Nothing is left of those that were refused.
        assert_eq!(server.sessions(EMAIL).await.len(), 1);
    }
);
