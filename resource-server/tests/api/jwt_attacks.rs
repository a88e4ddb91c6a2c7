//! F4, F5, F6, F8, F9: forged, misdirected and borrowed JWTs (RFC 8725, RFC 9068).

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use token_format::key::{Algorithm, SigningKey};
use token_format::sign::ACCESS_TOKEN_TYPE;

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::{App, Engine, Person};

fn part(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

async fn refused(app: &App, ann: &Person, token: String, what: &str) {
    let person = Person { token, ..ann.clone() };
    let reply = app.get(ROOMS, &person).await;
    assert_eq!(reply.status, 401, "{what}: {reply:?}");
    reply.assert_invalid_token("Invalid token.");
}

/// A token with any header, signed with an ES256 key.
fn sign(key: &SigningKey, header: &Value, payload: &str) -> String {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.pkcs8()).unwrap();
    let signed = format!("{}.{payload}", part(header));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64.encode(signature.as_ref()))
}

/// F4: what an attacker without the key does to the header.
#[tokio::test]
async fn other_keys_and_algorithms_are_refused() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let [_, payload, signature] = parts(&ann.token);
    let kid = app.issuer.key.kid().to_owned();
    let jwk = serde_json::to_value(app.issuer.key.public_jwk()).unwrap();

    for alg in [
        "none", "None", "NONE", "nOnE", "", "HS256", "ES384", "RS256", "EdDSA", "PS256",
    ] {
        let header = part(&json!({ "alg": alg, "typ": "at+jwt", "kid": kid }));
        for end in ["", signature] {
            refused(
                &app,
                &ann,
                format!("{header}.{payload}.{end}"),
                &format!("alg {alg}"),
            )
            .await;
        }
    }
    // The public key as an HMAC secret.
    let [x, y] = ["x", "y"].map(|part| BASE64.decode(jwk[part].as_str().unwrap()).unwrap());
    for secret in [jwk.to_string().into_bytes(), [x, y].concat(), Vec::new()] {
        let signed = format!(
            "{}.{payload}",
            part(&json!({ "alg": "HS256", "typ": "at+jwt", "kid": kid }))
        );
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes());
        refused(
            &app,
            &ann,
            format!("{signed}.{}", BASE64.encode(tag.as_ref())),
            "key confusion",
        )
        .await;
    }
    // The attacker's own key, under its own name, under ours, or brought along.
    let evil = SigningKey::generate(Algorithm::Es256).unwrap();
    for mut header in [
        json!({ "kid": evil.kid() }),
        json!({ "kid": kid }),
        json!({ "kid": kid, "jwk": evil.public_jwk() }),
        json!({ "jwk": evil.public_jwk() }),
        json!({ "kid": evil.kid(), "jku": "https://evil.example/jwks" }),
        json!({ "kid": evil.kid(), "x5u": "https://evil.example/cert" }),
    ] {
        header["alg"] = "ES256".into();
        header["typ"] = "at+jwt".into();
        refused(&app, &ann, sign(&evil, &header, payload), &header.to_string()).await;
    }
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
}

/// F4: well signed, under a header that must not be accepted all the same.
#[tokio::test]
async fn headers_are_checked() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let [_, payload, _] = parts(&ann.token);
    let key = &app.issuer.key;
    let usual = json!({ "alg": "ES256", "typ": "at+jwt", "kid": key.kid() });
    let good = Person {
        token: sign(key, &usual, payload),
        ..ann.clone()
    };
    assert_eq!(app.get(ROOMS, &good).await.status, 200);
    for (member, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(["b64"])),
        ("kid", Value::Null),
        ("kid", json!("")),
        ("kid", json!(1)),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!("x".repeat(5000))),
        ("alg", Value::Null),
        ("alg", json!("es256")),
        ("typ", Value::Null),
    ] {
        let mut header = usual.clone();
        header[member] = value;
        refused(&app, &ann, sign(key, &header, payload), &header.to_string()).await;
    }
}

/// F4: damage after signing, the all-zero signature included.
#[tokio::test]
async fn damaged_tokens_are_refused() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    let [header, payload, signature] = parts(&ann.token);
    for forged in [
        String::new(),
        BASE64.encode([0; 64]),
        BASE64.encode([255; 64]),
        BASE64.encode([1; 63]),
        signature[1..].to_owned(),
        format!("{signature}AAAA"),
        signature.chars().rev().collect(),
    ] {
        refused(
            &app,
            &ann,
            format!("{header}.{payload}.{forged}"),
            &format!("signature {forged}"),
        )
        .await;
    }
    let mut claims = ann.claims.clone();
    claims["user_id"] = json!(uuid::Uuid::new_v4());
    refused(
        &app,
        &ann,
        format!("{header}.{}.{signature}", part(&claims)),
        "payload",
    )
    .await;
    for shape in [
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}.x"),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}="),
    ] {
        refused(&app, &ann, shape, "shape").await;
    }
    // And the token itself is as good as before.
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
}

/// F4, F5: well signed, and not for this server, or not now.
#[tokio::test]
async fn signed_claims_are_checked() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let now = app.now_millis() / 1000;
    for (claim, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{}/", app.issuer.url))),
        ("aud", json!("https://other.example")),
        ("aud", json!(format!("{RESOURCE}/"))),
        ("aud", json!([])),
        ("aud", json!(["https://other.example"])),
        ("iat", json!(now + 3000)),
        ("nbf", json!(now + 3000)),
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("jti", json!(null)),
        ("client_id", json!(null)),
        ("sub", json!(null)),
        ("user_id", json!("1 OR 1=1")),
        ("scope", json!("rooms:list \"")),
        // F8: a token that is bound to a key, sent without the proof.
        (
            "cnf",
            json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
        ),
    ] {
        let person = ann.again(&app, |claims| claims[claim] = value.clone());
        refused(&app, &ann, person.token, &format!("{claim}: {value}")).await;
    }
    let several = ann.again(&app, |claims| {
        claims["aud"] = json!(["https://other.example", RESOURCE]);
    });
    assert_eq!(app.get(ROOMS, &several).await.status, 200);
}

/// F6, F9: an ID token is no access token, whoever signed it.
#[tokio::test]
async fn only_access_tokens_are_accepted() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    for (typ, status) in [
        ("at+jwt", 200),
        ("AT+JWT", 200),
        ("application/at+jwt", 200),
        ("JWT", 401),
        ("jwt", 401),
        ("", 401),
        ("logout+jwt", 401),
        ("at+jwt ", 401),
        ("dpop+jwt", 401),
    ] {
        let token = app.issuer.key.sign(typ, &ann.claims).unwrap();
        let reply = app.get(ROOMS, &Person { token, ..ann.clone() }).await;
        assert_eq!(reply.status, status, "{typ:?}");
    }
}

/// Each algorithm works with its own key, and only those that are allowed.
#[tokio::test]
async fn algorithms_are_a_setting() {
    let keys = [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa]
        .map(|algorithm| SigningKey::generate(algorithm).unwrap());
    for (allowed, expected) in [
        (
            vec![Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa],
            [200, 200, 200],
        ),
        (vec![Algorithm::EdDsa], [401, 401, 200]),
    ] {
        let issuer = crate::harness::Issuer::start().await;
        issuer.set_keys(&keys);
        let app = App::start_early(Engine::Sqlite, issuer, |config| {
            config.issuer.algorithms = allowed;
        })
        .await;
        app.becomes("ready").await;
        let ann = Person::new(&app);
        for (key, status) in keys.iter().zip(expected) {
            let token = key.sign(ACCESS_TOKEN_TYPE, &ann.claims).unwrap();
            let reply = app.get(ROOMS, &Person { token, ..ann.clone() }).await;
            assert_eq!(reply.status, status, "{:?}", key.algorithm());
        }
    }
}
