//! The event log: content, order, paging, waiting.

use std::time::Duration;

use auth_server::domain::event::{Cursor, Event};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::backend::Backend;
use crate::fixtures::*;

contract! {
    every_kind_of_event_comes_back_in_order,
    pages_follow_one_another,
    a_foreign_cursor_begins_again,
    a_follower_misses_nothing_that_twenty_write,
    a_burst_within_one_transaction_is_paged,
    waiting_ends_with_an_event_of_another_instance,
    waiting_ends_at_once_when_there_are_events,
    waiting_ends_when_patience_does,
    twenty_may_wait_at_once,
}

fn client_event(number: usize) -> Event {
    Event::ApplicationChanged {
        client_id: format!("app-{number}"),
    }
}

async fn every_kind_of_event_comes_back_in_order(backend: &Backend) {
    let store = &backend.store;
    let (client_id, user_id) = ("app".to_owned(), Uuid::new_v4());
    let events = [
        Event::Token {
            jti: Uuid::new_v4(),
            exp: NOW / SECOND,
        },
        Event::Client {
            client_id: client_id.clone(),
            before_ms: NOW,
        },
        Event::User {
            user_id,
            before_ms: NOW,
        },
        Event::Grant {
            client_id: client_id.clone(),
            user_id,
            before_ms: NOW,
        },
        Event::ApplicationChanged {
            client_id: client_id.clone(),
        },
        Event::ResourceChanged { client_id },
        Event::UserChanged { user_id },
        Event::KeysChanged,
    ];
    assert_eq!(store.events(None, 100).await.unwrap(), []);
    for event in &events {
        store.publish(event, NOW).await.unwrap();
    }
    let logged = store.events(None, 100).await.unwrap();
    assert_eq!(
        logged
            .iter()
            .map(|logged| logged.event.clone())
            .collect::<Vec<_>>(),
        events
    );
    assert!(logged.iter().all(|logged| logged.at_ms == NOW));
    assert!(logged.is_sorted_by(|a, b| a.cursor < b.cursor));
}

async fn pages_follow_one_another(backend: &Backend) {
    let store = &backend.store;
    for number in 0..10 {
        store.publish(&client_event(number), NOW).await.unwrap();
    }
    let all = store.events(None, 100).await.unwrap();
    assert_eq!(all.len(), 10);
    assert_eq!(store.events(None, 4).await.unwrap(), all[..4]);
    assert_eq!(store.events(Some(&all[3].cursor), 4).await.unwrap(), all[4..8]);
    assert_eq!(store.events(Some(&all[9].cursor), 4).await.unwrap(), []);
    assert_eq!(all_events(store).await, all);
}

/// A cursor of another kind of store, or of a log that has since been restored from an older copy.
async fn a_foreign_cursor_begins_again(backend: &Backend) {
    let store = &backend.store;
    store.publish(&client_event(0), NOW).await.unwrap();
    for text in [
        "what is this",
        "00000000000000099999",
        "00000000000000000001-00000000000000000001",
    ] {
        let foreign = Cursor(text.to_owned());
        assert_eq!(store.events(Some(&foreign), 4).await.unwrap().len(), 1, "{text}");
    }
}

async fn a_follower_misses_nothing_that_twenty_write(backend: &Backend) {
    let store = &backend.store;
    let writers = tokio::spawn({
        let store = store.clone();
        async move {
            twenty(|caller| {
                let store = store.clone();
                async move {
                    for round in 0..10 {
                        store
                            .publish(&client_event(caller * 10 + round), NOW)
                            .await
                            .unwrap();
                    }
                }
            })
            .await
        }
    });
    let (mut seen, mut last) = (Vec::new(), None);
    while seen.len() < 200 {
        let waited = timeout(
            Duration::from_secs(20),
            store.wait_for_events(last.as_ref(), Duration::from_secs(10)),
        );
        waited.await.expect("still waiting").unwrap();
        for logged in store.events(last.as_ref(), 7).await.unwrap() {
            let Event::ApplicationChanged { client_id } = logged.event else {
                panic!("another event")
            };
            seen.push(client_id);
            last = Some(logged.cursor);
        }
    }
    writers.await.unwrap();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 200);
}

/// Many events in one moment: small pages must still get to the end.
async fn a_burst_within_one_transaction_is_paged(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    for _ in 0..30 {
        store
            .refresh(&keep(&opened.token, &opened.grant.client_id, NOW), NOW)
            .await
            .unwrap();
    }
    let target = auth_server::domain::token::RevocationTarget::Family(opened.family);
    store.revoke(&target, NOW).await.unwrap();
    assert_eq!(all_events(store).await.len(), 31);
}

async fn waiting_ends_with_an_event_of_another_instance(backend: &Backend) {
    let (here, there) = (&backend.store, backend.place.store().await);
    for round in 0..3 {
        let cursor = here
            .events(None, 100)
            .await
            .unwrap()
            .pop()
            .map(|logged| logged.cursor);
        let waiting = tokio::spawn({
            let here = here.clone();
            async move {
                here.wait_for_events(cursor.as_ref(), Duration::from_secs(20))
                    .await
                    .unwrap();
                (
                    Instant::now(),
                    here.events(cursor.as_ref(), 10).await.unwrap().len(),
                )
            }
        });
        // Gives the other task time to get into its wait; the outcome does not depend on it.
        tokio::time::sleep(Duration::from_millis(150)).await;
        there.publish(&client_event(round), NOW).await.unwrap();
        let written = Instant::now();
        let (woken, found) = waiting.await.unwrap();
        assert_eq!(found, 1);
        let delay = woken.saturating_duration_since(written);
        assert!(delay < Duration::from_millis(500), "seen after {delay:?}");
    }
}

async fn waiting_ends_at_once_when_there_are_events(backend: &Backend) {
    let store = &backend.store;
    store.publish(&client_event(0), NOW).await.unwrap();
    let wait = store.wait_for_events(None, Duration::from_secs(30));
    timeout(Duration::from_secs(5), wait)
        .await
        .expect("should not wait")
        .unwrap();
}

async fn waiting_ends_when_patience_does(backend: &Backend) {
    let store = &backend.store;
    store.publish(&client_event(0), NOW).await.unwrap();
    let cursor = store
        .events(None, 1)
        .await
        .unwrap()
        .pop()
        .map(|logged| logged.cursor);
    let begun = Instant::now();
    store
        .wait_for_events(cursor.as_ref(), Duration::from_millis(400))
        .await
        .unwrap();
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_millis(390),
        "came back after {waited:?} without an event"
    );
}

async fn twenty_may_wait_at_once(backend: &Backend) {
    let store = &backend.store;
    let waits = tokio::spawn({
        let store = store.clone();
        async move {
            twenty(|_| {
                let store = store.clone();
                async move {
                    store
                        .wait_for_events(None, Duration::from_secs(20))
                        .await
                        .unwrap();
                }
            })
            .await
        }
    });
    // Others are served while they wait.
    timeout(Duration::from_secs(10), store.publish(&client_event(0), NOW))
        .await
        .expect("blocked")
        .unwrap();
    timeout(Duration::from_secs(10), waits)
        .await
        .expect("still waiting")
        .unwrap();
}
