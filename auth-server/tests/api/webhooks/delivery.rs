//! How events come to their receivers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use auth_server::domain::webhook::{DeliveryState, EventType, Happening};
use auth_server::flows::audit::Subject;
use auth_server::flows::webhooks::{EndpointError, NewEndpoint};
use auth_server::store::sql::webhooks;
use axum::http::StatusCode;
use tokio::net::TcpListener;

use super::{came, deliveries, options, receiver, to, tried};
use crate::harness::{Neighbour, Server};
use crate::on_every_storage;

on_every_storage!(
    /// What a receiver chose comes to it, signed; what it did not choose does not.
    signed_and_delivered,
    |server| async move {
        let neighbour = Neighbour::start().await;
        neighbour.on("/hook", |_| "thank\nyou");
        let (endpoint, verifier) = receiver(&server, &to(&neighbour, &[EventType::UserCreated])).await;
        let services = &server.state.services;
        let user_id = services.clock.new_id();
        services.emit(Happening::new(EventType::KeyRotated)).await;
        services.emit(Happening::new(EventType::UserCreated).user(user_id)).await;
        let received = came(&neighbour, 1).await;
        assert_eq!(received.len(), 1);
        verifier.verify(&received[0].body, &received[0].headers).expect("the signature fits");
        let body: serde_json::Value = serde_json::from_slice(&received[0].body).expect("JSON");
        assert_eq!(body["type"], "user.created");
        assert_eq!(body["data"], serde_json::json!({"user_id": user_id.to_string()}));
        assert!(body["timestamp"].as_str().expect("a time").ends_with('Z'));
        assert_eq!(received[0].headers["content-type"], "application/json");
        // Another body, another secret: no.
        assert!(verifier.verify(b"{}", &received[0].headers).is_err());
        let (_, other) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
        assert!(other.verify(&received[0].body, &received[0].headers).is_err());
        let delivery = tried(&server, &endpoint, 1).await;
        assert_eq!((delivery.state, delivery.status), (DeliveryState::Delivered, Some(200)));
        assert_eq!(delivery.answer.as_deref(), Some("thank you"));
    },
    options()
);

on_every_storage!(
    /// Eight attempts over about a day, later and later; then none, until somebody replays it. The id stays the same,
    /// so that a receiver knows an event that comes twice.
    attempts_and_replay,
    |server| async move {
        let neighbour = Neighbour::start().await;
        let status = Arc::new(AtomicU16::new(500));
        let answer = Arc::clone(&status);
        neighbour.on("/hook", move |_| {
            (StatusCode::from_u16(answer.load(Ordering::SeqCst)).expect("a status"), "an answer")
        });
        let (endpoint, verifier) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
        let services = &server.state.services;
        let begun = services.clock.now();
        services.emit(Happening::new(EventType::KeyRotated)).await;
        let mut pauses = Vec::new();
        for attempt in 1..=8 {
            let delivery = tried(&server, &endpoint, attempt).await;
            assert_eq!(delivery.status, Some(500));
            if delivery.state != DeliveryState::Waiting {
                assert_eq!((attempt, delivery.state), (8, DeliveryState::Failed));
                break;
            }
            let pause = delivery.next_attempt_at - services.clock.now();
            pauses.push(pause);
            server.advance(Duration::from_secs(u64::try_from(pause).expect("a pause")));
            services.wake.webhooks.notify_one();
        }
        assert_eq!(pauses.len(), 7);
        assert!(pauses.is_sorted());
        let total = services.clock.now() - begun;
        assert!((18 * 3600..36 * 3600).contains(&total), "{total}");
        status.store(204, Ordering::SeqCst);
        let failed = tried(&server, &endpoint, 8).await;
        services.replay_webhook(endpoint.id, failed.id, Subject::default()).await.expect("replayed");
        let received = came(&neighbour, 9).await;
        let ids: std::collections::HashSet<_> = received.iter().map(|one| one.headers["webhook-id"].clone()).collect();
        assert_eq!(ids.len(), 1);
        assert_ne!(received[0].headers["webhook-timestamp"], received[8].headers["webhook-timestamp"]);
        // The time stands in the headers and is signed; the verifier's own clock does not run with the test's.
        let header = |name: &str| received[8].headers[name].to_str().expect("text").to_owned();
        let timestamp = header("webhook-timestamp").parse().expect("seconds");
        let expected = verifier.sign(&header("webhook-id"), timestamp, &received[8].body).expect("signed");
        assert_eq!(header("webhook-signature"), expected);
        // Another receiver's delivery is none of this one's.
        let (other, _) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
        let foreign = services.replay_webhook(other.id, failed.id, Subject::default()).await;
        assert!(matches!(foreign, Err(EndpointError::NoDelivery)));
    },
    options()
);

on_every_storage!(
    /// Of twenty instances that look at once, one delivers.
    one_of_many_delivers,
    |server| async move {
        let neighbour = Neighbour::start().await;
        neighbour.on("/hook", |_| "ok");
        server.end_tasks().await;
        let (_, _) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
        let services = &server.state.services;
        services.announcer().emit(&Happening::new(EventType::KeyRotated)).await.expect("written");
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let services = services.clone();
                tokio::spawn(async move {
                    let taken = services.claim_webhook([None; 4]).await.expect("the database");
                    let one = usize::from(taken.is_some());
                    if let Some(delivery) = taken {
                        services.deliver_webhook(delivery).await.expect("delivered");
                    }
                    one
                })
            })
            .collect();
        let mut taken = 0;
        for task in tasks {
            taken += task.await.expect("it ends");
        }
        assert_eq!((taken, neighbour.received().len()), (1, 1));
    },
    options()
);

on_every_storage!(
    /// A receiver that has failed for five days, or says that it is gone, is disabled, with an audit line; what waited
    /// for it is given up. A success in between begins the count anew.
    weary_receivers,
    |server| async move {
        let neighbour = Neighbour::start().await;
        let status = Arc::new(AtomicU16::new(500));
        let answer = Arc::clone(&status);
        neighbour.on("/hook", move |_| StatusCode::from_u16(answer.load(Ordering::SeqCst)).expect("a status"));
        server.end_tasks().await;
        let (endpoint, _) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
        let services = &server.state.services;
        let attempt = async || {
            services.announcer().emit(&Happening::new(EventType::KeyRotated)).await.expect("written");
            while let Some(delivery) = services.claim_webhook([None; 4]).await.expect("the database") {
                services.deliver_webhook(delivery).await.expect("attempted");
            }
            let known = webhooks::endpoint(&services.database, endpoint.id).await.expect("the database");
            known.expect("a receiver").disabled
        };
        let day = Duration::from_hours(24);
        assert!(!attempt().await);
        server.advance(4 * day);
        assert!(!attempt().await);
        status.store(200, Ordering::SeqCst);
        assert!(!attempt().await);
        status.store(500, Ordering::SeqCst);
        server.advance(2 * day);
        assert!(!attempt().await, "the count began anew");
        server.advance(5 * day);
        assert!(attempt().await);
        let lines = server.audit("webhook_changed").await;
        assert!(lines.iter().any(|line| line.detail.contains("five days")), "{lines:?}");
        assert!(deliveries(&server, &endpoint).await.iter().all(|one| one.state != DeliveryState::Waiting));
        let before = neighbour.received().len();
        assert!(attempt().await);
        assert_eq!(neighbour.received().len(), before, "a disabled receiver gets nothing");
        services.set_webhook_disabled(endpoint.id, false, Subject::default()).await.expect("enabled");
        status.store(410, Ordering::SeqCst);
        assert!(attempt().await);
        let lines = server.audit("webhook_changed").await;
        assert!(lines.iter().any(|line| line.detail.contains("410")), "{lines:?}");
    },
    options()
);

/// A redirect is an answer like any other that is not 2xx: what it leads to is never asked.
#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let server = Server::start_with(options()).await;
    let neighbour = Neighbour::start().await;
    let elsewhere = neighbour.at("/elsewhere");
    neighbour.on("/hook", move |_| {
        (
            StatusCode::TEMPORARY_REDIRECT,
            [("location", elsewhere.clone())],
            "over there",
        )
    });
    neighbour.on("/elsewhere", |_| "ok");
    let (endpoint, _) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
    server
        .state
        .services
        .emit(Happening::new(EventType::KeyRotated))
        .await;
    let delivery = tried(&server, &endpoint, 1).await;
    assert_eq!(
        (delivery.state, delivery.status),
        (DeliveryState::Waiting, Some(307))
    );
    let paths: Vec<String> = neighbour.received().into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["/hook"]);
}

/// A receiver that takes the connection and never answers, with more due to it than are delivered at once, holds up
/// nobody: the other's event comes while no attempt at the silent one has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_receiver_holds_nobody_up() {
    let server = Server::start_with(options()).await;
    let services = &server.state.services;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let silent_url = format!("http://{}/hook", silent.local_addr().expect("an address"));
    let new = NewEndpoint {
        url: silent_url,
        events: vec![EventType::KeyRotated],
    };
    let (endpoint, _) = receiver(&server, &new).await;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook", |_| "ok");
    receiver(&server, &to(&neighbour, &[EventType::UserCreated])).await;
    for _ in 0..40 {
        services.emit(Happening::new(EventType::KeyRotated)).await;
    }
    let mut held = Vec::new();
    while held.len() < 4 {
        held.push(silent.accept().await.expect("a connection"));
    }
    let user_id = services.clock.new_id();
    services
        .emit(Happening::new(EventType::UserCreated).user(user_id))
        .await;
    came(&neighbour, 1).await;
    let tried = deliveries(&server, &endpoint).await;
    assert!(tried.iter().all(|one| one.answer.is_none()), "{tried:?}");
    assert_eq!(tried.iter().filter(|one| one.attempts > 0).count(), 4);
}

/// A round of sweeping goes on until nothing old is left, however much there is.
#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_old_is_swept() {
    let server = Server::start_with(options()).await;
    server.end_tasks().await;
    let neighbour = Neighbour::start().await;
    let (endpoint, _) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
    let services = &server.state.services;
    for _ in 0..1001 {
        services.emit(Happening::new(EventType::KeyRotated)).await;
    }
    server.advance(Duration::from_hours(31 * 24));
    services.sweep_webhooks().await.expect("swept");
    assert!(deliveries(&server, &endpoint).await.is_empty());
}
