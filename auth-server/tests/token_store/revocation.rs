//! Revocation by token, family, application, user and grant.

use auth_server::domain::event::Event;
use auth_server::domain::grant::{FamilyId, Grant};
use auth_server::domain::token::{AccessKey, RevocationTarget};
use uuid::Uuid;

use crate::backend::{Backend, Place, run};
use crate::fixtures::*;

contract! {
    one_access_token_can_be_revoked,
    revoking_a_family_kills_its_access_tokens,
    a_family_is_found_while_it_lives,
    by_client,
    by_user,
    by_grant,
    a_cut_off_can_be_raised_but_not_lowered,
    what_was_refreshed_after_the_cut_off_stays_dead,
    revoking_the_unknown_changes_nothing,
    twenty_revocations_and_refreshes_leave_nothing_alive,
}

/// E6
async fn one_access_token_can_be_revoked(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let other = keep(&opened.token, &opened.grant.client_id, NOW);
    store.refresh(&other, NOW).await.unwrap();
    let lone = jwt(NOW);
    store.record_access(&lone, &server_wide()).await.unwrap();
    for access in [&opened.access, &lone] {
        store
            .revoke(&RevocationTarget::Access(access.key.clone()), NOW + 1)
            .await
            .unwrap();
        assert!(!is_live(store, access, NOW + 1).await);
        store
            .revoke(&RevocationTarget::Access(access.key.clone()), NOW + 2)
            .await
            .unwrap();
    }
    assert!(is_live(store, &other.access, NOW + 1).await);
    assert!(is_refreshable(store, &opened.token, NOW + 1).await);
    let events = all_events(store).await;
    let expected = [&opened.access, &lone].map(|access| Event::Token {
        jti: access.jti,
        exp: (NOW + HOUR) / SECOND,
    });
    assert_eq!(
        events
            .iter()
            .map(|logged| logged.event.clone())
            .collect::<Vec<_>>(),
        expected
    );
    assert!(events.iter().all(|logged| logged.at_ms == NOW + 1));

    // A revoked token is not told of again when its family goes.
    store
        .revoke(&RevocationTarget::Family(opened.family), NOW + 3)
        .await
        .unwrap();
    let mut told = vec![opened.access.jti, lone.jti, other.access.jti];
    told.sort();
    assert_eq!(revoked_tokens(store).await, told);
}

/// E8
async fn revoking_a_family_kills_its_access_tokens(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let bystander = open(store, &opened.grant, NOW).await;
    let at = NOW + HOUR / 2;
    let rotation = rotate(&opened.token, &opened.grant.client_id, 0, at);
    store.refresh(&rotation, at).await.unwrap();
    // By now the first access token is over: nobody needs to hear of it.
    let later = NOW + HOUR;
    store
        .revoke(&RevocationTarget::Family(opened.family), later)
        .await
        .unwrap();
    assert!(!is_live(store, &rotation.access, later).await);
    assert!(!is_refreshable(store, &successor(&opened.token), later).await);
    let next = rotate(&successor(&opened.token), &opened.grant.client_id, 0, later);
    assert_eq!(attempt(store, &next, later).await, "unknown");
    assert!(is_refreshable(store, &bystander.token, later).await);
    store
        .revoke(&RevocationTarget::Family(opened.family), later + 1)
        .await
        .unwrap();
    assert_eq!(revoked_tokens(store).await, [rotation.access.jti]);
}

/// S3.54: whose it is, is known of a live family alone.
async fn a_family_is_found_while_it_lives(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let other = open(store, &opened.grant, NOW).await;
    let found = async |family, at| store.find_family(family, at).await.unwrap();
    assert_eq!(found(opened.family, NOW).await, Some(opened.grant.clone()));
    assert_eq!(found(FamilyId(Uuid::new_v4()), NOW).await, None);
    assert_eq!(found(opened.family, NOW + 1000 * DAY).await, None, "over");
    let one = RevocationTarget::Family(opened.family);
    store.revoke(&one, NOW + 1).await.unwrap();
    assert_eq!(found(opened.family, NOW + 1).await, None);
    assert_eq!(found(other.family, NOW + 1).await, Some(other.grant.clone()));
    let all = RevocationTarget::Client(other.grant.client_id.clone());
    store.revoke(&all, NOW + 2).await.unwrap();
    assert_eq!(found(other.family, NOW + 2).await, None);
}

/// Revokes at a moment and checks what was issued before it, at it and after it, and what is others'.
async fn cut_off(backend: &Backend, grant: Grant, others: &[Grant], target: RevocationTarget, event: Event) {
    let store = &backend.store;
    let opened = open(store, &grant, NOW - 1).await;
    let at_the_moment = open(store, &grant, NOW).await;
    let lone = jwt(NOW);
    store.record_access(&lone, &grant).await.unwrap();
    let mut bystanders = Vec::new();
    for other in others {
        bystanders.push(open(store, other, NOW - 1).await);
    }
    store.revoke(&target, NOW).await.unwrap();
    let new = open(store, &grant, NOW + 1).await;
    let new_lone = jwt(NOW + 1);
    store.record_access(&new_lone, &grant).await.unwrap();

    for dead in [&opened, &at_the_moment] {
        assert!(!is_live(store, &dead.access, NOW + 1).await);
        assert!(!is_refreshable(store, &dead.token, NOW + 1).await);
        let rotation = rotate(&dead.token, &dead.grant.client_id, 0, NOW + 1);
        assert_eq!(attempt(store, &rotation, NOW + 1).await, "unknown");
    }
    assert!(!is_live(store, &lone, NOW + 1).await);
    for alive in bystanders.iter().chain([&new]) {
        assert!(is_live(store, &alive.access, NOW + 1).await);
        let rotation = rotate(&alive.token, &alive.grant.client_id, 0, NOW + 1);
        assert_eq!(attempt(store, &rotation, NOW + 1).await, "refreshed");
    }
    assert!(is_live(store, &new_lone, NOW + 1).await);
    let events: Vec<_> = all_events(store)
        .await
        .into_iter()
        .map(|logged| logged.event)
        .collect();
    assert_eq!(events, [event]);
}

async fn by_client(backend: &Backend) {
    let grant = grant();
    let client_id = grant.client_id.clone();
    let same_user = Grant {
        client_id: "app-other".to_owned(),
        ..grant.clone()
    };
    let target = RevocationTarget::Client(client_id.clone());
    let event = Event::Client {
        client_id,
        before_ms: NOW,
    };
    cut_off(backend, grant, &[same_user], target, event).await;
}

async fn by_user(backend: &Backend) {
    let grant = grant();
    let user_id = grant.user_id.unwrap();
    let same_client = Grant {
        user_id: Some(Uuid::new_v4()),
        ..grant.clone()
    };
    let nobody = Grant {
        user_id: None,
        ..grant.clone()
    };
    let event = Event::User {
        user_id,
        before_ms: NOW,
    };
    cut_off(
        backend,
        grant,
        &[same_client, nobody],
        RevocationTarget::User(user_id),
        event,
    )
    .await;
}

async fn by_grant(backend: &Backend) {
    let grant = grant();
    let (client_id, user_id) = (grant.client_id.clone(), grant.user_id.unwrap());
    let others = [
        Grant {
            client_id: "app-other".to_owned(),
            ..grant.clone()
        },
        Grant {
            user_id: Some(Uuid::new_v4()),
            ..grant.clone()
        },
        Grant {
            user_id: None,
            ..grant.clone()
        },
    ];
    let target = RevocationTarget::Grant {
        client_id: client_id.clone(),
        user_id,
    };
    cut_off(
        backend,
        grant,
        &others,
        target,
        Event::Grant {
            client_id,
            user_id,
            before_ms: NOW,
        },
    )
    .await;
}

async fn a_cut_off_can_be_raised_but_not_lowered(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let target = RevocationTarget::Client(grant.client_id.clone());
    for now_ms in [NOW, NOW, NOW - 10, NOW + 10] {
        store.revoke(&target, now_ms).await.unwrap();
    }
    let before = open(store, &grant, NOW + 20).await;
    store.revoke(&target, NOW + 15).await.unwrap();
    store.revoke(&target, NOW + 5).await.unwrap();
    assert!(is_live(store, &before.access, NOW + 20).await);
    let marks: Vec<_> = all_events(store)
        .await
        .into_iter()
        .map(|logged| {
            if let Event::Client { before_ms, .. } = logged.event {
                before_ms - NOW
            } else {
                -1
            }
        })
        .collect();
    assert_eq!(marks, [0, 10, 15]);
    let early = jwt(NOW + 12);
    store.record_access(&early, &grant).await.unwrap();
    assert!(!is_live(store, &early, NOW + 20).await);
}

/// A refresh whose clock runs ahead of the revocation's must not carry a family over the cut-off.
async fn what_was_refreshed_after_the_cut_off_stays_dead(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let ahead = NOW + 100;
    let rotation = rotate(&opened.token, &opened.grant.client_id, 0, ahead);
    assert_eq!(attempt(store, &rotation, ahead).await, "refreshed");
    store
        .revoke(
            &RevocationTarget::Client(opened.grant.client_id.clone()),
            NOW + 50,
        )
        .await
        .unwrap();
    assert!(!is_live(store, &rotation.access, ahead).await);
    assert!(!is_refreshable(store, &successor(&opened.token), ahead).await);
}

async fn revoking_the_unknown_changes_nothing(backend: &Backend) {
    let store = &backend.store;
    store
        .revoke(&RevocationTarget::Access(AccessKey::Jti(Uuid::new_v4())), NOW)
        .await
        .unwrap();
    store
        .revoke(&RevocationTarget::Family(FamilyId(Uuid::new_v4())), NOW)
        .await
        .unwrap();
    let over = jwt(NOW);
    store.record_access(&over, &grant()).await.unwrap();
    store
        .revoke(&RevocationTarget::Access(over.key), NOW + HOUR)
        .await
        .unwrap();
    assert_eq!(all_events(store).await, []);
}

/// E8: whichever comes first, afterwards the family is dead and each of its tokens was told of.
async fn twenty_revocations_and_refreshes_leave_nothing_alive(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let attempts: Vec<_> = (0..20)
        .map(|_| keep(&opened.token, &opened.grant.client_id, NOW))
        .collect();
    let answers = twenty(|caller| {
        let (store, attempt, family) = (store.clone(), attempts[caller].clone(), opened.family);
        async move {
            if caller % 2 == 0 {
                return name(&store.refresh(&attempt, NOW).await.unwrap());
            }
            store
                .revoke(&RevocationTarget::Family(family), NOW)
                .await
                .unwrap();
            "revoked"
        }
    })
    .await;
    let mut issued = vec![opened.access.jti];
    for (answer, attempt) in answers.iter().zip(&attempts) {
        assert!(!is_live(store, &attempt.access, NOW).await);
        if *answer == "refreshed" {
            issued.push(attempt.access.jti);
        }
    }
    issued.sort();
    assert_eq!(revoked_tokens(store).await, issued);
}

/// On Redis a family's live tokens are bounded: what gives way is revoked, so that none escapes a revocation.
#[tokio::test(flavor = "multi_thread")]
async fn redis_revokes_the_oldest_of_very_many_tokens() {
    run(Place::redis().await, |backend| {
        Box::pin(very_many_tokens(backend))
    })
    .await;
}

async fn very_many_tokens(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    for _ in 1..1000 {
        let next = keep(&opened.token, &opened.grant.client_id, NOW + 1);
        store.refresh(&next, NOW + 1).await.unwrap();
    }
    assert!(is_live(store, &opened.access, NOW + 1).await);
    let last = keep(&opened.token, &opened.grant.client_id, NOW + 1);
    store.refresh(&last, NOW + 1).await.unwrap();
    assert!(is_live(store, &last.access, NOW + 1).await);
    assert!(!is_live(store, &opened.access, NOW + 1).await);
    assert_eq!(revoked_tokens(store).await, [opened.access.jti]);
    store
        .revoke(&RevocationTarget::Family(opened.family), NOW + 1)
        .await
        .unwrap();
    assert!(!is_live(store, &last.access, NOW + 1).await);
    assert_eq!(store.events(None, 2000).await.unwrap().len(), 1001);
}
