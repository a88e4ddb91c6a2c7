//! Who may use the admin API: every operation of the document, asked by everybody.

use auth_server::domain::role::Role;
use auth_server::store::sql::{applications, people};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Admin, BASE, trusted};
use crate::harness::{Options, PASSWORD, Server, Tokens, client, read, within_a_second};
use crate::on_every_storage;

/// One operation of the document.
#[derive(Clone, Debug)]
struct Operation {
    method: Method,
    path: String,
    scope: String,
    id: String,
    has_id_in_path: bool,
    reads_body: bool,
}

async fn document(server: &Server) -> Value {
    let answer = client()
        .get(server.at("/admin/api/v1/openapi.json"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json().await.expect("JSON")
}

/// A server that may send events to this machine.
async fn start() -> Server {
    Server::start_with(Options {
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()],
        ..Options::default()
    })
    .await
}

/// Every operation; ids in paths are of things that are not there.
async fn operations(server: &Server) -> Vec<Operation> {
    let document = document(server).await;
    let mut operations = Vec::new();
    for (template, methods) in document["paths"].as_object().expect("paths") {
        let mut path = template.clone();
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, &uuid::Uuid::new_v4().to_string());
        }
        for (method, described) in methods.as_object().expect("methods") {
            let scopes = described["security"][0]["bearer"].as_array().expect("one scope");
            assert_eq!(scopes.len(), 1, "{template}");
            operations.push(Operation {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.strip_prefix(BASE).expect("below the base").to_owned(),
                scope: scopes[0].as_str().expect("a scope").to_owned(),
                id: described["operationId"].as_str().expect("an id").to_owned(),
                has_id_in_path: template.contains('{'),
                reads_body: described.get("requestBody").is_some(),
            });
        }
    }
    assert!(operations.len() >= 54, "{}", operations.len());
    operations
}

/// A body with which the operation goes as far as its thing.
fn body(operation: &Operation) -> Value {
    match operation.id.as_str() {
        "createApplication" | "putApplication" | "createApiKey" => json!({"name": "New"}),
        "decideReview" => json!({"status": "approved", "version": 1}),
        "createUser" => json!({"email": format!("{}@example.com", uuid::Uuid::new_v4())}),
        "setPassword" => json!({"password": "long enough"}),
        "changeApiKey" => json!({"disabled": true}),
        "createWebhook" => json!({"url": "http://127.0.0.1:9/hook", "events": ["key.rotated"]}),
        "createResource" => json!({
            "name": "R", "url": format!("https://{}.example/", uuid::Uuid::new_v4())
        }),
        _ => json!({}),
    }
}

async fn ask(request: reqwest::RequestBuilder, operation: &Operation) -> Tokens {
    let request = if operation.reads_body {
        request.json(&body(operation))
    } else {
        request
    };
    read(request).await
}

/// H1: without a token of this server for this server nobody gets anywhere, whatever the operation; a cookie is none.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_a_token_for_this_server() {
    let server = Server::start().await;
    let application = trusted(&server, "admin rooms:list").await;
    let for_rooms = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    let own = [
        ("grant_type", "client_credentials"),
        ("resource", server.url.as_str()),
    ];
    let revoked = application.token(&own).await.ok();
    application
        .post("/oauth2/revoke", &[("token", revoked.access())])
        .await;
    let browser = server.signed_in().await;
    for operation in operations(&server).await {
        let url = server.at(&format!("{BASE}{}", operation.path));
        let request = || client().request(operation.method.clone(), &url);
        for (who, request) in [
            ("anonymous", request()),
            ("nonsense", request().bearer_auth("nonsense")),
            (
                "a token for another server",
                request().bearer_auth(for_rooms.access()),
            ),
            ("a revoked token", request().bearer_auth(revoked.access())),
            (
                "a secret in place of a token",
                request().basic_auth(&application.client_id, application.secret.as_ref()),
            ),
            (
                "a session",
                browser.request(operation.method.clone(), &format!("{BASE}{}", operation.path)),
            ),
        ] {
            let answer = ask(request, &operation).await;
            assert_eq!(answer.status, 401, "{who} {}: {}", operation.id, answer.body);
            assert!(
                answer.headers.contains_key("www-authenticate"),
                "{}",
                operation.id
            );
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(answer.headers.contains_key("x-error-id"));
        }
    }
}

/// H1, S3.23: each operation takes exactly the permission that the document names, or one that stands for it; every
/// other is refused by name. What is not there is 404.
#[tokio::test(flavor = "multi_thread")]
async fn permissions() {
    let server = start().await;
    let operations = operations(&server).await;
    let mut scopes: Vec<String> = operations
        .iter()
        .map(|operation| operation.scope.clone())
        .collect();
    scopes.sort();
    scopes.dedup();
    for scope in &scopes {
        let admin = Admin::with(&server, scope).await;
        for operation in &operations {
            let request = admin.request(operation.method.clone(), &operation.path);
            let answer = ask(request, operation).await;
            let who = format!("{scope} {}: {} {}", operation.id, answer.status, answer.body);
            if operation.scope != *scope {
                assert_eq!(answer.status, 403, "{who}");
                let challenge = answer.headers["www-authenticate"].to_str().expect("text");
                assert!(
                    challenge.contains(&format!("scope=\"{}\"", operation.scope)),
                    "{challenge}"
                );
            } else if operation.has_id_in_path && operation.id != "putApplication" {
                assert_eq!(answer.status, 404, "{who}");
            } else {
                assert!((200..300).contains(&answer.status), "{who}");
            }
        }
    }
    for general in ["admin", "admin:users"] {
        let admin = Admin::with(&server, general).await;
        assert_eq!(admin.get("/users").await.status, 200, "{general}");
        let status = admin.get("/keys").await.status;
        assert_eq!(status, if general == "admin" { 200 } else { 403 }, "{general}");
    }
}

/// H1: a user's token is worth what the user's roles are, whatever its permissions: an administrator everything, a
/// reviewer the review alone, an auditor to look, a developer and everybody else nothing. A role that is taken is gone
/// with the next request.
#[tokio::test(flavor = "multi_thread")]
async fn roles() {
    let server = start().await;
    let operations = operations(&server).await;
    for (roles, allowed) in [
        (&[Role::Admin][..], (|_| true) as fn(&str) -> bool),
        (&[Role::Reviewer], |scope| scope == "admin:review"),
        (&[Role::Auditor], |scope| scope.ends_with(":read")),
        (&[Role::Developer], |_| false),
        (&[], |_| false),
        (&[Role::Reviewer, Role::Auditor], |scope| {
            scope == "admin:review" || scope.ends_with(":read")
        }),
    ] {
        let user = Admin::user(&server, roles, "admin").await;
        for operation in &operations {
            let answer = ask(user.request(operation.method.clone(), &operation.path), operation).await;
            let who = format!("{roles:?} {}: {} {}", operation.id, answer.status, answer.body);
            assert_eq!(answer.status != 403, allowed(&operation.scope), "{who}");
            assert_ne!(answer.status, 401, "{who}");
        }
    }
}

/// H1, H2: a body is application/json or it is not read; a method or an address that is not there says so; nothing is
/// larger than 64 KiB.
#[tokio::test(flavor = "multi_thread")]
async fn bodies() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin").await;
    for operation in operations(&server)
        .await
        .iter()
        .filter(|operation| operation.reads_body)
    {
        let request = || admin.request(operation.method.clone(), &operation.path);
        for media_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let text = body(operation).to_string();
            let answer = read(request().header("content-type", media_type).body(text)).await;
            assert_eq!(answer.status, 415, "{} {media_type:?}", operation.id);
        }
        let large = format!(r#"{{"name":"{}"}}"#, "a".repeat(64 * 1024));
        let answer = read(request().header("content-type", "application/json").body(large)).await;
        assert_eq!(answer.status, 413, "{}", operation.id);
        for text in ["", "{", "[]", "null", r#"{"x":1}"#, r#"{"name":1,"name":2}"#] {
            let json = request().header("content-type", "application/json");
            let answer = read(json.body(text)).await;
            assert_eq!(answer.status, 400, "{} {text}: {}", operation.id, answer.body);
            assert_eq!(answer.body["code"], "invalid_request", "{}", operation.id);
        }
    }
    let unknown = admin.get("/nothing").await;
    assert_eq!(
        (unknown.status, &unknown.body["code"]),
        (404, &json!("not_found"))
    );
    let method = admin.send(Method::PUT, "/users", &json!({})).await;
    assert_eq!(method.status, 405, "{}", method.body);
    for query in [
        "limit=0",
        "limit=501",
        "limit=x",
        "after=x",
        "limit=1&limit=2",
        "role=king",
    ] {
        let answer = admin.get(&format!("/users?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
}

/// H1: whoever may write applications gets no more power over this server by one: such that may have permissions which
/// the token lacks are not made, changed, or given secrets and keys.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_by_an_application() {
    let server = Server::start().await;
    let narrow = Admin::with(&server, "admin:applications admin:users:read").await;
    let all = Admin::with(&server, "admin").await;
    let forbidden = |answer: &Tokens, scope: &str| {
        assert_eq!(answer.status, 403, "{scope}: {}", answer.body);
        let challenge = answer.headers["www-authenticate"].to_str().expect("text");
        let named = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
        assert!(challenge.contains(&named), "{challenge}");
    };
    let own = trusted(&server, "rooms:list").await;
    let own = format!("/applications/{}", own.client_id);
    for scope in ["admin", "admin:users", "admin:users:write", "scim:write"] {
        let body = json!({"name": "New", "scope": format!("rooms:list {scope}")});
        forbidden(&narrow.post("/applications", &body).await, scope);
        forbidden(&narrow.put("/applications/another", &body).await, scope);
        forbidden(&narrow.put(&own, &body).await, scope);
        forbidden(&narrow.patch(&own, &json!({"scope": scope})).await, scope);
        let powerful = trusted(&server, scope).await;
        let path = format!("/applications/{}", powerful.client_id);
        forbidden(&narrow.patch(&path, &json!({"name": "Other"})).await, scope);
        forbidden(&narrow.put(&path, &json!({"name": "Other"})).await, scope);
        forbidden(&narrow.post(&format!("{path}/secrets"), &json!({})).await, scope);
        forbidden(
            &narrow.post(&format!("{path}/rotate-secret"), &json!({})).await,
            scope,
        );
        let key = json!({"name": "Key", "client_id": powerful.client_id});
        forbidden(&narrow.post("/api-keys", &key).await, scope);
        assert_eq!(narrow.get(&path).await.status, 200, "{scope}");
        assert_eq!(all.post("/applications", &body).await.status, 201, "{scope}");
        let rotated = all.post(&format!("{path}/rotate-secret"), &json!({})).await;
        assert_eq!(rotated.status, 201, "{scope}");
    }
    let within = json!({"name": "New", "scope": "rooms:list admin:users:read admin:applications:write"});
    let made = narrow.post("/applications", &within).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let secrets = format!("/applications/{}/secrets", made.get("client_id"));
    assert_eq!(narrow.post(&secrets, &json!({})).await.status, 201);
}

on_every_storage!(
    /// PostgreSQL takes no NUL in a text: nothing is at a path that has one, for programs and people alike, and a body
    /// that has one is not as it must be.
    nuls,
    |server| async move {
        let admin = Admin::with(&server, "admin").await;
        for path in ["/applications/%00", "/applications/a%00b/secrets", "/reviews/%00", "/tokens/%00", "/users/%00"] {
            let answer = admin.get(path).await;
            assert_eq!((answer.status, &answer.body["code"]), (404, &json!("not_found")), "{path}");
            assert!(answer.headers.contains_key("x-error-id"), "{path}");
        }
        for (path, body) in [
            ("/applications", json!({"name": "x", "use_case": "\0"})),
            ("/applications", json!({"name": "x", "redirect_uris": ["https://app.example/\0"]})),
            ("/api-keys", json!({"name": "x", "client_id": "a\0"})),
            ("/users", json!({"email": "a\0@example.com"})),
        ] {
            let answer = admin.post(path, &body).await;
            assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid_request")), "{body}");
        }
        let roles = [Role::Admin, Role::Developer];
        let (_, browser) = server.person("root@example.com", &roles).await;
        for path in [
            "/logos/%00",
            "/admin/applications/%00",
            "/admin/review/%00",
            "/developer/apps/%00",
            "/developer/apps/%00/secrets",
            "/scim/v2/Users/%00",
        ] {
            let page = browser.get_once(path).await;
            assert_eq!(page.status, 404, "{path}");
        }
    }
);

/// The token of a user who is blocked, or of an application that is, is worth nothing at once.
#[tokio::test(flavor = "multi_thread")]
async fn blocked() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin").await;
    let other = server.add_user("other@example.com", PASSWORD).await;
    server.give_roles(other.id, &[Role::Admin]).await;
    let user = server.add_user("root@example.com", PASSWORD).await;
    server.give_roles(user.id, &[Role::Admin]).await;
    let application = trusted(&server, "admin").await;
    let fields = [
        ("grant_type", "password"),
        ("username", "root@example.com"),
        ("password", PASSWORD),
        ("resource", server.url.as_str()),
    ];
    let by_user = Admin::of(&server, &application.token(&fields).await.ok());
    assert_eq!(by_user.get("/users").await.status, 200);
    let blocked = admin
        .patch(&format!("/users/{}", user.id), &json!({"disabled": true}))
        .await;
    assert_eq!(blocked.status, 200, "{}", blocked.body);
    assert_eq!(by_user.get("/users").await.status, 401);
    let own = [
        ("grant_type", "client_credentials"),
        ("resource", server.url.as_str()),
    ];
    let by_application = Admin::of(&server, &application.token(&own).await.ok());
    assert_eq!(by_application.get("/users").await.status, 200);
    let path = format!("/applications/{}", application.client_id);
    assert_eq!(admin.patch(&path, &json!({"disabled": true})).await.status, 200);
    within_a_second("refused", async || {
        by_application.get("/users").await.status == 401
    })
    .await;
}

/// A token that a crash left alive between the blocking and the revocation opens nothing all the same.
#[tokio::test(flavor = "multi_thread")]
async fn blocked_before_the_tokens_end() {
    let server = Server::start().await;
    let services = &server.state.services;
    let (user, _) = server.person("root@example.com", &[Role::Admin]).await;
    let application = trusted(&server, "admin").await;
    let resource = ("resource", server.url.as_str());
    let of_user = [
        ("grant_type", "password"),
        ("username", "root@example.com"),
        ("password", PASSWORD),
        resource,
    ];
    let by_user = Admin::of(&server, &application.token(&of_user).await.ok());
    let own = [("grant_type", "client_credentials"), resource];
    let by_application = Admin::of(&server, &application.token(&own).await.ok());
    for admin in [&by_user, &by_application] {
        assert_eq!(admin.get("/users").await.status, 200);
    }
    let blocked = people::Update {
        disabled: Some(true),
        ..people::Update::default()
    };
    people::update(&services.database, user.id, &blocked, services.clock.now())
        .await
        .expect("the database")
        .expect("a user");
    assert_eq!(by_user.get("/users").await.status, 401);
    assert_eq!(by_application.get("/users").await.status, 200);
    let id = &application.client_id;
    assert!(
        applications::set_disabled(&services.database, id, true)
            .await
            .expect("the database")
    );
    services.clients.forget_application(id).await;
    assert_eq!(by_application.get("/users").await.status, 401);
}

/// B8: guesses at tokens are counted by address and held up; a token that lacks the permission is no guess.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_held_up() {
    let server = Server::start_with(Options {
        configure: |config| config.limits.failures_per_address = 3,
        ..Options::manual_clock()
    })
    .await;
    let admin = Admin::with(&server, "admin:users:read").await;
    for _ in 0..5 {
        assert_eq!(admin.get("/keys").await.status, 403);
    }
    let url = server.at(&format!("{BASE}/users"));
    let guess = async || read(client().get(&url).bearer_auth("guess")).await;
    for _ in 0..3 {
        assert_eq!(guess().await.status, 401);
    }
    let held = guess().await;
    assert_eq!(held.status, 429, "{}", held.body);
    assert!(held.headers.contains_key("retry-after"));
}
