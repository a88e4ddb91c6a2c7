//! Users and their sessions through the API.

use auth_server::domain::role::Role;
use auth_server::domain::user::User;
use reqwest::Method;
use serde_json::json;

use super::{Admin, fields};
use crate::harness::{EMAIL, PASSWORD, Server, read};
use crate::on_every_storage;

async fn alice(server: &Server) -> User {
    let database = &server.state.services.database;
    let found = auth_server::store::sql::users::find_by_email(database, EMAIL).await;
    found.expect("SQL").expect("alice")
}

/// Added with roles and a language, found by the beginning of the address or the name, and by role.
#[tokio::test(flavor = "multi_thread")]
async fn added_and_found() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:users").await;
    let made = admin
        .post(
            "/users",
            &json!({
                "email": "Rita.Reviewer@EXAMPLE.com", "name": "Rita", "password": "long enough",
                "roles": ["reviewer", "auditor"], "language": "fr",
            }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.get("email"), "rita.reviewer@example.com");
    assert_eq!(made.body["roles"], json!(["reviewer", "auditor"]));
    assert_eq!(made.body["has_password"], true);
    assert!(!made.body.to_string().contains("argon2"));
    server
        .browser()
        .sign_in("rita.reviewer@example.com", "long enough")
        .await;
    for (query, expected) in [
        ("search=rita.rev", 1),
        ("search=RITA", 1),
        ("search=ita", 0),
        ("role=reviewer", 1),
        ("role=admin", 0),
        ("role=auditor&search=rit", 1),
        ("disabled=true", 0),
        ("", 2),
    ] {
        let found = admin.get(&format!("/users?{query}")).await.ok();
        assert_eq!(found.body["items"].as_array().unwrap().len(), expected, "{query}");
    }
    let id = made.get("user_id");
    let by_id = admin.get(&format!("/users?search={id}")).await.ok();
    assert_eq!(by_id.body["items"][0]["user_id"], id);
    for (body, expected) in [
        (json!({"email": EMAIL}), "email email_taken"),
        (json!({"email": "nothing"}), "email email"),
        (
            json!({"email": "x@example.com", "password": "short"}),
            "password password",
        ),
        (json!({"email": "x@example.com", "name": "a\nb"}), "name name"),
        (
            json!({"email": "x@example.com", "language": "tlh"}),
            "language choice",
        ),
    ] {
        assert_eq!(fields(&admin.post("/users", &body).await), [expected]);
    }
}

on_every_storage!(
    /// S3.6, B10: blocking and another password end every session and token at once.
    blocked_and_reset,
    |server| async move {
        let admin = Admin::with(&server, "admin:users").await;
        let user = alice(&server).await;
        let path = format!("/users/{}", user.id);
        let application = server
            .application(crate::harness::NewApplication::of(
                auth_server::domain::policy::Profile::Standard,
            ))
            .await;
        let tokens = application.tokens(&server, &[]).await;
        let sessions = admin.get(&format!("{path}/sessions")).await.ok();
        assert_eq!(sessions.body["items"].as_array().unwrap().len(), 1);
        let blocked = admin.patch(&path, &json!({"disabled": true})).await.ok();
        assert_eq!(blocked.body["disabled"], true);
        assert!(!server.is_active(tokens.access()).await);
        let sessions = admin.get(&format!("{path}/sessions")).await.ok();
        assert_eq!(sessions.body["items"], json!([]));
        admin.patch(&path, &json!({"disabled": false})).await.ok();
        let tokens = application.tokens(&server, &[]).await;
        let reset = read(
            admin
                .request(Method::PUT, &format!("{path}/password"))
                .json(&json!({"password": "another password"})),
        )
        .await;
        assert_eq!(reset.status, 204);
        assert!(!server.is_active(tokens.access()).await);
        server.browser().sign_in(EMAIL, "another password").await;
        let lines = server.audit("password_changed").await;
        assert!(lines.iter().any(|line| line.detail.contains("password of alice")), "H6");
        assert!(lines.iter().all(|line| !line.detail.contains("another password")), "H5");
    }
);

on_every_storage!(
    /// One session is ended by its public handle, and the others go on; somebody else's is not there.
    sessions,
    |server| async move {
        let admin = Admin::with(&server, "admin:users").await;
        let user = alice(&server).await;
        let bob = server.add_user("bob@example.com", PASSWORD).await;
        let (one, other) = (server.signed_in().await, server.signed_in().await);
        let path = format!("/users/{}/sessions", user.id);
        let listed = admin.get(&path).await.ok();
        let sids: Vec<_> = listed.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["sid"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(sids.len(), 2);
        let foreign = format!("/users/{}/sessions/{}", bob.id, sids[0]);
        assert_eq!(admin.delete(&foreign).await, 404);
        assert_eq!(admin.delete(&format!("{path}/{}", sids[0])).await, 204);
        assert_eq!(admin.delete(&format!("{path}/{}", sids[0])).await, 404);
        let left = admin.get(&path).await.ok();
        assert_eq!(left.body["items"].as_array().unwrap().len(), 1);
        assert_eq!(left.body["items"][0]["sid"], sids[1]);
        let mut signed_in = 0;
        for browser in [&one, &other] {
            let name = auth_server::http::cookies::session_name(false);
            let cookie = browser.cookie(&name).expect("a session cookie");
            let hash = auth_server::domain::secret::PlainToken::presented(cookie).hashed();
            let services = &server.state.services;
            let found = services.tokens.find_session(&hash, services.clock.now_millis()).await;
            signed_in += usize::from(found.expect("the store").is_some());
        }
        assert_eq!(signed_in, 1);
        assert_eq!(admin.delete(&path).await, 204);
        assert_eq!(admin.get(&path).await.ok().body["items"], json!([]));
    }
);

/// The last administrator who can sign in stays one, whatever is tried; of two at once one stays.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator() {
    let server = Server::start().await;
    let admin = Admin::with(&server, "admin:users").await;
    let user = alice(&server).await;
    server.give_roles(user.id, &[Role::Admin]).await;
    let path = format!("/users/{}", user.id);
    for body in [
        json!({"roles": []}),
        json!({"disabled": true}),
        json!({"roles": ["auditor"]}),
    ] {
        let answer = admin.patch(&path, &body).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (409, &json!("last_administrator")),
            "{body}"
        );
    }
    let stale = read(
        admin
            .request(Method::PATCH, &path)
            .header("if-match", "\"99\"")
            .json(&json!({"name": "x"})),
    )
    .await;
    assert_eq!(stale.status, 412);
    let bob = server.add_user("bob@example.com", PASSWORD).await;
    server.give_roles(bob.id, &[Role::Admin]).await;
    assert_eq!(admin.patch(&path, &json!({"roles": []})).await.status, 200);
    let line = &server.audit("admin_command").await[0].detail;
    assert!(line.contains("-admin"), "H6: {line}");
}
