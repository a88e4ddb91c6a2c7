//! Passkeys on `/account/security`: added, renamed, removed, and everything a new one must prove.

use std::time::Duration;

use auth_server::config::Config;

use crate::harness::{Authenticator, Browser, Options, PASSWORD, Server};

const PAGE: &str = "/account/security";
const MALLORY: &str = "mallory@example.com";

fn with_a_host_name(config: &mut Config) {
    config.issuer_url = config.issuer_url.replace("127.0.0.1", "localhost");
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

fn below(path: &str) -> String {
    format!("{PAGE}/{path}")
}

/// Several passkeys with names; a stranger's hand changes none of them (H1).
#[tokio::test]
async fn passkeys_are_added_renamed_and_removed() {
    let server = start().await;
    let browser = server.signed_in().await;
    let add = async |browser: &Browser, key: &mut Authenticator, name: &str| {
        // The list is in the order of seconds.
        server.advance(Duration::from_secs(1));
        let page = browser.get(PAGE).await;
        let answer = key.create(&page.passkey_options()).to_string();
        let form = page.form_with(&below("passkeys"), "answer").with("name", name);
        browser.submit_once(&form.with("answer", &answer)).await
    };
    let (mut first, mut second) = (Authenticator::new(&server), Authenticator::new(&server));
    let done = add(&browser, &mut first, "Blue key").await;
    assert_eq!(done.texts(".recovery-codes code").len(), 10);
    let done = add(&browser, &mut second, " Laptop ").await;
    assert_eq!(done.location().as_deref(), Some("/account/security?done=passkey"));
    let page = browser.get(PAGE).await;
    assert_eq!(page.texts(".row .name"), ["Blue key", "Laptop"]);
    let excluded = &page.passkey_options()["excludeCredentials"];
    assert_eq!(excluded.as_array().expect("a list").len(), 2);

    // The same authenticator again, or another's account: refused.
    let again = add(&browser, &mut first, "Again").await;
    assert_eq!(again.status, 422);
    let mallory = server.browser();
    let login = mallory.get("/login").await;
    mallory.submit(&login.sign_in_form(MALLORY, PASSWORD)).await;
    assert_eq!(add(&mallory, &mut first.clone(), "Mine").await.status, 422);
    for name in ["", " ", "a\u{7}b", &"x".repeat(61)] {
        let mut third = Authenticator::new(&server);
        assert_eq!(add(&browser, &mut third, name).await.status, 422, "{name:?}");
    }

    let actions = page.attributes(".row form", "action");
    let rename = page.form(&actions[0]).with("name", "Green key");
    let theirs = mallory.get(PAGE).await.form(&below("password"));
    let theirs = theirs.value("csrf").expect("csrf").to_owned();
    for action in ["rename", "remove"] {
        let foreign = rename.clone().with("csrf", &theirs).with("action", action);
        assert_eq!(mallory.submit_once(&foreign).await.status, 404, "{action}");
    }
    let renamed = browser.submit_once(&rename).await;
    assert_eq!(
        renamed.location().as_deref(),
        Some("/account/security?done=passkey-renamed")
    );
    let empty = browser.submit_once(&rename.clone().with("name", "")).await;
    assert_eq!(empty.status, 422);
    let removed = browser.submit_once(&rename.with("action", "remove")).await;
    assert_eq!(
        removed.location().as_deref(),
        Some("/account/security?done=passkey-removed")
    );
    assert_eq!(browser.get(PAGE).await.texts(".row .name"), ["Laptop"]);

    // A removed passkey opens nothing, the other does.
    for (key, status) in [(&mut first, 401), (&mut second, 303)] {
        let browser = server.browser();
        let page = browser.get("/login").await;
        let answer = key.get(&page.passkey_options()).to_string();
        let form = page.form_with("/login/passkey", "answer").with("answer", &answer);
        assert_eq!(browser.submit_once(&form).await.status, status);
    }
}

/// WebAuthn 7.1: a new passkey proves challenge, origin, RP ID and verification; its set-up is good once and in its
/// session.
#[tokio::test]
async fn new_passkeys_that_prove_nothing() {
    type Spoil = fn(&mut Authenticator, &mut serde_json::Value);
    let server = start().await;
    let browser = server.signed_in().await;
    let cases: [(&str, Spoil); 5] = [
        ("origin", |key, _| key.origin = "https://evil.example".into()),
        ("RP ID", |key, _| key.rp_id = Some("evil.example".to_owned())),
        ("challenge", |_, options| {
            options["challenge"] = serde_json::json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        }),
        ("verification", |key, _| key.verifies = false),
        ("nothing", |_, _| {}),
    ];
    for (case, spoil) in cases {
        let page = browser.get(PAGE).await;
        let mut key = Authenticator::new(&server);
        let mut options = page.passkey_options();
        spoil(&mut key, &mut options);
        let answer = key.create(&options).to_string();
        let form = page
            .form_with(&below("passkeys"), "answer")
            .with("name", "Key")
            .with("answer", &answer);
        let expected = if case == "nothing" { 200 } else { 422 };
        assert_eq!(browser.submit_once(&form).await.status, expected, "{case}");
        let again = browser.submit_once(&form).await;
        assert_eq!(again.status, 422, "{case}, again");
        let another = Authenticator::new(&server)
            .create(&page.passkey_options())
            .to_string();
        let another = browser.submit_once(&form.with("answer", &another)).await;
        assert_eq!(another.status, 422, "{case}, a second answer to one challenge");
    }
    let page = browser.get(PAGE).await;
    let answer = Authenticator::new(&server)
        .create(&page.passkey_options())
        .to_string();
    let form = page
        .form_with(&below("passkeys"), "answer")
        .with("name", "Key")
        .with("answer", &answer);
    let mallory = server.browser();
    let login = mallory.get("/login").await;
    mallory.submit(&login.sign_in_form(MALLORY, PASSWORD)).await;
    let theirs = mallory.get(PAGE).await.form(&below("password"));
    let stolen = form.with("csrf", theirs.value("csrf").expect("csrf"));
    assert_eq!(
        mallory.submit_once(&stolen).await.status,
        422,
        "another session's"
    );
}
