//! Counters, and what must be seen only once.

use std::time::Duration;

use crate::backend::Backend;
use crate::fixtures::*;

contract! {
    a_counter_adds_up_within_its_window,
    a_batch_counts_in_its_order,
    twenty_count_without_losing_any,
    a_counter_can_be_forgotten,
    only_the_first_of_twenty_is_remembered,
    what_was_remembered_may_come_again_after_its_end,
}

const WINDOW: Duration = Duration::from_mins(1);

async fn a_counter_adds_up_within_its_window(backend: &Backend) {
    let store = &backend.store;
    let one = [("login user@example.org {x}".to_owned(), 1)];
    assert_eq!(store.count(&one, WINDOW, NOW).await.unwrap(), [1]);
    assert_eq!(store.count(&one, WINDOW, NOW + 59 * SECOND).await.unwrap(), [2]);
    // The window began with the first count, not with the last.
    assert_eq!(
        store.count(&one, WINDOW, NOW + 60 * SECOND - 1).await.unwrap(),
        [3]
    );
    assert_eq!(store.count(&one, WINDOW, NOW + 60 * SECOND).await.unwrap(), [1]);
    assert_eq!(store.count(&one, WINDOW, NOW + 119 * SECOND).await.unwrap(), [2]);
}

async fn a_batch_counts_in_its_order(backend: &Backend) {
    let store = &backend.store;
    let batch = [
        ("z".to_owned(), 5),
        ("a".to_owned(), 1),
        ("m".to_owned(), 0),
        ("z".to_owned(), 2),
    ];
    assert_eq!(store.count(&batch, WINDOW, NOW).await.unwrap(), [5, 1, 0, 7]);
    assert_eq!(store.count(&batch, WINDOW, NOW).await.unwrap(), [12, 2, 0, 14]);
    assert_eq!(store.count(&[], WINDOW, NOW).await.unwrap(), [0_u64; 0]);
}

/// Batches in opposite orders, so that locks taken in the caller's order would block one another.
async fn twenty_count_without_losing_any(backend: &Backend) {
    let store = &backend.store;
    let totals = twenty(|caller| {
        let store = store.clone();
        async move {
            let mut batch = [("a".to_owned(), 1), ("b".to_owned(), 2)];
            if caller % 2 == 0 {
                batch.reverse();
            }
            let totals = store.count(&batch, WINDOW, NOW).await.unwrap();
            if caller % 2 == 0 { totals[1] } else { totals[0] }
        }
    })
    .await;
    let mut totals = totals;
    totals.sort_unstable();
    assert_eq!(totals, (1..=20).collect::<Vec<u64>>());
    let batch = [("a".to_owned(), 0), ("b".to_owned(), 0)];
    assert_eq!(store.count(&batch, WINDOW, NOW).await.unwrap(), [20, 40]);
}

async fn a_counter_can_be_forgotten(backend: &Backend) {
    let store = &backend.store;
    let (one, other) = ([("one".to_owned(), 3)], [("other".to_owned(), 3)]);
    store.count(&one, WINDOW, NOW).await.unwrap();
    store.count(&other, WINDOW, NOW).await.unwrap();
    store.forget_count("one").await.unwrap();
    store.forget_count("never counted").await.unwrap();
    assert_eq!(store.count(&one, WINDOW, NOW).await.unwrap(), [3]);
    assert_eq!(store.count(&other, WINDOW, NOW).await.unwrap(), [6]);
}

async fn only_the_first_of_twenty_is_remembered(backend: &Backend) {
    let store = &backend.store;
    let answers = twenty(|_| {
        let store = store.clone();
        async move {
            store
                .remember_once("assertion 1", NOW + SECOND, NOW)
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|first| **first).count(), 1);
    assert!(
        store
            .remember_once("assertion 2", NOW + SECOND, NOW)
            .await
            .unwrap()
    );
}

async fn what_was_remembered_may_come_again_after_its_end(backend: &Backend) {
    let store = &backend.store;
    assert!(store.remember_once("assertion", NOW + SECOND, NOW).await.unwrap());
    assert!(
        !store
            .remember_once("assertion", NOW + DAY, NOW + SECOND - 1)
            .await
            .unwrap()
    );
    assert!(
        store
            .remember_once("assertion", NOW + DAY, NOW + SECOND)
            .await
            .unwrap()
    );
    assert!(
        !store
            .remember_once("assertion", NOW + 2 * DAY, NOW + DAY - 1)
            .await
            .unwrap()
    );
    // What is over cannot be remembered, so it is never the first.
    assert!(!store.remember_once("over", NOW, NOW).await.unwrap());
}
