//! `/scim/v2/Users` (RFC 7643 4.1).

use auth_server::domain::policy::Profile;
use serde_json::{Value, json};

use super::{Scim, USER, refused};
use crate::harness::{Browser, EMAIL, NewApplication, PASSWORD, Server, within_a_second};
use crate::on_every_storage;

async fn signs_in(server: &Server, email: &str, password: &str) -> bool {
    let new = NewApplication::of(Profile::Trueconf);
    let application = server.application(new).await;
    let answer = application
        .token(&[
            ("grant_type", "password"),
            ("username", email),
            ("password", password),
        ])
        .await;
    assert!(answer.status == 200 || answer.error() == "invalid_grant");
    answer.status == 200
}

/// The id of a user that the harness made.
async fn id_of(scim: &Scim, email: &str) -> String {
    scim.ids("/Users", &format!("userName eq \"{email}\""))
        .await
        .remove(0)
}

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

on_every_storage!(
    /// S3.6, B10: `active` false is `user disable`: sessions and tokens end at once, and come not back with `true`.
    deactivated,
    |server| async move {
        let scim = Scim::of(&server);
        let path = format!("/Users/{}", id_of(&scim, EMAIL).await);
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let tokens = application.tokens(&server, &[]).await;
        let browser = server.signed_in().await;
        assert!(server.is_active(tokens.access()).await);
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        scim.patch(&path, off).await.ok();
        ended(&server, &browser, &application, &tokens).await;
        assert!(!signs_in(&server, EMAIL, PASSWORD).await);
        let on = json!([{"op": "replace", "path": "active", "value": true}]);
        scim.patch(&path, on).await.ok();
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(application.refresh(tokens.refresh()).await.error(), "invalid_grant");
        assert!(signs_in(&server, EMAIL, PASSWORD).await);
        let lines = server.audit("directory_change").await;
        assert!(lines.iter().any(|line| line.detail.contains("blocked")), "{lines:?}");
    }
);

/// Every token and session of alice is over.
async fn ended(
    server: &Server,
    browser: &Browser,
    application: &crate::harness::Application,
    tokens: &crate::harness::Tokens,
) {
    within_a_second("ended", async || !server.is_active(tokens.access()).await).await;
    assert_eq!(
        application.refresh(tokens.refresh()).await.error(),
        "invalid_grant"
    );
    let (request, _) = application.request(&[]);
    let page = browser.get_once(&request).await;
    assert!(
        page.location().expect("a redirect").starts_with("/login"),
        "the session lives"
    );
}

on_every_storage!(
    /// B10: a new password, and the loss of one, ends sessions and tokens; the old one is worth nothing.
    password,
    |server| async move {
        let scim = Scim::of(&server);
        let path = format!("/Users/{}", id_of(&scim, EMAIL).await);
        for (operation, works) in [
            (json!({"op": "replace", "path": "password", "value": "another password"}), Some("another password")),
            (json!({"op": "add", "value": {"password": PASSWORD}}), Some(PASSWORD)),
            (json!({"op": "remove", "path": "password"}), None),
        ] {
            let application = server.application(NewApplication::of(Profile::Standard)).await;
            let tokens = application.tokens(&server, &[]).await;
            let browser = server.signed_in().await;
            let answer = scim.patch(&path, json!([operation])).await.ok();
            assert!(!answer.body.to_string().contains("password"), "{}", answer.body);
            ended(&server, &browser, &application, &tokens).await;
            for candidate in [PASSWORD, "another password"] {
                let expected = works == Some(candidate);
                assert_eq!(signs_in(&server, EMAIL, candidate).await, expected, "{candidate}");
            }
            if works.is_some_and(|password| password != PASSWORD) {
                let back = json!([{"op": "replace", "path": "password", "value": PASSWORD}]);
                scim.patch(&path, back).await.ok();
            }
        }
    }
);

on_every_storage!(
    /// The end of a user: tokens, sessions and consents end, the user leaves groups, applications stay without an
    /// owner, the audit log stays.
    deleted,
    |server| async move {
        let scim = Scim::of(&server);
        let id = id_of(&scim, EMAIL).await;
        let group = scim.group("Team", &[&id]).await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let tokens = application.tokens(&server, &[]).await;
        let browser = server.signed_in().await;
        let lines = server.audit("sign_in").await.len();
        let version = scim.get(&format!("/Groups/{group}")).await.headers["etag"].clone();
        assert_eq!(scim.delete(&format!("/Users/{id}")).await.status, 204);
        ended(&server, &browser, &application, &tokens).await;
        let team = scim.get(&format!("/Groups/{group}")).await.ok();
        assert_eq!(team.body["members"], json!([]));
        assert_ne!(team.headers["etag"], version);
        assert_eq!(server.audit("sign_in").await.len(), lines);
        // The address is free again; nothing of the old account comes with it.
        let new = scim.user(EMAIL).await;
        assert_ne!(new, id);
        assert!(!signs_in(&server, EMAIL, PASSWORD).await);
    }
);

/// An application outlives the developer who registered it.
#[tokio::test(flavor = "multi_thread")]
async fn applications_outlive_their_owner() {
    use auth_server::store::sql::applications;
    let server = Server::start().await;
    let scim = Scim::of(&server);
    let developer = server.add_user("dev@example.com", PASSWORD).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let database = &server.state.services.database;
    let found = applications::find(database, &application.client_id)
        .await
        .expect("read");
    let mut owned = found.expect("an application");
    owned.client_id = uuid::Uuid::new_v4().to_string();
    owned.owner_id = Some(developer.id);
    applications::insert(database, &owned, None)
        .await
        .expect("registered");
    assert_eq!(scim.delete(&format!("/Users/{}", developer.id)).await.status, 204);
    let orphan = applications::find(database, &owned.client_id)
        .await
        .expect("read");
    assert_eq!(orphan.expect("it stays").owner_id, None);
}

/// Nobody becomes an administrator through SCIM, and no administrator's account can be taken over by it.
#[tokio::test(flavor = "multi_thread")]
async fn administrators() {
    use auth_server::domain::user::User;
    use auth_server::store::sql::users;
    let server = Server::start().await;
    let services = &server.state.services;
    let admin = User {
        id: services.clock.new_id(),
        email: "root@example.com".to_owned(),
        name: "Root".to_owned(),
        password_hash: None,
        is_admin: true,
        is_developer: false,
        disabled: false,
        created_at: services.clock.now(),
    };
    users::insert(&services.database, &admin).await.expect("a user");
    let scim = Scim::of(&server);
    let path = format!("/Users/{}", admin.id);
    scim.get(&path).await.ok();
    for operation in [
        json!({"op": "replace", "path": "password", "value": "a new password"}),
        json!({"op": "replace", "path": "userName", "value": "mine@example.com"}),
        json!({"op": "replace", "path": "active", "value": false}),
        json!({"op": "replace", "path": "displayName", "value": "x"}),
    ] {
        refused(&scim.patch(&path, json!([operation])).await, 403, None);
    }
    let put = json!({"schemas": [USER], "userName": "mine@example.com", "password": "a new password"});
    refused(&scim.put(&path, &put).await, 403, None);
    refused(&scim.delete(&path).await, 403, None);
    let after = users::find(&services.database, admin.id).await.expect("read");
    assert!(after == Some(admin));
}

/// A user made by delegation, known by the address alone, becomes the account under the same id; twice is a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn provisional_users() {
    use auth_server::domain::user::User;
    use auth_server::store::sql::provisional;
    let server = Server::start().await;
    let services = &server.state.services;
    let ghost = User {
        id: services.clock.new_id(),
        email: "ghost@example.com".to_owned(),
        name: "ghost".to_owned(),
        password_hash: None,
        is_admin: false,
        is_developer: false,
        disabled: false,
        created_at: services.clock.now(),
    };
    assert!(
        provisional::insert(&services.database, &ghost)
            .await
            .expect("written")
    );
    let scim = Scim::of(&server);
    let body = json!({
        "schemas": [USER],
        "userName": "ghost@example.com",
        "displayName": "Ghost",
        "externalId": "g",
        "password": "a new password",
    });
    let made = scim.post("/Users", &body).await;
    assert_eq!(
        (made.status, made.get("id")),
        (201, ghost.id.to_string().as_str())
    );
    assert_eq!((made.get("displayName"), made.get("externalId")), ("Ghost", "g"));
    assert!(signs_in(&server, "ghost@example.com", "a new password").await);
    refused(&scim.post("/Users", &body).await, 409, Some("uniqueness"));
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

/// The same where it is decided: the statement itself looks at the version, and spares administrators.
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
        spare_administrators: true,
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
    sqlx::query("UPDATE account SET is_admin = TRUE")
        .execute(pool)
        .await
        .expect("SQL");
    let update = Update {
        version: None,
        ..update
    };
    assert_eq!(people::update(database, id, &update, 9).await.expect("SQL"), None);
}
