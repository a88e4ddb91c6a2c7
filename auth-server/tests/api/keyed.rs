//! The keyed dialect: API keys, `POST /public/token`, and what resource servers are told about keys.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::token::RevocationTarget;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{
    Application, EMAIL, Feed, NewApiKey, NewApplication, Options, PASSWORD, Server, Tokens, at_once, client,
    read, within_a_second,
};
use crate::on_every_storage;

const PATH: &str = "/public/token";

fn request(url: &str, key: &str) -> RequestBuilder {
    client().post(format!("{url}{PATH}")).header("X-API-KEY", key)
}

fn password() -> Value {
    json!({"grant_type": "password", "username": EMAIL, "password": PASSWORD})
}

fn refresh(token: &str) -> Value {
    json!({"grant_type": "refresh_token", "refresh_token": token})
}

async fn ask(server: &Server, key: &str, body: &Value) -> Tokens {
    read(request(&server.url, key).json(body)).await
}

async fn tokens(server: &Server, key: &NewApiKey) -> Tokens {
    ask(server, &key.key, &password()).await.ok()
}

async fn introspect_with_hint(server: &Server, token: &str, hint: &str) -> Value {
    let request = client()
        .post(server.at("/oauth2/introspect"))
        .basic_auth(&server.resource.client_id, Some(&server.resource_secret))
        .form(&[("token", token), ("token_type_hint", hint)]);
    read(request).await.ok().body
}

async fn introspect(server: &Server, key: &str) -> Value {
    introspect_with_hint(server, key, "api_key").await
}

on_every_storage!(
    /// S2.9 to S2.13, S2.15 to S2.17, S2.19, S2.20, S2.24: the document's requests get the document's answers, member for
    /// member; the old refresh token is used up.
    documented_answers,
    |server| async move {
        let key = server.api_key(None).await;
        let first = request(&server.url, &key.key).json(&password()).send().await.expect("an answer");
        assert_eq!(first.headers()["cache-control"], "no-store");
        let text = first.text().await.expect("a body");
        let first: Value = serde_json::from_str(&text).expect("JSON");
        let places: Vec<_> = ["access_token", "expires_in", "token_type", "scope", "refresh_token"]
            .iter()
            .map(|name| text.find(&format!("\"{name}\"")).expect("a member"))
            .collect();
        assert!(places.is_sorted(), "{text}");
        assert_eq!(first.as_object().map(serde_json::Map::len), Some(5));
        assert_eq!((&first["expires_in"], &first["token_type"], &first["scope"]), (&json!(86_400), &json!("bearer"), &json!("user")));
        let (access, old) = (first["access_token"].as_str().expect("text"), first["refresh_token"].as_str().expect("text"));
        assert_eq!((access.len(), old.len()), (86, 86));
        let seen = server.introspect(access).await;
        assert_eq!((&seen["email"], &seen["client_id"]), (&json!(EMAIL), &json!(key.client_id)));
        assert_eq!(seen["exp"].as_i64().expect("exp") - seen["iat"].as_i64().expect("iat"), 86_400);

        let second = ask(&server, &key.key, &refresh(old)).await.ok();
        assert_eq!((second.access().len(), second.refresh().len()), (86, 86));
        assert_ne!(second.access(), access);
        assert_ne!(second.refresh(), old);
        assert_eq!((&second.body["expires_in"], second.get("token_type"), second.get("scope")), (&json!(86_400), "bearer", "user"));
        server.advance(Duration::from_secs(17_280_000 - 1));
        let third = ask(&server, &key.key, &refresh(second.refresh())).await.ok();
        server.advance(Duration::from_hours(4_800));
        assert_eq!(ask(&server, &key.key, &refresh(third.refresh())).await.error(), "invalid_grant");
    },
    manual_clock
);

/// S2.9, S2.6: the header's name in any case; a form in place of JSON; other credentials of the request are not looked
/// at, however wrong they are.
#[tokio::test(flavor = "multi_thread")]
async fn surplus_credentials_do_not_disturb() {
    let server = Server::start().await;
    let key = server.api_key(None).await;
    let stranger = server.application(NewApplication::of(Profile::Standard)).await;
    let post = || client().post(server.at(PATH));
    let form = [
        ("grant_type", "password"),
        ("username", EMAIL),
        ("password", PASSWORD),
    ];
    let mut with_client = password();
    with_client["client_id"] = json!(stranger.client_id);
    with_client["client_secret"] = json!("wrong");
    for (what, request) in [
        ("form", post().header("x-api-key", &key.key).form(&form)),
        ("case", post().header("X-Api-Key", &key.key).json(&password())),
        (
            "client in the body",
            request(&server.url, &key.key).json(&with_client),
        ),
        (
            "Basic",
            request(&server.url, &key.key)
                .basic_auth("nobody", Some("x"))
                .json(&password()),
        ),
        (
            "Bearer",
            request(&server.url, &key.key)
                .bearer_auth("junk")
                .json(&password()),
        ),
    ] {
        let answer = read(request).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        let seen = server.introspect(answer.access()).await;
        assert_eq!(seen["client_id"], json!(key.client_id), "{what}");
    }
}

/// S2.3, S2.13, S2.25: without a key, with one that does not exist, and with what is no key: 401 with a challenge that
/// names the header. Client credentials do not stand in for the key.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_key() {
    let server = Server::start().await;
    let keyed = server.application(NewApplication::of(Profile::Keyed)).await;
    let key = server.api_key(Some(&keyed)).await;
    let issued = tokens(&server, &key).await;
    let secret = keyed.secret.as_deref().expect("a secret");
    let post = || client().post(server.at(PATH)).json(&password());
    let cut = &key.key[..key.key.len() - 1];
    for request in [
        post(),
        post().basic_auth(&keyed.client_id, Some(secret)),
        post().header("X-API-KEY", ""),
        post().header("X-API-KEY", "ak-unknown"),
        post().header("X-API-KEY", cut),
        post().header("X-API-KEY", format!("{}x", key.key)),
        post().header("X-API-KEY", key.key.to_uppercase()),
        post().header("X-API-KEY", "' OR 1=1 --"),
        post().header("X-API-KEY", "é"),
        post().header("X-API-KEY", "k".repeat(7_000)),
        post().header("X-API-KEY", secret),
        post().header("X-API-KEY", &key.id),
        post().header("X-API-KEY", &keyed.client_id),
        post().header("X-API-KEY", issued.access()),
        post().header("X-API-KEY", issued.refresh()),
    ] {
        let answer = read(request).await;
        assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
        assert_eq!(
            answer.headers["www-authenticate"],
            "ApiKey realm=\"Anteroom\", header=\"X-API-KEY\""
        );
        assert!(answer.headers.contains_key("x-error-id"));
        assert!(answer.body.get("access_token").is_none());
    }
    let twice = request(&server.url, &key.key).header("X-API-KEY", &key.key);
    let answer = read(twice.json(&password())).await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
}

on_every_storage!(
    /// S2.25: a key that an administrator blocks is refused by every instance within a second, with 403; other keys of the
    /// application go on; unblocked, it works again.
    disabled_key,
    |server| async move {
        let (_, second) = server.another_instance().await;
        let key = server.api_key(None).await;
        let other = server.api_key_of(&key.client_id).await;
        tokens(&server, &key).await;
        read(request(&second, &key.key).json(&password())).await.ok();
        server.set_api_key_disabled(&key, true).await;
        for url in [&server.url, &second] {
            within_a_second("refused", async || {
                let answer = read(request(url, &key.key).json(&password())).await;
                assert!([200, 403].contains(&answer.status), "{}", answer.body);
                answer.status == 403 && answer.error() == "access_denied" && answer.headers.contains_key("x-error-id")
            })
            .await;
        }
        tokens(&server, &other).await;
        server.set_api_key_disabled(&key, false).await;
        for url in [&server.url, &second] {
            within_a_second("working", async || {
                read(request(url, &key.key).json(&password())).await.status == 200
            })
            .await;
        }
    }
);

/// S2.25, S3.5: a blocked application's keys are refused like blocked keys. A key of an application that is not keyed
/// opens nothing.
#[tokio::test(flavor = "multi_thread")]
async fn unusable_application() {
    let server = Server::start().await;
    let keyed = server.application(NewApplication::of(Profile::Keyed)).await;
    let key = server.api_key(Some(&keyed)).await;
    tokens(&server, &key).await;
    server.set_application_disabled(&keyed, true).await;
    within_a_second("refused", async || {
        ask(&server, &key.key, &password()).await.status == 403
    })
    .await;
    let inactive = json!({"active": false, "token_use": "api_key"});
    assert_eq!(introspect(&server, &key.key).await, inactive);
    server.set_application_disabled(&keyed, false).await;
    within_a_second("working", async || {
        ask(&server, &key.key, &password()).await.status == 200
    })
    .await;
    let trueconf = server.application(NewApplication::of(Profile::Trueconf)).await;
    let foreign = server.api_key(Some(&trueconf)).await;
    let answer = ask(&server, &foreign.key, &password()).await;
    assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
    assert_eq!(introspect(&server, &foreign.key).await, json!({"active": false}));
}

/// S2.13, C10: an application made for an API key alone authenticates in no other way; one with a secret may use either,
/// on the endpoint that each belongs to.
#[tokio::test(flavor = "multi_thread")]
async fn core_endpoint() {
    let server = Server::start().await;
    // It has a secret in the database, which is more than the command line gives it.
    let lone = server
        .application(NewApplication::of(Profile::Keyed).auth_methods(&[]))
        .await;
    let key = server.api_key(Some(&lone)).await;
    let fields = [
        ("grant_type", "password"),
        ("username", EMAIL),
        ("password", PASSWORD),
    ];
    let with = |secret: Option<&str>| Application {
        secret: secret.map(str::to_owned),
        ..lone.clone()
    };
    for application in [with(None), with(Some("")), with(Some(&key.key)), lone.clone()] {
        let answer = application.token(&fields).await;
        assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
    }
    let header = client()
        .post(server.at("/oauth2/token"))
        .header("X-API-KEY", &key.key)
        .form(&fields);
    assert_eq!(read(header).await.status, 401);
    let keyed = server.application(NewApplication::of(Profile::Keyed)).await;
    keyed.token(&fields).await.ok();
    let joined = server.api_key(Some(&keyed)).await;
    // One application, two ways in: the tokens are the same application's.
    let issued = tokens(&server, &joined).await;
    keyed.refresh(issued.refresh()).await.ok();
}

/// S2.12, S2.14, S2.19, S2.21: wrong data and incomplete requests get RFC 6749's errors and no token; no other grant.
#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    let server = Server::start().await;
    let (key, other) = (server.api_key(None).await, server.api_key(None).await);
    let issued = tokens(&server, &key).await;
    let theirs = tokens(&server, &other).await;
    for (body, status, error) in [
        (
            json!({"grant_type": "password", "username": EMAIL, "password": "wrong"}),
            400,
            "invalid_grant",
        ),
        (
            json!({"grant_type": "password", "username": "nobody@example.com", "password": PASSWORD}),
            400,
            "invalid_grant",
        ),
        (
            json!({"grant_type": "password", "username": EMAIL}),
            400,
            "invalid_request",
        ),
        (
            json!({"grant_type": "password", "username": "", "password": PASSWORD}),
            400,
            "invalid_request",
        ),
        (
            json!({"username": EMAIL, "password": PASSWORD}),
            400,
            "invalid_request",
        ),
        (json!({"grant_type": "refresh_token"}), 400, "invalid_request"),
        (refresh("unknown"), 400, "invalid_grant"),
        (refresh(theirs.refresh()), 400, "invalid_grant"),
        (refresh(issued.access()), 400, "invalid_grant"),
        (refresh(&key.key), 400, "invalid_grant"),
        (
            json!({"grant_type": "client_credentials"}),
            400,
            "unsupported_grant_type",
        ),
        (
            json!({"grant_type": "authorization_code", "code": "x"}),
            400,
            "unsupported_grant_type",
        ),
        (json!({"grant_type": "Password"}), 400, "unsupported_grant_type"),
        (
            json!({"grant_type": "password", "username": EMAIL, "password": 7}),
            400,
            "invalid_request",
        ),
        (
            json!({"grant_type": "password", "username": "a\u{0}b", "password": "x"}),
            400,
            "invalid_request",
        ),
        (
            json!({"grant_type": "password", "username": EMAIL, "password": PASSWORD, "scope": "admin"}),
            400,
            "invalid_scope",
        ),
        (json!([]), 400, "invalid_request"),
        (json!(null), 400, "invalid_request"),
    ] {
        let answer = ask(&server, &key.key, &body).await;
        assert_eq!((answer.status, answer.error()), (status, error), "{body}");
        assert!(answer.body["error_description"].is_string());
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.body.get("access_token").is_none());
    }
    // Another application's refresh token was neither used up nor revoked by the attempt.
    ask(&server, &other.key, &refresh(theirs.refresh())).await.ok();
}

/// C25: bodies that are neither a form nor a JSON object of strings, and other methods.
#[tokio::test(flavor = "multi_thread")]
async fn bodies() {
    let server = Server::start().await;
    let key = server.api_key(None).await;
    let post = |kind: &str, body: String| {
        read(
            request(&server.url, &key.key)
                .header("content-type", kind)
                .body(body),
        )
    };
    let good = password().to_string();
    let many: Vec<String> = (0..101).map(|at| format!("\"n{at}\":\"x\"")).collect();
    for (kind, body, status) in [
        ("text/plain", good.clone(), 415),
        ("application/jsonp", good.clone(), 415),
        ("multipart/form-data; boundary=x", good.clone(), 415),
        ("application/json; charset=utf-8", good.clone(), 200),
        ("application/json", String::new(), 400),
        ("application/json", good.replace('}', ""), 400),
        (
            "application/json",
            good.replacen('{', "{\"grant_type\":\"password\",", 1),
            400,
        ),
        ("application/json", format!("{{{}}}", many.join(",")), 400),
        ("application/json", "[".repeat(60_000), 400),
        ("application/json", format!("\"{}\"", "x".repeat(70_000)), 413),
    ] {
        let answer = post(kind, body).await;
        assert_eq!(answer.status, status, "{kind}: {}", answer.body);
    }
    let get = client().get(server.at(PATH)).header("X-API-KEY", &key.key);
    assert_eq!(read(get).await.status, 405);
}

/// B8: guesses at keys count against the address; a blocked key's holder guesses at nothing.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_throttled() {
    let server = Server::start_with(Options {
        configure: |config| config.limits.failures_per_address = 3,
        ..Options::manual_clock()
    })
    .await;
    let key = server.api_key(None).await;
    for _ in 0..3 {
        assert_eq!(ask(&server, "ak-guess", &password()).await.status, 401);
    }
    assert_eq!(ask(&server, &key.key, &password()).await.status, 429);
    server.advance(Duration::from_secs(61));
    tokens(&server, &key).await;
}

on_every_storage!(
    /// S2.20, D3: of twenty who present one refresh token at once, all get the same successor, and a replay after the grace
    /// ends the family.
    rotation,
    |server| async move {
        let key = server.api_key(None).await;
        let first = tokens(&server, &key).await;
        let answers = at_once((0..20).map(|_| {
            let request = request(&server.url, &key.key).json(&refresh(first.refresh()));
            read(request)
        }))
        .await;
        let successor = answers[0].refresh().to_owned();
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.refresh() == successor));
        server.advance(Duration::from_secs(11));
        let next = ask(&server, &key.key, &refresh(&successor)).await.ok();
        assert_eq!(ask(&server, &key.key, &refresh(first.refresh())).await.error(), "invalid_grant");
        assert_eq!(ask(&server, &key.key, &refresh(next.refresh())).await.error(), "invalid_grant");
        assert!(!server.is_active(next.access()).await);
    },
    manual_clock
);

on_every_storage!(
    /// S2.3, S2.25: a registered resource server learns whose a key is and whether it is blocked; nobody else learns
    /// anything. A key is never shown as a token: without the hint it is as unknown as any junk.
    introspection,
    |server| async move {
        let key = server.api_key(None).await;
        let seen = introspect(&server, &key.key).await;
        assert!(seen["iat"].is_i64());
        let expected = json!({
            "active": true, "token_use": "api_key", "client_id": key.client_id, "jti": key.id,
            "aud": server.resource.url, "iss": server.url, "iat": seen["iat"],
        });
        assert_eq!(seen, expected);
        let inactive = json!({"active": false});
        let issued = tokens(&server, &key).await;
        for (token, hint) in [
            (key.key.as_str(), "access_token"),
            (&key.key, "refresh_token"),
            (&key.key, "API_KEY"),
            (&key.id, "api_key"),
            ("ak-unknown", "api_key"),
            (issued.access(), "api_key"),
            (issued.refresh(), "api_key"),
        ] {
            assert_eq!(introspect_with_hint(&server, token, hint).await, inactive, "{hint}");
        }
        assert_eq!(server.introspect(&key.key).await, inactive);
        let keyed = server.application(NewApplication::of(Profile::Keyed)).await;
        let own = server.api_key(Some(&keyed)).await;
        for key in [&own, &key] {
            let answer = keyed.post("/oauth2/introspect", &[("token", &key.key), ("token_type_hint", "api_key")]).await;
            assert_eq!(answer.ok().body, inactive);
        }
        // RFC 7009 knows tokens alone: a key is not the application's to revoke.
        keyed.post("/oauth2/revoke", &[("token", &own.key)]).await;
        assert_eq!(introspect(&server, &own.key).await["active"], true);
        server.set_api_key_disabled(&key, true).await;
        within_a_second("inactive", async || {
            introspect(&server, &key.key).await == json!({"active": false, "token_use": "api_key"})
        })
        .await;
    }
);

on_every_storage!(
    /// S2.25: resource servers hear at once that a key was blocked, and so does one that was away.
    feed,
    |server| async move {
        let key = server.api_key(None).await;
        let (id, secret) = (server.resource.client_id.as_str(), server.resource_secret.as_str());
        let mut feed = Feed::open(&server.url, id, secret, None).await;
        feed.backlog().await;
        server.set_api_key_disabled(&key, true).await;
        let told = feed.next_news().await.expect("news");
        assert_eq!((told.event.as_str(), &told.data["kind"]), ("revoked", &json!("token")));
        assert_eq!(told.data["jti"], json!(key.id));
        let later = Feed::open(&server.url, id, secret, None).await.backlog().await;
        assert!(later.iter().any(|event| event.data["jti"] == json!(key.id)));
        server.set_api_key_disabled(&key, false).await;
        server.revoke(&RevocationTarget::Client(key.client_id.clone())).await;
        let next = feed.next_news().await.expect("news");
        assert_eq!(next.data["kind"], "client", "unblocking is no revocation");
    }
);
