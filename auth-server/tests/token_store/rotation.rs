//! Refresh tokens: rotation, grace, reuse, absolute end.

use auth_server::domain::grant::FamilyId;
use auth_server::domain::secret::PlainToken;
use auth_server::domain::token::{RefreshAttempt, RefreshOutcome, RefreshPolicy};
use uuid::Uuid;

use crate::backend::Backend;
use crate::fixtures::*;

contract! {
    a_rotation_gives_a_successor_and_an_access_token,
    a_family_opens_without_a_code,
    twenty_refreshes_without_grace_leave_no_live_chain,
    twenty_refreshes_with_grace_leave_one_live_chain,
    twenty_uses_of_a_kept_token_all_succeed,
    a_kept_token_stays_as_it_is,
    within_the_grace_the_same_successor_holds,
    after_the_grace_a_replay_revokes_the_family,
    with_another_successor_it_is_a_replay,
    once_the_successor_was_used_it_is_a_replay,
    a_used_token_is_a_replay_under_keep_too,
    another_client_changes_nothing,
    a_late_replay_is_still_detected,
    a_refresh_token_expires,
    a_family_has_an_absolute_end,
    a_narrowed_scope_holds_for_that_access_token_alone,
}

const GRACE: i64 = 10 * SECOND;

async fn a_rotation_gives_a_successor_and_an_access_token(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let at = NOW + HOUR / 2;
    let rotation = rotate(&opened.token, &opened.grant.client_id, 0, at);
    let outcome = store.refresh(&rotation, at).await.unwrap();
    let grant = Box::new(opened.grant.clone());
    assert_eq!(
        outcome,
        RefreshOutcome::Refreshed {
            family: opened.family,
            grant
        }
    );

    let view = store
        .view_refresh(&successor(&opened.token).hashed(), at)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((view.family, view.used), (opened.family, false));
    assert_eq!((view.issued_at_ms, view.expires_at_ms), (at, at + 30 * DAY));
    let old = store
        .view_refresh(&opened.token.hashed(), at)
        .await
        .unwrap()
        .unwrap();
    assert!(old.used);
    assert!(
        is_live(store, &opened.access, at).await,
        "the former access token lives on"
    );
    let access = store
        .find_access(&rotation.access.key, at)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((access.family, access.grant), (Some(opened.family), opened.grant));
    assert_eq!((access.issued_at_ms, access.expires_at_ms), (at, at + HOUR));
}

async fn a_family_opens_without_a_code(backend: &Backend) {
    let store = &backend.store;
    let (grant, token) = (grant(), PlainToken::generate("rt-"));
    let (family, first) = (FamilyId(Uuid::new_v4()), opening(&token, NOW));
    store.open_family(family, &grant, &first).await.unwrap();
    assert!(is_live(store, &first.access, NOW).await);
    let outcome = store
        .refresh(&rotate(&token, &grant.client_id, 0, NOW), NOW)
        .await
        .unwrap();
    assert_eq!(
        outcome,
        RefreshOutcome::Refreshed {
            family,
            grant: Box::new(grant)
        }
    );
}

/// D1, D3
async fn twenty_refreshes_without_grace_leave_no_live_chain(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let attempts: Vec<_> = (0..20)
        .map(|_| rotate(&opened.token, &opened.grant.client_id, 0, NOW))
        .collect();
    let answers = twenty(|caller| {
        let (store, attempt) = (store.clone(), attempts[caller].clone());
        async move { name(&store.refresh(&attempt, NOW).await.unwrap()) }
    })
    .await;
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    assert_eq!(
        (count("refreshed"), count("replayed"), count("unknown")),
        (1, 1, 18),
        "{answers:?}"
    );
    assert!(!is_refreshable(store, &opened.token, NOW).await);
    assert!(!is_refreshable(store, &successor(&opened.token), NOW).await);
    assert!(!is_live(store, &opened.access, NOW).await);
    for attempt in &attempts {
        assert!(!is_live(store, &attempt.access, NOW).await);
    }
}

/// D3
async fn twenty_refreshes_with_grace_leave_one_live_chain(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let attempts: Vec<_> = (0..20)
        .map(|_| rotate(&opened.token, &opened.grant.client_id, GRACE, NOW))
        .collect();
    let answers = twenty(|caller| {
        let (store, attempt) = (store.clone(), attempts[caller].clone());
        async move { name(&store.refresh(&attempt, NOW).await.unwrap()) }
    })
    .await;
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    assert_eq!((count("refreshed"), count("repeated")), (1, 19), "{answers:?}");
    for attempt in &attempts {
        assert!(is_live(store, &attempt.access, NOW).await);
    }
    let next = successor(&opened.token);
    let at = NOW + SECOND;
    assert_eq!(
        attempt(store, &rotate(&next, &opened.grant.client_id, GRACE, at), at).await,
        "refreshed"
    );
    assert!(is_refreshable(store, &successor(&next), at).await);
}

async fn twenty_uses_of_a_kept_token_all_succeed(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let answers = twenty(|_| {
        let (store, attempt) = (store.clone(), keep(&opened.token, &opened.grant.client_id, NOW));
        async move { name(&store.refresh(&attempt, NOW).await.unwrap()) }
    })
    .await;
    assert_eq!(answers, ["refreshed"; 20]);
}

async fn a_kept_token_stays_as_it_is(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let before = store.view_refresh(&opened.token.hashed(), NOW).await.unwrap();
    for day in 1..4 {
        let at = NOW + day * DAY;
        let use_again = keep(&opened.token, &opened.grant.client_id, at);
        assert_eq!(attempt(store, &use_again, at).await, "refreshed");
        assert!(is_live(store, &use_again.access, at).await);
        assert_eq!(
            store.view_refresh(&opened.token.hashed(), at).await.unwrap(),
            before
        );
    }
    let end = NOW + 30 * DAY;
    assert_eq!(
        attempt(store, &keep(&opened.token, &opened.grant.client_id, end), end).await,
        "unknown"
    );
}

async fn within_the_grace_the_same_successor_holds(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let client = &opened.grant.client_id;
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, GRACE, NOW), NOW).await,
        "refreshed"
    );
    let next = successor(&opened.token);
    let before = store.view_refresh(&next.hashed(), NOW).await.unwrap();
    let at = NOW + GRACE;
    let repeat = rotate(&opened.token, client, GRACE, at);
    let outcome = store.refresh(&repeat, at).await.unwrap();
    let grant = Box::new(opened.grant.clone());
    assert_eq!(
        outcome,
        RefreshOutcome::Repeated {
            family: opened.family,
            grant
        }
    );
    assert!(is_live(store, &repeat.access, at).await);
    assert_eq!(
        store.view_refresh(&next.hashed(), at).await.unwrap(),
        before,
        "the successor did not change"
    );
    assert_eq!(
        attempt(store, &rotate(&next, client, GRACE, at), at).await,
        "refreshed"
    );
}

/// What a replay must have done.
async fn assert_family_is_dead(backend: &Backend, opened: &Opened, now_ms: i64) {
    let store = &backend.store;
    assert!(!is_live(store, &opened.access, now_ms).await);
    for token in [
        opened.token.clone(),
        successor(&opened.token),
        successor(&successor(&opened.token)),
    ] {
        assert!(!is_refreshable(store, &token, now_ms).await);
        let next = rotate(&token, &opened.grant.client_id, GRACE, now_ms);
        assert_eq!(attempt(store, &next, now_ms).await, "unknown");
    }
    assert!(revoked_tokens(store).await.contains(&opened.access.jti));
}

/// D1
async fn after_the_grace_a_replay_revokes_the_family(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let bystander = open(store, &opened.grant, NOW).await;
    let client = &opened.grant.client_id;
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, GRACE, NOW), NOW).await,
        "refreshed"
    );
    let at = NOW + GRACE + 1;
    let replay = rotate(&opened.token, client, GRACE, at);
    let outcome = store.refresh(&replay, at).await.unwrap();
    let grant = Box::new(opened.grant.clone());
    assert_eq!(
        outcome,
        RefreshOutcome::Replayed {
            family: opened.family,
            grant
        }
    );
    assert!(!is_live(store, &replay.access, at).await);
    assert_family_is_dead(backend, &opened, at).await;
    assert!(is_refreshable(store, &bystander.token, at).await);
}

async fn with_another_successor_it_is_a_replay(backend: &Backend) {
    let store = &backend.store;
    let bystander = open(store, &grant(), NOW).await;
    for stranger in [PlainToken::generate("rt-"), bystander.token.clone()] {
        let opened = open(store, &grant(), NOW).await;
        let client = &opened.grant.client_id;
        assert_eq!(
            attempt(store, &rotate(&opened.token, client, GRACE, NOW), NOW).await,
            "refreshed"
        );
        let other = RefreshAttempt {
            policy: RefreshPolicy::Rotate {
                successor: refresh(&stranger, NOW),
                grace_ms: GRACE,
            },
            ..rotate(&opened.token, client, GRACE, NOW)
        };
        assert_eq!(attempt(store, &other, NOW).await, "replayed");
        assert_family_is_dead(backend, &opened, NOW).await;
    }
    let view = store
        .view_refresh(&bystander.token.hashed(), NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(view.family, bystander.family);
}

async fn once_the_successor_was_used_it_is_a_replay(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let client = &opened.grant.client_id;
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, GRACE, NOW), NOW).await,
        "refreshed"
    );
    let next = successor(&opened.token);
    assert_eq!(
        attempt(store, &rotate(&next, client, GRACE, NOW + 1), NOW + 1).await,
        "refreshed"
    );
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, GRACE, NOW + 2), NOW + 2).await,
        "replayed"
    );
    assert_family_is_dead(backend, &opened, NOW + 2).await;
}

async fn a_used_token_is_a_replay_under_keep_too(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let client = &opened.grant.client_id;
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, GRACE, NOW), NOW).await,
        "refreshed"
    );
    assert_eq!(
        attempt(store, &keep(&opened.token, client, NOW), NOW).await,
        "replayed"
    );
    assert_family_is_dead(backend, &opened, NOW).await;
}

/// D1: a stolen token is worth nothing to another application, and its use there does no harm.
async fn another_client_changes_nothing(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let client = &opened.grant.client_id;
    let stolen = rotate(&opened.token, "another", GRACE, NOW);
    assert_eq!(attempt(store, &stolen, NOW).await, "wrong client");
    assert!(!is_live(store, &stolen.access, NOW).await);
    assert!(
        !store
            .view_refresh(&opened.token.hashed(), NOW)
            .await
            .unwrap()
            .unwrap()
            .used
    );
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, GRACE, NOW), NOW).await,
        "refreshed"
    );
    let late = NOW + DAY;
    assert_eq!(
        attempt(store, &rotate(&opened.token, "another", GRACE, late), late).await,
        "wrong client"
    );
    assert!(is_refreshable(store, &successor(&opened.token), late).await);
}

/// D1
async fn a_late_replay_is_still_detected(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let client = &opened.grant.client_id;
    let mut token = opened.token.clone();
    for day in 1..=29 {
        let at = NOW + day * DAY;
        assert_eq!(
            attempt(store, &rotate(&token, client, GRACE, at), at).await,
            "refreshed"
        );
        token = successor(&token);
    }
    let late = NOW + 30 * DAY - 1;
    assert!(is_refreshable(store, &token, late).await);
    store.sweep(1000, late).await.unwrap();
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, GRACE, late), late).await,
        "replayed"
    );
    assert!(!is_refreshable(store, &token, late).await);
}

async fn a_refresh_token_expires(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let client = &opened.grant.client_id;
    let end = NOW + 30 * DAY;
    assert!(is_refreshable(store, &opened.token, end - 1).await);
    assert!(!is_refreshable(store, &opened.token, end).await);
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, 0, end), end).await,
        "unknown"
    );
    assert_eq!(
        attempt(store, &rotate(&opened.token, client, 0, end - 1), end - 1).await,
        "refreshed"
    );
}

/// D7
async fn a_family_has_an_absolute_end(backend: &Backend) {
    let store = &backend.store;
    let (code, token) = (PlainToken::generate("ac-"), PlainToken::generate("rt-"));
    let record = code_record(&grant(), NOW);
    let client = &record.grant.client_id;
    let end = NOW + 10 * DAY;
    let mut first = opening(&token, NOW);
    first.family_ends_at_ms = end;
    store.store_code(&code.hashed(), &record, NOW).await.unwrap();
    store.redeem_code(&code.hashed(), &first, NOW).await.unwrap();
    assert_eq!(
        store
            .view_refresh(&token.hashed(), NOW)
            .await
            .unwrap()
            .unwrap()
            .expires_at_ms,
        end
    );
    let at = NOW + 9 * DAY;
    assert_eq!(
        attempt(store, &rotate(&token, client, 0, at), at).await,
        "refreshed"
    );
    let next = successor(&token);
    assert_eq!(
        store
            .view_refresh(&next.hashed(), at)
            .await
            .unwrap()
            .unwrap()
            .expires_at_ms,
        end
    );
    let last = end - 1;
    let kept = keep(&next, client, last);
    assert_eq!(attempt(store, &kept, last).await, "refreshed");
    assert_eq!(
        attempt(store, &rotate(&next, client, 0, end), end).await,
        "unknown"
    );
    assert!(
        is_live(store, &kept.access, end).await,
        "an access token lives its own life"
    );
}

async fn a_narrowed_scope_holds_for_that_access_token_alone(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let client = &opened.grant.client_id;
    for narrowed in ["rooms:list", ""] {
        let mut narrow = keep(&opened.token, client, NOW);
        narrow.access.scope = Some(scope(narrowed));
        assert_eq!(attempt(store, &narrow, NOW).await, "refreshed");
        let access = store.find_access(&narrow.access.key, NOW).await.unwrap().unwrap();
        assert_eq!(access.grant.scope, scope(narrowed));
    }
    let view = store
        .view_refresh(&opened.token.hashed(), NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(view.grant.scope, opened.grant.scope);
    let wide = rotate(&opened.token, client, 0, NOW);
    store.refresh(&wide, NOW).await.unwrap();
    let access = store.find_access(&wide.access.key, NOW).await.unwrap().unwrap();
    assert_eq!(access.grant.scope, opened.grant.scope);
}
