//! `/oauth2/introspect` answering with JWTs (RFC 9701).

use auth_server::domain::policy::Profile;
use auth_server::domain::policy::{AccessFormat, Policy};
use auth_server::store::sql::resources::{self, KeyChange};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use token_format::introspection::{INTROSPECTION_MEDIA_TYPE, INTROSPECTION_TYPE, verify_introspection};
use token_format::key::{Algorithm, DecryptionKey, EncryptionKey, JwkSet};
use token_format::unverified::UnverifiedToken;
use token_format::verify::{Expectations, KeyRing};

use crate::harness::{Application, NewApplication, Server, Tokens};
use crate::harness::{claims, client, read};
use crate::on_every_storage;

const RSA: &str = include_str!("../../../shared/tests/keys/rfc7516-a1.jwk.json");
const P256: &str = include_str!("../../../shared/tests/keys/rfc7518-c.jwk.json");

/// An answer as it came.
struct Answer {
    status: u16,
    media_type: String,
    cache_control: String,
    text: String,
}

async fn ask(server: &Server, id: &str, secret: &str, token: &str, accept: &str) -> Answer {
    let response = client()
        .post(server.at("/oauth2/introspect"))
        .header(ACCEPT, accept)
        .form(&[("client_id", id), ("client_secret", secret), ("token", token)])
        .send()
        .await
        .expect("an answer");
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or("", |value| value.to_str().expect("text")).to_owned()
    };
    Answer {
        status: response.status().as_u16(),
        media_type: header("content-type"),
        cache_control: header("cache-control"),
        text: response.text().await.expect("text"),
    }
}

async fn as_resource(server: &Server, token: &str) -> Answer {
    let (id, secret) = (&server.resource.client_id, &server.resource_secret);
    ask(server, id, secret, token, INTROSPECTION_MEDIA_TYPE).await
}

impl Answer {
    /// The JWT of an answer in good order.
    fn jwt(self) -> String {
        assert_eq!(
            (self.status, self.media_type.as_str()),
            (200, INTROSPECTION_MEDIA_TYPE)
        );
        assert_eq!(self.cache_control, "no-store");
        self.text
    }

    /// The answer of RFC 7662 in it, as this asker checks it.
    async fn opened(self, server: &Server, asker: &str) -> Value {
        opened(server, &self.jwt(), asker).await
    }
}

async fn opened(server: &Server, jwt: &str, asker: &str) -> Value {
    let keys: JwkSet = client()
        .get(server.at("/oauth2/jwks"))
        .send()
        .await
        .expect("keys")
        .json()
        .await
        .expect("JSON");
    let expected = Expectations {
        issuer: server.url.clone(),
        audience: asker.to_owned(),
        algorithms: Algorithm::ALL.to_vec(),
    };
    let now = server.state.services.clock.now();
    verify_introspection(jwt, &KeyRing::from_jwk_set(&keys), &expected, now).expect("a good answer")
}

async fn set(server: &Server, key: &KeyChange<'_>, requires_signed: Option<bool>) {
    let services = &server.state.services;
    let id = &server.resource.client_id;
    let known = resources::set_introspection(&services.database, id, key, requires_signed).await;
    assert!(known.expect("written"));
    services
        .clients
        .reload_resources()
        .await
        .expect("resource servers");
}

on_every_storage!(
    /// RFC 9701 5: the answer is the plain one, signed for its asker; it has neither `sub` nor `exp` of its own.
    /// For opaque tokens as for JWTs, and for what is no token.
    signed_answers,
    |server| async move {
        let opaque = |policy: &mut Policy| policy.access_format = AccessFormat::Opaque;
        for new in [
            NewApplication::of(Profile::Meet),
            NewApplication::of(Profile::Standard).policy(opaque),
        ] {
            let application = server.application(new).await;
            let tokens = application.tokens(&server, &[]).await;
            let plain = server.introspect(tokens.access()).await;
            assert_eq!(plain["active"], true);
            let jwt = as_resource(&server, tokens.access()).await.jwt();
            let own = claims(&jwt);
            assert_eq!(own["iss"], server.url);
            assert_eq!(own["aud"], server.resource.client_id);
            let mut names: Vec<&String> = own.as_object().expect("claims").keys().collect();
            names.sort();
            assert_eq!(names, ["aud", "iat", "iss", "token_introspection"]);
            assert_eq!(opened(&server, &jwt, &server.resource.client_id).await, plain);
            let header = UnverifiedToken::parse(&jwt).expect("a JWS");
            assert_eq!((header.algorithm(), header.token_type()), ("ES256", Some(INTROSPECTION_TYPE)));
        }
        for token in ["nonsense", "a.b.c"] {
            let answer = as_resource(&server, token).await;
            let seen = answer.opened(&server, &server.resource.client_id).await;
            assert_eq!(seen, json!({"active": false}));
        }
    }
);

/// RFC 9701 4: only the header asks for it, and asking for JSON gives JSON.
#[tokio::test(flavor = "multi_thread")]
async fn plain_answers_to_whoever_does_not_ask() {
    let server = Server::start().await;
    let (id, secret) = (&server.resource.client_id, &server.resource_secret);
    for (accept, media_type) in [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
        (
            "application/token-introspection+jwt;q=0.5, application/json",
            "application/json",
        ),
        (
            "application/token-introspection+jwt;q=0, application/json;q=0",
            "application/json",
        ),
        (
            "application/json;q=0.5, application/token-introspection+jwt",
            INTROSPECTION_MEDIA_TYPE,
        ),
    ] {
        let answer = ask(&server, id, secret, "nonsense", accept).await;
        assert_eq!(
            (answer.status, answer.media_type.as_str()),
            (200, media_type),
            "{accept}"
        );
    }
}

/// E1, E5, RFC 9701 5: errors stay JSON, whatever is asked for; and whoever may not introspect gets no JWT, a
/// public client least of all.
#[tokio::test(flavor = "multi_thread")]
async fn errors_and_strangers() {
    let server = Server::start().await;
    let public = server.application(NewApplication::public()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let own = application.tokens(&server, &[]).await;
    let (id, secret) = (
        server.resource.client_id.as_str(),
        server.resource_secret.as_str(),
    );
    for (id, secret, token, expected) in [
        (id, "cs-wrong", own.access(), (401, "invalid_client")),
        ("unknown", secret, own.access(), (401, "invalid_client")),
        (
            public.client_id.as_str(),
            "",
            own.access(),
            (401, "invalid_client"),
        ),
        (id, secret, "", (400, "invalid_request")),
    ] {
        let answer = ask(&server, id, secret, token, INTROSPECTION_MEDIA_TYPE).await;
        assert_eq!(
            (answer.status, answer.media_type.as_str()),
            (expected.0, "application/json")
        );
        let body: Value = serde_json::from_str(&answer.text).expect("JSON");
        assert_eq!(body["error"], expected.1);
    }
}

/// E3: what a caller may not see is inactive in a signed answer, too; an application's is for itself.
#[tokio::test(flavor = "multi_thread")]
async fn each_asker_gets_its_own() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let stranger = server.application(NewApplication::of(Profile::Standard)).await;
    let tokens = application.tokens(&server, &[]).await;
    let seen = async |asker: &Application| {
        let secret = asker.secret.clone().expect("a secret");
        let answer = ask(
            &server,
            &asker.client_id,
            &secret,
            tokens.access(),
            INTROSPECTION_MEDIA_TYPE,
        );
        answer.await.opened(&server, &asker.client_id).await
    };
    assert_eq!(seen(&application).await["client_id"], application.client_id);
    assert_eq!(seen(&stranger).await, json!({"active": false}));
}

/// F6, RFC 9701 8.1: an answer is no token, here neither: introspection, revocation and refresh know nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_no_token() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let tokens = application.tokens(&server, &[]).await;
    let jwt = as_resource(&server, tokens.access()).await.jwt();
    assert_eq!(server.introspect(&jwt).await, json!({"active": false}));
    let revoked = application.post("/oauth2/revoke", &[("token", &jwt)]).await;
    assert_eq!(revoked.status, 200);
    assert!(server.is_active(tokens.access()).await);
    let refreshed: Tokens = application.refresh(&jwt).await;
    assert_eq!(refreshed.error(), "invalid_grant");
}

on_every_storage!(
    /// RFC 9701 5: with a registered key the signed answer is encrypted to it; without one again it is not.
    encrypted_answers,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Meet)).await;
        let tokens = application.tokens(&server, &[]).await;
        let plain = server.introspect(tokens.access()).await;
        for private in [RSA, &RSA.replace("RSA-OAEP", "RSA-OAEP-256"), P256] {
            let reader = DecryptionKey::read(private).expect("a private key");
            set(&server, &KeyChange::Set(reader.public_key()), None).await;
            let jwe = as_resource(&server, tokens.access()).await.jwt();
            assert_eq!(jwe.split('.').count(), 5);
            let jwt = reader.decrypt(&jwe).expect("for us").nested_jwt().expect("a JWT");
            assert_eq!(opened(&server, &jwt, &server.resource.client_id).await, plain);
            // Plain for whoever asks for it: a key is an offer.
            assert_eq!(server.introspect(tokens.access()).await, plain);
        }
        set(&server, &KeyChange::Keep, Some(true)).await;
        assert_eq!(as_resource(&server, tokens.access()).await.jwt().split('.').count(), 5);
        set(&server, &KeyChange::Remove, None).await;
        let answer = as_resource(&server, tokens.access()).await;
        assert_eq!(answer.opened(&server, &server.resource.client_id).await, plain);
    }
);

/// RFC 9701 8.1: a resource server that is to have signed answers alone gets no plain one; errors aside.
#[tokio::test(flavor = "multi_thread")]
async fn signed_or_not_at_all() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let tokens = application.tokens(&server, &[]).await;
    set(&server, &KeyChange::Keep, Some(true)).await;
    let (id, secret) = (&server.resource.client_id, &server.resource_secret);
    for token in [tokens.access(), "nonsense"] {
        let fields = [("token", token)];
        let request = client()
            .post(server.at("/oauth2/introspect"))
            .basic_auth(id, Some(secret))
            .form(&fields);
        let answer = read(request).await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
        assert!(answer.body.get("active").is_none());
    }
    let seen = as_resource(&server, tokens.access()).await;
    assert_eq!(seen.opened(&server, id).await["active"], true);
    // An application introspects as ever.
    let own = application
        .post("/oauth2/introspect", &[("token", tokens.access())])
        .await;
    assert_eq!(own.ok().body["active"], true);
}

/// A key that was rotated in signs answers, too, and can be found by its id.
#[tokio::test(flavor = "multi_thread")]
async fn the_active_key_signs() {
    let server = Server::start().await;
    let keys = &server.state.services.keys;
    let now = server.state.services.clock.now();
    for algorithm in [Algorithm::EdDsa, Algorithm::Rs256] {
        let kid = keys.rotate(algorithm, now, now).await.expect("a key");
        let jwt = as_resource(&server, "nonsense").await.jwt();
        let header = UnverifiedToken::parse(&jwt).expect("a JWS");
        assert_eq!(
            (header.algorithm(), header.kid()),
            (algorithm.as_str(), Some(kid.as_str()))
        );
        let seen = opened(&server, &jwt, &server.resource.client_id).await;
        assert_eq!(seen, json!({"active": false}));
        let metadata: Value = client()
            .get(server.at("/.well-known/oauth-authorization-server"))
            .send()
            .await
            .expect("metadata")
            .json()
            .await
            .expect("JSON");
        assert_eq!(
            metadata["introspection_signing_alg_values_supported"],
            json!([algorithm.as_str()])
        );
    }
}

/// G3, RFC 9701 7: every way of encryption that the metadata names works.
#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_is_true() {
    let server = Server::start().await;
    let metadata: Value = client()
        .get(server.at("/.well-known/oauth-authorization-server"))
        .send()
        .await
        .expect("metadata")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        metadata["introspection_signing_alg_values_supported"],
        json!(["ES256"])
    );
    let ways = metadata["introspection_encryption_alg_values_supported"]
        .as_array()
        .expect("a list");
    assert_eq!(ways.len(), 3);
    for way in ways {
        let way = way.as_str().expect("a name");
        let private = if way == "ECDH-ES" { P256 } else { RSA };
        let reader =
            DecryptionKey::read(&private.replace("\"RSA-OAEP\"", &format!("\"{way}\""))).expect("a key");
        let public = serde_json::to_string(reader.public_key().jwk()).expect("JSON");
        let public = EncryptionKey::read(&public, None).expect("a public key");
        set(&server, &KeyChange::Set(&public), None).await;
        let jwe = as_resource(&server, "nonsense").await.jwt();
        let header = jwe.split('.').next().expect("a header");
        let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(header["alg"], way);
        assert_eq!(
            metadata["introspection_encryption_enc_values_supported"],
            json!([header["enc"]])
        );
        assert!(reader.decrypt(&jwe).is_ok(), "{way}");
    }
}
