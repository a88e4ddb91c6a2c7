//! The administration's pages about API keys and signing keys.

use auth_server::domain::policy::Profile;
use auth_server::domain::role::Role;
use auth_server::store::sql::api_keys;
use reqwest::StatusCode;

use crate::harness::{EMAIL, NewApplication, PASSWORD, Server, within_a_second};

/// H3: an API key is on the page that answers its making and on no other; it is turned off and on, and what is wrong is
/// said beside its field.
#[tokio::test(flavor = "multi_thread")]
async fn api_keys_are_made_and_turned_off() {
    let server = Server::start().await;
    let (_, admin) = server.person("admin@example.com", &[Role::Admin]).await;
    let path = "/admin/api-keys";
    let made = admin
        .act(path, &[("action", "add"), ("name", "Bridge"), ("client_id", "")])
        .await;
    assert_eq!(
        (made.status, made.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let key = made.texts("#secret").remove(0);
    let works = async || {
        let request = crate::harness::client()
            .post(server.at("/public/token"))
            .header("X-API-KEY", &key)
            .json(&serde_json::json!({"grant_type": "password", "username": EMAIL, "password": PASSWORD}));
        request.send().await.expect("an answer").status() == 200
    };
    assert!(works().await);
    let list = admin.get(path).await;
    assert!(list.body.contains("Bridge") && !list.body.contains(&key));
    for line in server.audit("secret_changed").await {
        assert!(!line.detail.contains(&key));
    }
    let database = &server.state.services.database;
    let known = api_keys::page(database, None, None, 10)
        .await
        .expect("keys")
        .items
        .remove(0);
    let id = known.id.to_string();
    assert_eq!(
        admin
            .act(path, &[("action", "disable"), ("key", &id)])
            .await
            .status,
        303
    );
    within_a_second("refused", async || !works().await).await;
    assert_eq!(
        admin
            .act(path, &[("action", "enable"), ("key", &id)])
            .await
            .status,
        303
    );
    within_a_second("taken again", works).await;
    let other = server.application(NewApplication::of(Profile::Standard)).await;
    for (name, client_id, field) in [
        ("", "", "name"),
        ("X", "nonsense", "client_id"),
        ("X", &other.client_id, "client_id"),
    ] {
        let refused = admin
            .act(
                path,
                &[("action", "add"), ("name", name), ("client_id", client_id)],
            )
            .await;
        assert_eq!(refused.status, 422, "{name} {client_id}");
        assert_eq!(refused.attributes("[aria-invalid=true]", "name"), [field]);
        assert_eq!(refused.attributes("#client-id", "value"), [client_id]);
    }
    for key in ["nonsense", &uuid::Uuid::new_v4().to_string()] {
        assert_eq!(
            admin
                .act(path, &[("action", "disable"), ("key", key)])
                .await
                .status,
            404
        );
    }
}

/// The next signing key is made once it is confirmed, and then signs later or at once.
#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_are_rotated() {
    let server = Server::start().await;
    let (_, admin) = server.person("admin@example.com", &[Role::Admin]).await;
    let path = "/admin/keys";
    let states = async || admin.get(path).await.texts("td .badge");
    assert_eq!(states().await, ["Signing"]);
    let unconfirmed = admin.act(path, &[]).await;
    assert_eq!(unconfirmed.status, 422);
    assert_eq!(unconfirmed.attributes("[aria-invalid=true]", "name"), ["confirm"]);
    assert_eq!(states().await, ["Signing"], "nothing was made");
    assert_eq!(admin.act(path, &[("confirm", "yes")]).await.status, 303);
    let now = states().await;
    assert_eq!(now.len(), 2);
    assert!(now.contains(&"Published, signs later".to_owned()), "{now:?}");
    assert_eq!(
        admin
            .act(path, &[("confirm", "yes"), ("now", "yes")])
            .await
            .status,
        303
    );
    assert_eq!(states().await.len(), 3);
    assert_eq!(
        server
            .audit("admin_command")
            .await
            .iter()
            .filter(|line| line.detail.contains("signing key"))
            .count(),
        2
    );
}
