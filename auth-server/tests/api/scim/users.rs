//! `/scim/v2/Users` (RFC 7643 4.1).

use auth_server::domain::webhook::EventType;
use auth_server::flows::audit::Subject;
use auth_server::flows::webhooks::NewEndpoint;
use auth_server::store::sql::webhooks;
use serde_json::json;

use super::{Scim, USER, refused, signs_in};
use crate::harness::{Options, Server};
use crate::on_every_storage;

on_every_storage!(
    /// RFC 7644 3.3, 3.4, 3.5 and 3.6: a user is made, read, replaced, changed and deleted; what is not said of the
    /// user is never shown.
    life,
    |server| async move {
        let scim = Scim::of(&server);
        let made = scim
            .post(
                "/Users",
                &json!({
                    "schemas": [USER],
                    "userName": "Bob@Example.com",
                    "externalId": "E-1",
                    "name": {"givenName": "Bob", "familyName": "Builder"},
                    "emails": [{"value": "ignored@example.com"}],
                    "password": "a new password",
                    "isAdmin": true,
                    "id": "mine",
                }),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.get("id").to_owned();
        let location = format!("{}/scim/v2/Users/{id}", server.config.issuer_url);
        assert_eq!(made.headers["location"], location);
        assert_eq!(made.headers["etag"], "W/\"1\"");
        assert_eq!(made.headers["content-type"], "application/scim+json");
        assert_eq!(made.headers["cache-control"], "no-store");
        let created = made.body["meta"]["created"].clone();
        let expected = json!({
            "schemas": [USER],
            "id": id,
            "externalId": "E-1",
            "userName": "bob@example.com",
            "displayName": "Bob Builder",
            "name": {"formatted": "Bob Builder"},
            "emails": [{"value": "bob@example.com", "primary": true}],
            "active": true,
            "meta": {
                "resourceType": "User",
                "created": created,
                "lastModified": created,
                "location": location,
                "version": "W/\"1\"",
            },
        });
        assert_eq!(made.body, expected);
        let path = format!("/Users/{id}");
        assert_eq!(scim.get(&path).await.ok().body, expected);
        assert!(signs_in(&server, "bob@example.com", "a new password").await);

        // A replacement clears what it leaves out, but neither unblocks nor takes the password.
        let replaced = scim
            .put(&path, &json!({"schemas": [USER], "userName": "robert@example.com", "active": false}))
            .await
            .ok();
        assert_eq!(replaced.headers["etag"], "W/\"2\"");
        assert_eq!(replaced.get("userName"), "robert@example.com");
        assert_eq!(replaced.get("displayName"), "robert");
        assert!(replaced.body.get("externalId").is_none());
        let again = scim
            .put(&path, &json!({"schemas": [USER], "userName": "robert@example.com"}))
            .await
            .ok();
        assert_eq!(again.body["active"], false);
        scim.patch(&path, json!([{"op": "replace", "value": {"active": true}}])).await.ok();
        assert!(signs_in(&server, "robert@example.com", "a new password").await);

        let deleted = scim.delete(&path).await;
        assert_eq!(deleted.status, 204);
        refused(&scim.get(&path).await, 404, None);
        refused(&scim.delete(&path).await, 404, None);
        refused(&scim.patch(&path, json!([{"op": "remove", "path": "externalId"}])).await, 404, None);
        let put = json!({"schemas": [USER], "userName": "robert@example.com"});
        refused(&scim.put(&path, &put).await, 404, None);
        assert!(!signs_in(&server, "robert@example.com", "a new password").await);
    }
);

/// RFC 7644 3.3: what a user cannot be made from.
#[tokio::test(flavor = "multi_thread")]
async fn bad_users() {
    let server = Server::start().await;
    let scim = Scim::of(&server);
    for (body, kind) in [
        (json!({"userName": "x@example.com"}), "invalidSyntax"),
        (
            json!({"schemas": USER, "userName": "x@example.com"}),
            "invalidSyntax",
        ),
        (
            json!({"schemas": ["urn:other"], "userName": "x@example.com"}),
            "invalidSyntax",
        ),
        (json!({"schemas": [USER]}), "invalidValue"),
        (json!({"schemas": [USER], "userName": null}), "invalidValue"),
        (json!({"schemas": [USER], "userName": 1}), "invalidValue"),
        (
            json!({"schemas": [USER], "userName": "no address"}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "displayName": "a\nb"}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "displayName": "x".repeat(201)}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "displayName": ["x"]}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "name": "x"}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "externalId": 7}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "externalId": "x".repeat(256)}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "active": "perhaps"}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "password": "short"}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "x@example.com", "password": "x".repeat(1025)}),
            "invalidValue",
        ),
    ] {
        let answer = scim.post("/Users", &body).await;
        refused(&answer, 400, Some(kind));
        assert!(!answer.body.to_string().contains("short"), "a password came back");
    }
    assert!(
        scim.ids("/Users", "userName eq \"x@example.com\"")
            .await
            .is_empty()
    );
}

on_every_storage!(
    /// RFC 7643 4.1.1: a userName belongs to one user, whatever its case and however many ask at once.
    one_user_per_name,
    |server| async move {
        let scim = Scim::of(&server);
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let scim = scim.clone();
                let name = if number % 2 == 0 { "carol@example.com" } else { "Carol@Example.com" };
                tokio::spawn(async move {
                    scim.post("/Users", &json!({"schemas": [USER], "userName": name})).await
                })
            })
            .collect();
        let mut made = 0;
        for task in tasks {
            let answer = task.await.expect("ends");
            if answer.status == 201 {
                made += 1;
            } else {
                refused(&answer, 409, Some("uniqueness"));
            }
        }
        assert_eq!(made, 1);
        let other = scim.user("dave@example.com").await;
        let taken = json!([{"op": "replace", "path": "userName", "value": "carol@example.com"}]);
        refused(&scim.patch(&format!("/Users/{other}"), taken).await, 409, Some("uniqueness"));
    }
);

/// What a provisioning system does to users is told to the receivers of events, without any value of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn events() {
    let server = Server::start_with(Options::configured(|config| {
        config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()];
    }))
    .await;
    let services = &server.state.services;
    let new = NewEndpoint {
        url: "http://127.0.0.1:9/".to_owned(),
        events: EventType::selectable().collect(),
    };
    let (endpoint, _) = services
        .create_webhook(&new, Subject::default())
        .await
        .expect("a receiver");
    let scim = Scim::of(&server);
    let id = scim.user("erin@example.com").await;
    let path = format!("/Users/{id}");
    scim.patch(
        &path,
        json!([{"op": "replace", "path": "displayName", "value": "A"}]),
    )
    .await;
    scim.patch(
        &path,
        json!([{"op": "replace", "path": "password", "value": "another one of hers"}]),
    )
    .await;
    for active in [false, false, true] {
        scim.patch(
            &path,
            json!([{"op": "replace", "path": "active", "value": active}]),
        )
        .await;
    }
    let told = webhooks::deliveries(&services.database, endpoint.id, None, 100)
        .await
        .expect("deliveries");
    let mut events: Vec<&str> = told.iter().map(|one| one.event.as_str()).collect();
    events.sort_unstable();
    assert_eq!(
        events,
        ["security.password_changed", "user.created", "user.disabled"]
    );
    for one in &told {
        assert!(one.payload.contains(&id));
        assert!(
            !one.payload.contains("erin@") && !one.payload.contains("another one"),
            "{}",
            one.payload
        );
    }
}
