//! Passkeys (WebAuthn Level 2): after the password, and instead of it; and everything an answer must prove.

use std::time::Duration;

use auth_server::config::Config;
use auth_server::domain::secret::PlainToken;
use auth_server::domain::session::Amr;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Authenticator, Browser, EMAIL, Form, Options, PASSWORD, Page, Server};

const STEP: &str = "/login/second-factor";
const ALONE: &str = "/login/passkey";
const SESSION: &str = "anteroom_session";
const MALLORY: &str = "mallory@example.com";

fn with_a_host_name(config: &mut Config) {
    config.issuer_url = config.issuer_url.replace("127.0.0.1", "localhost");
    config.limits.sign_in_failures_per_account_and_address = 0;
    config.limits.sign_in_failures_per_account = 0;
}

async fn start() -> Server {
    let server = Server::start_with(Options {
        configure: with_a_host_name,
        ..Options::manual_clock()
    })
    .await;
    server.add_user(MALLORY, PASSWORD).await;
    server
}

async fn password(browser: &Browser, email: &str) -> Page {
    let page = browser.get("/login").await;
    browser.submit(&page.sign_in_form(email, PASSWORD)).await
}

async fn is_signed_in(browser: &Browser) -> bool {
    !browser
        .get("/")
        .await
        .attributes("form[action='/logout']", "method")
        .is_empty()
}

async fn amr(server: &Server, browser: &Browser) -> Vec<Amr> {
    let cookie = PlainToken::presented(browser.cookie(SESSION).expect("a session"));
    let session = server.state.services.session(&cookie).await.expect("read");
    session.expect("a session").0.amr
}

/// After the password; the session knows what kind of key it was.
#[tokio::test]
async fn a_passkey_is_a_second_factor() {
    for (synced, kind) in [(false, Amr::Hwk), (true, Amr::Swk)] {
        let server = start().await;
        let mut key = Authenticator::new(&server);
        key.synced = synced;
        server.register(EMAIL, &mut key).await;
        let browser = server.browser();
        let page = password(&browser, EMAIL).await;
        assert_eq!(page.texts("h1"), ["One more step"]);
        assert!(
            page.attributes("#code", "name").is_empty(),
            "there is no app to ask for"
        );
        let options = page.passkey_options();
        let id = URL_SAFE_NO_PAD.encode(&key.credential_id);
        assert_eq!(options["allowCredentials"][0]["id"], id);
        let form = page.form_with(STEP, "answer");
        // The user's own authenticator need not say whose it is.
        key.user_handle = None;
        let answer = key.get(&options).to_string();
        let done = browser.submit_once(&form.with("answer", &answer)).await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert_eq!(amr(&server, &browser).await, [Amr::Pwd, kind, Amr::Mfa]);
        assert_eq!(server.audit("sign_in").await[0].detail, "password and passkey");
    }
}

/// Instead of the password, without an address typed; the session is new (B1).
#[tokio::test]
async fn a_passkey_signs_in_alone() {
    let server = start().await;
    let mut key = server.give_passkey(EMAIL).await;
    let browser = server.browser();
    browser.plant_cookie(SESSION, "se-planted");
    let page = browser.get("/login?return_to=%2Flanguage").await;
    let options = page.passkey_options();
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"], json!([]));
    assert_eq!(options["rpId"], "localhost");
    let form = page.form_with(ALONE, "answer");
    let done = browser
        .submit_once(&form.with("answer", &key.get(&options).to_string()))
        .await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(done.location().as_deref(), Some("/language"));
    assert_ne!(browser.cookie(SESSION).as_deref(), Some("se-planted"));
    assert_eq!(amr(&server, &browser).await, [Amr::Hwk, Amr::Mfa]);
    assert_eq!(server.audit("sign_in").await[0].detail, "passkey");
}

/// An authenticator that does not count is good more than once.
#[tokio::test]
async fn authenticators_without_a_counter() {
    let server = start().await;
    let mut key = Authenticator::new(&server);
    key.counter = None;
    server.register(EMAIL, &mut key).await;
    for _ in 0..3 {
        let browser = server.browser();
        let page = browser.get("/login").await;
        let answer = key.get(&page.passkey_options()).to_string();
        let form = page.form_with(ALONE, "answer").with("answer", &answer);
        assert_eq!(browser.submit_once(&form).await.status, 303);
    }
}

/// What is done to an answer, or to the authenticator that gives it.
type Spoil = fn(&mut Authenticator, &mut Value, &Server);

fn spoilt() -> Vec<(&'static str, &'static str, Spoil)> {
    vec![
        ("origin", "of another site", |key, _, _| {
            key.origin = "https://evil.example".into();
        }),
        ("origin", "another port", |key, _, _| {
            key.origin = "http://localhost:1".into();
        }),
        ("origin", "a host below", |key, _, _| {
            key.origin = key.origin.replace("localhost", "x.localhost");
        }),
        ("", "another RP ID", |key, _, _| {
            key.rp_id = Some("evil.example".to_owned());
        }),
        ("", "another challenge", |_, options, _| {
            options["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        }),
        ("", "no user verification", |key, _, _| key.verifies = false),
        ("compromise", "a counter that stands still", |key, _, _| {
            key.counter = Some(1);
        }),
        ("compromise", "a counter that goes back", |key, _, _| {
            key.counter = Some(0);
        }),
        ("", "an unknown key", |key, _, _| key.credential_id[0] ^= 1),
        ("", "a key of another", |key, _, server| {
            key.key = Authenticator::new(server).key;
        }),
        ("", "another user's name", |key, _, _| {
            key.user_handle = Some(vec![7; 16]);
        }),
        ("", "no user at all", |key, _, _| {
            key.user_handle = Some(Vec::new());
        }),
    ]
}

/// WebAuthn 7.2: origin, RP ID, challenge, verification, counter, key and owner are checked, each by itself. Nothing
/// tells the sender which.
#[tokio::test]
async fn answers_that_prove_nothing() {
    let server = start().await;
    let mut pages = Vec::new();
    for (reason, case, spoil) in spoilt() {
        let key = server.give_passkey(EMAIL).await;
        for alone in [true, false] {
            if !alone && case == "no user at all" {
                continue;
            }
            let browser = server.browser();
            let (page, action) = if alone {
                (browser.get("/login").await, ALONE)
            } else {
                (password(&browser, EMAIL).await, STEP)
            };
            let mut options = page.passkey_options();
            let form = page.form_with(action, "answer");
            // So that the latest line of the audit log is this one's.
            server.advance(Duration::from_secs(1));
            let mut spoilt = key.clone();
            spoil(&mut spoilt, &mut options, &server);
            let answer = spoilt.get(&options).to_string();
            let refused = browser.submit_once(&form.with("answer", &answer)).await;
            assert_eq!(refused.status, 401, "{case}: {}", refused.body);
            assert_eq!(browser.cookie(SESSION), None, "{case}");
            let rows = server.audit("sign_in_failed").await;
            assert!(
                rows[0].detail.starts_with("passkey: "),
                "{case}: {}",
                rows[0].detail
            );
            assert!(
                rows[0].detail.to_lowercase().contains(reason),
                "{case}: {}",
                rows[0].detail
            );
            if alone {
                pages.push(refused.texts("#notice"));
            }
        }
    }
    assert!(pages.iter().all(|texts| *texts == pages[0]), "{pages:?}");
}

/// A challenge is good in its browser, for five minutes, for its purpose, once.
#[tokio::test]
async fn challenges_are_good_once() {
    let server = start().await;
    let mut key = server.give_passkey(EMAIL).await;
    let browser = server.browser();
    let page = browser.get("/login").await;
    let options = page.passkey_options();
    let form = page.form_with(ALONE, "answer");
    let answered =
        |key: &mut Authenticator, form: &Form| form.clone().with("answer", &key.get(&options).to_string());

    let thief = server.browser();
    let own = thief.get("/login").await.form_with(ALONE, "answer");
    let theirs = answered(&mut key, &form).with("csrf", own.value("csrf").expect("csrf"));
    assert_eq!(thief.submit_once(&theirs).await.status, 401, "another browser");

    let second = password(&browser, EMAIL).await;
    let state = second.form_with(STEP, "answer");
    let answer = key.get(&second.passkey_options()).to_string();
    let other = form
        .clone()
        .with("state", state.value("state").expect("state"))
        .with("answer", &answer);
    assert_eq!(browser.submit_once(&other).await.status, 401, "another purpose");

    let forged = format!("{}0", form.value("state").expect("state"));
    let other = answered(&mut key, &form).with("state", &forged);
    assert_eq!(browser.submit_once(&other).await.status, 401, "forged");

    assert_eq!(browser.submit_once(&answered(&mut key, &form)).await.status, 303);
    let again = server.browser();
    again.plant_cookie(
        "anteroom_form",
        &browser.cookie("anteroom_form").expect("a cookie"),
    );
    assert_eq!(
        again.submit_once(&answered(&mut key, &form)).await.status,
        401,
        "used"
    );

    let page = again.get("/login").await;
    let (options, form) = (page.passkey_options(), page.form_with(ALONE, "answer"));
    server.advance(Duration::from_secs(301));
    let late = form.with("answer", &key.get(&options).to_string());
    assert_eq!(again.submit_once(&late).await.status, 401, "too late");
}

/// Of twenty copies of one answer, one signs in: the challenge is used up. Of twenty answers of copies of one
/// authenticator, one signs in: the counter has gone on.
#[tokio::test]
async fn one_answer_at_once() {
    let server = start().await;
    let mut key = server.give_passkey(EMAIL).await;
    let browser = server.browser();
    let page = browser.get("/login").await;
    let answer = key.get(&page.passkey_options()).to_string();
    let form = page.form_with(ALONE, "answer").with("answer", &answer);
    let sent = (0..20).map(|_| browser.submit_once(&form));
    let answers = join_all(sent).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);

    let next = key.counter;
    let mut ready = Vec::new();
    for _ in 0..20 {
        let browser = server.browser();
        let page = browser.get("/login").await;
        key.counter = next;
        let answer = key.get(&page.passkey_options()).to_string();
        ready.push((browser, page.form_with(ALONE, "answer").with("answer", &answer)));
    }
    let answers = join_all(ready.iter().map(|(browser, form)| browser.submit_once(form))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);
}

/// A passkey of one user is none of another's, though it is a good one.
#[tokio::test]
async fn a_passkey_of_somebody_else() {
    let server = start().await;
    server.give_passkey(EMAIL).await;
    let mut foreign = server.give_passkey(MALLORY).await;
    let browser = server.browser();
    let page = password(&browser, EMAIL).await;
    let form = page.form_with(STEP, "answer");
    for handle in [
        foreign.user_handle.clone(),
        None,
        Some(server.user(EMAIL).await.id.as_bytes().to_vec()),
    ] {
        foreign.user_handle = handle;
        let page = browser.get(STEP).await;
        let answer = foreign.get(&page.passkey_options()).to_string();
        let form = form.clone().with(
            "state",
            page.form_with(STEP, "answer").value("state").expect("state"),
        );
        let refused = browser.submit_once(&form.with("answer", &answer)).await;
        assert_eq!(refused.status, 401);
        assert!(!is_signed_in(&browser).await);
        let rows = server.audit("sign_in_failed").await;
        assert_eq!(rows[0].detail, "passkey: it belongs to somebody else");
    }
}

/// B10, S3.6: a blocked user's passkey opens nothing.
#[tokio::test]
async fn a_passkey_of_a_blocked_user() {
    let server = start().await;
    let mut key = server.give_passkey(EMAIL).await;
    server.set_user_disabled(EMAIL, true).await;
    let browser = server.browser();
    let page = browser.get("/login").await;
    let answer = key.get(&page.passkey_options()).to_string();
    let form = page.form_with(ALONE, "answer").with("answer", &answer);
    assert_eq!(browser.submit_once(&form).await.status, 401);
    assert_eq!(browser.cookie(SESSION), None);
}

/// B3 for the passkey's form; junk in it is refused, never an error.
#[tokio::test]
async fn forms_and_junk() {
    let server = start().await;
    let mut key = server.give_passkey(EMAIL).await;
    let browser = server.browser();
    let page = browser.get("/login").await;
    let good = key.get(&page.passkey_options());
    let form = page.form_with(ALONE, "answer").with("answer", &good.to_string());
    assert_eq!(
        browser.submit_once(&form.clone().lacking("csrf")).await.status,
        403
    );
    assert_eq!(
        browser.submit_once(&form.clone().with("csrf", "x")).await.status,
        403
    );
    let mut cut = good.clone();
    cut["response"]["authenticatorData"] = json!("AAAA");
    let mut no_json = good.clone();
    no_json["response"]["clientDataJSON"] = json!("AAAA");
    let deep = "[".repeat(5000);
    for junk in [
        "",
        "{}",
        "null",
        "x",
        &deep,
        &cut.to_string(),
        &no_json.to_string(),
    ] {
        let page = browser.get("/login").await;
        let form = page.form_with(ALONE, "answer").with("answer", junk);
        assert_eq!(browser.submit_once(&form).await.status, 401, "{junk}");
        let form = page
            .form_with(ALONE, "answer")
            .with("state", junk)
            .with("answer", &good.to_string());
        assert_eq!(browser.submit_once(&form).await.status, 401, "{junk}");
    }
}

/// Without a host name there are no passkeys, and the page offers none (WebAuthn 4: an RP ID is a domain).
#[tokio::test]
async fn a_server_without_a_host_name() {
    let server = Server::start().await;
    let page = server.browser().get("/login").await;
    assert!(page.attributes("form[data-passkey]", "action").is_empty());
    assert!(!page.header("content-security-policy").contains("script-src"));
}
