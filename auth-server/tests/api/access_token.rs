//! JWT access tokens (RFC 9068): header, claims, signature.

use std::collections::HashMap;
use std::sync::Arc;

use auth_server::config::Config;
use auth_server::domain::event::Event;
use auth_server::domain::policy::Profile;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use token_format::key::{Algorithm, JwkSet, VerifyingKey};
use token_format::verify::{Expectations, verify_access_token};
use uuid::Uuid;

use crate::harness::{EMAIL, NewApplication, Options, Server, claims, client, within_a_second};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn header(token: &str) -> Value {
    let header = token.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

async fn jwks(server: &Server) -> JwkSet {
    let response = client().get(server.at("/oauth2/jwks")).send().await;
    response.expect("an answer").json().await.expect("a key set")
}

/// Section 8 (RFC 9068 2): a user's token has these claims and no others.
#[tokio::test(flavor = "multi_thread")]
async fn claims_of_a_users_token() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let before = server.state.services.clock.now();
    let tokens = application.tokens(&server, &[("scope", "rooms:list")]).await;
    let after = server.state.services.clock.now();
    let found = header(tokens.access());
    assert_eq!(names(&found), ["alg", "kid", "typ"]);
    assert_eq!(
        (&found["alg"], &found["typ"]),
        (&json!("ES256"), &json!("at+jwt"))
    );
    let claims = claims(tokens.access());
    assert_eq!(
        names(&claims),
        [
            "aud",
            "auth_time",
            "client_id",
            "email",
            "exp",
            "iat",
            "iss",
            "jti",
            "scope",
            "sid",
            "sub",
            "user_id"
        ]
    );
    assert_eq!(claims["iss"], server.url);
    assert_eq!(claims["aud"], server.resource.url);
    assert_eq!(claims["client_id"], application.client_id);
    assert_eq!(claims["scope"], "rooms:list");
    assert_eq!(claims["email"], EMAIL);
    assert_eq!(claims["sub"], claims["user_id"]);
    let user_id: Uuid = claims["sub"].as_str().expect("text").parse().expect("a UUID");
    assert_eq!(
        user_id.get_version_num(),
        7,
        "F10: no client id can be a user's id"
    );
    for name in ["iat", "auth_time"] {
        let at = claims[name].as_i64().expect("seconds");
        assert!((before..=after).contains(&at), "{name}");
    }
    assert_eq!(
        claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat"),
        3_600
    );
}

/// Section 8, F10: a server-wide token has these claims and no others, and is about the application.
#[tokio::test(flavor = "multi_thread")]
async fn claims_of_a_server_wide_token() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let tokens = application.token(&[GRANT]).await.ok();
    let claims = claims(tokens.access());
    assert_eq!(
        names(&claims),
        ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]
    );
    assert_eq!(claims["sub"], application.client_id);
    let client_id: Uuid = application.client_id.parse().expect("a UUID");
    assert_eq!(client_id.get_version_num(), 4);
}

/// Section 8: every token has an id of its own, a UUIDv7 that carries the moment of issue.
#[tokio::test(flavor = "multi_thread")]
async fn ids() {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let now_ms = server.state.services.clock.now_millis();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..5 {
        let tokens = application.token(&[GRANT]).await.ok();
        let jti: Uuid = claims(tokens.access())["jti"]
            .as_str()
            .expect("text")
            .parse()
            .expect("a UUID");
        assert_eq!(jti.get_version_num(), 7);
        assert_eq!(jti.as_u128() >> 80, u128::try_from(now_ms).expect("after 1970"));
        assert!(seen.insert(jti));
    }
}

/// Section 8: the user's e-mail address is for the operator's own resource servers alone, in the token and at
/// introspection.
#[tokio::test(flavor = "multi_thread")]
async fn email_for_first_party_resources_only() {
    let server = Server::start().await;
    let third_party = server.add_resource("https://other.example", false).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let tokens = application
        .tokens(&server, &[("resource", "https://other.example")])
        .await;
    let refreshed = application.refresh(tokens.refresh()).await.ok();
    for token in [tokens.access(), refreshed.access()] {
        let claims = claims(token);
        assert_eq!(claims["aud"], "https://other.example");
        assert!(claims.get("email").is_none());
        assert!(claims["user_id"].is_string());
        let request = client()
            .post(server.at("/oauth2/introspect"))
            .basic_auth(&third_party.client_id, Some(&third_party.secret))
            .form(&[("token", token)]);
        let seen = crate::harness::read(request).await.ok().body;
        assert_eq!(seen["active"], true);
        assert!(
            seen.get("email").is_none() && seen.get("username").is_none(),
            "{seen}"
        );
    }
}

/// Defect 7: what the authorization knew (moment of proof, session, resource, scope) reaches the token and every
/// refreshed one unchanged.
#[tokio::test(flavor = "multi_thread")]
async fn facts_travel() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let first = application.tokens(&server, &[]).await;
    let second = application.refresh(first.refresh()).await.ok();
    let (one, two) = (claims(first.access()), claims(second.access()));
    for name in [
        "sub",
        "user_id",
        "auth_time",
        "sid",
        "aud",
        "scope",
        "email",
        "client_id",
        "iss",
    ] {
        assert!(one.get(name).is_some(), "{name}");
        assert_eq!(one[name], two[name], "{name}");
    }
    assert_ne!(one["jti"], two["jti"]);
}

/// Verifies a token as a resource server would, with the published keys alone.
async fn verifies(server: &Server, token: &str, algorithm: Algorithm) -> bool {
    let keys: HashMap<String, Arc<VerifyingKey>> = jwks(server)
        .await
        .keys
        .iter()
        .map(|jwk| {
            let key = VerifyingKey::try_from(jwk).expect("a public key");
            (key.kid().to_owned(), Arc::new(key))
        })
        .collect();
    let expected = Expectations {
        issuer: server.url.clone(),
        audience: server.resource.url.clone(),
        algorithms: vec![algorithm],
    };
    verify_access_token(token, &keys, &expected, server.state.services.clock.now()).is_ok()
}

/// Section 8, G3: ES256 by default; EdDSA and RS256 by setting, from signature to introspection and revocation.
#[tokio::test(flavor = "multi_thread")]
async fn algorithms() {
    let eddsa = |config: &mut Config| config.tokens.signing_algorithm = Algorithm::EdDsa;
    let rs256 = |config: &mut Config| config.tokens.signing_algorithm = Algorithm::Rs256;
    for (algorithm, options) in [
        (Algorithm::Es256, Options::default()),
        (Algorithm::EdDsa, Options::configured(eddsa)),
        (Algorithm::Rs256, Options::configured(rs256)),
    ] {
        let server = Server::start_with(options).await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let tokens = application.tokens(&server, &[]).await;
        assert_eq!(header(tokens.access())["alg"], algorithm.to_string());
        assert!(verifies(&server, tokens.access(), algorithm).await, "{algorithm}");
        let (signed, signature) = tokens.access().rsplit_once('.').expect("a signature");
        let changed = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        assert!(!verifies(&server, &changed, algorithm).await, "{algorithm}");
        assert!(!server.is_active(&changed).await, "{algorithm}");
        assert!(server.is_active(tokens.access()).await, "{algorithm}");
        application.refresh(tokens.refresh()).await.ok();
        let fields = [("token", tokens.access())];
        assert_eq!(application.post("/oauth2/revoke", &fields).await.status, 200);
        assert!(!server.is_active(tokens.access()).await, "{algorithm}");
    }
}

/// G4, section 8: a new key of another algorithm takes over while a server runs; what the old one signed stays valid.
#[tokio::test(flavor = "multi_thread")]
async fn algorithm_changes() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let old = application.token(&[GRANT]).await.ok();
    let (second, _) = server.another_instance().await;
    let now = second.services.clock.now();
    second
        .services
        .keys
        .rotate(Algorithm::EdDsa, now, now)
        .await
        .expect("a new key");
    let announced = second.services.tokens.publish(&Event::KeysChanged, now * 1_000);
    announced.await.expect("announced");
    within_a_second("in use", async || {
        let tokens = application.token(&[GRANT]).await.ok();
        header(tokens.access())["alg"] == "EdDSA"
    })
    .await;
    let new = application.token(&[GRANT]).await.ok();
    for (token, algorithm) in [(old.access(), Algorithm::Es256), (new.access(), Algorithm::EdDsa)] {
        assert!(server.is_active(token).await);
        assert!(verifies(&server, token, algorithm).await);
    }
    assert_eq!(jwks(&server).await.keys.len(), 2);
}
