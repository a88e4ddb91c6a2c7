//! Changes of `/scim/v2/Users` (RFC 7644 3.5.2, 3.14).

use serde_json::{Value, json};

use super::{Scim, USER, refused};
use crate::harness::Server;

/// RFC 7644 3.5.2: targets, spellings and what cannot be changed.
#[tokio::test(flavor = "multi_thread")]
async fn patch() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let path = format!("/Users/{}", scim.user("erin@example.com").await);
    for (operation, attribute, value) in [
        (
            json!({"op": "replace", "path": "displayName", "value": "A"}),
            "displayName",
            json!("A"),
        ),
        (
            json!({"op": "Add", "path": "DISPLAYNAME", "value": "B"}),
            "displayName",
            json!("B"),
        ),
        (
            json!({"op": "replace", "path": "name.formatted", "value": "C"}),
            "displayName",
            json!("C"),
        ),
        (
            json!({"op": "replace", "path": "name", "value": {"formatted": "D"}}),
            "displayName",
            json!("D"),
        ),
        (
            json!({"op": "add", "value": {"name.formatted": "E"}}),
            "displayName",
            json!("E"),
        ),
        (
            json!({"op": "add", "value": {"displayName": "F", "shoeSize": 43}}),
            "displayName",
            json!("F"),
        ),
        (
            json!({"op": "replace", "path": format!("{USER}:displayName"), "value": "G"}),
            "displayName",
            json!("G"),
        ),
        (
            json!({"op": "add", "path": "externalId", "value": "x"}),
            "externalId",
            json!("x"),
        ),
        (
            json!({"op": "remove", "path": "externalId"}),
            "externalId",
            Value::Null,
        ),
        (
            json!({"op": "replace", "path": "active", "value": "False"}),
            "active",
            json!(false),
        ),
        (
            json!({"op": "replace", "path": "active", "value": "True"}),
            "active",
            json!(true),
        ),
        (
            json!({"op": "replace", "path": "userName", "value": "Erin2@example.com"}),
            "userName",
            json!("erin2@example.com"),
        ),
    ] {
        let answer = scim.patch(&path, json!([operation.clone()])).await.ok();
        assert_eq!(answer.body[attribute], value, "{operation}");
        assert_eq!(scim.get(&path).await.body[attribute], value, "{operation}");
    }
}

/// RFC 7644 3.5.2: what cannot be changed so is refused as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn bad_patches() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let path = format!("/Users/{}", scim.user("erin@example.com").await);
    let before = scim.get(&path).await.ok().body;
    for (operations, kind) in [
        (json!([]), "invalidSyntax"),
        (json!([1]), "invalidSyntax"),
        (
            json!([{"op": "move", "path": "active", "value": true}]),
            "invalidSyntax",
        ),
        (json!([{"path": "active", "value": true}]), "invalidSyntax"),
        (json!([{"op": "remove"}]), "noTarget"),
        (json!([{"op": "add", "value": "x"}]), "invalidValue"),
        (json!([{"op": "add"}]), "invalidValue"),
        (
            json!([{"op": "replace", "path": "shoeSize", "value": 43}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": "isAdmin", "value": true}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": "name.familyName", "value": "x"}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": "displayName[x", "value": "x"}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": "displayName[value pr]", "value": "x"}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": "x".repeat(600), "value": "x"}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": "id", "value": "x"}]),
            "mutability",
        ),
        (
            json!([{"op": "replace", "path": "meta.version", "value": "x"}]),
            "mutability",
        ),
        (
            json!([{"op": "add", "path": "emails[type eq \"work\"].value", "value": "x@y"}]),
            "mutability",
        ),
        (json!([{"op": "remove", "path": "userName"}]), "mutability"),
        (json!([{"op": "remove", "path": "active"}]), "mutability"),
        (
            json!([{"op": "replace", "path": "displayName", "value": null}]),
            "mutability",
        ),
        (
            json!([{"op": "replace", "path": "displayName", "value": ""}]),
            "invalidValue",
        ),
        (
            json!([{"op": "replace", "path": "active", "value": 1}]),
            "invalidValue",
        ),
        (
            json!([{"op": "replace", "path": "password", "value": "short"}]),
            "invalidValue",
        ),
        // All or nothing.
        (
            json!([
                {"op": "replace", "path": "displayName", "value": "changed"},
                {"op": "replace", "path": "active", "value": "perhaps"},
            ]),
            "invalidValue",
        ),
    ] {
        refused(&scim.patch(&path, operations).await, 400, Some(kind));
    }
    let many = vec![json!({"op": "remove", "path": "externalId"}); 1001];
    refused(&scim.patch(&path, json!(many)).await, 400, Some("tooMany"));
    assert_eq!(scim.get(&path).await.ok().body, before);
}

/// RFC 7644 3.14: a change that is meant for another version does not happen.
#[tokio::test(flavor = "multi_thread")]
async fn versions() {
    use crate::harness::read;
    use reqwest::Method;
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let path = format!("/Users/{}", scim.user("frank@example.com").await);
    let operations = |name: &str| {
        let operation = json!({"op": "replace", "path": "displayName", "value": name});
        json!({"schemas": [super::PATCH], "Operations": [operation]}).to_string()
    };
    let send = async |method: Method, tag: &str, body: String| {
        let request = scim.request(method, &path).header("if-match", tag);
        read(request.header("content-type", "application/json").body(body)).await
    };
    let put = json!({"schemas": [USER], "userName": "frank@example.com"}).to_string();
    for stale in ["W/\"7\"", "\"2\"", "W/\"\"", "1", "W/1", ""] {
        refused(&send(Method::PATCH, stale, operations("x")).await, 412, None);
        refused(&send(Method::PUT, stale, put.clone()).await, 412, None);
        refused(&send(Method::DELETE, stale, String::new()).await, 412, None);
    }
    let changed = send(Method::PATCH, "W/\"7\", W/\"1\"", operations("two"))
        .await
        .ok();
    assert_eq!(changed.headers["etag"], "W/\"2\"");
    send(Method::PUT, "*", put).await.ok();
    // Of many who saw the same version, one changes it.
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let request = scim.request(Method::PATCH, &path).header("if-match", "W/\"3\"");
            let body = operations(&format!("name {number}"));
            tokio::spawn(read(
                request.header("content-type", "application/json").body(body),
            ))
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.expect("ends").status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![412; 19]].concat());
    let seen = scim
        .request(Method::GET, &path)
        .header("if-none-match", "W/\"4\"");
    let seen = read(seen).await;
    assert_eq!((seen.status, seen.body), (304, Value::Null));
    let newer = scim
        .request(Method::GET, &path)
        .header("if-none-match", "W/\"3\"");
    read(newer).await.ok();
}

/// The same where it is decided: the statement itself looks at the version, and spares the staff.
#[tokio::test(flavor = "multi_thread")]
async fn the_statement_decides() {
    use auth_server::store::sql::people::{self, Update};
    let server = Server::start().await;
    let database = &server.state.services.database;
    let id = Scim::of(&server).user("gina@example.com").await;
    let id = id.parse().expect("an id");
    let update = Update {
        name: Some("Gina"),
        version: Some(1),
        spare_staff: true,
        ..Update::default()
    };
    let first = people::update(database, id, &update, 7).await.expect("SQL");
    assert_eq!(
        first.map(|person| (person.version, person.updated_at)),
        Some((2, 7))
    );
    assert_eq!(people::update(database, id, &update, 8).await.expect("SQL"), None);
    let auth_server::store::database::Database::Sqlite(pool) = database else {
        panic!("the default storage is SQLite");
    };
    let update = Update {
        version: None,
        ..update
    };
    for give in [
        "UPDATE account SET is_admin = TRUE",
        "UPDATE account SET is_admin = FALSE, is_reviewer = TRUE",
        "UPDATE account SET is_reviewer = FALSE, is_auditor = TRUE",
    ] {
        sqlx::query(give).execute(pool).await.expect("SQL");
        assert_eq!(
            people::update(database, id, &update, 9).await.expect("SQL"),
            None,
            "{give}"
        );
    }
}
