//! Grant `password`: legacy, off unless a policy turns it on.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::secret::HashedToken;

use crate::harness::{Application, EMAIL, NewApplication, Options, PASSWORD, Server, Tokens};
use crate::harness::{claims, within_a_second};
use crate::on_every_storage;

async fn ask(application: &Application, username: &str, password: &str) -> Tokens {
    application
        .token(&[
            ("grant_type", "password"),
            ("username", username),
            ("password", password),
        ])
        .await
}

on_every_storage!(
    /// S3.15, S2.15: the user's tokens for name and password.
    tokens_of_the_user,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Trueconf)).await;
        let tokens = ask(&application, "  Alice@Example.COM ", PASSWORD).await.ok();
        let claims = claims(tokens.access());
        assert_eq!(claims["email"], EMAIL);
        assert_eq!(claims["sub"], claims["user_id"]);
        assert!(claims["auth_time"].is_i64());
        assert!(server.is_active(tokens.access()).await);
        application.refresh(tokens.refresh()).await.ok();
    }
);

on_every_storage!(
    /// D6, S3.6: a user who is blocked while the password is still being checked gets tokens that are dead already, if
    /// any.
    blocked_during_the_check,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Trueconf)).await;
        let services = server.state.services.clone();
        // Keeps the pool busy, so that the check waits for its turn.
        let busy: Vec<_> = (0..40)
            .map(|_| {
                let passwords = services.passwords.clone();
                tokio::spawn(async move { passwords.hash("busy".to_owned()).await })
            })
            .collect();
        let asking = tokio::spawn({
            let application = application.clone();
            async move { ask(&application, EMAIL, PASSWORD).await }
        });
        let account = HashedToken::of(EMAIL.as_bytes());
        let counter = [(format!("sign-in:{}", account.as_str()), 0)];
        within_a_second("being checked", async || {
            let window = Duration::from_mins(1);
            let now_ms = services.clock.now_millis();
            let count = services.tokens.count(&counter, window, now_ms).await;
            count.expect("a count")[0] > 0
        })
        .await;
        server.advance(Duration::from_secs(1));
        server.set_user_disabled(EMAIL, true).await;
        server.advance(Duration::from_secs(1));
        let answer = asking.await.expect("an answer");
        for task in busy {
            task.await.expect("a task").expect("a hash");
        }
        if answer.status == 200 {
            assert!(!server.is_active(answer.access()).await, "the access token lives");
            assert_eq!(application.refresh(answer.refresh()).await.error(), "invalid_grant");
        } else {
            assert_eq!(answer.error(), "invalid_grant");
        }
    },
    manual_clock
);

/// C5: off by default (RFC 9700 2.4); the profiles that need it turn it on, and any policy can.
#[tokio::test(flavor = "multi_thread")]
async fn off_unless_turned_on() {
    use auth_server::domain::policy::GrantType::Password;
    let server = Server::start().await;
    for profile in [
        Profile::Standard,
        Profile::Meet,
        Profile::MeetDelegated,
        Profile::Jiomeet,
    ] {
        let application = server.application(NewApplication::of(profile)).await;
        let answer = ask(&application, EMAIL, PASSWORD).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "unauthorized_client"),
            "{profile}"
        );
    }
    let new = NewApplication::of(Profile::Standard).policy(|policy| policy.grants.push(Password));
    let application = server.application(new).await;
    ask(&application, EMAIL, PASSWORD).await.ok();
}

/// B7, C4: a wrong password, an unknown and a blocked user look the same; the audit log tells them apart without
/// what was typed.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    server.add_user("bob@example.com", PASSWORD).await;
    server.set_user_disabled("bob@example.com", true).await;
    let mut bodies = Vec::new();
    for (username, password) in [
        (EMAIL, "wrong horse battery"),
        (EMAIL, &"long".repeat(5_000)),
        ("nobody@example.com", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("bob@example.com", PASSWORD),
    ] {
        let answer = ask(&application, username, password).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_grant"),
            "{username}"
        );
        bodies.push(answer.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let lines = server.audit("sign_in_failed").await;
    let mut reasons: Vec<_> = lines.iter().map(|line| line.detail.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            "a password that is too long",
            "no such user",
            "no such user",
            "the user is blocked",
            "wrong password"
        ]
    );
    for line in &lines {
        assert_eq!(line.client_id.as_deref(), Some(application.client_id.as_str()));
    }
}

/// C4, C22: what is missing is named before any password is looked at; a scope beyond the registration is refused.
#[tokio::test(flavor = "multi_thread")]
async fn incomplete() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    for (username, password) in [("", PASSWORD), (EMAIL, ""), ("", "")] {
        let answer = ask(&application, username, password).await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
    }
    let wide = application
        .token(&[
            ("grant_type", "password"),
            ("username", EMAIL),
            ("password", PASSWORD),
            ("scope", "rooms:delete"),
        ])
        .await;
    assert_eq!((wide.status, wide.error()), (400, "invalid_scope"));
    assert!(server.audit("sign_in_failed").await.is_empty());
    assert!(server.audit("sign_in").await.is_empty());
}

/// B8: guessing is throttled as on the sign-in page, and the right password works again a minute later.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_throttled() {
    let server = Server::start_with(Options {
        configure: |config| config.limits.sign_in_failures_per_account_and_address = 3,
        ..Options::manual_clock()
    })
    .await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    for _ in 0..3 {
        assert_eq!(ask(&application, EMAIL, "wrong").await.error(), "invalid_grant");
    }
    let throttled = ask(&application, EMAIL, PASSWORD).await;
    assert_eq!(throttled.status, 429, "{}", throttled.body);
    assert_eq!(throttled.headers["retry-after"], "60");
    server.add_user("bob@example.com", PASSWORD).await;
    ask(&application, "bob@example.com", PASSWORD).await.ok();
    server.advance(Duration::from_mins(1));
    ask(&application, EMAIL, PASSWORD).await.ok();
}
