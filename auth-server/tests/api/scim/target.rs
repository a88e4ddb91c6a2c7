//! Tokens for this server itself (RFC 8707): its own permissions go to it alone, and no other goes to it.

use auth_server::domain::policy::Profile;

use crate::harness::{NewApplication, Server, claims};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// C27: a token carries permissions of the resource it is for and no others.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_and_resources() {
    let server = Server::start().await;
    let issuer = server.config.issuer_url.clone();
    let slash = format!("{issuer}/");
    let rooms = server.resource.url.clone();
    let new = NewApplication::of(Profile::Standard).scope("scim admin rooms:list rooms:create");
    let application = server.application(new).await;
    let plain = server.application(NewApplication::of(Profile::Standard)).await;
    let own_alone = server
        .application(NewApplication::of(Profile::Standard).scope("scim:read"))
        .await;
    for (who, resource, scope, expected) in [
        (&application, None, None, Ok((&rooms, "rooms:create rooms:list"))),
        (
            &application,
            Some(&rooms),
            None,
            Ok((&rooms, "rooms:create rooms:list")),
        ),
        (&application, Some(&issuer), None, Ok((&issuer, "admin scim"))),
        (
            &application,
            Some(&slash),
            Some("scim:read"),
            Ok((&issuer, "scim:read")),
        ),
        (
            &application,
            Some(&issuer),
            Some("scim:write admin"),
            Ok((&issuer, "admin scim:write")),
        ),
        (&application, None, Some("rooms:list"), Ok((&rooms, "rooms:list"))),
        (
            &application,
            Some(&issuer),
            Some("rooms:list"),
            Err("invalid_scope"),
        ),
        (
            &application,
            Some(&issuer),
            Some("scim:read rooms:list"),
            Err("invalid_scope"),
        ),
        (
            &application,
            Some(&rooms),
            Some("scim:read"),
            Err("invalid_scope"),
        ),
        (&application, None, Some("scim:read"), Err("invalid_scope")),
        (&application, None, Some("rooms:list admin"), Err("invalid_scope")),
        (
            &application,
            None,
            Some("rooms:list admin:read"),
            Err("invalid_scope"),
        ),
        (&plain, Some(&issuer), None, Err("invalid_target")),
        (&plain, Some(&issuer), Some("scim:read"), Err("invalid_scope")),
        (&own_alone, None, None, Ok((&rooms, ""))),
        (&own_alone, Some(&issuer), None, Ok((&issuer, "scim:read"))),
        (&own_alone, Some(&issuer), Some("scim"), Err("invalid_scope")),
    ] {
        let what = format!("{resource:?} {scope:?}");
        let mut fields = vec![GRANT];
        fields.extend(resource.map(|url| ("resource", url.as_str())));
        fields.extend(scope.map(|scope| ("scope", scope)));
        let answer = who.token(&fields).await;
        match expected {
            Ok((audience, scope)) => {
                let answer = answer.ok();
                assert_eq!(answer.get("scope"), scope, "{what}");
                let claims = claims(answer.access());
                assert_eq!(claims["aud"], *audience, "{what}");
                assert_eq!(claims["scope"].as_str().unwrap_or_default(), scope, "{what}");
            }
            Err(error) => assert_eq!((answer.status, answer.error()), (400, error), "{what}"),
        }
    }
}

/// The same on the way through the browser and with a password: the consent page asks for nothing that the token
/// cannot carry.
#[tokio::test(flavor = "multi_thread")]
async fn users_grants() {
    let server = Server::start().await;
    let issuer = server.config.issuer_url.clone();
    let new = NewApplication::of(Profile::Trueconf).scope("scim rooms:list");
    let application = server.application(new).await;
    let tokens = application.tokens(&server, &[]).await;
    assert_eq!(tokens.get("scope"), "rooms:list");
    let tokens = application.tokens(&server, &[("resource", &issuer)]).await;
    assert_eq!(tokens.get("scope"), "scim");
    let browser = server.signed_in().await;
    let (request, _) = application.request(&[("scope", "scim:read")]);
    let page = browser.get(&request).await;
    let error = crate::harness::query(&page.location().expect("a redirect"), "error");
    assert_eq!(error.as_deref(), Some("invalid_scope"));
    let password = [
        ("grant_type", "password"),
        ("username", crate::harness::EMAIL),
        ("password", crate::harness::PASSWORD),
    ];
    let tokens = application.token(&password).await.ok();
    assert_eq!(tokens.get("scope"), "rooms:list");
    let asked = application
        .token(&[&password[..], &[("scope", "scim:read")]].concat())
        .await;
    assert_eq!(asked.error(), "invalid_scope");
}
