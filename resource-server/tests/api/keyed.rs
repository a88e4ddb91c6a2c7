//! API keys: who may come in where, how often the issuer is asked, and how a key ends.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::{App, Engine, Person, Reply, eventually};

/// An application's key, and its user's token.
pub struct Keyed {
    pub key: String,
    pub id: Uuid,
    pub user: Person,
}

impl Keyed {
    /// A new application.
    pub fn new(app: &App) -> Self {
        let user = Person::scoped(app, "user");
        let keyed = Self {
            key: format!("ak-{}", Uuid::new_v4().simple()),
            id: Uuid::new_v4(),
            user,
        };
        app.issuer.knows_key(&keyed.key, keyed.answer(app));
        keyed
    }

    /// What the issuer says about the key.
    pub fn answer(&self, app: &App) -> Value {
        json!({
            "active": true, "token_use": "api_key", "client_id": self.user.client_id, "jti": self.id,
            "aud": RESOURCE, "iss": app.issuer.url, "iat": app.now_millis() / 1000,
        })
    }

    /// The administrator blocks it: first in the records, then on the feed.
    pub fn disable(&self, app: &App) {
        app.issuer
            .knows_key(&self.key, json!({ "active": false, "token_use": "api_key" }));
        let exp = app.now_millis() / 1000 + 604_800;
        app.issuer
            .revoke(json!({ "kind": "token", "jti": self.id, "exp": exp }));
    }

    /// A request with the key alone.
    pub fn alone(&self, app: &App, path: &str) -> RequestBuilder {
        app.request(Method::GET, path).header("X-API-KEY", &self.key)
    }

    /// A request with key and token.
    pub fn full(&self, app: &App, method: Method, path: &str) -> RequestBuilder {
        app.request(method, path)
            .header("X-API-KEY", &self.key)
            .bearer_auth(&self.user.token)
    }
}

/// One path of each tier; the third and fourth are the user's.
const TIERS: [&str; 4] = ["/ext/status", "/public/rooms/", "/user/me", "/pro/feeds"];

/// The status of a tier, which must tell how to do better when it is 401.
async fn status(tier: usize, request: RequestBuilder) -> u16 {
    let reply = Reply::of(request).await;
    if reply.status == 401 {
        let challenge = reply.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer ")
                || challenge == "ApiKey realm=\"Anteroom\", header=\"X-API-KEY\"",
            "{tier}: {reply:?}"
        );
        assert_eq!(reply.body["error"], reply.body["detail"], "{tier}");
    }
    if reply.status != 200 {
        assert!(!reply.header("x-error-id").is_empty(), "{tier}: {reply:?}");
    }
    reply.status.as_u16()
}

/// S2.1 to S2.8, S2.18, S2.25: each tier with each combination of credentials.
#[tokio::test]
async fn tiers_and_credentials() {
    let app = App::start(Engine::Sqlite).await;
    let (good, other, disabled) = (Keyed::new(&app), Keyed::new(&app), Keyed::new(&app));
    disabled.disable(&app);
    let room = app.make_room(&Person::new(&app)).await;
    let slug = room["slug"].as_str().unwrap();
    let token = good.user.token.as_str();
    let expired = good.user.again(&app, |claims| claims["exp"] = json!(1_000_000));
    let foreign = good
        .user
        .again(&app, |claims| claims["aud"] = json!("https://other.example"));
    let unscoped = good
        .user
        .again(&app, |claims| claims["scope"] = json!("rooms:list"));
    let server_wide = good.user.again(&app, |claims| {
        claims.as_object_mut().unwrap().remove("user_id");
    });
    let junk = Some("junk");
    let key = Some(good.key.as_str());
    for (what, key, token, expected) in [
        ("nothing", None, None, [200, 401, 401, 401]),
        ("key", key, None, [200, 200, 401, 401]),
        ("bad key", junk, None, [200, 401, 401, 401]),
        ("empty key", Some(""), None, [200, 401, 401, 401]),
        (
            "disabled key",
            Some(disabled.key.as_str()),
            None,
            [200, 403, 403, 403],
        ),
        ("key, bad token", key, junk, [200, 200, 401, 401]),
        (
            "key, expired token",
            key,
            Some(expired.token.as_str()),
            [200, 200, 401, 401],
        ),
        (
            "key, token for another server",
            key,
            Some(foreign.token.as_str()),
            [200, 200, 401, 401],
        ),
        (
            "key, token without the scope",
            key,
            Some(unscoped.token.as_str()),
            [200, 200, 403, 403],
        ),
        (
            "key, token of no user",
            key,
            Some(server_wide.token.as_str()),
            [200, 200, 403, 403],
        ),
        ("key, key as token", key, key, [200, 200, 401, 401]),
        ("key and token", key, Some(token), [200, 200, 200, 200]),
        (
            "key of another application",
            Some(other.key.as_str()),
            Some(token),
            [200, 200, 401, 401],
        ),
        ("token", None, Some(token), [200, 401, 401, 401]),
        ("token as key", Some(token), Some(token), [200, 401, 401, 401]),
        ("bad key, token", junk, Some(token), [200, 401, 401, 401]),
        ("bad key, bad token", junk, junk, [200, 401, 401, 401]),
    ] {
        for (tier, expected) in expected.into_iter().enumerate() {
            let path = if tier == 1 {
                format!("{}{slug}", TIERS[tier])
            } else {
                TIERS[tier].to_owned()
            };
            let mut request = app.request(Method::GET, &path);
            if let Some(key) = key {
                request = request.header("x-Api-Key", key);
            }
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            assert_eq!(status(tier, request).await, expected, "{what} at {path}");
        }
    }
}

/// S2.9, F3: two keys are nothing to choose from; what cannot be a key is none, and is not asked about.
#[tokio::test]
async fn odd_headers() {
    let app = App::start(Engine::Sqlite).await;
    let good = Keyed::new(&app);
    let path = "/public/rooms/abc-defg-hij";
    let twice = good.alone(&app, path).header("X-API-KEY", &good.key);
    assert_eq!(Reply::of(twice).await.status, 400);
    let open = good
        .alone(&app, "/ext/status?access_token=x")
        .header("X-API-KEY", "é")
        .header("authorization", "Basic x")
        .header("authorization", "Bearer y");
    assert_eq!(Reply::of(open).await.status, 200);
    for odd in [
        "é".to_owned(),
        "a b".to_owned(),
        "k".repeat(513),
        "\u{7f}".to_owned(),
    ] {
        let Ok(value) = reqwest::header::HeaderValue::from_bytes(odd.as_bytes()) else {
            continue;
        };
        let request = app.request(Method::GET, path).header("X-API-KEY", value);
        assert_eq!(Reply::of(request).await.status, 401, "{odd}");
    }
    assert_eq!(app.issuer.key_introspections(), 0);
    let in_query = app.request(Method::GET, &format!("{path}?X-API-KEY={}", good.key));
    assert_eq!(Reply::of(in_query).await.status, 401);
}

/// S2.18: an API key and a refresh token (of which the issuer says nothing) open nothing as bearer tokens, also when
/// an issuer is so careless as to call them active.
#[tokio::test]
async fn neither_key_nor_refresh_token_is_a_bearer_token() {
    let app = App::start(Engine::Sqlite).await;
    let good = Keyed::new(&app);
    for (token, token_use) in [("ak-careless", "api_key"), ("rt-careless", "refresh_token")] {
        let mut answer = good.user.introspected();
        answer["token_use"] = json!(token_use);
        answer["scope"] = json!("user rooms:list");
        app.issuer.knows(token, answer);
    }
    for token in [good.key.as_str(), "rt-unknown", "ak-careless", "rt-careless"] {
        for path in [
            ROOMS,
            "/api/v3/conferences",
            "/user/me",
            "/user/rooms",
            "/pro/feeds",
        ] {
            let request = app
                .request(Method::GET, path)
                .header("X-API-KEY", &good.key)
                .bearer_auth(token);
            assert_eq!(Reply::of(request).await.status, 401, "{token} at {path}");
        }
    }
}

/// S2.25: what the issuer does not vouch for as a key of ours is none.
#[tokio::test]
async fn answers_about_keys() {
    let app = App::start(Engine::Sqlite).await;
    let good = Keyed::new(&app);
    for (at, (member, value)) in [
        ("active", json!(false)),
        ("token_use", Value::Null),
        ("token_use", json!("access_token")),
        ("token_use", json!("refresh_token")),
        ("aud", json!("https://other.example")),
        ("aud", Value::Null),
        ("iss", json!("https://other.example")),
        ("iss", Value::Null),
        ("jti", Value::Null),
        ("client_id", Value::Null),
    ]
    .into_iter()
    .enumerate()
    {
        let mut answer = good.answer(&app);
        answer[member] = value.clone();
        let key = format!("ak-odd-{at}");
        app.issuer.knows_key(&key, answer);
        let request = app
            .request(Method::GET, "/public/rooms/abc-defg-hij")
            .header("X-API-KEY", key);
        let expected = if member == "active" { 403 } else { 401 };
        assert_eq!(Reply::of(request).await.status, expected, "{member}: {value}");
    }
}

/// S2.22: an opaque token of any form is the user's, if the issuer says so.
#[tokio::test]
async fn opaque_tokens_are_opaque() {
    let app = App::start(Engine::Sqlite).await;
    let good = Keyed::new(&app);
    for token in ["x", "A".repeat(86).as_str(), "AbcdYWY1-_.~+/=="] {
        app.issuer.knows(token, good.user.introspected());
        let request = app
            .request(Method::GET, "/user/me")
            .header("X-API-KEY", &good.key)
            .bearer_auth(token);
        assert_eq!(Reply::of(request).await.status, 200, "{token}");
    }
}

/// The issuer is asked once about a key, however many requests show it; a refused one is not asked about at once again.
#[tokio::test]
async fn keys_cost_no_call_per_request() {
    let app = App::start(Engine::Sqlite).await;
    let good = Keyed::new(&app);
    for _ in 0..50 {
        assert_eq!(
            Reply::of(good.full(&app, Method::GET, "/user/me")).await.status,
            200
        );
    }
    assert_eq!(app.issuer.key_introspections(), 1);
    for _ in 0..5 {
        let junk = app
            .request(Method::GET, "/public/rooms/abc-defg-hij")
            .header("X-API-KEY", "ak-junk");
        assert_eq!(Reply::of(junk).await.status, 401);
    }
    assert_eq!(app.issuer.key_introspections(), 2);
    // It is believed for a while, not for ever.
    app.pass(11);
    good.full(&app, Method::GET, "/user/me").send().await.unwrap();
    assert_eq!(app.issuer.key_introspections(), 3);
}

/// S2.25: blocked, a key is refused as soon as the feed says so, though it was believed a moment ago; unblocked, it
/// works again, and is believed again.
#[tokio::test]
async fn a_blocked_key_is_refused_at_once_and_works_again_later() {
    let app = App::start_with(Engine::Sqlite, |config| {
        // Nothing but the feed ends what is believed.
        config.introspection.positive_ttl = std::time::Duration::from_hours(1);
        config.introspection.negative_ttl = std::time::Duration::from_millis(50);
    })
    .await;
    let good = Keyed::new(&app);
    let becomes = async |expected: u16| {
        eventually(async || {
            match Reply::of(good.full(&app, Method::GET, "/user/me"))
                .await
                .status
                .as_u16()
            {
                status if status == expected => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await;
    };
    becomes(200).await;
    good.disable(&app);
    becomes(403).await;
    app.issuer.knows_key(&good.key, good.answer(&app));
    becomes(200).await;
    let asked = app.issuer.key_introspections();
    for _ in 0..10 {
        becomes(200).await;
    }
    assert_eq!(
        app.issuer.key_introspections(),
        asked,
        "the old news does not count any more"
    );
    // The whole application: its tokens are over, its key is asked about again.
    app.issuer
        .knows_key(&good.key, json!({ "active": false, "token_use": "api_key" }));
    let before_ms = app.now_millis();
    app.issuer
        .revoke(json!({ "kind": "client", "client_id": good.user.client_id, "before_ms": before_ms }));
    becomes(403).await;
}

/// F11: nobody can tell about a key while the issuer is away: 503 at first use; while the feed is silent, too.
#[tokio::test]
async fn without_the_issuer_no_key_is_believed() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.revocation_feed.max_silence = std::time::Duration::from_millis(500);
    })
    .await;
    let (known, unknown) = (Keyed::new(&app), Keyed::new(&app));
    let path = "/pro/feeds";
    assert_eq!(Reply::of(known.full(&app, Method::GET, path)).await.status, 200);
    app.issuer.set_introspection_status(503);
    let reply = Reply::of(unknown.full(&app, Method::GET, path)).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "7"));
    assert_eq!(Reply::of(known.full(&app, Method::GET, path)).await.status, 200);
    assert_eq!(Reply::of(known.alone(&app, "/ext/status")).await.status, 200);
    app.issuer.set_silent(true);
    eventually(async || {
        match Reply::of(known.full(&app, Method::GET, path))
            .await
            .status
            .as_u16()
        {
            503 => Ok(()),
            other => Err(other.to_string()),
        }
    })
    .await;
    app.issuer.set_introspection_status(200);
    // While the feed is silent, the issuer is asked about tokens, too.
    app.issuer.knows(&known.user.token, known.user.introspected());
    assert_eq!(Reply::of(known.full(&app, Method::GET, path)).await.status, 200);
}

/// S2.3 to S2.5, S3.48: every operation that the document says wants an API key does, with the permissions it names and
/// no others, and answers with a status that the document has.
#[tokio::test]
async fn each_operation_demands_what_the_document_names() {
    let app = App::start(Engine::Sqlite).await;
    let document = Reply::of(app.request(Method::GET, "/openapi.json")).await.body;
    let mut checked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let is_keyed = ["/public/", "/user/", "/pro/"]
            .iter()
            .any(|tier| path.starts_with(tier));
        let concrete = path.replace("{slug}", "abc-defg-hij").replace("{feed}", "map");
        for (method, operation) in methods.as_object().unwrap() {
            let security = operation.get("security").cloned().unwrap_or_default();
            assert_eq!(security[0]["api_key"] == json!([]), is_keyed, "{method} {path}");
            if path.starts_with("/ext/") {
                assert!(security.is_null(), "{method} {path}");
            }
            if !is_keyed {
                continue;
            }
            checked += 1;
            let wants_user = security[0].get("bearer").is_some();
            assert_eq!(wants_user, !path.starts_with("/public/"), "{method} {path}");
            assert_eq!(
                security.as_array().unwrap().len(),
                1,
                "both at once: {method} {path}"
            );
            let method: Method = method.to_uppercase().parse().unwrap();
            let good = Keyed::new(&app);
            let poor = good
                .user
                .again(&app, |claims| claims["scope"] = json!("rooms:list conferences"));
            let none = app.request(method.clone(), &concrete);
            let token_alone = app
                .request(method.clone(), &concrete)
                .bearer_auth(&good.user.token);
            let key = |request: RequestBuilder| request.header("X-API-KEY", &good.key);
            let key_alone = key(app.request(method.clone(), &concrete));
            let unscoped = key(app.request(method.clone(), &concrete)).bearer_auth(&poor.token);
            let full = good.full(&app, method.clone(), &concrete);
            let status = async |request| Reply::of(request).await.status.as_u16();
            assert_eq!(
                (status(none).await, status(token_alone).await),
                (401, 401),
                "{method} {path}"
            );
            if wants_user {
                assert_eq!(
                    (status(key_alone).await, status(unscoped).await),
                    (401, 403),
                    "{method} {path}"
                );
                assert_eq!(security[0]["bearer"], json!(["user"]), "{method} {path}");
            } else {
                assert_ne!(status(key_alone).await, 401, "{method} {path}");
            }
            let answered = status(full).await;
            assert!(![401, 403].contains(&answered), "{method} {path} {answered}");
            let named = &operation["responses"];
            assert!(
                named.get(answered.to_string()).is_some(),
                "{method} {path} does not name {answered}"
            );
        }
    }
    assert_eq!(checked, 9);
}
