//! RFC 9701: a server that demands signed answers believes nothing else.

use std::path::PathBuf;

use resource_server::config::{AnswerFormat, Config};
use serde_json::{Value, json};
use token_format::introspection::{INTROSPECTION_MEDIA_TYPE, INTROSPECTION_TYPE};
use token_format::key::{Algorithm, DecryptionKey, EncryptionKey, SigningKey};

use crate::harness::app::ROOMS;
use crate::harness::issuer::CLIENT_ID;
use crate::harness::{App, Engine, Person, Reply, eventually};

const RSA: &str = include_str!("../../../shared/tests/keys/enc-rsa.pkcs8.pem");
const P256: &str = include_str!("../../../shared/tests/keys/enc-p256.traditional.pem");

fn key_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/tests/keys")
        .join(name)
}

fn signed(config: &mut Config) {
    config.introspection.format = AnswerFormat::Jwt;
}

fn encrypted(config: &mut Config) {
    signed(config);
    config.introspection.decryption_key = key_file("enc-p256.traditional.pem");
}

fn public(private: &str) -> EncryptionKey {
    let jwk = serde_json::to_string(DecryptionKey::read(private).unwrap().public_key().jwk()).unwrap();
    EncryptionKey::read(&jwk, None).unwrap()
}

fn copy(key: &SigningKey) -> SigningKey {
    SigningKey::from_pkcs8(key.algorithm(), key.pkcs8()).unwrap()
}

/// What a good answer claims around the plain one.
fn claims(app: &App, answer: &Value) -> Value {
    json!({"iss": app.issuer.url, "aud": CLIENT_ID, "iat": app.now_millis() / 1000, "token_introspection": answer})
}

/// A person whose token is a random string that the issuer knows.
fn opaque(app: &App, token: &str) -> Person {
    let person = Person {
        token: token.to_owned(),
        ..Person::new(app)
    };
    app.issuer.knows(token, person.introspected());
    person
}

/// Answers are signed by the key with this type, with these changes to good claims.
fn sign_with(app: &App, key: &SigningKey, typ: &'static str, change: impl Fn(&mut Value) + Send + 'static) {
    let (key, wrapped) = (copy(key), claims(app, &Value::Null));
    app.issuer.write_answers(move |answer| {
        let mut wrapped = wrapped.clone();
        wrapped["token_introspection"] = answer.clone();
        change(&mut wrapped);
        (INTROSPECTION_MEDIA_TYPE, key.sign(typ, &wrapped).unwrap())
    });
}

/// Makes a good claim a bad one.
type Change = fn(&mut Value);

async fn status(app: &App, person: &Person) -> u16 {
    app.get(ROOMS, person).await.status.as_u16()
}

#[tokio::test]
async fn signed_answers_are_asked_for_and_believed() {
    let app = App::start_with(Engine::Sqlite, signed).await;
    sign_with(&app, &app.issuer.key, INTROSPECTION_TYPE, |_| {});
    let ann = opaque(&app, "opaque-token");
    assert_eq!(status(&app, &ann).await, 200);
    assert_eq!(app.issuer.accepted().as_deref(), Some(INTROSPECTION_MEDIA_TYPE));
    let stranger = Person {
        token: "another-token".into(),
        ..ann
    };
    assert_eq!(status(&app, &stranger).await, 401);
    // The key is published only where there is one.
    let keys = Reply::of(app.request(reqwest::Method::GET, "/jwks")).await;
    assert_eq!((keys.status.as_u16(), keys.body), (200, json!({"keys": []})));
}

#[tokio::test]
async fn plain_answers_are_asked_for_by_default() {
    let app = App::start(Engine::Sqlite).await;
    let ann = opaque(&app, "opaque-token");
    assert_eq!(status(&app, &ann).await, 200);
    assert_eq!(app.issuer.accepted().as_deref(), Some("application/json"));
}

/// F11: what is not exactly a fresh answer of the issuer for this server is no answer: 503, and never 200.
#[tokio::test]
async fn everything_else_is_refused() {
    let app = App::start_with(Engine::Sqlite, signed).await;
    let ann = opaque(&app, "opaque-token");
    let refused = async |what: &str| assert_eq!(status(&app, &ann).await, 503, "{what}");
    refused("plain JSON").await;
    app.issuer
        .write_answers(|answer| (INTROSPECTION_MEDIA_TYPE, answer.to_string()));
    refused("plain JSON that is called signed").await;
    let key = copy(&app.issuer.key);
    let wrapped = claims(&app, &Value::Null);
    app.issuer.write_answers(move |answer| {
        let mut wrapped = wrapped.clone();
        wrapped["token_introspection"] = answer.clone();
        (
            "application/json",
            key.sign(INTROSPECTION_TYPE, &wrapped).unwrap(),
        )
    });
    refused("a signed answer that is called plain").await;
    for typ in ["JWT", "at+jwt", "introspection+jwt"] {
        sign_with(&app, &app.issuer.key, typ, |_| {});
        refused(typ).await;
    }
    let changes: [(&str, Change); 6] = [
        ("of another issuer", |claims| {
            claims["iss"] = json!("https://other.example");
        }),
        ("for another server", |claims| {
            claims["aud"] = json!("other");
        }),
        ("for the tokens' audience", |claims| {
            claims["aud"] = json!(crate::harness::app::RESOURCE);
        }),
        ("old", |claims| {
            claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 120);
        }),
        ("of tomorrow", |claims| {
            claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 86_400);
        }),
        ("without the answer", |claims| {
            claims["active"] = json!(true);
            claims.as_object_mut().unwrap().remove("token_introspection");
        }),
    ];
    for (what, change) in changes {
        sign_with(&app, &app.issuer.key, INTROSPECTION_TYPE, change);
        refused(what).await;
    }
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    sign_with(&app, &stranger, INTROSPECTION_TYPE, |_| {});
    refused("signed by a stranger").await;
    // With all that put right, it is good.
    sign_with(&app, &app.issuer.key, INTROSPECTION_TYPE, |_| {});
    assert_eq!(status(&app, &ann).await, 200);
}

#[tokio::test]
async fn an_answer_by_a_new_key_has_the_set_fetched() {
    let app = App::start_with(Engine::Sqlite, signed).await;
    let ann = opaque(&app, "opaque-token");
    let second = SigningKey::generate(Algorithm::EdDsa).unwrap();
    app.issuer.set_keys([&app.issuer.key, &second]);
    sign_with(&app, &second, INTROSPECTION_TYPE, |_| {});
    assert_eq!(status(&app, &ann).await, 200);
}

/// With a key of its own, this server takes answers that are encrypted to it and no others.
#[tokio::test]
async fn encrypted_answers() {
    let app = App::start_with(Engine::Sqlite, encrypted).await;
    let ann = opaque(&app, "opaque-token");
    let write = |recipient: Option<EncryptionKey>, typ: &'static str| {
        let (key, wrapped) = (copy(&app.issuer.key), claims(&app, &Value::Null));
        app.issuer.write_answers(move |answer| {
            let mut wrapped = wrapped.clone();
            wrapped["token_introspection"] = answer.clone();
            let jwt = key.sign(typ, &wrapped).unwrap();
            let body = match &recipient {
                None => jwt,
                Some(recipient) => recipient.encrypt_jwt(INTROSPECTION_TYPE, &jwt).unwrap(),
            };
            (INTROSPECTION_MEDIA_TYPE, body)
        });
    };
    for (recipient, typ, expected) in [
        (None, INTROSPECTION_TYPE, 503),
        (Some(public(RSA)), INTROSPECTION_TYPE, 503),
        (Some(public(P256)), "JWT", 503),
        (Some(public(P256)), INTROSPECTION_TYPE, 200),
    ] {
        write(recipient, typ);
        assert_eq!(status(&app, &ann).await, expected);
    }
    // Encrypted, and not signed: whoever knows the public key can do that.
    let (recipient, wrapped) = (public(P256), claims(&app, &Value::Null));
    app.issuer.write_answers(move |_| {
        let body = recipient
            .encrypt_jwt(INTROSPECTION_TYPE, &wrapped.to_string())
            .unwrap();
        (INTROSPECTION_MEDIA_TYPE, body)
    });
    assert_eq!(status(&app, &opaque(&app, "opaque-token-2")).await, 503);

    let keys = Reply::of(app.request(reqwest::Method::GET, "/jwks")).await;
    let expected = serde_json::to_value(public(P256).jwk()).unwrap();
    assert_eq!(keys.body, json!({"keys": [expected]}));
    assert_eq!(keys.body["keys"][0]["use"], "enc");
    assert!(keys.body["keys"][0].get("d").is_none());
    // What is served there is what the issuer needs.
    assert_eq!(
        EncryptionKey::read(&keys.body.to_string(), None).unwrap(),
        public(P256)
    );
}

/// F6, RFC 9701 8.1: an answer about a token, even the best, opens nothing.
#[tokio::test]
async fn an_answer_is_no_bearer_token() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let mut both = ann.claims.clone();
    both["token_introspection"] = ann.introspected();
    let answer = Person {
        token: app.issuer.key.sign(INTROSPECTION_TYPE, &both).unwrap(),
        ..ann.clone()
    };
    assert_eq!(status(&app, &ann).await, 200);
    app.get(ROOMS, &answer)
        .await
        .assert_invalid_token("Invalid token.");
}

/// While JWTs are introspected, an answer about one token does not serve for another.
#[tokio::test]
async fn an_answer_is_about_one_token() {
    let app = App::start_with(Engine::Sqlite, signed).await;
    sign_with(&app, &app.issuer.key, INTROSPECTION_TYPE, |_| {});
    let (ann, bob) = (Person::new(&app), Person::new(&app));
    app.issuer.knows(&ann.token, ann.introspected());
    app.issuer.knows(&bob.token, ann.introspected());
    app.issuer.set_feed_down(true);
    eventually(async || match status(&app, &bob).await {
        401 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    assert_eq!(status(&app, &ann).await, 200);
}

#[tokio::test]
async fn doctor_reads_answers_as_the_server_does() {
    let app = App::start_with(Engine::Sqlite, encrypted).await;
    let credentials = async || {
        let findings = resource_server::doctor::examine(&app.state.config, &app.state.clock).await;
        let text = resource_server::doctor::as_text(&findings);
        let line = text.lines().find(|line| line.contains("credentials"));
        line.unwrap().to_owned()
    };
    let line = credentials().await;
    assert!(line.starts_with("FAIL") && line.contains("set-key"), "{line}");
    let (key, recipient) = (copy(&app.issuer.key), public(P256));
    let wrapped = claims(&app, &json!({"active": false}));
    app.issuer.write_answers(move |_| {
        let jwt = key.sign(INTROSPECTION_TYPE, &wrapped).unwrap();
        let body = recipient.encrypt_jwt(INTROSPECTION_TYPE, &jwt).unwrap();
        (INTROSPECTION_MEDIA_TYPE, body)
    });
    let line = credentials().await;
    assert!(
        line.starts_with("ok") && line.contains("signed and encrypted"),
        "{line}"
    );
}
