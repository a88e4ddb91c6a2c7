//! Guessing second factors, and ways around them.

use std::time::Duration;

use auth_server::domain::policy::Profile;

use crate::harness::{Browser, EMAIL, NewApplication, Options, PASSWORD, Page, Server};

const STEP: &str = "/login/second-factor";

async fn password(browser: &Browser) -> Page {
    let page = browser.get("/login").await;
    browser.submit(&page.sign_in_form(EMAIL, PASSWORD)).await
}

async fn code(browser: &Browser, page: &Page, code: &str) -> Page {
    browser
        .submit_once(&page.form_with(STEP, "code").with("code", code))
        .await
}

/// B8: codes are counted with passwords, and the right password does not set the count back; a minute later it is
/// over.
#[tokio::test]
async fn guesses_are_slowed() {
    let server = Server::start_with(Options::manual_clock()).await;
    let app = server.give_app(EMAIL).await;
    let browser = server.browser();
    let page = password(&browser).await;
    for guess in 0..4 {
        let answer = code(&browser, &page, &app.wrong_code(&server)).await;
        assert_eq!(answer.status, 401, "{guess}");
    }
    let answer = code(&browser, &page, &app.code(&server, 0)).await;
    assert_eq!(
        answer.status, 429,
        "the sixth attempt of the minute is not looked at"
    );
    assert_eq!(answer.header("retry-after"), "60");
    let again = server.browser();
    let refused = again.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    assert_eq!(again.submit_once(&refused).await.status, 429);
    server.advance(Duration::from_secs(61));
    let answer = code(&browser, &page, &app.code(&server, 0)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// B8: the password in between, however often, gives no more guesses.
#[tokio::test]
async fn the_password_gives_no_more_guesses() {
    let server = Server::start_with(Options::manual_clock()).await;
    let app = server.give_app(EMAIL).await;
    let mut looked_at = 0;
    for _ in 0..6 {
        let browser = server.browser();
        let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
        let page = browser.submit(&form).await;
        if page.status != 200 {
            assert_eq!(page.status, 429);
            continue;
        }
        let answer = code(&browser, &page, &app.wrong_code(&server)).await;
        looked_at += usize::from(answer.status == 401);
    }
    assert_eq!(
        looked_at, 2,
        "five attempts: password, code, password, code, password"
    );
}

/// Six digits are few: by the hour, too, only so many are looked at. A success starts the count anew.
#[tokio::test]
async fn guesses_are_counted_by_the_hour() {
    let options = Options {
        configure: |config| {
            config.limits.sign_in_failures_per_account_and_address = 0;
            config.limits.sign_in_failures_per_account = 0;
            config.limits.second_factor_failures_per_account_and_hour = 6;
        },
        ..Options::manual_clock()
    };
    let server = Server::start_with(options).await;
    let app = server.give_app(EMAIL).await;
    let browser = server.browser();
    let page = password(&browser).await;
    for _ in 0..5 {
        assert_eq!(code(&browser, &page, &app.wrong_code(&server)).await.status, 401);
    }
    assert_eq!(code(&browser, &page, &app.code(&server, 0)).await.status, 303);
    server.advance(Duration::from_secs(30));
    let page = password(&browser).await;
    for _ in 0..6 {
        assert_eq!(code(&browser, &page, &app.wrong_code(&server)).await.status, 401);
    }
    let answer = code(&browser, &page, &app.code(&server, 0)).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "3600");
    server.advance(Duration::from_secs(3601));
    let page = password(&browser).await;
    assert_eq!(code(&browser, &page, &app.code(&server, 0)).await.status, 303);
}

/// What cannot be a code is wrong, never an error.
#[tokio::test]
async fn junk_is_wrong() {
    let server = Server::start_with(Options {
        configure: |config| config.limits.sign_in_failures_per_account_and_address = 0,
        ..Options::manual_clock()
    })
    .await;
    server.give_app(EMAIL).await;
    let browser = server.browser();
    let page = password(&browser).await;
    let long = "1".repeat(10_000);
    for junk in [
        "",
        " ",
        "12345",
        "1234567",
        "abcdef",
        "\u{661}23456",
        "' OR 1=1",
        "-",
        &long,
    ] {
        assert_eq!(code(&browser, &page, junk).await.status, 401, "{junk:?}");
    }
}

/// B7: a wrong password looks the same whether or not there is a second factor.
#[tokio::test]
async fn a_wrong_password_tells_nothing() {
    let server = Server::start_with(Options::manual_clock()).await;
    server.give_app(EMAIL).await;
    server.add_user("bob@example.com", PASSWORD).await;
    let mut pages = Vec::new();
    for email in [EMAIL, "bob@example.com", "nobody@example.com"] {
        let browser = server.browser();
        let form = browser.get("/login").await.sign_in_form(email, "wrong");
        let csrf = form.value("csrf").expect("csrf").to_owned();
        let page = browser.submit_once(&form).await;
        assert_eq!(page.status, 401);
        pages.push(page.body.replace(&csrf, "CSRF").replace(email, "EMAIL"));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
}

/// The password grant is no way around a second factor, and says so to nobody who does not know the password.
#[tokio::test]
async fn the_password_grant_is_no_way_around() {
    let server = Server::start_with(Options::manual_clock()).await;
    server.add_user("bob@example.com", PASSWORD).await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let ask = async |email: &str, password: &str| {
        application
            .token(&[
                ("grant_type", "password"),
                ("username", email),
                ("password", password),
            ])
            .await
    };
    ask(EMAIL, PASSWORD).await.ok();
    server.give_app(EMAIL).await;
    let refused = ask(EMAIL, PASSWORD).await;
    assert_eq!(refused.error(), "invalid_grant");
    let description = refused.body["error_description"]
        .as_str()
        .expect("text")
        .to_owned();
    assert!(description.contains("second factor"), "{description}");
    let wrong = ask(EMAIL, "wrong").await;
    let unknown = ask("nobody@example.com", "wrong").await;
    assert_eq!(wrong.error(), "invalid_grant");
    assert_eq!(wrong.body, unknown.body);
    ask("bob@example.com", PASSWORD).await.ok();
}

/// The same where everybody must have a second factor and somebody has none yet.
#[tokio::test]
async fn the_password_grant_is_no_way_around_the_requirement() {
    let server = Server::start_with(Options {
        configure: |config| {
            config.sign_in.require_second_factor = auth_server::config::Requirement::Everyone;
        },
        ..Options::manual_clock()
    })
    .await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let answer = application
        .token(&[
            ("grant_type", "password"),
            ("username", EMAIL),
            ("password", PASSWORD),
        ])
        .await;
    assert_eq!(answer.error(), "invalid_grant");
}

/// B8: who tries passkeys in vain is slowed down by address, as with passwords.
#[tokio::test]
async fn passkeys_are_not_tried_without_end() {
    let server = Server::start_with(Options {
        configure: |config| {
            config.issuer_url = config.issuer_url.replace("127.0.0.1", "localhost");
            config.limits.sign_in_failures_per_address = 3;
        },
        ..Options::manual_clock()
    })
    .await;
    let mut key = server.give_passkey(EMAIL).await;
    let browser = server.browser();
    let page = browser.get("/login").await;
    let form = page.form_with("/login/passkey", "answer");
    for _ in 0..3 {
        let junk = browser.submit_once(&form.clone().with("answer", "{}")).await;
        assert_eq!(junk.status, 401);
    }
    let good = async |key: &mut crate::harness::Authenticator| {
        let page = browser.get("/login").await;
        let answer = key.get(&page.passkey_options()).to_string();
        let form = page.form_with("/login/passkey", "answer").with("answer", &answer);
        browser.submit_once(&form).await
    };
    let held_up = good(&mut key).await;
    assert_eq!(held_up.status, 429);
    assert_eq!(held_up.header("retry-after"), "60");
    server.advance(Duration::from_secs(61));
    assert_eq!(good(&mut key).await.status, 303);
}
