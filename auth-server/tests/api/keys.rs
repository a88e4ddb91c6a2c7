//! `GET /oauth2/jwks`, and the life of signing keys.

use std::time::Duration;

use auth_server::config::Config;
use auth_server::domain::clock::Clock;
use auth_server::domain::policy::{MAX_ACCESS_SECONDS, Profile};
use auth_server::state::AppState;
use auth_server::store::sql::keys as rows;
use serde_json::Value;
use token_format::key::Algorithm;
use token_format::verify::LEEWAY_SECONDS;

use crate::harness::{Application, NewApplication, Options, Server, client};

const PUBLISH_BEFORE_USE: i64 = 900;

async fn jwks(server: &Server) -> Vec<Value> {
    let answer = client()
        .get(server.at("/oauth2/jwks"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let cache = answer.headers()["cache-control"].to_str().expect("text");
    assert!(cache.starts_with("public, max-age="), "{cache}");
    let body: Value = answer.json().await.expect("JSON");
    body["keys"].as_array().expect("keys").clone()
}

async fn kids(server: &Server) -> Vec<String> {
    let keys = jwks(server).await;
    keys.iter()
        .map(|key| key["kid"].as_str().expect("a kid").to_owned())
        .collect()
}

fn header(token: &str) -> Value {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = token.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

async fn token(application: &Application) -> String {
    let answer = application.token(&[("grant_type", "client_credentials")]).await;
    answer.ok().access().to_owned()
}

fn kid_of(token: &str) -> String {
    header(token)["kid"].as_str().expect("a kid").to_owned()
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).expect("positive"))
}

/// G1, G3: public members alone, `kid` unique and the RFC 7638 thumbprint, `alg` what tokens are signed with.
#[tokio::test(flavor = "multi_thread")]
async fn only_public_members_are_shown() {
    let configure: [(fn(&mut Config), &str, &[&str]); 3] = [
        (|_| {}, "ES256", &["alg", "crv", "kid", "kty", "use", "x", "y"]),
        (
            |config| config.tokens.signing_algorithm = Algorithm::EdDsa,
            "EdDSA",
            &["alg", "crv", "kid", "kty", "use", "x"],
        ),
        (
            |config| config.tokens.signing_algorithm = Algorithm::Rs256,
            "RS256",
            &["alg", "e", "kid", "kty", "n", "use"],
        ),
    ];
    for (configure, algorithm, members) in configure {
        let server = Server::start_with(Options::configured(configure)).await;
        let keys = jwks(&server).await;
        assert_eq!(keys.len(), 1);
        let names: Vec<_> = keys[0].as_object().expect("an object").keys().collect();
        assert_eq!(names, members);
        assert_eq!(keys[0]["alg"], algorithm);
        assert_eq!(keys[0]["use"], "sig");
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let token = token(&application).await;
        assert_eq!(header(&token)["alg"], algorithm);
        assert_eq!(header(&token)["kid"], keys[0]["kid"]);
        assert_eq!(server.introspect(&token).await["active"], true);
    }
}

/// G4: a new key is published before it signs; the old one stays until its last token has expired, then goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_published_before_use_and_kept_until_its_last_token_has_expired() {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let services = &server.state.services;
    let old = kids(&server).await.remove(0);
    let now = services.clock.now();
    let new = services
        .keys
        .rotate(Algorithm::Es256, now + PUBLISH_BEFORE_USE, now)
        .await
        .expect("rotated");
    assert_eq!(kids(&server).await, [old.clone(), new.clone()]);
    assert_eq!(
        kid_of(&token(&application).await),
        old,
        "published, not yet signing"
    );

    server.advance(seconds(PUBLISH_BEFORE_USE - 1));
    let last = token(&application).await;
    assert_eq!(kid_of(&last), old);
    server.advance(seconds(1));
    assert_eq!(kid_of(&token(&application).await), new);
    assert_eq!(
        server.introspect(&last).await["active"],
        true,
        "its token lives on"
    );

    server.advance(seconds(MAX_ACCESS_SECONDS + LEEWAY_SECONDS - 1));
    assert_eq!(
        services
            .keys
            .delete_retired(services.clock.now())
            .await
            .expect("SQL"),
        0
    );
    assert_eq!(kids(&server).await, [old, new.clone()]);
    server.advance(seconds(1));
    assert_eq!(kids(&server).await, [new.clone()], "no longer published");
    assert_eq!(
        services
            .keys
            .delete_retired(services.clock.now())
            .await
            .expect("SQL"),
        1
    );
    let left: Vec<_> = rows::all(&services.database).await.expect("SQL");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].kid, new);
}

/// G4: rotation by schedule happens once, early enough for the new key to be known when it signs.
#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_when_due_and_once() {
    let server = Server::start_with(Options::manual_clock()).await;
    let keys = &server.state.services.keys;
    let rotate_after = 7_776_000;
    let due = async |rotate_after| {
        let now = server.state.services.clock.now();
        keys.rotate_when_due(Algorithm::Es256, rotate_after, PUBLISH_BEFORE_USE, now)
            .await
            .expect("SQL")
    };
    assert!(!due(rotate_after).await);
    server.advance(seconds(rotate_after - PUBLISH_BEFORE_USE - 1));
    assert!(!due(rotate_after).await, "a second too early");
    server.advance(seconds(1));
    assert!(!due(0).await, "0 turns it off");
    assert!(due(rotate_after).await);
    assert!(!due(rotate_after).await, "a successor waits already");
    let current = keys.current();
    let now = server.state.services.clock.now();
    let starts: Vec<_> = current
        .states(now)
        .map(|(key, _)| key.active_from - now)
        .collect();
    assert_eq!(starts, [PUBLISH_BEFORE_USE - rotate_after, PUBLISH_BEFORE_USE]);
}

/// G4: a rotation at once, while another key waits for its turn, does not retire the one that waits: it signs
/// later, and stays published for as long as it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_key_outlives_a_rotation_at_once() {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let services = &server.state.services;
    let now = services.clock.now();
    let waiting = services
        .keys
        .rotate(Algorithm::Es256, now + PUBLISH_BEFORE_USE, now)
        .await
        .expect("rotated");
    let at_once = services
        .keys
        .rotate(Algorithm::Es256, now, now)
        .await
        .expect("rotated");
    assert_eq!(kid_of(&token(&application).await), at_once);
    server.advance(seconds(PUBLISH_BEFORE_USE));
    assert_eq!(kid_of(&token(&application).await), waiting);
    server.advance(seconds(MAX_ACCESS_SECONDS + LEEWAY_SECONDS));
    services
        .keys
        .delete_retired(services.clock.now())
        .await
        .expect("SQL");
    services.keys.reload().await.expect("SQL");
    let signed_by = kid_of(&token(&application).await);
    assert_eq!(signed_by, waiting);
    assert_eq!(kids(&server).await, [waiting]);
}

/// G4, H4: with a key encryption key, private keys are not readable in the database, and only the same key opens
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn private_keys_are_encrypted_with_the_configured_key() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let server = Server::start_with(Options::configured(|config| {
        config.key_encryption_key = STANDARD.encode([7; 32]);
    }))
    .await;
    let services = &server.state.services;
    let current = services.keys.current();
    let signing = current.signing(services.clock.now()).expect("a key");
    let private = signing.key.pkcs8();
    for row in rows::all(&services.database).await.expect("SQL") {
        assert!(row.encrypted);
        let stored = STANDARD.decode(&row.private_key).expect("base64");
        assert!(
            !stored
                .windows(32)
                .any(|bytes| private.windows(32).any(|known| known == bytes))
        );
    }

    let reopen = async |key: &str| {
        let mut config = server.config.clone();
        config.key_encryption_key = key.to_owned();
        match AppState::open(&config, Clock::System).await {
            Ok(state) => Ok(state
                .services
                .keys
                .current()
                .jwks(state.services.clock.now())
                .keys
                .len()),
            Err(error) => Err(error.to_string()),
        }
    };
    assert_eq!(reopen(&STANDARD.encode([7; 32])).await, Ok(1));
    let wrong = reopen(&STANDARD.encode([8; 32])).await.expect_err("another key");
    assert!(wrong.contains("another KEY_ENCRYPTION_KEY"), "{wrong}");
    let missing = reopen("").await.expect_err("no key");
    assert!(missing.contains("set KEY_ENCRYPTION_KEY"), "{missing}");
    for malformed in ["hunter2-not-base64", &STANDARD.encode([7; 31])] {
        let error = reopen(malformed).await.expect_err("malformed");
        assert!(error.contains("32 bytes in base64"), "{error}");
        assert!(!error.contains(malformed), "{error}");
    }
}

/// Turning encryption on later keeps the keys that were stored before readable.
#[tokio::test(flavor = "multi_thread")]
async fn encryption_can_be_turned_on_later() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let server = Server::start().await;
    let mut config = server.config.clone();
    config.key_encryption_key = STANDARD.encode([9; 32]);
    let state = AppState::open(&config, Clock::System).await.expect("opens");
    let services = &state.services;
    let now = services.clock.now();
    let new = services
        .keys
        .rotate(Algorithm::Es256, now, now)
        .await
        .expect("rotated");
    let rows = rows::all(&services.database).await.expect("SQL");
    let encrypted: Vec<_> = rows.iter().map(|row| (row.kid == new, row.encrypted)).collect();
    assert_eq!(encrypted, [(false, false), (true, true)]);
}
