//! Guessing passwords: slowed down for the guesser, never a way to lock somebody else out for good.

use std::time::Duration;

use auth_server::config::Config;

use crate::harness::{Browser, EMAIL, Options, PASSWORD, Server};
use crate::on_every_storage;

/// A server behind a trusted proxy, so that a test can come from many addresses.
fn behind_a_proxy(configure: fn(&mut Config)) -> Options {
    Options {
        configure,
        ..Options::manual_clock()
    }
}

/// Tries a password from an address; the status.
async fn attempt(server: &Server, address: &str, email: &str, password: &str) -> u16 {
    let browser = server.browser();
    let form = browser.get("/login").await.sign_in_form(email, password);
    let request = browser
        .request(reqwest::Method::POST, "/login")
        .header("x-forwarded-for", address);
    browser.send(request.form(&form.fields)).await.status.as_u16()
}

fn five_per_account_and_address(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.1".to_owned()];
    config.limits.sign_in_failures_per_account_and_address = 5;
    config.limits.sign_in_failures_per_account = 30;
}

/// B8: the sixth guess in a minute is not even looked at; a minute later the right password works.
#[tokio::test]
async fn guesses_for_one_account_are_slowed_and_never_locked() {
    let server = Server::start_with(behind_a_proxy(five_per_account_and_address)).await;
    for _ in 0..5 {
        assert_eq!(attempt(&server, "192.0.2.1", EMAIL, "wrong").await, 401);
    }
    let browser = server.browser();
    let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    let request = browser
        .request(reqwest::Method::POST, "/login")
        .header("x-forwarded-for", "192.0.2.1");
    let page = browser.send(request.form(&form.fields)).await;
    assert_eq!(page.status, 429);
    assert_eq!(page.header("retry-after"), "60");
    assert_eq!(browser.cookie("anteroom_session"), None);
    assert!(page.body.contains("Too many attempts"), "{}", page.body);
    // The same for an account that does not exist: nothing is told by being slowed down.
    for _ in 0..5 {
        assert_eq!(
            attempt(&server, "192.0.2.1", "nobody@example.com", "wrong").await,
            401
        );
    }
    assert_eq!(
        attempt(&server, "192.0.2.1", "nobody@example.com", "wrong").await,
        429
    );
    server.advance(Duration::from_secs(61));
    assert_eq!(attempt(&server, "192.0.2.1", EMAIL, PASSWORD).await, 303);
}

/// B8: however hard one address guesses, the owner signs in from another.
#[tokio::test]
async fn a_stranger_at_one_address_holds_nobody_up() {
    let server = Server::start_with(behind_a_proxy(five_per_account_and_address)).await;
    for n in 0..40 {
        let expected = if n < 5 { 401 } else { 429 };
        assert_eq!(attempt(&server, "192.0.2.1", EMAIL, "wrong").await, expected);
    }
    assert_eq!(attempt(&server, "198.51.100.7", EMAIL, PASSWORD).await, 303);
}

/// B8: guesses spread over many addresses add up, per account; other accounts are not touched; it passes.
#[tokio::test]
async fn guesses_from_many_addresses_add_up() {
    let options = behind_a_proxy(|config| {
        five_per_account_and_address(config);
        config.limits.sign_in_failures_per_account = 8;
    });
    let server = Server::start_with(options).await;
    server.add_user("bob@example.com", PASSWORD).await;
    for n in 0..8 {
        assert_eq!(
            attempt(&server, &format!("192.0.2.{n}"), EMAIL, "wrong").await,
            401
        );
    }
    assert_eq!(attempt(&server, "192.0.2.100", EMAIL, "wrong").await, 429);
    assert_eq!(
        attempt(&server, "192.0.2.0", "bob@example.com", PASSWORD).await,
        303
    );
    server.advance(Duration::from_secs(61));
    assert_eq!(attempt(&server, "192.0.2.100", EMAIL, PASSWORD).await, 303);
}

/// B8: one address that tries many accounts is slowed down too; an IPv6 /64 is one address.
#[tokio::test]
async fn guesses_from_one_address_add_up() {
    let options = behind_a_proxy(|config| {
        config.trusted_proxies = vec!["127.0.0.1".to_owned()];
        config.limits.sign_in_failures_per_address = 4;
    });
    let server = Server::start_with(options).await;
    for n in 0..4 {
        let from = format!("2001:db8:1:2::{n}");
        let email = format!("user{n}@example.com");
        assert_eq!(attempt(&server, &from, &email, "wrong").await, 401);
    }
    assert_eq!(
        attempt(&server, "2001:db8:1:2:ffff::1", EMAIL, PASSWORD).await,
        429
    );
    assert_eq!(attempt(&server, "2001:db8:1:3::1", EMAIL, PASSWORD).await, 303);
    server.advance(Duration::from_secs(61));
    assert_eq!(attempt(&server, "2001:db8:1:2::9", EMAIL, PASSWORD).await, 303);
}

/// B8: a success sets the account's count back, so that a user who mistypes now and then is not held up.
#[tokio::test]
async fn a_success_sets_the_count_back() {
    let server = Server::start_with(behind_a_proxy(five_per_account_and_address)).await;
    for _ in 0..4 {
        for _ in 0..4 {
            assert_eq!(attempt(&server, "192.0.2.1", EMAIL, "wrong").await, 401);
        }
        assert_eq!(attempt(&server, "192.0.2.1", EMAIL, PASSWORD).await, 303);
    }
}

on_every_storage!(
    /// B8: twenty guesses at once are no way around the limit.
    parallel_guesses,
    |server| async move {
        let limit = usize::try_from(server.config.limits.sign_in_failures_per_account_and_address).expect("small");
        let browser = server.browser();
        let form = browser.get("/login").await.sign_in_form(EMAIL, "wrong");
        let attempts = (0..20).map(|_| one(browser.clone(), form.clone()));
        let statuses = futures_util::future::join_all(attempts).await;
        let looked_at = statuses.iter().filter(|status| **status == 401).count();
        assert_eq!(looked_at, limit, "{statuses:?}");
    }
);

async fn one(browser: Browser, form: crate::harness::Form) -> u16 {
    browser.submit_once(&form).await.status.as_u16()
}

/// B13: what a request says of its address does not set the count back, unless a trusted proxy says it.
#[tokio::test]
async fn a_made_up_address_does_not_reset_the_limit() {
    let server = Server::start_with(behind_a_proxy(|config| {
        five_per_account_and_address(config);
        config.trusted_proxies = vec!["10.0.0.0/8".to_owned()];
    }))
    .await;
    for n in 0..8 {
        let browser = server.browser();
        let form = browser.get("/login").await.sign_in_form(EMAIL, "wrong");
        let address = format!("192.0.2.{n}");
        let request = browser
            .request(reqwest::Method::POST, "/login")
            .header("x-forwarded-for", &address)
            .header("x-real-ip", &address)
            .header("forwarded", format!("for={address}"))
            .header("cf-connecting-ip", &address)
            .header("true-client-ip", &address);
        let status = browser.send(request.form(&form.fields)).await.status;
        let expected = if n < 5 { 401 } else { 429 };
        assert_eq!(status, expected, "{n}");
    }
}

/// B13: behind a trusted proxy, only the address that the proxy itself added counts.
#[tokio::test]
async fn only_the_proxys_own_entry_counts() {
    let server = Server::start_with(behind_a_proxy(five_per_account_and_address)).await;
    for n in 0..5 {
        let chain = format!("192.0.2.{n}, junk, 203.0.113.9");
        assert_eq!(attempt(&server, &chain, EMAIL, "wrong").await, 401);
    }
    assert_eq!(
        attempt(&server, "192.0.2.99, 203.0.113.9", EMAIL, PASSWORD).await,
        429
    );
    assert_eq!(
        attempt(&server, "203.0.113.9, 192.0.2.99", EMAIL, PASSWORD).await,
        303
    );
}
