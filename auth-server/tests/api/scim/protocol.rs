//! What the server says of itself, and how it answers what it does not understand.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GROUP, Presents, Scim, USER, refused};
use crate::harness::{Server, read};

/// RFC 7643 5 to 7: features, types and schemas; every address they name leads to the same document.
#[tokio::test(flavor = "multi_thread")]
async fn discovery() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let config = scim.get("/ServiceProviderConfig").await.ok().body;
    for (feature, supported) in [
        ("patch", true),
        ("filter", true),
        ("sort", true),
        ("etag", true),
        ("bulk", false),
        ("changePassword", false),
    ] {
        assert_eq!(config[feature]["supported"], supported, "{feature}");
    }
    assert_eq!(config["filter"]["maxResults"], 200);
    for (path, ids) in [("/ResourceTypes", ["User", "Group"]), ("/Schemas", [USER, GROUP])] {
        let list = scim.get(path).await.ok().body;
        assert_eq!(list["totalResults"], 2);
        for (document, id) in list["Resources"].as_array().expect("a list").iter().zip(ids) {
            assert_eq!(document["id"], id);
            let location = document["meta"]["location"].as_str().expect("an address");
            let local = location.strip_prefix(&format!("{}/scim/v2", server.config.issuer_url));
            assert_eq!(scim.get(local.expect("here")).await.ok().body, *document);
        }
        refused(&scim.get(&format!("{path}/nothing")).await, 404, None);
        refused(&scim.get(&format!("{path}?filter=id%20pr")).await, 403, None);
    }
}

/// The schema names exactly what a user and a group have.
#[tokio::test(flavor = "multi_thread")]
async fn schemas_tell_the_truth() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let body = json!({"schemas": [USER], "userName": "ann@example.com", "externalId": "x", "password": "long enough"});
    let id = scim.post("/Users", &body).await.get("id").to_owned();
    let group = scim.group("Team", &[&id]).await;
    // Common to all resources (RFC 7643 3.1), and never returned.
    let unlisted = ["schemas", "id", "externalId", "meta"];
    for (schema, path, never) in [
        (USER, format!("/Users/{id}"), &["password", "groups"][..]),
        (GROUP, format!("/Groups/{group}"), &[]),
    ] {
        let schema = scim.get(&format!("/Schemas/{schema}")).await.ok().body;
        let mut named: Vec<&str> = schema["attributes"]
            .as_array()
            .expect("attributes")
            .iter()
            .map(|attribute| attribute["name"].as_str().expect("a name"))
            .filter(|name| !never.contains(name))
            .collect();
        named.sort_unstable();
        let resource = scim.get(&path).await.ok().body;
        let mut has: Vec<&str> = resource
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .filter(|name| !unlisted.contains(name))
            .collect();
        has.sort_unstable();
        assert_eq!(has, named);
    }
}

/// RFC 7644 3.12: unknown addresses and methods, and what is not offered, in SCIM's own shape.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_there() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    for path in [
        "",
        "/",
        "/nothing",
        "/Users/",
        "/users",
        "/Users/x/y",
        "/Users/%ff",
        "/Users/1",
    ] {
        refused(&scim.get(path).await, 404, None);
    }
    for (method, path) in [
        (Method::DELETE, "/Users"),
        (Method::PUT, "/Groups"),
        (Method::POST, "/Users/0190a000-0000-7000-8000-000000000000"),
        (Method::GET, "/Groups/.search"),
        (Method::POST, "/Schemas"),
        (Method::DELETE, "/ServiceProviderConfig"),
        (Method::PATCH, "/ResourceTypes"),
    ] {
        refused(&scim.send(method, path, &json!({})).await, 405, None);
    }
    for (method, path) in [
        (Method::GET, "/Me"),
        (Method::PATCH, "/Me"),
        (Method::POST, "/Bulk"),
        (Method::POST, "/.search"),
    ] {
        refused(&scim.send(method, path, &json!({})).await, 501, None);
    }
}

/// RFC 7644 3.12, C25: bodies of another type, too large, too deep, or no JSON object.
#[tokio::test(flavor = "multi_thread")]
async fn bodies() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let id = scim.user("ann@example.com").await;
    let send = async |method: &Method, path: &str, kind: &str, body: Vec<u8>| {
        let request = scim.request(method.clone(), path).header("content-type", kind);
        read(request.body(body)).await
    };
    let deep = format!("{}{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    for (method, path) in [
        (Method::POST, "/Users".to_owned()),
        (Method::PUT, format!("/Users/{id}")),
        (Method::PATCH, format!("/Users/{id}")),
        (Method::POST, "/Users/.search".to_owned()),
        (Method::POST, "/Groups".to_owned()),
    ] {
        for kind in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonx",
        ] {
            refused(&send(&method, &path, kind, b"{}".to_vec()).await, 415, None);
        }
        let large = format!("{{\"x\": \"{}\"}}", "x".repeat(65 * 1024));
        refused(
            &send(&method, &path, "application/json", large.into_bytes()).await,
            413,
            None,
        );
        for body in [
            &b""[..],
            b"[]",
            b"null",
            b"\"x\"",
            b"{",
            b"{}x",
            b"\xff",
            b"{\"a\":\"\\ud800\"}",
            deep.as_bytes(),
        ] {
            let answer = send(
                &method,
                &path,
                "application/scim+json; charset=utf-8",
                body.to_vec(),
            )
            .await;
            refused(&answer, 400, Some("invalidSyntax"));
        }
    }
    // Names in any case, and NUL in a text: refused or kept out, never a 5xx.
    let odd = json!({"SCHEMAS": [USER], "USERNAME": "odd@example.com", "displayName": "a\0b"});
    refused(&scim.post("/Users", &odd).await, 400, Some("invalidValue"));
    let odd = json!({"SCHEMAS": [USER], "USERNAME": "odd@example.com", "DisplayNAME": "Odd"});
    assert_eq!(scim.post("/Users", &odd).await.get("displayName"), "Odd");
    let nul = json!({"schemas": [GROUP], "displayName": "x", "externalId": "a\0b"});
    refused(&scim.post("/Groups", &nul).await, 400, Some("invalidValue"));
}

/// Losing the database is 503 with Retry-After, in SCIM's shape.
#[tokio::test(flavor = "multi_thread")]
async fn outage() {
    use auth_server::store::database::Database;
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let Database::Sqlite(pool) = &server.state.services.database else {
        panic!("the default storage is SQLite");
    };
    pool.close().await;
    let answer = scim.get("/Users").await;
    refused(&answer, 503, None);
    assert!(answer.headers.contains_key("retry-after"));
    let nobody = Scim::with(&server, Presents::Nothing);
    assert_eq!(
        nobody.get("/Users").await.body["detail"],
        Value::from("the credentials are missing or not valid")
    );
}
