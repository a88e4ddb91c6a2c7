//! Lists (RFC 7644 3.4.2): filters, orders, parts and attributes.

use auth_server::store::database::Database;
use serde_json::{Value, json};
use sqlx::Row;

use super::{Scim, USER, refused};
use crate::harness::{Server, read};
use crate::on_every_storage;

async fn names(scim: &Scim, filter: &str) -> Vec<String> {
    let request = scim.request(reqwest::Method::GET, "/Users");
    let answer = read(request.query(&[("filter", filter), ("sortBy", "userName")])).await;
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    user_names(&answer.body)
}

fn user_names(list: &Value) -> Vec<String> {
    let names = list["Resources"].as_array().expect("a list").iter();
    names
        .map(|user| {
            user["userName"]
                .as_str()
                .expect("a name")
                .replace("@example.com", "")
        })
        .collect()
}

on_every_storage!(
    /// RFC 7644 3.4.2.2: every operator on every attribute finds what it should, alike on both databases.
    filters,
    |server| async move {
        let scim = Scim::of(&server);
        let mut ids = Vec::new();
        for (name, display, external, active) in [
            ("ann", "Ann 100%_\\ Øre", Some("Ext-1"), true),
            ("ben", "ben O'Neill\"", Some("ext-1"), false),
            ("cyd", "Cyd Ann", None, true),
        ] {
            let body = json!({
                "schemas": [USER],
                "userName": format!("{name}@example.com"),
                "displayName": display,
                "externalId": external,
                "active": active,
            });
            let made = scim.post("/Users", &body).await;
            assert_eq!(made.status, 201, "{}", made.body);
            ids.push(made.get("id").to_owned());
        }
        let group = scim.group("Team", &[&ids[0], &ids[1]]).await;
        let empty = scim.group("Empty", &[]).await;
        // alice is who every server has.
        for (filter, expected) in [
            (r#"userName eq "ANN@example.com""#.to_owned(), &["ann"][..]),
            (r#"userName ne "ann@example.com""#.to_owned(), &["alice", "ben", "cyd"]),
            (r#"userName sw "A""#.to_owned(), &["alice", "ann"]),
            (r#"userName ew "EXAMPLE.com""#.to_owned(), &["alice", "ann", "ben", "cyd"]),
            (r#"userName ew "xx-ann@example.com""#.to_owned(), &[]),
            (r#"userName co "YD@""#.to_owned(), &["cyd"]),
            (r#"userName co "%""#.to_owned(), &[]),
            (r#"userName gt "ann@example.com""#.to_owned(), &["ben", "cyd"]),
            (r#"userName ge "ann@example.com""#.to_owned(), &["ann", "ben", "cyd"]),
            (r#"userName lt "ann@example.com""#.to_owned(), &["alice"]),
            (r#"userName le "ann@example.com""#.to_owned(), &["alice", "ann"]),
            ("userName pr".to_owned(), &["alice", "ann", "ben", "cyd"]),
            (r#"emails.value eq "ann@example.com""#.to_owned(), &["ann"]),
            (r#"emails[value eq "ann@example.com"]"#.to_owned(), &["ann"]),
            (r#"displayName co "ann""#.to_owned(), &["ann", "cyd"]),
            (r#"displayName co "0%_\\ ""#.to_owned(), &["ann"]),
            (r#"displayName co "_""#.to_owned(), &["ann"]),
            (r#"displayName eq "BEN o'neill\"""#.to_owned(), &["ben"]),
            (r#"name.formatted sw "cyd ""#.to_owned(), &["cyd"]),
            (r#"displayName co "\u00d8re""#.to_owned(), &["ann"]),
            (r#"externalId eq "Ext-1""#.to_owned(), &["ann"]),
            (r#"externalId ne "Ext-1""#.to_owned(), &["alice", "ben", "cyd"]),
            (r#"externalId sw "ext""#.to_owned(), &["ben"]),
            (r#"externalId co "xt""#.to_owned(), &["ann", "ben"]),
            ("externalId pr".to_owned(), &["ann", "ben"]),
            ("not (externalId pr)".to_owned(), &["alice", "cyd"]),
            (r#"not (externalId eq "Ext-1")"#.to_owned(), &["alice", "ben", "cyd"]),
            (r#"not (externalId co "E")"#.to_owned(), &["alice", "ben", "cyd"]),
            ("externalId eq null".to_owned(), &["alice", "cyd"]),
            ("active eq true".to_owned(), &["alice", "ann", "cyd"]),
            ("active eq false".to_owned(), &["ben"]),
            ("active ne true".to_owned(), &["ben"]),
            ("not (active eq true)".to_owned(), &["ben"]),
            ("active pr".to_owned(), &["alice", "ann", "ben", "cyd"]),
            (format!("id eq \"{}\"", ids[2]), &["cyd"]),
            (r#"id eq "nothing""#.to_owned(), &[]),
            (format!("groups.value eq \"{group}\""), &["ann", "ben"]),
            (format!("groups[value eq \"{group}\"] and active eq true"), &["ann"]),
            (format!("groups eq \"{empty}\""), &[]),
            ("groups pr".to_owned(), &["ann", "ben"]),
            ("not (groups pr)".to_owned(), &["alice", "cyd"]),
            (r#"meta.created gt "2020-01-01T00:00:00Z""#.to_owned(), &["alice", "ann", "ben", "cyd"]),
            (r#"meta.lastModified lt "2020-01-01T00:00:00Z""#.to_owned(), &[]),
            (
                r#"userName eq "cyd@example.com" or userName eq "ben@example.com" and active eq true"#.to_owned(),
                &["cyd"],
            ),
            (
                r#"(userName eq "cyd@example.com" or userName eq "ben@example.com") and active eq false"#.to_owned(),
                &["ben"],
            ),
        ] {
            assert_eq!(names(&scim, &filter).await, expected, "{filter}");
        }
        for (filter, expected) in [
            (format!("members.value eq \"{}\"", ids[0]), vec![&group]),
            (format!("members[value eq \"{}\"]", ids[0].to_uppercase()), vec![&group]),
            (format!("id eq \"{group}\" and members eq \"{}\"", ids[2]), vec![]),
            ("members pr".to_owned(), vec![&group]),
            ("not (members pr)".to_owned(), vec![&empty]),
            (r#"displayName eq "TEAM""#.to_owned(), vec![&group]),
            (r#"displayName sw "t" or displayName sw "e""#.to_owned(), vec![&group, &empty]),
        ] {
            let found = scim.ids("/Groups", &filter).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
        }
        for filter in ["userName", "shoeSize pr", "password pr", "userName eq x", "active gt true", "(", "members pr"] {
            let request = scim.request(reqwest::Method::GET, "/Users").query(&[("filter", filter)]);
            refused(&read(request).await, 400, Some("invalidFilter"));
        }
    }
);

/// RFC 7644 3.4.2.3 and 3.4.2.4: parts of a list come in one order, bounded.
#[tokio::test(flavor = "multi_thread")]
async fn parts() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    for name in ["dan", "ben", "cyd", "ann"] {
        scim.user(&format!("{name}@example.com")).await;
    }
    for (query, first, expected) in [
        ("", 1, &["alice", "dan", "ben", "cyd", "ann"][..]),
        ("?startIndex=2&count=2", 2, &["dan", "ben"]),
        ("?startIndex=5&count=9", 5, &["ann"]),
        ("?startIndex=6", 6, &[]),
        ("?startIndex=-3&count=1", 1, &["alice"]),
        ("?count=0", 1, &[]),
        ("?count=-1", 1, &[]),
        (
            "?count=100000&startIndex=0",
            1,
            &["alice", "dan", "ben", "cyd", "ann"],
        ),
        ("?startIndex=9223372036854775807", i64::MAX, &[]),
        ("?sortBy=userName", 1, &["alice", "ann", "ben", "cyd", "dan"]),
        (
            "?sortBy=USERNAME&sortOrder=Descending",
            1,
            &["dan", "cyd", "ben", "ann", "alice"],
        ),
        (
            "?sortBy=userName&sortOrder=descending&startIndex=2&count=2",
            2,
            &["cyd", "ben"],
        ),
        ("?sortBy=id&sortOrder=descending&count=1", 1, &["ann"]),
        ("?sortBy=meta.created&count=1", 1, &["alice"]),
        ("?sortBy=displayName&count=1", 1, &["ann"]),
    ] {
        let list = scim.get(&format!("/Users{query}")).await.ok();
        assert_eq!(user_names(&list.body), expected, "{query}");
        assert_eq!(list.body["totalResults"], 5, "{query}");
        assert_eq!(list.body["startIndex"], first, "{query}");
        assert_eq!(list.body["itemsPerPage"], expected.len(), "{query}");
        assert_eq!(
            list.body["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
        );
    }
    for query in [
        "count=x",
        "count=1.5",
        "count=99999999999999999999",
        "startIndex=one",
        "sortBy=password",
        "sortBy=groups",
        "sortBy=id&sortOrder=up",
        "count=1&count=2",
        "attributes=id&excludedAttributes=meta",
        "filter=%ff",
    ] {
        refused(
            &scim.get(&format!("/Users?{query}")).await,
            400,
            Some("invalidValue"),
        );
    }
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName co \"n@\"",
        "sortBy": "userName",
        "sortOrder": "descending",
        "startIndex": 1,
        "count": 2,
        "attributes": ["userName"],
    });
    let found = scim.post("/Users/.search", &search).await.ok();
    assert_eq!(user_names(&found.body), ["dan", "ben"]);
    assert_eq!(found.body["totalResults"], 3);
    assert!(found.body["Resources"][0].get("meta").is_none());
    for (name, value) in [
        ("count", json!("2")),
        ("filter", json!(1)),
        ("attributes", json!("userName")),
        ("attributes", json!([1])),
    ] {
        let mut search = search.clone();
        search[name] = value;
        refused(
            &scim.post("/Users/.search", &search).await,
            400,
            Some("invalidValue"),
        );
    }
    refused(
        &scim.post("/Users/.search", &json!({})).await,
        400,
        Some("invalidSyntax"),
    );
}

/// RFC 7644 3.9: which attributes come; `schemas` and `id` always do.
#[tokio::test(flavor = "multi_thread")]
async fn attributes() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let id = scim.user("ann@example.com").await;
    let group = scim.group("Team", &[&id]).await;
    let keys = |body: &Value| {
        body.as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (query, expected) in [
        ("attributes=userName", "id schemas userName"),
        ("attributes=USERNAME,%20active", "active id schemas userName"),
        (
            "attributes=urn:ietf:params:scim:schemas:core:2.0:User:userName",
            "id schemas userName",
        ),
        ("attributes=nothing", "id schemas"),
        ("attributes=password", "id schemas"),
        ("attributes=groups", "groups id schemas"),
        ("attributes=emails.value", "emails id schemas"),
        (
            "excludedAttributes=meta,emails,id",
            "active displayName id name schemas userName",
        ),
        (
            "excludedAttributes=groups",
            "active displayName emails id meta name schemas userName",
        ),
    ] {
        for path in [
            format!("/Users/{id}?{query}"),
            format!("/Users?{query}&filter=id%20eq%20%22{id}%22"),
        ] {
            let body = scim.get(&path).await.ok().body;
            let user = if path.contains("filter") {
                &body["Resources"][0]
            } else {
                &body
            };
            assert_eq!(keys(user), expected, "{path}");
        }
    }
    let user = scim
        .get(&format!(
            "/Users/{id}?attributes=emails.value,meta.version,groups"
        ))
        .await
        .ok()
        .body;
    assert_eq!(user["emails"], json!([{"value": "ann@example.com"}]));
    assert_eq!(user["meta"], json!({"version": "W/\"1\""}));
    let base = format!("{}/scim/v2", server.config.issuer_url);
    let membership = json!({"value": group, "$ref": format!("{base}/Groups/{group}"), "display": "Team", "type": "direct"});
    assert_eq!(user["groups"], json!([membership]));
    let user = scim
        .get(&format!("/Users/{id}?excludedAttributes=emails.primary"))
        .await
        .ok()
        .body;
    assert_eq!(user["emails"], json!([{"value": "ann@example.com"}]));
    // On what answers a change, too.
    let path = format!("/Groups/{group}?attributes=displayName");
    let changed = scim
        .patch(
            &path,
            json!([{"op": "replace", "path": "displayName", "value": "Crew"}]),
        )
        .await;
    assert_eq!(keys(&changed.ok().body), "displayName id schemas");
    let made = scim
        .post(
            "/Users?attributes=userName",
            &json!({"schemas": [USER], "userName": "x@example.com"}),
        )
        .await;
    assert_eq!(
        (made.status, keys(&made.body).as_str()),
        (201, "id schemas userName")
    );
}

/// What provisioning systems look up all the time goes by an index, with 100,000 users as with ten.
#[tokio::test(flavor = "multi_thread")]
async fn lookups_go_by_index() {
    let server = Server::start().await;
    let Database::Sqlite(pool) = &server.state.services.database else {
        panic!("the default storage is SQLite");
    };
    let in_group = "SELECT user_id FROM user_group_member WHERE group_id = $1";
    let of_user = "SELECT group_id FROM user_group_member WHERE user_id = $1";
    for statement in [
        "SELECT * FROM account WHERE email = $1 ORDER BY id ASC LIMIT 100".to_owned(),
        "SELECT COUNT(*) FROM account WHERE email = $1".to_owned(),
        "SELECT COUNT(*) FROM account WHERE (external_id IS NOT NULL AND external_id = $1)".to_owned(),
        "SELECT COUNT(*) FROM account WHERE lower(name) = lower($1)".to_owned(),
        "SELECT * FROM account WHERE id = $1".to_owned(),
        format!("SELECT COUNT(*) FROM account WHERE id IN ({in_group})"),
        format!("SELECT COUNT(*) FROM user_group WHERE id IN ({of_user})"),
        "SELECT COUNT(*) FROM user_group WHERE lower(name) = lower($1)".to_owned(),
        "SELECT COUNT(*) FROM user_group WHERE (external_id IS NOT NULL AND external_id = $1)".to_owned(),
        "UPDATE application SET owner_id = NULL WHERE owner_id = $1".to_owned(),
    ] {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let plan = sqlx::query(sqlx::AssertSqlSafe(explain))
            .bind("x")
            .fetch_all(pool)
            .await;
        for step in plan.expect("a plan") {
            let step: String = step.get("detail");
            assert!(!step.starts_with("SCAN"), "{statement}: {step}");
        }
    }
}
