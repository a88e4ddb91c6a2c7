//! Limits: failures by address and by account, requests by client; shared by every instance.

use std::time::{Duration, Instant};

use auth_server::config::Config;
use auth_server::domain::policy::Profile;
use reqwest::RequestBuilder;

use crate::harness::{
    Application, Browser, EMAIL, NewApplication, Options, PASSWORD, Page, Server, Tokens, client, read,
};
use crate::on_every_storage;

fn limited(configure: fn(&mut Config)) -> Options {
    Options {
        manual_clock: true,
        configure,
        ..Options::default()
    }
}

fn guess(application: &Application) -> RequestBuilder {
    client()
        .post(format!("{}/oauth2/token", application.url))
        .basic_auth(&application.client_id, Some("guess"))
        .form(&[("grant_type", "client_credentials")])
}

async fn works(application: &Application) -> Tokens {
    application.token(&[("grant_type", "client_credentials")]).await
}

#[track_caller]
fn assert_throttled(answer: &Tokens) {
    assert_eq!(answer.status, 429, "{}", answer.body);
    let wait: u64 = answer.headers["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(answer.headers.contains_key("x-error-id"));
    assert_eq!(answer.headers["cache-control"], "no-store");
}

async fn sign_in(browser: &Browser, email: &str, password: &str) -> Page {
    let form = browser.get("/login").await.sign_in_form(email, password);
    browser.submit_once(&form).await
}

/// B8: guesses at secrets, codes and tokens from one address are refused after the limit, and work again after a
/// minute.
#[tokio::test(flavor = "multi_thread")]
async fn failures_from_one_address() {
    let server = Server::start_with(limited(|config| config.limits.failures_per_address = 3)).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    assert_eq!(read(guess(&application)).await.status, 401);
    assert_eq!(application.refresh("guess").await.status, 400);
    assert_eq!(application.exchange("guess", &"v".repeat(43)).await.status, 400);
    assert_throttled(&read(guess(&application)).await);
    assert_throttled(&works(&application).await);
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        assert_throttled(&application.post(path, &[("token", "x")]).await);
    }
    let feed = client()
        .get(server.at("/oauth2/revocations"))
        .basic_auth(&server.resource.client_id, Some("guess"));
    assert_throttled(&read(feed).await);
    server.advance(Duration::from_secs(61));
    works(&application).await.ok();
}

/// Requests that work, or that fail without guessing at anything, are not counted as failures.
#[tokio::test(flavor = "multi_thread")]
async fn honest_requests_are_not_failures() {
    let server = Server::start_with(limited(|config| config.limits.failures_per_address = 2)).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    for _ in 0..5 {
        works(&application).await.ok();
        assert_eq!(application.token(&[("grant_type", "saml")]).await.status, 400);
        let unknown = application.post("/oauth2/introspect", &[("token", "x")]).await;
        assert_eq!(unknown.status, 200);
    }
}

/// B13: X-Forwarded-For of a peer that is no trusted proxy does not make another address; that of a trusted one
/// does, and only its nearest entry counts.
#[tokio::test(flavor = "multi_thread")]
async fn forwarded_addresses_count_from_trusted_proxies_alone() {
    let from =
        |application: &Application, address: &str| guess(application).header("x-forwarded-for", address);

    let server = Server::start_with(limited(|config| config.limits.failures_per_address = 2)).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(read(from(&application, address)).await.status, 401);
    }
    assert_throttled(&read(from(&application, "192.0.2.3")).await);

    let server = Server::start_with(limited(|config| {
        config.limits.failures_per_address = 2;
        config.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
    }))
    .await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    for made_up in ["198.51.100.1", "198.51.100.2"] {
        let chain = format!("{made_up}, 192.0.2.1");
        assert_eq!(read(from(&application, &chain)).await.status, 401);
    }
    assert_throttled(&read(from(&application, "198.51.100.3, 192.0.2.1")).await);
    assert_eq!(read(from(&application, "192.0.2.2")).await.status, 401);
    // An IPv6 /64 is one address.
    for address in ["2001:db8::1", "2001:db8::2"] {
        assert_eq!(read(from(&application, address)).await.status, 401);
    }
    assert_throttled(&read(from(&application, "2001:db8::3")).await);
    assert_eq!(read(from(&application, "2001:db8:0:1::1")).await.status, 401);
}

/// Requests of one client at the token endpoint, and of one resource server at introspection; others go on.
#[tokio::test(flavor = "multi_thread")]
async fn requests_of_one_client() {
    let server = Server::start_with(limited(|config| {
        config.limits.token_requests_per_client = 3;
        config.limits.introspections_per_client = 2;
    }))
    .await;
    let busy = server.application(NewApplication::of(Profile::Standard)).await;
    let quiet = server.application(NewApplication::of(Profile::Standard)).await;
    for _ in 0..3 {
        works(&busy).await.ok();
    }
    assert_throttled(&works(&busy).await);
    let token = works(&quiet).await.ok();
    for _ in 0..2 {
        assert_eq!(server.introspect(token.access()).await["active"], true);
    }
    let introspection = client()
        .post(server.at("/oauth2/introspect"))
        .basic_auth(&server.resource.client_id, Some(&server.resource_secret))
        .form(&[("token", token.access())]);
    assert_throttled(&read(introspection).await);
    server.advance(Duration::from_secs(61));
    works(&busy).await.ok();
    assert_eq!(server.introspect(token.access()).await["active"], true);
}

/// B8: guesses at one account are held up, with the right password too; a minute later it works: nobody is
/// locked out.
#[tokio::test(flavor = "multi_thread")]
async fn password_guesses_are_held_up_and_nobody_is_locked_out() {
    let server = Server::start_with(limited(|config| {
        config.limits.sign_in_failures_per_account_and_address = 3;
    }))
    .await;
    server.add_user("bob@example.com", PASSWORD).await;
    let browser = server.browser();
    for _ in 0..3 {
        assert_eq!(sign_in(&browser, EMAIL, "guess").await.status, 401);
    }
    let held = sign_in(&browser, EMAIL, PASSWORD).await;
    assert_eq!(held.status, 429);
    assert_eq!(held.header("retry-after"), "60");
    // However the name is written.
    assert_eq!(sign_in(&browser, "ALICE@example.com ", "guess").await.status, 429);
    assert_eq!(sign_in(&browser, "bob@example.com", PASSWORD).await.status, 303);
    server.advance(Duration::from_secs(61));
    assert_eq!(sign_in(&browser, EMAIL, PASSWORD).await.status, 303);
}

/// B8, B7: an account that does not exist is held up just the same.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_accounts_are_held_up_too() {
    let server = Server::start_with(limited(|config| {
        config.limits.sign_in_failures_per_account_and_address = 2;
    }))
    .await;
    let browser = server.browser();
    for _ in 0..2 {
        assert_eq!(sign_in(&browser, "nobody@example.com", "guess").await.status, 401);
    }
    assert_eq!(sign_in(&browser, "nobody@example.com", "guess").await.status, 429);
}

/// The right password sets the account's counts back.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_sets_the_count_back() {
    let server = Server::start_with(limited(|config| {
        config.limits.sign_in_failures_per_account_and_address = 2;
    }))
    .await;
    for _ in 0..3 {
        assert_eq!(sign_in(&server.browser(), EMAIL, "guess").await.status, 401);
        assert_eq!(sign_in(&server.browser(), EMAIL, PASSWORD).await.status, 303);
    }
}

/// B8: one address that tries one password on many accounts; many addresses that try one account.
#[tokio::test(flavor = "multi_thread")]
async fn by_address_and_by_account() {
    let server = Server::start_with(limited(|config| {
        config.limits.sign_in_failures_per_address = 3;
        config.limits.sign_in_failures_per_account = 2;
        config.limits.sign_in_failures_per_account_and_address = 0;
        config.trusted_proxies = vec!["127.0.0.1".to_owned()];
    }))
    .await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let guess = |account: String, address: &'static str| {
        let request = client()
            .post(server.at("/oauth2/token"))
            .basic_auth(&application.client_id, application.secret.as_deref())
            .header("x-forwarded-for", address)
            .form(&[
                ("grant_type", "password"),
                ("username", &account),
                ("password", "guess"),
            ]);
        read(request)
    };
    for account in 0..3 {
        let answer = guess(format!("user{account}@example.com"), "192.0.2.1").await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_grant"));
    }
    // The account counter is raised by one more, which is why the limit is passed and not only reached.
    guess("user3@example.com".to_owned(), "192.0.2.1").await;
    assert_throttled(&guess("user4@example.com".to_owned(), "192.0.2.1").await);
    for address in ["192.0.2.11", "192.0.2.12"] {
        assert_eq!(guess(EMAIL.to_owned(), address).await.status, 400);
    }
    assert_throttled(&guess(EMAIL.to_owned(), "192.0.2.13").await);
}

on_every_storage!(
    /// H10: two instances count together, within a second.
    instances_count_together,
    |unlimited| async move {
        let unlimited = &unlimited;
        let mut config = unlimited.config.clone();
        config.limits.failures_per_address = 8;
        config.limits.sign_in_failures_per_account_and_address = 4;
        let (_one, first) = unlimited.instance_with(&config).await;
        let (_two, second) = unlimited.instance_with(&config).await;
        let application = unlimited
            .application(NewApplication::of(Profile::Standard))
            .await;
        for url in [&first, &second, &first, &second] {
            for _ in 0..2 {
                assert_eq!(read(guess(&application.via(url))).await.status, 401);
            }
            assert_eq!(sign_in(&Browser::new(url), EMAIL, "guess").await.status, 401);
        }
        for url in [&first, &second] {
            // Sign-ins are counted in the store itself, at once.
            assert_eq!(sign_in(&Browser::new(url), EMAIL, PASSWORD).await.status, 429);
            // Other failures are shared a few times a second: here half of them happened elsewhere.
            read(guess(&application.via(url))).await;
            let begun = Instant::now();
            while works(&application.via(url)).await.status != 429 {
                assert!(begun.elapsed() < Duration::from_secs(1), "{url} does not hear of the other");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
);
