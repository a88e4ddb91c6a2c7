//! What each profile's tokens are like: lives, spelling, format, what becomes of a refresh token.

use std::time::Duration;

use auth_server::domain::policy::{GrantType, Profile};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::harness::{Application, EMAIL, NewApplication, PASSWORD, Server, Tokens, claims};
use crate::on_every_storage;

/// One line of the table of profiles.
struct Expected {
    profile: Profile,
    by: GrantType,
    token_type: &'static str,
    access: i64,
    access_from_refresh: i64,
    refresh: u64,
    rotates: bool,
    jwt: bool,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

const fn row(profile: Profile, access: i64, refresh_days: u64) -> Expected {
    Expected {
        profile,
        by: GrantType::AuthorizationCode,
        token_type: "Bearer",
        access,
        access_from_refresh: access,
        refresh: refresh_days * 86_400,
        rotates: true,
        jwt: true,
    }
}

/// S2.15, S2.17, S3.15 to S3.17, S4.52, S4.53, defect 18.
const TABLE: [Expected; 6] = [
    row(Profile::Standard, HOUR, 30),
    row(Profile::Meet, HOUR, 30),
    Expected {
        access_from_refresh: DAY,
        rotates: false,
        ..row(Profile::Trueconf, HOUR, 7)
    },
    Expected {
        by: GrantType::Password,
        access_from_refresh: DAY,
        rotates: false,
        ..row(Profile::Trueconf, HOUR, 7)
    },
    row(Profile::Jiomeet, DAY, 60),
    Expected {
        by: GrantType::Password,
        token_type: "bearer",
        jwt: false,
        ..row(Profile::Keyed, DAY, 200)
    },
];

async fn register(server: &Server, profile: Profile) -> Application {
    let scope = match profile {
        Profile::Keyed => "",
        _ => "rooms:list",
    };
    server.application(NewApplication::of(profile).scope(scope)).await
}

async fn obtain(server: &Server, application: &Application, by: GrantType) -> Tokens {
    match by {
        GrantType::Password => application
            .token(&[
                ("grant_type", "password"),
                ("username", EMAIL),
                ("password", PASSWORD),
            ])
            .await
            .ok(),
        _ => application.tokens(server, &[]).await,
    }
}

/// S1.19, S2.16, defect 9: `expires_in` is the very life of the token, and the token has its profile's format.
async fn assert_access(server: &Server, tokens: &Tokens, expected: &Expected, life: i64) {
    let what = format!("{} by {}", expected.profile, expected.by);
    assert_eq!(tokens.body["expires_in"], life, "{what}");
    assert_eq!(tokens.get("token_type"), expected.token_type, "{what}");
    let seen = server.introspect(tokens.access()).await;
    let lived =
        |value: &serde_json::Value| value["exp"].as_i64().expect("exp") - value["iat"].as_i64().expect("iat");
    assert_eq!(lived(&seen), life, "{what}");
    if expected.jwt {
        assert_eq!(lived(&claims(tokens.access())), life, "{what}");
    } else {
        assert_eq!(tokens.access().len(), 86, "{what}");
    }
}

on_every_storage!(
    /// Section 7, S1.19, S2.15 to S2.21, S3.15 to S3.18, S4.52 to S4.54, defect 9, defect 18: every profile's table.
    table,
    |server| async move {
        for expected in &TABLE {
            let what = format!("{} by {}", expected.profile, expected.by);
            let application = register(&server, expected.profile).await;
            let idle = obtain(&server, &application, expected.by).await;
            let first = obtain(&server, &application, expected.by).await;
            assert_access(&server, &first, expected, expected.access).await;
            server.advance(Duration::from_secs(expected.refresh - 5));
            let second = application.refresh(first.refresh()).await.ok();
            assert_access(&server, &second, expected, expected.access_from_refresh).await;
            assert_eq!(second.get("scope"), first.get("scope"), "{what}");
            let refreshed = second.body.get("refresh_token").and_then(|token| token.as_str());
            assert_eq!(refreshed.is_some(), expected.rotates, "{what}");
            assert_ne!(refreshed, Some(first.refresh()), "{what}");
            server.advance(Duration::from_secs(5));
            assert_eq!(application.refresh(idle.refresh()).await.error(), "invalid_grant", "{what}");
            assert!(server.is_active(second.access()).await, "{what}");
            match refreshed {
                Some(token) => drop(application.refresh(token).await.ok()),
                None => assert_eq!(application.refresh(first.refresh()).await.error(), "invalid_grant"),
            }
        }
    },
    manual_clock
);

on_every_storage!(
    /// S3.17, S3.18: a trueconf refresh token is kept: it can be used again and again, never comes back in an answer,
    /// and the day-long access tokens it gives outlive it.
    trueconf_keeps_its_refresh_token,
    |server| async move {
        let application = register(&server, Profile::Trueconf).await;
        let first = application.tokens(&server, &[]).await;
        let answers = crate::harness::at_once((0..20).map(|_| {
            let (application, token) = (application.clone(), first.refresh().to_owned());
            async move { application.refresh(&token).await }
        }))
        .await;
        for answer in answers {
            let answer = answer.ok();
            assert!(answer.body.get("refresh_token").is_none());
            assert_eq!(answer.body["expires_in"], DAY);
            assert!(server.is_active(answer.access()).await);
        }
        server.advance(Duration::from_secs(7 * 86_400 - 10));
        let last = application.refresh(first.refresh()).await.ok();
        server.advance(Duration::from_secs(86_399));
        assert!(server.is_active(last.access()).await);
        assert_eq!(application.refresh(first.refresh()).await.error(), "invalid_grant");
        assert!(server.audit("refresh_reuse").await.is_empty());
    },
    manual_clock
);

/// S2.16, S2.20, S2.22: keyed tokens, the successors of refresh tokens included, are 86 characters that decode to 64
/// lower-case hexadecimal digits; what is presented need not look like that to be answered.
#[tokio::test(flavor = "multi_thread")]
async fn keyed_format() {
    let server = Server::start().await;
    let application = register(&server, Profile::Keyed).await;
    let first = obtain(&server, &application, GrantType::Password).await;
    let second = application.refresh(first.refresh()).await.ok();
    assert_ne!(first.refresh(), second.refresh());
    assert_ne!(first.access(), second.access());
    for token in [first.access(), first.refresh(), second.access(), second.refresh()] {
        assert_eq!(token.len(), 86);
        let decoded = URL_SAFE_NO_PAD.decode(token).expect("unpadded base64");
        assert_eq!(decoded.len(), 64);
        let hexadecimal = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        assert!(decoded.iter().all(hexadecimal), "{token}");
    }
    for odd in ["x", &"A".repeat(86), &"é".repeat(43)] {
        assert_eq!(application.refresh(odd).await.error(), "invalid_grant");
    }
}

on_every_storage!(
    /// S2.15, S2.18 to S2.21: the keyed answers, field by field; the refresh token opens nothing.
    keyed_answers,
    |server| async move {
        let application = register(&server, Profile::Keyed).await;
        let first = obtain(&server, &application, GrantType::Password).await;
        let second = application.refresh(first.refresh()).await.ok();
        for answer in [&first, &second] {
            assert_eq!(answer.body["expires_in"], 86_400);
            assert_eq!(answer.get("token_type"), "bearer");
            assert_eq!(answer.get("scope"), "user");
            let seen = server.introspect(answer.access()).await;
            assert_eq!((&seen["scope"], &seen["email"]), (&"user".into(), &EMAIL.into()));
            assert!(!server.is_active(answer.refresh()).await);
        }
    }
);

/// Section 7: the mandatory scope is in every token of its profile, asked for or not.
#[tokio::test(flavor = "multi_thread")]
async fn mandatory_scope() {
    let server = Server::start().await;
    let meet = register(&server, Profile::Meet).await;
    let tokens = meet.tokens(&server, &[("scope", "rooms:list")]).await;
    assert_eq!(tokens.get("scope"), "lasuite_visio rooms:list");
    let keyed = server
        .application(NewApplication::of(Profile::Keyed).scope("rooms:list"))
        .await;
    let asked = keyed
        .token(&[
            ("grant_type", "password"),
            ("username", EMAIL),
            ("password", PASSWORD),
            ("scope", "rooms:list"),
        ])
        .await
        .ok();
    assert_eq!(asked.get("scope"), "rooms:list user");
}

/// S4.48, S4.49, S4.51, S4.55: a jiomeet code is exchanged with Basic and code alone; redirect_uri and client id stay
/// out of the body.
#[tokio::test(flavor = "multi_thread")]
async fn jiomeet_exchange_without_redirect_uri() {
    const ALL: &str = "meeting:create meeting:delete meeting:update meeting:read user:read";
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Jiomeet).scope(ALL);
    let application = server.application(new).await;
    let none = [
        ("code_challenge", ""),
        ("code_challenge_method", ""),
        ("scope", ALL),
    ];
    let (code, _) = application.code(&server, &none).await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let tokens = application.token(&fields).await.ok();
    let mut scopes: Vec<&str> = tokens.get("scope").split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(
        scopes,
        [
            "meeting:create",
            "meeting:delete",
            "meeting:read",
            "meeting:update",
            "user:read"
        ]
    );
    assert!(!tokens.refresh().is_empty());
}

/// S4.50: when it is sent all the same, it must be that of the authorization request.
#[tokio::test(flavor = "multi_thread")]
async fn jiomeet_redirect_uri_when_sent() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Jiomeet)).await;
    for (uri, status) in [
        (application.redirect_uri.as_str(), 200),
        ("https://app.example/callback/", 400),
        ("https://evil.example/", 400),
    ] {
        let (code, verifier) = application.code(&server, &[]).await;
        let answer = application
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("code_verifier", &verifier),
                ("redirect_uri", uri),
            ])
            .await;
        assert_eq!(answer.status, status, "{uri}: {}", answer.body);
        if status == 400 {
            assert_eq!(answer.error(), "invalid_grant");
        }
    }
}

/// C14, S4.49: the other profiles insist on the redirect URI that the authorization request named.
#[tokio::test(flavor = "multi_thread")]
async fn others_need_the_redirect_uri() {
    let server = Server::start().await;
    for profile in [Profile::Standard, Profile::Meet, Profile::Trueconf] {
        let application = server.application(NewApplication::of(profile)).await;
        let (code, verifier) = application.code(&server, &[]).await;
        let answer = application
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("code_verifier", &verifier),
            ])
            .await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_grant"),
            "{profile}"
        );
    }
}

/// S1.19: a life is a setting of the application; `exp - iat` and `expires_in` follow it.
#[tokio::test(flavor = "multi_thread")]
async fn configured_life() {
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Standard).policy(|policy| policy.access_seconds = 1_234);
    let application = server.application(new).await;
    let tokens = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    assert_eq!(tokens.body["expires_in"], 1_234);
    let claims = claims(tokens.access());
    let (exp, iat) = (claims["exp"].as_i64(), claims["iat"].as_i64());
    assert_eq!(exp.expect("exp") - iat.expect("iat"), 1_234);
}
