//! What becomes of somebody whom a provisioning system changes.

use auth_server::domain::policy::Profile;
use serde_json::json;

use super::{Scim, USER, id_of, refused, signs_in};
use crate::harness::{Browser, EMAIL, NewApplication, PASSWORD, Server, within_a_second};
use crate::on_every_storage;

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

/// Nobody becomes an administrator, reviewer or auditor through SCIM, and the account of none can be taken over by it.
#[tokio::test(flavor = "multi_thread")]
async fn staff() {
    use auth_server::domain::role::Role;
    let server = Server::start().await;
    for role in [Role::Admin, Role::Reviewer, Role::Auditor] {
        let user = server
            .add_user(&format!("{}@example.com", role.as_str()), PASSWORD)
            .await;
        let user = server.give_roles(user.id, &[role]).await;
        out_of_reach(&server, user).await;
    }
}

async fn out_of_reach(server: &Server, user: auth_server::domain::user::User) {
    use auth_server::store::sql::users;
    let services = &server.state.services;
    let scim = Scim::of(server);
    let path = format!("/Users/{}", user.id);
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
    let after = users::find(&services.database, user.id).await.expect("read");
    assert!(after == Some(user));
}

/// A user made by delegation, known by the address alone, becomes the account under the same id; twice is a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn provisional_users() {
    use auth_server::store::sql::provisional;
    let server = Server::start().await;
    let services = &server.state.services;
    let ghost = server.unstored_user("ghost@example.com");
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
