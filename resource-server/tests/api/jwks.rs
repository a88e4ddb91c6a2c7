//! F7: which keys are believed, and when they are fetched.

use std::time::Duration;

use reqwest::StatusCode;
use resource_server::config::Config;
use token_format::key::{Algorithm, SigningKey};
use token_format::sign::ACCESS_TOKEN_TYPE;

use crate::harness::app::ROOMS;
use crate::harness::{App, Engine, Person, eventually};

fn signed_by(key: &SigningKey, person: &Person) -> Person {
    Person {
        token: key.sign(ACCESS_TOKEN_TYPE, &person.claims).unwrap(),
        ..person.clone()
    }
}

fn new_key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

fn aging(config: &mut Config) {
    config.jwks.min_age = Duration::from_millis(100);
}

async fn status(app: &App, person: &Person) -> StatusCode {
    app.get(ROOMS, person).await.status
}

#[tokio::test]
async fn an_unknown_key_has_the_set_fetched_once() {
    let app = App::start(Engine::Sqlite).await;
    let fetches = app.issuer.jwks_fetches();
    let ann = Person::new(&app);
    let (second, stranger) = (new_key(), new_key());
    app.issuer.set_keys([&app.issuer.key, &second]);
    // The new key works at once; then strangers are refused without another fetch, however many.
    assert_eq!(status(&app, &signed_by(&second, &ann)).await, 200);
    assert_eq!(app.issuer.jwks_fetches(), fetches + 1);
    let strangers = (0..20).map(|_| async { status(&app, &signed_by(&stranger, &Person::new(&app))).await });
    for refused in futures_util::future::join_all(strangers).await {
        assert_eq!(refused, 401);
    }
    assert_eq!(app.issuer.jwks_fetches(), fetches + 1);
}

#[tokio::test]
async fn many_unknown_keys_at_once_share_one_fetch() {
    let app = App::start(Engine::Sqlite).await;
    let fetches = app.issuer.jwks_fetches();
    let ann = Person::new(&app);
    let tokens: Vec<_> = (0..10).map(|_| signed_by(&new_key(), &ann)).collect();
    for refused in futures_util::future::join_all(tokens.iter().map(|person| status(&app, person))).await {
        assert_eq!(refused, 401);
    }
    assert_eq!(app.issuer.jwks_fetches(), fetches + 1);
}

#[tokio::test]
async fn after_the_interval_the_set_may_be_fetched_again() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.jwks.min_refetch_interval = Duration::ZERO;
    })
    .await;
    let fetches = app.issuer.jwks_fetches();
    let ann = Person::new(&app);
    for n in 1..=3 {
        assert_eq!(status(&app, &signed_by(&new_key(), &ann)).await, 401);
        assert_eq!(app.issuer.jwks_fetches(), fetches + n);
    }
}

/// The removed key takes its warm tokens with it.
#[tokio::test]
async fn a_removed_key_is_refused_when_its_cache_time_ends() {
    let app = App::start_with(Engine::Sqlite, aging).await;
    app.issuer.set_max_age(0);
    app.issuer.announce_keys();
    let ann = Person::new(&app);
    assert_eq!(status(&app, &ann).await, 200);
    let second = new_key();
    app.issuer.set_keys([&second]);
    eventually(async || match status(&app, &ann).await.as_u16() {
        401 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    assert_eq!(status(&app, &signed_by(&second, &ann)).await, 200);
}

/// The feed's word brings a change at once, long before the cache time ends.
#[tokio::test]
async fn the_feed_announces_new_keys() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    assert_eq!(status(&app, &ann).await, 200);
    app.issuer.set_keys([&new_key()]);
    app.issuer.announce_keys();
    eventually(async || match status(&app, &ann).await.as_u16() {
        401 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
}

#[tokio::test]
async fn while_the_set_cannot_be_fetched_known_keys_go_on_and_unknown_ones_fail_closed() {
    let app = App::start_with(Engine::Sqlite, aging).await;
    app.issuer.set_max_age(0);
    app.issuer.announce_keys();
    app.issuer.set_jwks_down(true);
    let fetches = app.issuer.jwks_fetches();
    // Its cache time ends, and the fetch fails.
    eventually(async || match app.issuer.jwks_fetches() {
        now if now > fetches + 2 => Ok(()),
        now => Err(format!("{now} fetches")),
    })
    .await;
    assert_eq!(status(&app, &Person::new(&app)).await, 200);
    let second = new_key();
    let person = signed_by(&second, &Person::new(&app));
    for _ in 0..3 {
        assert_eq!(status(&app, &person).await, 503);
    }
    app.issuer.set_keys([&app.issuer.key, &second]);
    app.issuer.set_jwks_down(false);
    eventually(async || match status(&app, &person).await.as_u16() {
        200 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
}
