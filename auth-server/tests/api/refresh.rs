//! Grant `refresh_token`: rotation without log-outs, reuse detection, narrowing, ends.

use std::collections::HashSet;
use std::time::Duration;

use auth_server::domain::grant::FamilyId;
use auth_server::domain::policy::Profile;
use auth_server::domain::token::RevocationTarget;
use auth_server::store::sql::users;

use crate::harness::{Application, EMAIL, NewApplication, Options, PASSWORD, Server, Tokens};
use crate::harness::{at_once, claims, within_a_second};
use crate::on_every_storage;

const HOUR: Duration = Duration::from_hours(1);

async fn standard(server: &Server) -> Application {
    server.application(NewApplication::of(Profile::Standard)).await
}

async fn strict(server: &Server) -> Application {
    let new = NewApplication::of(Profile::Standard).policy(|policy| policy.reuse_grace_seconds = Some(0));
    server.application(new).await
}

/// Twenty refreshes of one token at once, half of them at a second instance.
async fn twenty(server: &Server, application: &Application, token: &str) -> Vec<Tokens> {
    let (_, second) = server.another_instance().await;
    at_once((0..20).map(|turn| {
        let application = match turn % 2 {
            0 => application.clone(),
            _ => application.via(&second),
        };
        let token = token.to_owned();
        async move { application.refresh(&token).await }
    }))
    .await
}

fn with_scope<'a>(token: &'a str, scope: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("scope", scope),
    ]
}

on_every_storage!(
    /// D3, H10: twenty refreshes at once, by two instances, all get the same successor: one chain lives, and goes on.
    twenty_at_once_within_the_grace,
    |server| async move {
        let application = standard(&server).await;
        let first = application.tokens(&server, &[]).await;
        let answers = twenty(&server, &application, first.refresh()).await;
        let mut access = HashSet::new();
        for answer in &answers {
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!(answer.refresh(), answers[0].refresh());
            assert!(access.insert(answer.access().to_owned()), "an access token was given twice");
        }
        assert_ne!(answers[0].refresh(), first.refresh());
        for token in &access {
            assert!(server.is_active(token).await);
        }
        let next = application.refresh(answers[0].refresh()).await.ok();
        assert_ne!(next.refresh(), answers[0].refresh());
        assert!(server.audit("refresh_reuse").await.is_empty());
    }
);

on_every_storage!(
    /// D1, D3, H10: without a grace one of twenty wins, and the replays end the whole family.
    twenty_at_once_without_a_grace,
    |server| async move {
        let application = strict(&server).await;
        let first = application.tokens(&server, &[]).await;
        let answers = twenty(&server, &application, first.refresh()).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1, "{lost:?}");
        for answer in &lost {
            assert_eq!((answer.status, answer.error()), (400, "invalid_grant"));
        }
        for access in [first.access(), won[0].access()] {
            assert!(!server.is_active(access).await);
        }
        assert_eq!(application.refresh(won[0].refresh()).await.error(), "invalid_grant");
        // Once the family is dead, a replay is no longer known to be one.
        assert!(!server.audit("refresh_reuse").await.is_empty());
    }
);

on_every_storage!(
    /// D1: the grace ends with its time; then a replay ends the family and is written down.
    replay_after_the_grace,
    |server| async move {
        for new in [NewApplication::public(), NewApplication::of(Profile::Standard)] {
            let application = server.application(new).await;
            let first = application.tokens(&server, &[]).await;
            let second = application.refresh(first.refresh()).await.ok();
            server.advance(Duration::from_secs(10));
            let again = application.refresh(first.refresh()).await.ok();
            assert_eq!(again.refresh(), second.refresh());
            server.advance(Duration::from_millis(1));
            let replay = application.refresh(first.refresh()).await;
            assert_eq!((replay.status, replay.error()), (400, "invalid_grant"));
            for access in [first.access(), second.access(), again.access()] {
                assert!(!server.is_active(access).await);
            }
            assert_eq!(application.refresh(second.refresh()).await.error(), "invalid_grant");
            let lines = server.audit("refresh_reuse").await;
            let mine: Vec<_> = lines
                .iter()
                .filter(|line| line.client_id.as_deref() == Some(application.client_id.as_str()))
                .collect();
            assert_eq!(mine.len(), 1);
            assert!(mine[0].user_id.is_some());
            for token in [first.refresh(), second.refresh()] {
                assert!(!mine[0].detail.contains(token), "a token in the audit log");
            }
        }
    },
    manual_clock
);

on_every_storage!(
    /// D1: the grace ends as soon as the successor has been used.
    replay_after_the_successor_was_used,
    |server| async move {
        let application = standard(&server).await;
        let first = application.tokens(&server, &[]).await;
        let second = application.refresh(first.refresh()).await.ok();
        let third = application.refresh(second.refresh()).await.ok();
        assert_eq!(application.refresh(first.refresh()).await.error(), "invalid_grant");
        assert_eq!(application.refresh(third.refresh()).await.error(), "invalid_grant");
        assert!(!server.is_active(third.access()).await);
        assert_eq!(server.audit("refresh_reuse").await.len(), 1);
    }
);

on_every_storage!(
    /// D2, H8: after a restart the grace gives the same successor, a replay is still seen, and the family ends.
    restart,
    |server| async move {
        let (lenient, strict) = (standard(&server).await, strict(&server).await);
        let kept = lenient.tokens(&server, &[]).await;
        let successor = lenient.refresh(kept.refresh()).await.ok();
        let used = strict.tokens(&server, &[]).await;
        let live = strict.refresh(used.refresh()).await.ok();
        server.state.stopping.cancel();
        let (state, url) = server.another_instance().await;
        let (lenient, strict) = (lenient.via(&url), strict.via(&url));
        let again = lenient.refresh(kept.refresh()).await.ok();
        assert_eq!(again.refresh(), successor.refresh());
        assert_eq!(strict.refresh(used.refresh()).await.error(), "invalid_grant");
        assert_eq!(strict.refresh(live.refresh()).await.error(), "invalid_grant");
        assert_eq!(server.audit("refresh_reuse").await.len(), 1);
        state.stopping.cancel();
    }
);

on_every_storage!(
    /// D4, defect 3: another application's attempt, public ones included, is refused and harms nothing.
    another_application,
    |server| async move {
        for (new, other) in [
            (NewApplication::public(), NewApplication::public()),
            (NewApplication::of(Profile::Standard), NewApplication::public()),
            (NewApplication::public(), NewApplication::of(Profile::Standard)),
        ] {
            let (owner, other) = (server.application(new).await, server.application(other).await);
            let tokens = owner.tokens(&server, &[]).await;
            let stolen = other.refresh(tokens.refresh()).await;
            assert_eq!((stolen.status, stolen.error()), (400, "invalid_grant"));
            let narrowed = other.token(&with_scope(tokens.refresh(), "rooms:list")).await;
            assert_eq!(narrowed.error(), "invalid_grant");
            let refreshed = owner.refresh(tokens.refresh()).await.ok();
            assert!(server.is_active(refreshed.access()).await);
        }
    }
);

/// Defect 3: a confidential application must prove itself at a refresh, in the header or in the body.
#[tokio::test(flavor = "multi_thread")]
async fn secret_is_demanded() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let tokens = application.tokens(&server, &[]).await;
    let bare = Application {
        secret: None,
        ..application.clone()
    };
    let wrong = |secret: &'static str| {
        let (bare, token) = (bare.clone(), tokens.refresh().to_owned());
        async move {
            bare.token(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", &token),
                ("client_secret", secret),
            ])
            .await
        }
    };
    for answer in [bare.refresh(tokens.refresh()).await, wrong("cs-wrong").await] {
        assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
    }
    let secret = application.secret.clone().expect("a secret");
    bare.token(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh()),
        ("client_secret", &secret),
    ])
    .await
    .ok();
}

on_every_storage!(
    /// D5, defect 16: a refresh can ask for less, which narrows that access token alone; never for more.
    narrowing,
    |server| async move {
        let application = standard(&server).await;
        let all = "rooms:create rooms:list";
        let first = application.tokens(&server, &[("scope", all)]).await;
        for wider in ["rooms:list rooms:delete", "admin", "rooms:list rooms:create rooms:update"] {
            let answer = application.token(&with_scope(first.refresh(), wider)).await;
            assert_eq!((answer.status, answer.error()), (400, "invalid_scope"), "{wider}");
        }
        let narrow = application
            .token(&with_scope(first.refresh(), "rooms:list"))
            .await
            .ok();
        assert_eq!(narrow.get("scope"), "rooms:list");
        assert_eq!(claims(narrow.access())["scope"], "rooms:list");
        assert_eq!(server.introspect(narrow.access()).await["scope"], "rooms:list");
        let whole = application.refresh(narrow.refresh()).await.ok();
        assert_eq!(whole.get("scope"), all);
        assert_eq!(server.introspect(whole.access()).await["scope"], all);
        let named = application.token(&with_scope(whole.refresh(), all)).await.ok();
        assert_eq!(named.get("scope"), all);
    }
);

on_every_storage!(
    /// D6, B10, S3.6: of a blocked user no token works, and none works again when the block is lifted.
    user_blocked,
    |server| async move {
        let application = standard(&server).await;
        let tokens = application.tokens(&server, &[]).await;
        server.set_user_disabled(EMAIL, true).await;
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(application.refresh(tokens.refresh()).await.error(), "invalid_grant");
        server.set_user_disabled(EMAIL, false).await;
        assert_eq!(application.refresh(tokens.refresh()).await.error(), "invalid_grant");
        assert!(!server.is_active(tokens.access()).await);
    }
);

on_every_storage!(
    /// D6, S3.5: a blocked application is refused by every instance within a second, and its old tokens stay dead.
    application_blocked,
    |server| async move {
        let application = standard(&server).await;
        let (_, second) = server.another_instance().await;
        let tokens = application.tokens(&server, &[]).await;
        for url in [&server.url, &second] {
            let unknown = application.via(url).refresh("rt-unknown").await;
            assert_eq!(unknown.error(), "invalid_grant", "the application is cached");
        }
        server.set_application_disabled(&application, true).await;
        for url in [&server.url, &second] {
            let there = application.via(url);
            within_a_second("refused", async || {
                there.refresh("rt-unknown").await.error() == "invalid_client"
            })
            .await;
        }
        assert!(!server.is_active(tokens.access()).await);
        server.set_application_disabled(&application, false).await;
        within_a_second("let in", async || {
            application.refresh(tokens.refresh()).await.error() == "invalid_grant"
        })
        .await;
        application.tokens(&server, &[]).await;
    }
);

on_every_storage!(
    /// D6: what the user took back from one application is dead; what others have lives on.
    consent_withdrawn,
    |server| async move {
        let (mine, other) = (standard(&server).await, standard(&server).await);
        let (gone, kept) = (mine.tokens(&server, &[]).await, other.tokens(&server, &[]).await);
        let user = users::find_by_email(&server.state.services.database, EMAIL).await;
        let user_id = user.expect("read").expect("alice").id;
        let client_id = mine.client_id.clone();
        server
            .revoke(&RevocationTarget::Grant { client_id, user_id })
            .await;
        assert!(!server.is_active(gone.access()).await);
        assert_eq!(mine.refresh(gone.refresh()).await.error(), "invalid_grant");
        assert!(server.is_active(kept.access()).await);
        other.refresh(kept.refresh()).await.ok();
        server.revoke(&RevocationTarget::Family(FamilyId(user_id))).await;
        let anew = mine.tokens(&server, &[]).await;
        assert!(server.is_active(anew.access()).await);
    }
);

on_every_storage!(
    /// D7, S4.53, S4.54: an unused refresh token ends with its life; each use gives a new life, up to the end of the
    /// family.
    ends,
    |server| async move {
        let new = NewApplication::of(Profile::Standard).policy(|policy| {
            policy.refresh_seconds = 2 * 86_400;
            policy.family_seconds = 5 * 86_400;
        });
        let application = server.application(new).await;
        let idle = application.tokens(&server, &[]).await;
        let used = application.tokens(&server, &[]).await;
        server.advance(HOUR * 24);
        let second = application.refresh(used.refresh()).await.ok();
        server.advance(HOUR * 24);
        assert_eq!(application.refresh(idle.refresh()).await.error(), "invalid_grant");
        let third = application.refresh(second.refresh()).await.ok();
        server.advance(HOUR * 36);
        let last = application.refresh(third.refresh()).await.ok();
        server.advance(Duration::from_millis(36 * 3_600_000 - 1));
        let end = application.refresh(last.refresh()).await.ok();
        server.advance(Duration::from_millis(1));
        assert_eq!(application.refresh(end.refresh()).await.error(), "invalid_grant");
    },
    manual_clock
);

/// D8 (RFC 8707): a refresh may repeat the resource, not choose another; a refused one does not use the token up.
#[tokio::test(flavor = "multi_thread")]
async fn resource_is_fixed() {
    let server = Server::start().await;
    server.add_resource("https://other.example", true).await;
    let application = standard(&server).await;
    let tokens = application
        .tokens(&server, &[("resource", "https://other.example")])
        .await;
    assert_eq!(claims(tokens.access())["aud"], "https://other.example");
    let ask = |token: String, resource: &'static str| {
        let application = application.clone();
        async move {
            application
                .token(&[
                    ("grant_type", "refresh_token"),
                    ("refresh_token", &token),
                    ("resource", resource),
                ])
                .await
        }
    };
    for wrong in ["http://localhost:8081", "https://unknown.example", "not a url"] {
        let answer = ask(tokens.refresh().to_owned(), wrong).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_target"),
            "{wrong}"
        );
    }
    let same = ask(tokens.refresh().to_owned(), "https://other.example")
        .await
        .ok();
    assert_eq!(claims(same.access())["aud"], "https://other.example");
    let silent = application.refresh(same.refresh()).await.ok();
    assert_eq!(claims(silent.access())["aud"], "https://other.example");
}

/// C4, D1: what is no refresh token is invalid_grant; none at all is invalid_request.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_missing() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let tokens = application.tokens(&server, &[]).await;
    for token in ["rt-unknown", tokens.access(), "é", "' OR 1=1 --"] {
        let answer = application.refresh(token).await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_grant"), "{token}");
    }
    let answer = application.refresh("").await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
}

/// C6: an application whose policy has no refresh gets no refresh token and may not ask.
#[tokio::test(flavor = "multi_thread")]
async fn not_allowed() {
    use auth_server::domain::policy::GrantType::AuthorizationCode;
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Standard).policy(|policy| policy.grants = vec![AuthorizationCode]);
    let application = server.application(new).await;
    let tokens = application.tokens(&server, &[]).await;
    assert!(tokens.body.get("refresh_token").is_none());
    let answer = application.refresh("rt-unknown").await;
    assert_eq!((answer.status, answer.error()), (400, "unauthorized_client"));
}

/// D2: what was allowed before a sign-in is repeated stays bound to its own moment of proof (`auth_time`).
#[tokio::test(flavor = "multi_thread")]
async fn auth_time_is_kept() {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = standard(&server).await;
    let tokens = application.tokens(&server, &[]).await;
    let proven = claims(tokens.access())["auth_time"].clone();
    assert!(proven.is_i64());
    server.advance(Duration::from_secs(100));
    server.browser().sign_in(EMAIL, PASSWORD).await;
    let refreshed = application.refresh(tokens.refresh()).await.ok();
    assert_eq!(claims(refreshed.access())["auth_time"], proven);
}
