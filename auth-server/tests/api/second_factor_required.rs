//! Where a second factor is required, whoever has none sets one up right after the password.

use auth_server::config::{Config, Requirement};

use crate::harness::{App, Authenticator, Browser, EMAIL, Options, PASSWORD, Page, Server};

const SET_UP: &str = "/login/second-factor/set-up";

fn required(configure: fn(&mut Config)) -> Options {
    Options {
        configure,
        ..Options::manual_clock()
    }
}

fn everyone(config: &mut Config) {
    config.issuer_url = config.issuer_url.replace("127.0.0.1", "localhost");
    config.sign_in.require_second_factor = Requirement::Everyone;
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

/// The app is added by its code, the recovery codes are shown once, and from the next sign-in on it is asked for.
#[tokio::test]
async fn an_app_is_set_up_on_the_way() {
    let server = Server::start_with(required(everyone)).await;
    let browser = server.browser();
    let page = password(&browser, EMAIL).await;
    assert_eq!(page.texts("h1"), ["Protect your account"]);
    assert!(!is_signed_in(&browser).await);
    let app = App::new(&page.texts("code.secret-key")[0]);
    let picture = page.attributes("img.qr", "src");
    assert!(
        picture[0].starts_with("data:image/svg+xml;base64,"),
        "{picture:?}"
    );
    let form = page.form_with(SET_UP, "code");
    let wrong = browser
        .submit_once(&form.clone().with("code", &app.wrong_code(&server)))
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(
        wrong.texts("code.secret-key"),
        page.texts("code.secret-key"),
        "the same key again"
    );
    assert!(!is_signed_in(&browser).await);
    let done = browser
        .submit_once(&form.clone().with("code", &app.code(&server, 0)))
        .await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.texts(".recovery-codes code").len(), 10);
    assert!(is_signed_in(&browser).await);
    let again = browser
        .submit_once(&form.with("code", &app.code(&server, 0)))
        .await;
    assert_eq!(again.status, 303, "the set-up is over");
    let page = password(&server.browser(), EMAIL).await;
    assert_eq!(page.texts("h1"), ["One more step"]);
}

/// The same with a passkey.
#[tokio::test]
async fn a_passkey_is_set_up_on_the_way() {
    let server = Server::start_with(required(everyone)).await;
    let browser = server.browser();
    let page = password(&browser, EMAIL).await;
    let mut key = Authenticator::new(&server);
    let answer = key.create(&page.passkey_options()).to_string();
    let form = page.form_with(SET_UP, "answer").with("answer", &answer);
    let nameless = browser.submit_once(&form.clone().with("name", " ")).await;
    assert_eq!(nameless.status, 422);
    let done = browser.submit_once(&form.with("name", "Blue key")).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(is_signed_in(&browser).await);
    let user = server.user(EMAIL).await;
    let factors = server.state.services.second_factors(user.id).await.expect("read");
    assert_eq!(factors.passkeys[0].name, "Blue key");
}

/// Who has given the password alone can add nothing to an account that has a factor by now.
#[tokio::test]
async fn the_set_up_adds_the_first_factor_alone() {
    let server = Server::start_with(required(everyone)).await;
    let thief = server.browser();
    let page = password(&thief, EMAIL).await;
    let app = App::new(&page.texts("code.secret-key")[0]);
    let mut key = Authenticator::new(&server);
    let answer = key.create(&page.passkey_options()).to_string();
    server.give_app(EMAIL).await;
    for form in [
        page.form_with(SET_UP, "code").with("code", &app.code(&server, 0)),
        page.form_with(SET_UP, "answer")
            .with("answer", &answer)
            .with("name", "Key"),
    ] {
        let refused = thief.submit_once(&form).await;
        assert_eq!(refused.status, 303);
        assert!(!is_signed_in(&thief).await);
    }
    let user = server.user(EMAIL).await;
    let factors = server.state.services.second_factors(user.id).await.expect("read");
    assert!(factors.passkeys.is_empty());
}

/// Only those it is required of are asked.
#[tokio::test]
async fn administrators_alone() {
    let options = required(|config| config.sign_in.require_second_factor = Requirement::Administrators);
    let server = Server::start_with(options).await;
    assert!(is_signed_in(&server.signed_in().await).await);
    server.add_administrator("root@example.com", PASSWORD).await;
    let page = password(&server.browser(), "root@example.com").await;
    assert_eq!(page.texts("h1"), ["Protect your account"]);
    // Without a host name there are no passkeys.
    assert!(page.attributes("form[data-passkey]", "action").is_empty());
}
