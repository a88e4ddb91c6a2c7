//! TrueConf's dialect, from its application's side: `POST /oauth2/v1/token`.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::token::RevocationTarget;
use serde_json::{Value, json};

use crate::harness::{Application, EMAIL, NewApplication, PASSWORD, Server, Tokens, claims, within_a_second};
use crate::on_every_storage;

const PATH: &str = "/oauth2/v1/token";
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

async fn trueconf(server: &Server, scope: &str) -> Application {
    let new = NewApplication::of(Profile::Trueconf).scope(scope);
    server.application(new).await
}

async fn ask(application: &Application, fields: &[(&str, &str)]) -> Tokens {
    application.post(PATH, fields).await
}

async fn server_wide(application: &Application, scope: &str) -> Tokens {
    ask(
        application,
        &[("grant_type", "client_credentials"), ("scope", scope)],
    )
    .await
}

async fn by_password(application: &Application) -> Tokens {
    let fields = [
        ("grant_type", "password"),
        ("username", EMAIL),
        ("password", PASSWORD),
    ];
    ask(application, &fields).await
}

async fn by_code(server: &Server, application: &Application) -> Tokens {
    let (code, verifier) = application.code(server, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &application.redirect_uri),
        ("code_verifier", &verifier),
    ];
    ask(application, &fields).await
}

async fn refresh(application: &Application, token: &str) -> Tokens {
    ask(
        application,
        &[("grant_type", "refresh_token"), ("refresh_token", token)],
    )
    .await
}

fn life(tokens: &Tokens) -> i64 {
    let claims = claims(tokens.access());
    let life = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert_eq!(tokens.body["expires_in"], life);
    life
}

on_every_storage!(
    /// S3.1, S3.3, S3.7, S3.13 to S3.18: the four methods with their lives: an hour server-wide without a refresh token;
    /// an hour and seven days for a user by password and by code, whose application sees no password; a day from a
    /// refresh, which gives no new refresh token. The method says whose the token is, the registration what it allows.
    the_four_methods,
    |server| async move {
        let application = trueconf(&server, "conferences").await;
        let wide = server_wide(&application, "conferences").await.ok();
        assert_eq!(life(&wide), HOUR);
        assert!(wide.body.get("refresh_token").is_none());
        assert!(claims(wide.access()).get("user_id").is_none());
        assert_eq!(claims(wide.access())["sub"], application.client_id);

        let password = by_password(&application).await.ok();
        let code = by_code(&server, &application).await.ok();
        for first in [&password, &code] {
            assert_eq!(life(first), HOUR);
            assert_eq!(first.get("token_type"), "Bearer");
            assert_eq!(claims(first.access())["email"], EMAIL);
            assert_eq!(first.get("scope"), wide.get("scope"), "S3.13");
            let second = refresh(&application, first.refresh()).await.ok();
            assert_eq!(life(&second), DAY);
            assert!(second.body.get("refresh_token").is_none());
            assert_eq!(claims(second.access())["user_id"], claims(first.access())["user_id"]);
            assert_eq!(second.get("scope"), first.get("scope"));
        }
        server.advance(Duration::from_secs(7 * 86_400 - 10));
        let last = refresh(&application, code.refresh()).await.ok();
        server.advance(Duration::from_secs(10));
        assert_eq!(refresh(&application, code.refresh()).await.error(), "invalid_grant");
        assert!(server.is_active(last.access()).await);
    },
    manual_clock
);

/// U0.1, S3.19: the same four as JSON; id and secret may be members of the object.
#[tokio::test(flavor = "multi_thread")]
async fn the_four_methods_as_json() {
    let server = Server::start().await;
    let application = trueconf(&server, "conferences").await;
    let ask = async |body: Value| application.post_json(PATH, &body).await.ok();
    ask(json!({"grant_type": "client_credentials", "scope": "conferences"})).await;
    let first = ask(json!({"grant_type": "password", "username": EMAIL, "password": PASSWORD})).await;
    ask(json!({"grant_type": "refresh_token", "refresh_token": first.refresh()})).await;
    let (code, verifier) = application.code(&server, &[]).await;
    ask(json!({
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": application.redirect_uri,
        "code_verifier": verifier,
    }))
    .await;
    let stranger = Application {
        client_id: "-".to_owned(),
        ..application.clone()
    };
    let body = json!({
        "grant_type": "client_credentials",
        "client_id": application.client_id,
        "client_secret": application.secret,
    });
    let request = crate::harness::client().post(server.at(PATH)).json(&body);
    crate::harness::read(request).await.ok();
    assert_eq!(stranger.post_json(PATH, &body).await.status, 400);
}

/// S3.4, S3.23, S3.49, S3.50: an application gets what an administrator granted it and no more; a general permission stands
/// for its `:read` and `:write`, and says nothing about what follows a dot.
#[tokio::test(flavor = "multi_thread")]
async fn permissions() {
    let server = Server::start().await;
    let granted = "conferences users:read groups.users:write";
    let application = trueconf(&server, granted).await;
    for (asked, expected) in [
        ("conferences", true),
        ("conferences:read", true),
        ("conferences:read conferences:write", true),
        ("users:read", true),
        ("groups.users:write conferences:write", true),
        ("users", false),
        ("users:write", false),
        ("users.avatar:read", false),
        ("conferences.participants:read", false),
        ("conferences.records:read", false),
        ("groups.users:read", false),
        ("groups.users", false),
        ("groups:read", false),
        ("conferences:read groups:read", false),
        ("logs.calls:read", false),
        ("admin", false),
    ] {
        let answer = server_wide(&application, asked).await;
        if expected {
            let answer = answer.ok();
            let [got, wanted] = [answer.get("scope"), asked].map(|text| {
                let mut words: Vec<_> = text.split(' ').collect();
                words.sort_unstable();
                words
            });
            assert_eq!(got, wanted);
            assert_eq!(claims(answer.access())["scope"], answer.body["scope"]);
        } else {
            assert_eq!((answer.status, answer.error()), (400, "invalid_scope"), "{asked}");
        }
    }
    let all = ask(&application, &[("grant_type", "client_credentials")])
        .await
        .ok();
    assert_eq!(all.get("scope"), "conferences groups.users:write users:read");
}

on_every_storage!(
    /// S3.22, S3.55 to S3.57: a new secret shuts out who only has the old one; what was issued under it lives on, and its
    /// refresh token works with the new secret.
    regenerated_secret,
    |server| async move {
        let application = trueconf(&server, "conferences").await;
        let wide = server_wide(&application, "conferences").await.ok();
        let user = by_password(&application).await.ok();
        let renewed = server.rotate_secret(&application, 0).await;
        assert_eq!(renewed.client_id, application.client_id, "S3.21");
        within_a_second("the old secret refused", async || {
            server_wide(&application, "conferences").await.status == 401
        })
        .await;
        assert_eq!(refresh(&application, user.refresh()).await.error(), "invalid_client");
        assert_eq!(by_password(&application).await.error(), "invalid_client");
        assert!(server.is_active(wide.access()).await);
        assert!(server.is_active(user.access()).await);
        let again = refresh(&renewed, user.refresh()).await.ok();
        assert!(server.is_active(again.access()).await);
    }
);

on_every_storage!(
    /// S3.5, S3.6, S3.54: an application, a user, or one user's tokens of an application can be shut out at any time.
    blocked_at_any_time,
    |server| async move {
        let application = trueconf(&server, "conferences").await;
        let other = trueconf(&server, "conferences").await;
        let removed = by_password(&application).await.ok();
        let wide = server_wide(&application, "conferences").await.ok();
        let elsewhere = by_password(&other).await.ok();

        let user_id = claims(removed.access())["user_id"].as_str().expect("an id").parse();
        let target = RevocationTarget::Grant {
            client_id: application.client_id.clone(),
            user_id: user_id.expect("a UUID"),
        };
        server.revoke(&target).await;
        assert!(!server.is_active(removed.access()).await);
        assert_eq!(refresh(&application, removed.refresh()).await.error(), "invalid_grant");
        assert!(server.is_active(wide.access()).await, "not the user's");
        assert!(server.is_active(elsewhere.access()).await, "another application's");

        server.set_user_disabled(EMAIL, true).await;
        assert!(!server.is_active(elsewhere.access()).await);
        assert_eq!(refresh(&other, elsewhere.refresh()).await.error(), "invalid_grant");
        assert_eq!(by_password(&other).await.error(), "invalid_grant");
        assert!(server.is_active(wide.access()).await);

        server.set_application_disabled(&application, true).await;
        assert!(!server.is_active(wide.access()).await);
        within_a_second("shut out", async || {
            server_wide(&application, "conferences").await.status == 401
        })
        .await;
        server_wide(&other, "conferences").await.ok();
    }
);

/// S3.52: `https://localhost/`, which the documents tell applications without a redirect to register, can be
/// registered and does no harm to the other methods.
#[tokio::test(flavor = "multi_thread")]
async fn localhost_as_redirect() {
    use auth_server::protocol::redirect::{ClientKind, check_registration};
    let kind = ClientKind {
        public: false,
        strict_urls: false,
    };
    assert_eq!(check_registration("https://localhost/", kind), Ok(()));
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Trueconf).redirect_uris(&["https://localhost/"]);
    let application = server.application(new).await;
    ask(&application, &[("grant_type", "client_credentials")])
        .await
        .ok();
    by_password(&application).await.ok();
    by_code(&server, &application).await.ok();
}
