//! A token store that is out of reach when running servers are to be told.

use auth_server::domain::application::matching_secret;
use auth_server::domain::policy::Profile;
use auth_server::domain::secret::PlainToken;
use auth_server::flows::registry::{Actor, NewApplication, Registry};
use auth_server::store::sql::applications;
use auth_server::store::tokens::redis::RedisTokenStore;

use crate::harness::Server;
use crate::harness::ports::free_port;

/// H3: a secret that was stored is shown, or nobody would ever know it; with the old ones gone, the application would be
/// locked out.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_is_not_lost() {
    let server = Server::start().await;
    let services = &server.state.services;
    let nobody =
        RedisTokenStore::connect(&format!("redis://127.0.0.1:{}", free_port()), "none").expect("a URL");
    let registry = Registry {
        tokens: &nobody,
        ..services.registry(Actor::command_line())
    };
    let created = registry
        .create_application(NewApplication::of(Profile::Standard, "Demo"))
        .await;
    let created = created.expect("created");
    let client_id = created.registration.application.client_id;
    let works = async |secret: &PlainToken| {
        let found = applications::find(&services.database, &client_id)
            .await
            .expect("SQL");
        matching_secret(
            &found.expect("an application").secrets,
            secret,
            services.clock.now(),
        )
        .is_some()
    };
    let first = created.secret.expect("a secret");
    assert!(works(&first).await);
    let second = registry
        .add_secret(&client_id, None, None)
        .await
        .expect("added")
        .secret;
    assert!(works(&first).await && works(&second).await);
    let third = registry
        .rotate_secret(&client_id, 0, None)
        .await
        .expect("replaced")
        .secret;
    assert!(works(&third).await && !works(&second).await);
}
