//! `/oauth2/introspect` (RFC 7662): who may look at what.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::token::RevocationTarget;
use serde_json::{Value, json};

use crate::harness::{Application, EMAIL, NewApplication, ResourceCredentials, Server, Tokens};
use crate::harness::{claims, client, read, within_a_second};
use crate::on_every_storage;

async fn ask(server: &Server, id: &str, secret: &str, fields: &[(&str, &str)]) -> Tokens {
    let request = client()
        .post(server.at("/oauth2/introspect"))
        .basic_auth(id, Some(secret))
        .form(fields);
    read(request).await
}

async fn as_resource(server: &Server, resource: &ResourceCredentials, token: &str) -> Value {
    let fields = [("token", token)];
    ask(server, &resource.client_id, &resource.secret, &fields)
        .await
        .ok()
        .body
}

async fn as_application(application: &Application, token: &str) -> Value {
    let answer = application.post("/oauth2/introspect", &[("token", token)]).await;
    answer.ok().body
}

fn inactive() -> Value {
    json!({"active": false})
}

/// E1: nobody, a wrong secret, an unknown id, an application without a secret, and a blocked resource server are
/// 401, whatever the token.
#[tokio::test(flavor = "multi_thread")]
async fn callers() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let public = server.application(NewApplication::public()).await;
    let tokens = application.tokens(&server, &[]).await;
    let fields = [("token", tokens.access())];
    let anonymous = read(client().post(server.at("/oauth2/introspect")).form(&fields)).await;
    let bearer = client()
        .post(server.at("/oauth2/introspect"))
        .bearer_auth(tokens.access());
    let blocked = server.add_resource("https://blocked.example", true).await;
    let database = &server.state.services.database;
    auth_server::store::sql::resources::set_disabled(database, &blocked.client_id, true)
        .await
        .expect("written");
    let clients = &server.state.services.clients;
    clients.reload_resources().await.expect("resource servers");
    for answer in [
        anonymous,
        read(bearer.form(&fields)).await,
        ask(&server, &server.resource.client_id, "cs-wrong", &fields).await,
        ask(&server, &server.resource.client_id, "", &fields).await,
        ask(&server, "unknown", &server.resource_secret, &fields).await,
        ask(&server, &application.client_id, "cs-wrong", &fields).await,
        ask(&server, &blocked.client_id, &blocked.secret, &fields).await,
        public.post("/oauth2/introspect", &fields).await,
    ] {
        assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
        assert!(answer.headers.contains_key("www-authenticate"));
        assert!(answer.headers.contains_key("x-error-id"));
        assert!(answer.body.get("active").is_none());
    }
}

/// E5: a missing, empty or repeated token is invalid_request.
#[tokio::test(flavor = "multi_thread")]
async fn no_token() {
    let server = Server::start().await;
    let (id, secret) = (
        server.resource.client_id.as_str(),
        server.resource_secret.as_str(),
    );
    for fields in [[].as_slice(), &[("token", "")], &[("token", "a"), ("token", "a")]] {
        let answer = ask(&server, id, secret, fields).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_request"),
            "{fields:?}"
        );
    }
}

/// E2: what is no live token is exactly {"active":false}, whatever it looks like and whatever hint comes along.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_tokens() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let access = application.tokens(&server, &[]).await.access().to_owned();
    let parts: Vec<&str> = access.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let long = "a".repeat(60_000);
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    for token in [
        "nonsense",
        " ",
        "é",
        "..",
        "...",
        "' OR 1=1 --",
        "*",
        "at-*",
        "../../etc/passwd",
        "{\"active\":true}",
        "a\r\nb",
        &long,
        &format!("{access}x"),
        &format!(" {access}"),
        &format!("{header}.{payload}."),
        &format!("{none}.{payload}."),
        &format!("{none}.{payload}.{signature}"),
        &format!(
            "{header}.{payload}.{}",
            signature.chars().rev().collect::<String>()
        ),
    ] {
        let seen = server.introspect(token).await;
        assert_eq!(seen, inactive(), "{}", &token[..token.len().min(40)]);
    }
    let (id, secret) = (
        server.resource.client_id.as_str(),
        server.resource_secret.as_str(),
    );
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let fields = [("token", access.as_str()), ("token_type_hint", hint)];
        let answer = ask(&server, id, secret, &fields).await.ok();
        assert_eq!(answer.body["active"], true, "{hint}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
}

on_every_storage!(
    /// E2: expired is inactive, to the second that `exp` says.
    expired,
    |server| async move {
        for profile in [Profile::Standard, Profile::Trueconf] {
            let application = server.application(NewApplication::of(profile)).await;
            let issued_at = server.state.services.clock.now();
            let tokens = application.tokens(&server, &[]).await;
            assert_eq!(server.introspect(tokens.access()).await["exp"], issued_at + 3_600);
            let millis = server.state.services.clock.now_millis();
            let last = u64::try_from((issued_at + 3_600) * 1_000 - millis - 1).expect("ahead");
            server.advance(Duration::from_millis(last));
            assert!(server.is_active(tokens.access()).await);
            server.advance(Duration::from_secs(1));
            assert_eq!(server.introspect(tokens.access()).await, inactive());
        }
    },
    manual_clock
);

on_every_storage!(
    /// E2, E6: a JWT and an opaque token are the same to introspection, and say the same of themselves; revoked, both
    /// are inactive at once.
    both_formats,
    |server| async move {
        use auth_server::domain::policy::AccessFormat;
        let opaque = |policy: &mut auth_server::domain::policy::Policy| {
            policy.access_format = AccessFormat::Opaque;
        };
        for new in [
            NewApplication::of(Profile::Standard),
            NewApplication::of(Profile::Standard).policy(opaque),
        ] {
            let application = server.application(new).await;
            let tokens = application.tokens(&server, &[]).await;
            let seen = server.introspect(tokens.access()).await;
            assert_eq!(seen["active"], true);
            assert_eq!(seen["client_id"], application.client_id);
            assert_eq!(seen["scope"], "rooms:create rooms:list");
            assert_eq!(seen["aud"], server.resource.url);
            assert_eq!(seen["iss"], server.url);
            assert_eq!(seen["token_type"], "Bearer");
            assert_eq!(seen["sub"], seen["user_id"]);
            assert_eq!(seen["email"], EMAIL);
            assert_eq!(seen["username"], EMAIL);
            assert!(seen.get("token_use").is_none());
            let (exp, iat) = (seen["exp"].as_i64(), seen["iat"].as_i64());
            assert_eq!(exp.expect("exp") - iat.expect("iat"), 3_600);
            if tokens.access().contains('.') {
                let claims = claims(tokens.access());
                for name in ["sub", "aud", "iss", "jti", "exp", "iat", "scope", "client_id", "auth_time", "sid"] {
                    assert_eq!(seen[name], claims[name], "{name}");
                }
            } else {
                assert!(tokens.access().starts_with("at-"));
            }
            assert_eq!(as_application(&application, tokens.access()).await, seen);
            let revoked = application
                .post("/oauth2/revoke", &[("token", tokens.access())])
                .await;
            assert_eq!(revoked.status, 200);
            assert_eq!(server.introspect(tokens.access()).await, inactive());
        }
    }
);

on_every_storage!(
    /// E3, F5: a resource server sees tokens made out to it, an application its own; nobody sees others'.
    other_parties_tokens,
    |server| async move {
        let other_resource = server.add_resource("https://other.example", true).await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let stranger = server.application(NewApplication::of(Profile::Standard)).await;
        let mine = application.tokens(&server, &[]).await;
        let theirs = application
            .tokens(&server, &[("resource", "https://other.example")])
            .await;
        assert!(server.is_active(mine.access()).await);
        assert_eq!(as_resource(&server, &other_resource, mine.access()).await, inactive());
        assert_eq!(server.introspect(theirs.access()).await, inactive());
        let seen = as_resource(&server, &other_resource, theirs.access()).await;
        assert_eq!(seen["aud"], "https://other.example");
        for token in [mine.access(), mine.refresh(), theirs.access()] {
            assert_eq!(as_application(&stranger, token).await, inactive());
        }
    }
);

on_every_storage!(
    /// E4, S2.18: refresh tokens, codes and client secrets are never active to a resource server; an application sees
    /// its own unused refresh token, marked as one.
    not_access_tokens,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let tokens = application.tokens(&server, &[]).await;
        let (code, verifier) = application.code(&server, &[]).await;
        let secret = application.secret.clone().expect("a secret");
        for token in [tokens.refresh(), &code, &verifier, &secret] {
            assert_eq!(server.introspect(token).await, inactive());
        }
        for token in [&code, &secret] {
            assert_eq!(as_application(&application, token).await, inactive());
        }
        let own = as_application(&application, tokens.refresh()).await;
        assert_eq!((&own["active"], &own["token_use"]), (&json!(true), &json!("refresh_token")));
        assert!(own.get("token_type").is_none());
        application.exchange(&code, &verifier).await.ok();
        application.refresh(tokens.refresh()).await.ok();
        assert_eq!(as_application(&application, tokens.refresh()).await, inactive());
    }
);

on_every_storage!(
    /// E6, section 4: what an administrator revokes (a user, an application, an application for a user) is inactive at
    /// once, at every instance; what is issued afterwards is not.
    revoked_by_an_administrator,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Trueconf)).await;
        let (second, _) = server.another_instance().await;
        let seen = async |token: &str| {
            let caller = auth_server::flows::authenticate::Caller::ResourceServer(server.resource.clone());
            let found = second.services.introspect(&caller, token).await.expect("an answer");
            found != auth_server::flows::introspect::Introspection::Inactive
        };
        let user = application.tokens(&server, &[]).await;
        let user_id = claims(user.access())["sub"].as_str().expect("a UUID").to_owned();
        let user_id = user_id.parse().expect("a UUID");
        let client_id = application.client_id.clone();
        for (target, server_wide_dies) in [
            (RevocationTarget::User(user_id), false),
            (RevocationTarget::Grant { client_id: client_id.clone(), user_id }, false),
            (RevocationTarget::Client(client_id), true),
        ] {
            let user = application.tokens(&server, &[]).await;
            let own = application.token(&[("grant_type", "client_credentials")]).await.ok();
            assert!(server.is_active(user.access()).await && server.is_active(own.access()).await);
            server.revoke(&target).await;
            assert!(!server.is_active(user.access()).await && !seen(user.access()).await, "{target:?}");
            assert_eq!(server.is_active(own.access()).await, !server_wide_dies, "{target:?}");
            assert_eq!(seen(own.access()).await, !server_wide_dies, "{target:?}");
        }
        let anew = application.tokens(&server, &[]).await;
        assert!(server.is_active(anew.access()).await);
    }
);

/// E6, S3.5: the tokens of an application that lost its approval are over, and stay so when it is approved again;
/// then it can get others.
#[tokio::test(flavor = "multi_thread")]
async fn blocked_application() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let tokens = application.tokens(&server, &[]).await;
    server
        .review(
            &application,
            auth_server::domain::application::ReviewStatus::Rejected,
        )
        .await;
    within_a_second("inactive", async || !server.is_active(tokens.access()).await).await;
    server
        .review(
            &application,
            auth_server::domain::application::ReviewStatus::Approved,
        )
        .await;
    within_a_second("active with another token", async || {
        let renewed = application.token(&[("grant_type", "client_credentials")]).await;
        renewed.status == 200 && server.is_active(renewed.access()).await
    })
    .await;
    assert!(!server.is_active(tokens.access()).await);
}
