//! What administrators do with receivers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use auth_server::domain::webhook::{Delivery, DeliveryState, EventType, Happening};
use auth_server::flows::audit::Subject;
use auth_server::flows::webhooks::{EndpointChange, EndpointError, NewEndpoint};
use auth_server::store::sql::webhooks;
use futures_util::future::join_all;
use standardwebhooks::Webhook;
use uuid::Uuid;

use super::{came, options, receiver, to, tried};
use crate::harness::{Neighbour, Options, Server, names};
use crate::on_every_storage;

/// Receivers are checked against the rules for requests to the outside, when they are made and at every delivery.
#[tokio::test(flavor = "multi_thread")]
async fn no_receiver_inside() {
    let server = Server::start_with(Options {
        lookup: || names(&[("inside.example", "10.0.0.7"), ("fine.example", "93.184.216.34")]),
        ..Options::default()
    })
    .await;
    let services = &server.state.services;
    for url in [
        "https://127.0.0.1/hook",
        "https://inside.example/hook",
        "https://169.254.169.254/latest/meta-data",
        "http://fine.example/hook",
        "https://fine.example:6379/",
        "https://93.184.216.34/hook",
        "https://user:password@fine.example/hook",
        "https://nowhere.example/hook",
        "file:///etc/passwd",
        "nonsense",
    ] {
        let new = NewEndpoint {
            url: url.to_owned(),
            events: vec![EventType::KeyRotated],
        };
        let made = services.create_webhook(&new, Subject::default()).await;
        assert!(matches!(made, Err(EndpointError::Url(_))), "{url}");
    }
    let fine = NewEndpoint {
        url: "https://fine.example/hook".to_owned(),
        events: vec![EventType::KeyRotated],
    };
    let (endpoint, _) = services
        .create_webhook(&fine, Subject::default())
        .await
        .expect("a receiver");
    let none = NewEndpoint {
        events: Vec::new(),
        ..fine.clone()
    };
    assert!(matches!(
        services.create_webhook(&none, Subject::default()).await,
        Err(EndpointError::NoEvents)
    ));
    // It leads elsewhere by the time of the delivery.
    webhooks::update_endpoint(
        &services.database,
        endpoint.id,
        None,
        Some("https://inside.example/hook"),
        None,
    )
    .await
    .expect("changed");
    services.emit(Happening::new(EventType::KeyRotated)).await;
    let delivery = tried(&server, &endpoint, 1).await;
    assert_eq!(delivery.status, None);
    assert!(delivery.answer.expect("why").contains("private network"));
    // What is not changed is neither looked up nor written again.
    let events = vec![EventType::UserCreated];
    let change = EndpointChange {
        events: Some(events.clone()),
        ..EndpointChange::default()
    };
    let edited = services.edit_webhook(endpoint.id, &change, Subject::default());
    edited.await.expect("changed");
    let known = webhooks::endpoint(&services.database, endpoint.id).await;
    let known = known.expect("the database").expect("a receiver");
    assert_eq!(
        (known.url.as_str(), known.events),
        ("https://inside.example/hook", events)
    );
}

/// A name that leads to the public internet when the receiver is made, and into a private network at the delivery (DNS
/// rebinding), is not called then.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_inside_later() {
    let server = Server::start_with(Options {
        lookup: || {
            let asked = AtomicU16::new(0);
            Arc::new(move |_| {
                let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
                let address = if first { "93.184.216.34" } else { "10.0.0.7" };
                let address = address.parse().expect("an address");
                Box::pin(async move { Ok(vec![address]) })
            })
        },
        ..Options::default()
    })
    .await;
    let new = NewEndpoint {
        url: "https://moves.example/hook".to_owned(),
        events: vec![EventType::KeyRotated],
    };
    let (endpoint, _) = receiver(&server, &new).await;
    let services = &server.state.services;
    services.emit(Happening::new(EventType::KeyRotated)).await;
    let delivery = tried(&server, &endpoint, 1).await;
    assert_eq!((delivery.state, delivery.status), (DeliveryState::Waiting, None));
    assert!(delivery.answer.expect("why").contains("private network"));
    // Nor can it be changed to such an address, in whatever form.
    for url in [
        "https://moves.example/other",
        "https://[::ffff:10.0.0.7]/",
        "https://[64:ff9b::a00:7]/",
    ] {
        let change = EndpointChange {
            url: Some(url.to_owned()),
            ..EndpointChange::default()
        };
        let changed = services
            .edit_webhook(endpoint.id, &change, Subject::default())
            .await;
        assert!(matches!(changed, Err(EndpointError::Url(_))), "{url}");
    }
}

/// H3, H4: the signing secret is encrypted at rest when a key is configured, and is in no audit line; neither is the
/// path of the URL, which may hold one.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_receivers() {
    let server = Server::start_with(Options {
        configure: |config| {
            config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()];
            config.key_encryption_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned();
        },
        ..Options::default()
    })
    .await;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook/very-secret-path", |_| "ok");
    let new = NewEndpoint {
        url: neighbour.at("/hook/very-secret-path"),
        events: vec![EventType::KeyRotated],
    };
    let services = &server.state.services;
    let (endpoint, secret) = services
        .create_webhook(&new, Subject::default())
        .await
        .expect("a receiver");
    let stored = webhooks::secret(&services.database, endpoint.id)
        .await
        .expect("the database")
        .expect("a secret");
    assert!(stored.secret_encrypted);
    assert!(!secret.reveal().contains(&stored.secret));
    let encoded = secret.reveal().trim_start_matches("whsec_").to_owned();
    assert!(!stored.secret.contains(&encoded));
    services.emit(Happening::new(EventType::KeyRotated)).await;
    let received = came(&neighbour, 1).await;
    let verifier = Webhook::new(secret.reveal()).expect("a secret");
    verifier
        .verify(&received[0].body, &received[0].headers)
        .expect("the signature fits");
    for line in server.audit("webhook_changed").await {
        assert!(
            !line.detail.contains(&encoded) && !line.detail.contains("very-secret-path"),
            "{line:?}"
        );
    }
}

on_every_storage!(
    /// A receiver that is deleted while events are written disturbs neither them nor itself: the others get every event.
    a_deletion_disturbs_nobody,
    |server| async move {
        let services = &server.state.services;
        let neighbour = Neighbour::start().await;
        neighbour.on("/hook", |_| "ok");
        let chosen = to(&neighbour, &[EventType::KeyRotated]);
        let (stays, _) = receiver(&server, &chosen).await;
        for _ in 0..10 {
            let (goes, _) = receiver(&server, &chosen).await;
            let announcer = services.announcer();
            let events = (0..20).map(|_| async {
                announcer.emit(&Happening::new(EventType::KeyRotated)).await.expect("written down");
            });
            let deletion = async { services.delete_webhook(goes.id, Subject::default()).await.expect("deleted") };
            tokio::join!(join_all(events), deletion);
        }
        let mut before: Option<(i64, String)> = None;
        let mut written = 0;
        loop {
            let place = before.as_ref().map(|(at, id)| (*at, id.as_str()));
            let (_, part, more) = services.webhook(stays.id, place, 100).await.expect("the database").expect("it stays");
            written += part.len();
            before = part.last().map(|last| (last.at, last.id.to_string()));
            if !more {
                break;
            }
        }
        assert_eq!(written, 200);
    },
    options()
);

on_every_storage!(
    /// What was written down for a receiver that is gone meanwhile is given up, and holds up nothing behind it.
    deliveries_of_a_deleted_receiver_end,
    |server| async move {
        let services = &server.state.services;
        let neighbour = Neighbour::start().await;
        neighbour.on("/hook", |_| "ok");
        let chosen = to(&neighbour, &[EventType::KeyRotated]);
        let (goes, _) = receiver(&server, &chosen).await;
        let (stays, _) = receiver(&server, &chosen).await;
        services.delete_webhook(goes.id, Subject::default()).await.expect("deleted");
        let late = delivery_to(&server, goes.id);
        webhooks::insert_deliveries(&services.database, std::slice::from_ref(&late)).await.expect("written down");
        services.emit(Happening::new(EventType::KeyRotated)).await;
        tried(&server, &stays, 1).await;
        for _ in 0..500 {
            let known = webhooks::delivery(&services.database, goes.id, late.id).await.expect("the database");
            if known.expect("it is kept").state == DeliveryState::Failed {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("it still waits");
    },
    options()
);

fn delivery_to(server: &Server, endpoint_id: Uuid) -> Delivery {
    let now = server.state.services.clock.now();
    Delivery {
        id: Uuid::new_v4(),
        endpoint_id,
        event_id: Uuid::new_v4(),
        event: EventType::KeyRotated,
        payload: "{}".to_owned(),
        state: DeliveryState::Waiting,
        attempts: 1,
        next_attempt_at: now,
        status: None,
        answer: None,
        at: now,
    }
}

/// What an instance had taken before its receiver was turned off is not delivered any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_for_a_receiver_that_is_off() {
    let server = Server::start_with(options()).await;
    let services = &server.state.services;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook", |_| "ok");
    let (endpoint, _) = receiver(&server, &to(&neighbour, &[EventType::KeyRotated])).await;
    services
        .deliver_webhook(delivery_to(&server, endpoint.id))
        .await
        .expect("settled");
    came(&neighbour, 1).await;
    let off = services.set_webhook_disabled(endpoint.id, true, Subject::default());
    off.await.expect("off");
    services
        .deliver_webhook(delivery_to(&server, endpoint.id))
        .await
        .expect("settled");
    assert_eq!(neighbour.received().len(), 1);
}
