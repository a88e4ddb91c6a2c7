//! Events for other systems: signed as Standard Webhooks has it, delivered by one instance, tried again later,
//! replayed on demand; none goes where a receiver must not be.

mod delivery;
mod receivers;
mod told;

use std::time::Duration;

use auth_server::domain::webhook::{Delivery, Endpoint, EventType};
use auth_server::flows::audit::Subject;
use auth_server::flows::webhooks::NewEndpoint;
use auth_server::store::sql::webhooks;
use standardwebhooks::Webhook;

use crate::harness::{Neighbour, Options, Received, Server};

fn options() -> Options {
    Options {
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()],
        ..Options::manual_clock()
    }
}

fn to(neighbour: &Neighbour, events: &[EventType]) -> NewEndpoint {
    NewEndpoint {
        url: neighbour.at("/hook"),
        events: events.to_vec(),
    }
}

/// A receiver, and what verifies its signatures.
async fn receiver(server: &Server, new: &NewEndpoint) -> (Endpoint, Webhook) {
    let made = server
        .state
        .services
        .create_webhook(new, Subject::default())
        .await;
    let (endpoint, secret) = made.expect("a receiver");
    let verifier = Webhook::new(secret.reveal()).expect("a secret as the specification has it");
    (endpoint, verifier)
}

async fn deliveries(server: &Server, endpoint: &Endpoint) -> Vec<Delivery> {
    let listed = webhooks::deliveries(&server.state.services.database, endpoint.id, None, 100).await;
    listed.expect("the deliveries")
}

async fn came(neighbour: &Neighbour, count: usize) -> Vec<Received> {
    for _ in 0..500 {
        let received = neighbour.received();
        if received.len() >= count {
            return received;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} of {count} events came", neighbour.received().len());
}

/// Waits until the newest delivery was tried this often and is settled.
async fn tried(server: &Server, endpoint: &Endpoint, attempts: i64) -> Delivery {
    for _ in 0..500 {
        let newest = deliveries(server, endpoint).await.into_iter().next();
        if let Some(newest) = newest.filter(|newest| newest.attempts == attempts && newest.answer.is_some()) {
            return newest;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!(
        "not tried {attempts} times: {:?}",
        deliveries(server, endpoint).await
    );
}
