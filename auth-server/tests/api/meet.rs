//! La Suite Meet's resource-server variant from an application's side, on the core endpoints.

use auth_server::domain::policy::Profile;

use crate::harness::{NewApplication, Server, claims};

const SCOPE: &str = "lasuite_visio lasuite_visio:rooms:create lasuite_visio:rooms:list";

/// S0.5, S0.6, S0.7, S0.9, S0.47, S0.49, S1.4: sign in, get an access token and a refresh token that cover what was
/// asked for, and go on with the refresh token when the access token is over.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_cover_the_scopes_and_are_renewed_without_the_user() {
    let server = Server::start().await;
    let application = server
        .application(NewApplication::of(Profile::Meet).scope(SCOPE))
        .await;
    let tokens = application.tokens(&server, &[("scope", SCOPE)]).await;
    assert_eq!(tokens.get("token_type"), "Bearer");
    assert_eq!(tokens.body["expires_in"], 3600);
    assert_eq!(tokens.get("scope"), SCOPE);
    let first = claims(tokens.access());
    assert_eq!(first["iss"], server.url);
    assert_eq!(first["aud"], server.resource.url);
    assert_eq!(first["client_id"], application.client_id);
    assert_eq!(first["scope"], SCOPE);
    assert_eq!(
        first["exp"].as_i64().expect("exp"),
        first["iat"].as_i64().expect("iat") + 3600
    );
    let renewed = application.refresh(tokens.refresh()).await.ok();
    assert_ne!(renewed.access(), tokens.access());
    let second = claims(renewed.access());
    assert_eq!(second["scope"], SCOPE);
    assert_eq!(second["user_id"], first["user_id"]);
    assert_eq!(server.introspect(renewed.access()).await["active"], true);
}
