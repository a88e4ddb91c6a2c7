//! API keys, resource servers, signing keys, the audit log and error ids through the API.

use serde_json::{Value, json};

use super::{Admin, fields};
use crate::harness::{Options, Server, Storage, client, read, within_a_second};

/// S2.25: a key is made with an application of its own, shown once, blocked and unblocked.
#[tokio::test(flavor = "multi_thread")]
async fn api_keys() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:applications").await;
    let made = admin.post("/api-keys", &json!({"name": "Partner"})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let key = made.get("api_key").to_owned();
    let path = format!("/api-keys/{}", made.get("id"));
    let listed = admin.get("/api-keys").await.ok();
    assert_eq!(listed.body["items"][0]["name"], "Partner");
    assert!(!listed.body.to_string().contains(&key), "H3");
    let introspected = async || {
        let request = client()
            .post(server.at("/oauth2/introspect"))
            .basic_auth(&server.resource.client_id, Some(&server.resource_secret))
            .form(&[("token", key.as_str()), ("token_type_hint", "api_key")]);
        read(request).await.ok().body["active"].as_bool().expect("active")
    };
    assert!(introspected().await);
    assert_eq!(
        admin.patch(&path, &json!({"disabled": true})).await.ok().body["disabled"],
        true
    );
    within_a_second("blocked", async || !introspected().await).await;
    admin.patch(&path, &json!({"disabled": false})).await.ok();
    within_a_second("works again", async || introspected().await).await;
    let client_id = made.get("client_id");
    let second = admin
        .post("/api-keys", &json!({"name": "Second", "client_id": client_id}))
        .await;
    assert_eq!(second.status, 201);
    let of_one = admin
        .get(&format!("/api-keys?client_id={client_id}&limit=1"))
        .await
        .ok();
    assert_eq!(of_one.body["items"][0]["name"], "Second");
    assert!(of_one.body["next"].is_string());
    for (body, expected) in [
        (json!({"name": ""}), "name name"),
        (
            json!({"name": "x", "client_id": "nobody"}),
            "client_id unknown_application",
        ),
    ] {
        assert_eq!(fields(&admin.post("/api-keys", &body).await), [expected]);
    }
}

/// A resource server is registered, changed, blocked, and given another secret; the old one is worth nothing.
#[tokio::test(flavor = "multi_thread")]
async fn resource_servers() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:resources").await;
    let made = admin
        .post(
            "/resources",
            &json!({"name": "Files", "url": "https://files.example/"}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (id, secret) = (
        made.get("client_id").to_owned(),
        made.get("client_secret").to_owned(),
    );
    let path = format!("/resources/{id}");
    let works = async |secret: &str| {
        let request = client()
            .post(server.at("/oauth2/introspect"))
            .basic_auth(&id, Some(secret))
            .form(&[("token", "x")]);
        read(request).await.status == 200
    };
    within_a_second("known", async || works(&secret).await).await;
    let rotated = admin.post(&format!("{path}/rotate-secret"), &json!({})).await;
    assert_eq!(rotated.status, 201);
    within_a_second("the old one ended", async || !works(&secret).await).await;
    assert!(works(rotated.get("client_secret")).await);
    let changed = admin
        .patch(
            &path,
            &json!({"name": "All files", "scope_prefix": "files", "requires_signed_introspection": true}),
        )
        .await
        .ok();
    assert_eq!(
        (changed.get("name"), changed.get("scope_prefix")),
        ("All files", "files")
    );
    assert_eq!(changed.body["requires_signed_introspection"], true);
    let changed = admin
        .patch(&path, &json!({"scope_prefix": null, "disabled": true}))
        .await
        .ok();
    assert_eq!(
        (&changed.body["scope_prefix"], &changed.body["disabled"]),
        (&json!(null), &json!(true))
    );
    within_a_second("blocked", async || !works(rotated.get("client_secret")).await).await;
    assert_eq!(
        admin.get("/resources").await.ok().body["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    for (body, expected) in [
        (json!({"name": "x", "url": "https://files.example/"}), "url taken"),
        (
            json!({"name": "x", "url": "https://x.example/#f"}),
            "url resource",
        ),
        (
            json!({"name": "x", "url": "https://y.example/", "encryption_key": "nonsense"}),
            "encryption_key key",
        ),
        (
            json!({"name": "x", "url": "https://y.example/", "scope_prefix": "a b"}),
            "scope_prefix scope",
        ),
    ] {
        assert_eq!(fields(&admin.post("/resources", &body).await), [expected]);
    }
}

/// Signing keys are shown without themselves, and the next one is made.
#[tokio::test(flavor = "multi_thread")]
async fn signing_keys() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:keys").await;
    let before = admin.get("/keys").await.ok();
    assert_eq!(before.body["items"][0]["state"], "active");
    let made = admin.post("/keys/rotate", &json!({})).await;
    assert_eq!(made.status, 201);
    let after = admin.get("/keys").await.ok();
    assert_eq!(after.body["items"][1]["kid"], made.body["kid"]);
    assert_eq!(after.body["items"][1]["state"], "published");
    let at_once = admin.post("/keys/rotate", &json!({"now": true})).await;
    assert_eq!(at_once.status, 201);
    assert_eq!(server.audit("admin_command").await.len(), 2, "H6");
}

/// H6: the log is filtered, read in parts and downloaded; an error id leads to its exact reason.
#[tokio::test(flavor = "multi_thread")]
async fn audit() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let options = Options {
            storage,
            ..Options::default()
        };
        let server = Server::start_with(options).await;
        let admin = Admin::with(&server, "admin").await;
        for number in 0..5 {
            admin
                .put(
                    &format!("/applications/app-{number}"),
                    &json!({"name": "=x, \"y\""}),
                )
                .await;
        }
        server.signed_in().await;
        let all = admin.get("/audit").await.ok();
        assert_eq!(all.body["items"].as_array().unwrap().len(), 6, "{}", all.body);
        assert_eq!(all.body["items"][0]["kind"], "sign_in");
        let user = all.body["items"][0]["user_id"].as_str().unwrap();
        let from = all.body["items"][5]["at"].as_i64().unwrap();
        for (query, expected) in [
            ("kind=admin_command".to_owned(), 5),
            ("kind=nothing".to_owned(), 0),
            (format!("user_id={user}"), 1),
            ("client_id=app-3".to_owned(), 1),
            ("client_id=app-3&kind=sign_in".to_owned(), 0),
            (format!("from={from}"), 6),
            (format!("until={from}"), 0),
            (format!("from={}", from + 3600), 0),
        ] {
            let found = admin.get(&format!("/audit?{query}")).await.ok();
            assert_eq!(found.body["items"].as_array().unwrap().len(), expected, "{query}");
        }
        let part = admin.get("/audit?limit=4").await.ok();
        let next = part.body["next"].as_str().expect("there is more");
        let rest = admin.get(&format!("/audit?limit=4&after={next}")).await.ok();
        assert_eq!(rest.body["items"].as_array().unwrap().len(), 2);
        let export = async |query: &str| {
            let request = admin.request(reqwest::Method::GET, &format!("/audit/export?{query}"));
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            answer.text().await.expect("text")
        };
        let lines = export("").await;
        assert_eq!(lines.lines().count(), 6);
        let first: Value = serde_json::from_str(lines.lines().next().unwrap()).expect("JSON");
        assert_eq!(first, all.body["items"][0]);
        let table = export("format=csv&kind=admin_command").await;
        assert_eq!(table.lines().count(), 6, "{table}");
        assert!(table.starts_with("id,at,time,kind,"));

        let refused = admin.get("/applications/nobody").await;
        let id = refused.headers["x-error-id"].to_str().unwrap().to_owned();
        let reason = server.reason(&id).await;
        let found = admin.get(&format!("/errors/{id}")).await.ok();
        assert_eq!(
            (found.get("reason"), &found.body["status"]),
            (reason.as_str(), &json!(404))
        );
    }
}
