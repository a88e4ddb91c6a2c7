//! Grant `client_credentials`: an application acts for itself, server-wide.

use auth_server::domain::policy::Profile;

use crate::harness::{NewApplication, Server, claims};
use crate::on_every_storage;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

on_every_storage!(
    /// C23, S3.14, F10: a server-wide token of an hour, about the application itself, without refresh token.
    server_wide,
    |server| async move {
        for profile in [Profile::Standard, Profile::Trueconf] {
            let application = server.application(NewApplication::of(profile)).await;
            let tokens = application.token(&[GRANT, ("scope", "rooms:list")]).await.ok();
            assert!(tokens.body.get("refresh_token").is_none());
            assert_eq!(tokens.body["expires_in"], 3600);
            assert_eq!(tokens.get("scope"), "rooms:list");
            let claims = claims(tokens.access());
            assert_eq!(claims["sub"], application.client_id);
            assert_eq!(claims["client_id"], application.client_id);
            for name in ["user_id", "email", "auth_time", "sid", "delegated"] {
                assert!(claims.get(name).is_none(), "{name}");
            }
            let seen = server.introspect(tokens.access()).await;
            assert_eq!(seen["active"], true);
            assert_eq!(seen["sub"], application.client_id);
            for name in ["user_id", "username", "email"] {
                assert!(seen.get(name).is_none(), "{name}");
            }
        }
    }
);

/// C22, defect 5: a scope beyond the registration is invalid_scope (the engine would answer 500), never cut.
#[tokio::test(flavor = "multi_thread")]
async fn scope() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    for beyond in [
        "rooms:delete",
        "rooms:list rooms:delete",
        "admin",
        "ROOMS:LIST",
        "user",
    ] {
        let answer = application.token(&[GRANT, ("scope", beyond)]).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_scope"),
            "{beyond}"
        );
    }
    let all = application.token(&[GRANT]).await.ok();
    assert_eq!(all.get("scope"), "rooms:create rooms:list");
    let reordered = application
        .token(&[GRANT, ("scope", "rooms:list rooms:create rooms:list")])
        .await
        .ok();
    assert_eq!(reordered.get("scope"), "rooms:create rooms:list");
}

/// Defect 9: the order of scopes is the same every time.
#[tokio::test(flavor = "multi_thread")]
async fn scope_order_is_stable() {
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Standard).scope("e d c b a");
    let application = server.application(new).await;
    for _ in 0..5 {
        let tokens = application.token(&[GRANT]).await.ok();
        assert_eq!(tokens.get("scope"), "a b c d e");
        assert_eq!(claims(tokens.access())["scope"], "a b c d e");
    }
}

/// C12 (RFC 6749 4.4): an application without a secret has no credentials to act on, whatever its policy says.
#[tokio::test(flavor = "multi_thread")]
async fn public_application() {
    let server = Server::start().await;
    let application = server.application(NewApplication::public()).await;
    let answer = application.token(&[GRANT]).await;
    assert_eq!((answer.status, answer.error()), (400, "unauthorized_client"));
}

/// C6: an application may use the grants of its profile and no other.
#[tokio::test(flavor = "multi_thread")]
async fn grants_of_each_profile() {
    let server = Server::start().await;
    let requests: [(&str, &[(&str, &str)]); 4] = [
        ("client_credentials", &[]),
        (
            "password",
            &[("username", "x@example.com"), ("password", "wrong")],
        ),
        ("authorization_code", &[("code", "ac-unknown")]),
        ("refresh_token", &[("refresh_token", "rt-unknown")]),
    ];
    for (profile, allowed) in [
        (
            Profile::Standard,
            "client_credentials authorization_code refresh_token",
        ),
        (Profile::Meet, "authorization_code refresh_token"),
        (Profile::MeetDelegated, ""),
        (
            Profile::Trueconf,
            "client_credentials password authorization_code refresh_token",
        ),
        (Profile::Jiomeet, "authorization_code refresh_token"),
        (Profile::Keyed, "password refresh_token"),
    ] {
        let application = server.application(NewApplication::of(profile)).await;
        for (grant, fields) in requests {
            let fields: Vec<_> = fields.iter().copied().chain([("grant_type", grant)]).collect();
            let answer = application.token(&fields).await;
            let outcome = match answer.status {
                200 => "granted",
                _ => answer.error(),
            };
            let expected = match (allowed.split(' ').any(|name| name == grant), grant) {
                (false, _) => "unauthorized_client",
                (true, "client_credentials") => "granted",
                (true, _) => "invalid_grant",
            };
            assert_eq!(outcome, expected, "{grant} of {profile}");
        }
    }
}
