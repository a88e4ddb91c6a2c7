//! `/scim/v2/Groups` (RFC 7643 4.2).

use serde_json::{Value, json};

use super::{GROUP, Scim, refused};
use crate::harness::{EMAIL, Server};
use crate::on_every_storage;

/// The members that a group has now.
async fn members(scim: &Scim, group: &str) -> Vec<String> {
    let body = scim.get(&format!("/Groups/{group}")).await.ok().body;
    let mut ids: Vec<String> = body["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|member| member["value"].as_str().expect("an id").to_owned())
        .collect();
    ids.sort();
    ids
}

fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
    ids.sort();
    ids
}

on_every_storage!(
    /// RFC 7644 3.3 to 3.6: a group is made, read, replaced and deleted; its members stay as users.
    life,
    |server| async move {
        let scim = Scim::of(&server);
        let alice = scim.ids("/Users", &format!("userName eq \"{EMAIL}\"")).await.remove(0);
        let body = json!({
            "schemas": [GROUP],
            "displayName": "Team",
            "externalId": "T-1",
            "members": [{"value": alice, "type": "User", "display": "whoever"}],
        });
        let made = scim.post("/Groups", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.get("id").to_owned();
        let base = format!("{}/scim/v2", server.config.issuer_url);
        let created = made.body["meta"]["created"].clone();
        let expected = json!({
            "schemas": [GROUP],
            "id": id,
            "externalId": "T-1",
            "displayName": "Team",
            "members": [
                {"value": alice, "$ref": format!("{base}/Users/{alice}"), "type": "User"},
            ],
            "meta": {
                "resourceType": "Group",
                "created": created,
                "lastModified": created,
                "location": format!("{base}/Groups/{id}"),
                "version": "W/\"1\"",
            },
        });
        assert_eq!(made.body, expected);
        assert_eq!(made.headers["location"], format!("{base}/Groups/{id}"));
        let path = format!("/Groups/{id}");
        assert_eq!(scim.get(&path).await.ok().body, expected);
        let replaced = scim.put(&path, &json!({"schemas": [GROUP], "displayName": "Crew"})).await.ok();
        assert_eq!(replaced.get("displayName"), "Crew");
        assert_eq!(replaced.body["members"], json!([]));
        assert!(replaced.body.get("externalId").is_none());
        assert_eq!(replaced.headers["etag"], "W/\"2\"");
        scim.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": alice}]}])).await.ok();
        assert_eq!(scim.delete(&path).await.status, 204);
        refused(&scim.get(&path).await, 404, None);
        refused(&scim.delete(&path).await, 404, None);
        refused(&scim.put(&path, &json!({"schemas": [GROUP], "displayName": "x"})).await, 404, None);
        scim.get(&format!("/Users/{alice}")).await.ok();
        assert_eq!(server.audit("directory_change").await.len(), 4);
    }
);

/// RFC 7644 3.5.2: every way of changing who is in a group, those of large provisioning systems included.
#[tokio::test(flavor = "multi_thread")]
async fn membership() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let a = scim.user("a@example.com").await;
    let b = scim.user("b@example.com").await;
    let c = scim.user("c@example.com").await;
    let group = scim.group("Team", &[&a]).await;
    let path = format!("/Groups/{group}");
    for (operations, expected) in [
        (
            json!([{"op": "add", "path": "members", "value": [{"value": b}, {"value": c}]}]),
            vec![&a, &b, &c],
        ),
        // Who is in already stays in, once.
        (
            json!([{"op": "add", "path": "members", "value": {"value": b}}]),
            vec![&a, &b, &c],
        ),
        (
            json!([{"op": "remove", "path": format!("members[value eq \"{b}\"]")}]),
            vec![&a, &c],
        ),
        (
            json!([{"op": "Remove", "path": "members", "value": [{"value": c}]}]),
            vec![&a],
        ),
        // Who is not in need not leave.
        (
            json!([{"op": "remove", "path": format!("MEMBERS[VALUE EQ \"{c}\"]")}]),
            vec![&a],
        ),
        (
            json!([{"op": "replace", "path": "members", "value": [{"value": b}, {"value": c}]}]),
            vec![&b, &c],
        ),
        (
            json!([{"op": "replace", "value": {"members": [{"value": a}], "displayName": "Crew"}}]),
            vec![&a],
        ),
        (
            json!([
                {"op": "add", "path": "members", "value": [{"value": b}]},
                {"op": "remove", "path": format!("members[value eq \"{a}\"]")},
                {"op": "add", "path": "members", "value": [{"value": c}]},
            ]),
            vec![&b, &c],
        ),
        (json!([{"op": "remove", "path": "members"}]), vec![]),
        (
            json!([{"op": "add", "value": {"members": [{"value": a}]}}]),
            vec![&a],
        ),
    ] {
        scim.patch(&path, operations.clone()).await.ok();
        assert_eq!(members(&scim, &group).await, sorted(&expected), "{operations}");
    }
    assert_eq!(scim.get(&path).await.get("displayName"), "Crew");
}

const NOBODY: &str = "0190a000-0000-7000-8000-000000000000";

/// RFC 7644 3.5.2: what cannot be done to a group is refused as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn bad_changes() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let a = scim.user("a@example.com").await;
    let b = scim.user("b@example.com").await;
    let group = scim.group("Team", &[&a]).await;
    let path = format!("/Groups/{group}");
    for (operations, kind) in [
        (
            json!([{"op": "add", "path": "members", "value": [{"value": NOBODY}]}]),
            "invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": group}]}]),
            "invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": "x"}]}]),
            "invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"display": "x"}]}]),
            "invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": ["x"]}]),
            "invalidValue",
        ),
        (json!([{"op": "add", "path": "members"}]), "invalidValue"),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": b, "type": "Group"}]}]),
            "invalidValue",
        ),
        (
            json!([{"op": "remove", "path": "members[value eq \"x\"]"}]),
            "invalidValue",
        ),
        (
            json!([{"op": "remove", "path": "members[display eq \"x\"]"}]),
            "invalidFilter",
        ),
        (
            json!([{"op": "remove", "path": "members[value eq"}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": format!("members[value eq \"{a}\"]"), "value": {"value": b}}]),
            "mutability",
        ),
        (
            json!([{"op": "replace", "path": "members.value", "value": b}]),
            "invalidPath",
        ),
        (json!([{"op": "remove", "path": "displayName"}]), "mutability"),
        (json!([{"op": "replace", "path": "id", "value": b}]), "mutability"),
        (
            json!([{"op": "replace", "path": "owner", "value": b}]),
            "invalidPath",
        ),
        // All or nothing: b does not get in.
        (
            json!([
                {"op": "add", "path": "members", "value": [{"value": b}]},
                {"op": "add", "path": "members", "value": [{"value": NOBODY}]},
            ]),
            "invalidValue",
        ),
    ] {
        let version = scim.get(&path).await.headers["etag"].clone();
        refused(&scim.patch(&path, operations).await, 400, Some(kind));
        let after = scim.get(&path).await;
        assert_eq!(after.headers["etag"], version);
        assert_eq!(members(&scim, &group).await, std::slice::from_ref(&a));
    }
}

/// RFC 7644 3.3: what a group cannot be made from; nothing is left of it.
#[tokio::test(flavor = "multi_thread")]
async fn bad_groups() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    for body in [
        json!({"schemas": [GROUP]}),
        json!({"schemas": [GROUP], "displayName": ""}),
        json!({"schemas": [GROUP], "displayName": 1}),
        json!({"schemas": [GROUP], "displayName": "x", "members": [{"value": NOBODY}]}),
        json!({"schemas": [GROUP], "displayName": "x", "members": "x"}),
    ] {
        refused(&scim.post("/Groups", &body).await, 400, Some("invalidValue"));
    }
    assert!(scim.ids("/Groups", "displayName eq \"x\"").await.is_empty());
}

on_every_storage!(
    /// Of many who change the members of one group at once, none is lost.
    changes_at_once,
    |server| async move {
        let scim = Scim::of(&server);
        let mut users = Vec::new();
        for number in 0..20 {
            users.push(scim.user(&format!("user{number}@example.com")).await);
        }
        let (stay, leave) = users.split_at(10);
        let leaving: Vec<&String> = leave.iter().collect();
        let group = scim.group("Team", &leaving).await;
        let tasks: Vec<_> = users
            .iter()
            .map(|user| {
                let operation = if stay.contains(user) {
                    json!({"op": "add", "path": "members", "value": [{"value": user}]})
                } else {
                    json!({"op": "remove", "path": format!("members[value eq \"{user}\"]")})
                };
                let (scim, path) = (scim.clone(), format!("/Groups/{group}"));
                tokio::spawn(async move { scim.patch(&path, json!([operation])).await.status })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.expect("ends"), 200);
        }
        let expected: Vec<&String> = stay.iter().collect();
        assert_eq!(members(&scim, &group).await, sorted(&expected));
        assert_eq!(scim.get(&format!("/Groups/{group}")).await.headers["etag"], "W/\"21\"");
    }
);

/// RFC 7644 3.14: members change for the version that was meant alone.
#[tokio::test(flavor = "multi_thread")]
async fn versions() {
    use crate::harness::read;
    use reqwest::Method;
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let user = scim.user("a@example.com").await;
    let group = scim.group("Team", &[]).await;
    let body = json!({
        "schemas": [super::PATCH],
        "Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}],
    });
    let send = async |method: Method, tag: &'static str| {
        let request = scim
            .request(method, &format!("/Groups/{group}"))
            .header("if-match", tag);
        read(
            request
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await
    };
    refused(&send(Method::PATCH, "W/\"2\"").await, 412, None);
    refused(&send(Method::DELETE, "W/\"2\"").await, 412, None);
    assert!(members(&scim, &group).await.is_empty());
    send(Method::PATCH, "W/\"1\"").await.ok();
    refused(&send(Method::DELETE, "W/\"1\"").await, 412, None);
    assert_eq!(send(Method::DELETE, "W/\"2\"").await.status, 204);
}

/// Answers stay small enough to build: a group has 10,000 members at most, and one answer shows 20,000.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_members() {
    use auth_server::store::database::Database;
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let groups = [
        scim.group("A", &[]).await,
        scim.group("B", &[]).await,
        scim.group("C", &[]).await,
    ];
    let Database::Sqlite(pool) = &server.state.services.database else {
        panic!("the default storage is SQLite");
    };
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
         INSERT INTO account (id, email, name, is_admin, is_developer, disabled, created_at) \
         SELECT printf('00000000-0000-7000-8000-%012d', i), 'u' || i || '@example.com', 'U', FALSE, FALSE, FALSE, 0 FROM n",
    )
    .execute(pool)
    .await
    .expect("users");
    for group in &groups {
        sqlx::query(
            "INSERT INTO user_group_member (group_id, user_id) \
             SELECT $1, id FROM account WHERE id LIKE '00000000-%'",
        )
        .bind(group)
        .execute(pool)
        .await
        .expect("members");
    }
    let one_more = scim.user("more@example.com").await;
    let add = json!([{"op": "add", "path": "members", "value": [{"value": one_more}]}]);
    refused(
        &scim.patch(&format!("/Groups/{}", groups[0]), add).await,
        400,
        Some("tooMany"),
    );
    let whole = scim.get(&format!("/Groups/{}", groups[0])).await.ok();
    assert_eq!(whole.body["members"].as_array().map(Vec::len), Some(10_000));
    refused(&scim.get("/Groups").await, 400, Some("tooMany"));
    let names = scim.get("/Groups?excludedAttributes=members").await.ok();
    assert_eq!(names.body["totalResults"], 3);
    assert!(names.body["Resources"][0].get("members").is_none());
    assert_eq!(names.body["Resources"][0]["displayName"], Value::from("A"));
}
