//! What was revoked is refused here in under a second; without the feed, by introspection; without
//! that, nothing is accepted (F11).

use std::time::{Duration, Instant};

use reqwest::Method;
use resource_server::config::Config;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::app::ROOMS;
use crate::harness::{App, Engine, Issuer, Person, Reply, eventually};

fn impatient(config: &mut Config) {
    config.revocation_feed.max_silence = Duration::from_millis(300);
    config.issuer.timeout = Duration::from_millis(500);
}

/// Revokes while the token is warm, and says how long it lived on.
async fn lives_on(app: &App, person: &Person, revocation: Value) -> Duration {
    assert_eq!(app.get(ROOMS, person).await.status, 200);
    let revoked = Instant::now();
    app.issuer.revoke(revocation);
    let reply = eventually(async || {
        let reply = app.get(ROOMS, person).await;
        if reply.status == 401 {
            Ok(reply)
        } else {
            Err(format!("{reply:?}"))
        }
    })
    .await;
    reply.assert_invalid_token("Invalid token.");
    revoked.elapsed()
}

/// S0.57: by token, application, user, and application for a user; and nobody else's.
#[tokio::test]
async fn every_kind_of_revocation_arrives_in_under_a_second() {
    let app = App::start(Engine::Sqlite).await;
    let bystander = Person::new(&app);
    assert_eq!(app.get(ROOMS, &bystander).await.status, 200);
    let kinds: [fn(&Person, i64) -> Value; 4] = [
        |person, now| json!({ "kind": "token", "jti": person.jti, "exp": now / 1000 + 3600 }),
        |person, now| json!({ "kind": "client", "client_id": person.client_id, "before_ms": now }),
        |person, now| json!({ "kind": "user", "user_id": person.id, "before_ms": now }),
        |person, now| json!({ "kind": "grant", "client_id": person.client_id, "user_id": person.id, "before_ms": now }),
    ];
    for (at, kind) in kinds.into_iter().enumerate() {
        let ann = Person::new(&app);
        let same_user = ann.again(&app, |claims| claims["client_id"] = "another".into());
        let same_client = Person::with(&app, |claims| claims["client_id"] = ann.client_id.clone().into());
        let before = app.now_millis();
        let elapsed = lives_on(&app, &ann, kind(&ann, before)).await;
        assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
        let statuses = [
            app.get(ROOMS, &same_user).await.status.as_u16(),
            app.get(ROOMS, &same_client).await.status.as_u16(),
        ];
        assert_eq!(statuses, [[200, 200], [200, 401], [401, 200], [200, 200]][at]);
        // A token issued after the moment of revocation is a new start.
        let later = loop {
            let later = ann.again(&app, |_| {});
            if app.now_millis() > before + 1 {
                break later.again(&app, |_| {});
            }
        };
        assert_eq!(app.get(ROOMS, &later).await.status, 200);
    }
    assert_eq!(app.get(ROOMS, &bystander).await.status, 200);
    assert_eq!(app.issuer.introspections(), 0);
}

/// What was revoked before this server started is replayed before it calls itself ready.
#[tokio::test]
async fn earlier_revocations_are_known_from_the_first_request() {
    let issuer = Issuer::start().await;
    let app = App::start_early(Engine::Sqlite, issuer, |_| {}).await;
    let ann = Person::new(&app);
    app.issuer
        .revoke(json!({ "kind": "token", "jti": ann.jti, "exp": app.now_millis() / 1000 + 3600 }));
    let second = App::start_early(Engine::Sqlite, app.issuer.share(), |_| {}).await;
    second.becomes("ready").await;
    second
        .get(ROOMS, &ann)
        .await
        .assert_invalid_token("Invalid token.");
}

/// A broken connection goes on where it ended, and loses nothing.
#[tokio::test]
async fn the_feed_resumes_after_the_last_event() {
    let app = App::start(Engine::Sqlite).await;
    let (ann, bob) = (Person::new(&app), Person::new(&app));
    let exp = app.now_millis() / 1000 + 3600;
    lives_on(&app, &ann, json!({ "kind": "token", "jti": ann.jti, "exp": exp })).await;
    app.issuer.set_feed_down(true);
    app.issuer
        .revoke(json!({ "kind": "token", "jti": bob.jti, "exp": exp }));
    app.issuer.set_feed_down(false);
    eventually(async || {
        let status = app.get(ROOMS, &bob).await.status;
        if status == 401 {
            Ok(())
        } else {
            Err(status.to_string())
        }
    })
    .await;
    assert_eq!(app.get(ROOMS, &ann).await.status, 401);
    assert_eq!(app.issuer.feed_cursors(), [None, Some("1".to_owned())]);
    assert_eq!(app.issuer.introspections(), 0);
}

/// F11: silence leads to introspection, and when that fails to 503; both end by themselves.
#[tokio::test]
async fn without_the_feed_tokens_are_introspected_and_without_that_refused() {
    let app = App::start_with(Engine::Sqlite, impatient).await;
    let (ann, bob) = (Person::new(&app), Person::new(&app));
    app.issuer.knows(&ann.token, ann.introspected());
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    assert_eq!(app.get(ROOMS, &bob).await.status, 200);

    app.issuer.set_silent(true);
    app.becomes("degraded").await;
    // Each request asks: warm or not, nothing is taken from before.
    let asked = app.issuer.introspections();
    for _ in 0..3 {
        assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    }
    assert_eq!(app.issuer.introspections(), asked + 3);
    app.get(ROOMS, &bob).await.assert_invalid_token("Invalid token.");
    app.issuer.forget(&ann.token);
    app.get(ROOMS, &ann).await.assert_invalid_token("Invalid token.");
    app.issuer.knows(&ann.token, ann.introspected());

    // 0: the question is never answered.
    for status in [503, 500, 401, 429, 0] {
        app.issuer.set_introspection_status(status);
        let reply = app.get(ROOMS, &ann).await;
        assert_eq!(reply.status, 503, "{status}");
        assert_eq!(reply.header("retry-after"), if status == 0 { "1" } else { "7" });
        assert!(reply.body["detail"].is_string());
    }
    app.becomes("not ready").await;

    app.issuer.set_introspection_status(200);
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    app.issuer.set_silent(false);
    app.becomes("ready").await;
    let asked = app.issuer.introspections();
    assert_eq!(app.get(ROOMS, &bob).await.status, 200);
    assert_eq!(app.issuer.introspections(), asked);
}

/// A revocation that is already known here holds although the issuer's answer is still positive.
#[tokio::test]
async fn a_known_revocation_outlives_the_feed() {
    let app = App::start_with(Engine::Sqlite, impatient).await;
    let ann = Person::new(&app);
    app.issuer.knows(&ann.token, ann.introspected());
    let exp = app.now_millis() / 1000 + 3600;
    lives_on(&app, &ann, json!({ "kind": "token", "jti": ann.jti, "exp": exp })).await;
    app.issuer.set_silent(true);
    app.becomes("degraded").await;
    app.get(ROOMS, &ann).await.assert_invalid_token("Invalid token.");
}

/// A message that cannot be read may have been a revocation.
#[tokio::test]
async fn an_unknown_message_makes_the_feed_unbelievable() {
    let app = App::start_with(Engine::Sqlite, impatient).await;
    app.issuer.revoke(json!({ "kind": "galaxy", "before_ms": 1 }));
    app.becomes("degraded").await;
}

/// Heartbeats alone do not say that the earlier revocations were replayed.
#[tokio::test]
async fn a_feed_that_is_not_ready_is_not_believed() {
    let issuer = Issuer::start().await;
    issuer.set_never_ready();
    let app = App::start_early(Engine::Sqlite, issuer, |_| {}).await;
    app.becomes("degraded").await;
    eventually(async || {
        let pings = app.issuer.pings();
        if pings >= 5 {
            Ok(())
        } else {
            Err(pings.to_string())
        }
    })
    .await;
    app.becomes("degraded").await;
    app.get(ROOMS, &Person::new(&app))
        .await
        .assert_invalid_token("Invalid token.");
}

/// A token from before the time that is remembered is introspected, however fresh the feed is.
#[tokio::test]
async fn tokens_older_than_the_memory_are_introspected() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.revocation_feed.retention = Duration::from_mins(1);
    })
    .await;
    let ann = Person::new(&app);
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    app.pass(61);
    app.get(ROOMS, &ann).await.assert_invalid_token("Invalid token.");
    app.issuer.knows(&ann.token, ann.introspected());
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    assert_eq!(app.issuer.introspections(), 2);
}

/// The server starts without its issuer, says that it is not ready, and recovers by itself.
#[tokio::test]
async fn the_issuer_may_come_later() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let app = App::start_early(Engine::Sqlite, Issuer::absent(address), |_| {}).await;
    let probe = Reply::of(app.request(Method::GET, "/health/ready")).await;
    assert_eq!(
        (probe.status.as_u16(), &probe.body["status"]),
        (503, &json!("not ready"))
    );
    assert_eq!(
        Reply::of(app.request(Method::GET, "/health/live")).await.status,
        200
    );
    let ann = Person::new(&app);
    for _ in 0..2 {
        assert_eq!(app.get(ROOMS, &ann).await.status, 503);
    }
    app.issuer.appear(address).await;
    app.becomes("ready").await;
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
}
