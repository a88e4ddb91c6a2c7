//! Two instances on one backend, and an instance that starts anew.

use auth_server::domain::secret::PlainToken;
use auth_server::domain::token::{Redemption, RevocationTarget};
use std::time::Duration;

use crate::backend::Backend;
use crate::fixtures::*;

contract! {
    two_instances_share_single_use_rotation_and_limits,
    a_restarted_instance_knows_what_was_used_and_revoked,
}

/// H10
async fn two_instances_share_single_use_rotation_and_limits(backend: &Backend) {
    let stores = [backend.store.clone(), backend.place.store().await];
    let (code, record) = (PlainToken::generate("ac-"), code_record(&grant(), NOW));
    stores[0].store_code(&code.hashed(), &record, NOW).await.unwrap();
    let redeemed = twenty(|caller| {
        let (store, code) = (stores[caller % 2].clone(), code.clone());
        let first = opening(&PlainToken::generate("rt-"), NOW);
        async move {
            matches!(
                store.redeem_code(&code.hashed(), &first, NOW).await.unwrap(),
                Redemption::Redeemed(_)
            )
        }
    })
    .await;
    assert_eq!(redeemed.iter().filter(|won| **won).count(), 1);

    let opened = open(&stores[0], &grant(), NOW).await;
    let rotated = twenty(|caller| {
        let store = stores[caller % 2].clone();
        let attempt = rotate(&opened.token, &opened.grant.client_id, 10 * SECOND, NOW);
        async move { name(&store.refresh(&attempt, NOW).await.unwrap()) }
    })
    .await;
    assert_eq!(
        rotated.iter().filter(|outcome| **outcome == "refreshed").count(),
        1,
        "{rotated:?}"
    );
    assert_eq!(
        rotated.iter().filter(|outcome| **outcome == "repeated").count(),
        19,
        "{rotated:?}"
    );

    let totals = twenty(|caller| {
        let store = stores[caller % 2].clone();
        async move {
            store
                .count(&[("limit".to_owned(), 1)], Duration::from_mins(1), NOW)
                .await
                .unwrap()[0]
        }
    })
    .await;
    assert_eq!(totals.iter().max(), Some(&20));

    stores[0]
        .revoke(&RevocationTarget::Family(opened.family), NOW)
        .await
        .unwrap();
    assert!(!is_live(&stores[1], &opened.access, NOW).await);
    assert!(!is_refreshable(&stores[1], &successor(&opened.token), NOW).await);
}

/// D2
async fn a_restarted_instance_knows_what_was_used_and_revoked(backend: &Backend) {
    let store = &backend.store;
    let (code, record) = (PlainToken::generate("ac-"), code_record(&grant(), NOW));
    store.store_code(&code.hashed(), &record, NOW).await.unwrap();
    let (token, client) = (PlainToken::generate("rt-"), &record.grant.client_id);
    store
        .redeem_code(&code.hashed(), &opening(&token, NOW), NOW)
        .await
        .unwrap();
    store.refresh(&rotate(&token, client, 0, NOW), NOW).await.unwrap();
    let replayed_code = open(store, &record.grant, NOW).await;
    store
        .revoke(&RevocationTarget::Access(replayed_code.access.key.clone()), NOW)
        .await
        .unwrap();

    let restarted = backend.place.store().await;
    let next = successor(&token);
    assert_eq!(
        attempt(&restarted, &rotate(&next, client, 0, NOW + 1), NOW + 1).await,
        "refreshed"
    );
    assert_eq!(
        attempt(&restarted, &rotate(&token, client, 0, NOW + 2), NOW + 2).await,
        "replayed"
    );
    assert!(!is_refreshable(&restarted, &successor(&next), NOW + 2).await);
    assert!(!is_live(&restarted, &replayed_code.access, NOW + 2).await);
    let replay = restarted
        .redeem_code(&code.hashed(), &opening(&token, NOW), NOW + 2)
        .await
        .unwrap();
    assert!(matches!(replay, Redemption::Replayed { .. }));
}
