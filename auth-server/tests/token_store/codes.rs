//! Authorization codes: single use, replay, expiry.

use auth_server::domain::secret::PlainToken;
use auth_server::domain::token::{Redemption, RevocationTarget};

use crate::backend::Backend;
use crate::fixtures::*;

contract! {
    a_code_gives_back_what_was_stored_with_it,
    twenty_redemptions_have_one_winner,
    a_replay_revokes_the_family,
    a_replay_is_seen_until_ten_minutes_after_the_use,
    an_expired_or_unknown_code_is_worth_nothing,
    a_code_may_give_no_refresh_token,
    a_cut_off_kills_codes_that_were_issued_before,
}

async fn a_code_gives_back_what_was_stored_with_it(backend: &Backend) {
    let store = &backend.store;
    for grant in [grant(), server_wide()] {
        let (code, token) = (PlainToken::generate("ac-"), PlainToken::generate("rt-"));
        let (record, opening) = (code_record(&grant, NOW), opening(&token, NOW));
        store.store_code(&code.hashed(), &record, NOW).await.unwrap();
        assert!(!is_refreshable(store, &token, NOW).await);
        let redemption = store
            .redeem_code(&code.hashed(), &opening, NOW + SECOND)
            .await
            .unwrap();
        assert_eq!(redemption, Redemption::Redeemed(Box::new(record.clone())));

        let access = store
            .find_access(&opening.access.key, NOW + SECOND)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(access.jti, opening.access.jti);
        assert_eq!(access.family, Some(record.family));
        assert_eq!(access.grant, grant);
        assert_eq!((access.issued_at_ms, access.expires_at_ms), (NOW, NOW + HOUR));
        let view = store
            .view_refresh(&token.hashed(), NOW + SECOND)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (view.family, view.grant, view.used),
            (record.family, grant, false)
        );
        assert_eq!((view.issued_at_ms, view.expires_at_ms), (NOW, NOW + 30 * DAY));
    }
}

/// C16, C17
async fn twenty_redemptions_have_one_winner(backend: &Backend) {
    let store = &backend.store;
    let (code, record) = (PlainToken::generate("ac-"), code_record(&grant(), NOW));
    store.store_code(&code.hashed(), &record, NOW).await.unwrap();
    let openings: Vec<_> = (0..20)
        .map(|_| PlainToken::generate("rt-"))
        .map(|token| (opening(&token, NOW), token))
        .collect();
    let answers = twenty(|caller| {
        let (store, code, opening) = (store.clone(), code.clone(), openings[caller].0.clone());
        async move { store.redeem_code(&code.hashed(), &opening, NOW).await.unwrap() }
    })
    .await;
    let won = answers
        .iter()
        .filter(|answer| matches!(answer, Redemption::Redeemed(_)))
        .count();
    let replayed = Redemption::Replayed {
        family: record.family,
        grant: Box::new(record.grant.clone()),
    };
    let lost = answers.iter().filter(|answer| **answer == replayed).count();
    assert_eq!((won, lost), (1, 19));
    for (opening, token) in &openings {
        assert!(!is_live(store, &opening.access, NOW).await);
        assert!(!is_refreshable(store, token, NOW).await);
    }
    let winner = answers
        .iter()
        .position(|answer| matches!(answer, Redemption::Redeemed(_)))
        .unwrap();
    assert_eq!(revoked_tokens(store).await, [openings[winner].0.access.jti]);
}

/// C16
async fn a_replay_revokes_the_family(backend: &Backend) {
    let store = &backend.store;
    let (code, token) = (PlainToken::generate("ac-"), PlainToken::generate("rt-"));
    let (record, first) = (code_record(&grant(), NOW), opening(&token, NOW));
    store.store_code(&code.hashed(), &record, NOW).await.unwrap();
    store.redeem_code(&code.hashed(), &first, NOW).await.unwrap();
    let bystander = open(store, &record.grant, NOW).await;
    let rotation = rotate(&token, &record.grant.client_id, 0, NOW + SECOND);
    assert_eq!(attempt(store, &rotation, NOW + SECOND).await, "refreshed");

    let second = opening(&PlainToken::generate("rt-"), NOW);
    let replay = store
        .redeem_code(&code.hashed(), &second, NOW + 2 * SECOND)
        .await
        .unwrap();
    assert_eq!(
        replay,
        Redemption::Replayed {
            family: record.family,
            grant: Box::new(record.grant.clone())
        }
    );
    for access in [&first.access, &rotation.access, &second.access] {
        assert!(!is_live(store, access, NOW + 2 * SECOND).await);
    }
    assert!(!is_refreshable(store, &successor(&token), NOW + 2 * SECOND).await);
    assert!(is_live(store, &bystander.access, NOW + 2 * SECOND).await);
    let mut expected = [first.access.jti, rotation.access.jti];
    expected.sort();
    assert_eq!(revoked_tokens(store).await, expected);

    let again = store
        .redeem_code(&code.hashed(), &second, NOW + 3 * SECOND)
        .await
        .unwrap();
    assert!(matches!(again, Redemption::Replayed { .. }));
    assert_eq!(
        revoked_tokens(store).await,
        expected,
        "revoking again changes nothing"
    );
}

async fn a_replay_is_seen_until_ten_minutes_after_the_use(backend: &Backend) {
    let store = &backend.store;
    for (replayed_at, seen) in [
        (NOW + 59 * SECOND + 599 * SECOND, true),
        (NOW + 59 * SECOND + 600 * SECOND, false),
    ] {
        let (code, token) = (PlainToken::generate("ac-"), PlainToken::generate("rt-"));
        store
            .store_code(&code.hashed(), &code_record(&grant(), NOW), NOW)
            .await
            .unwrap();
        let used_at = NOW + 59 * SECOND;
        store
            .redeem_code(&code.hashed(), &opening(&token, used_at), used_at)
            .await
            .unwrap();
        let second = opening(&PlainToken::generate("rt-"), replayed_at);
        let replay = store
            .redeem_code(&code.hashed(), &second, replayed_at)
            .await
            .unwrap();
        assert_eq!(matches!(replay, Redemption::Replayed { .. }), seen);
        assert_eq!(is_refreshable(store, &token, replayed_at).await, !seen);
    }
}

async fn an_expired_or_unknown_code_is_worth_nothing(backend: &Backend) {
    let store = &backend.store;
    let (code, token) = (PlainToken::generate("ac-"), PlainToken::generate("rt-"));
    let end = NOW + 60 * SECOND;
    let first = opening(&token, end);
    store
        .store_code(&code.hashed(), &code_record(&grant(), NOW), NOW)
        .await
        .unwrap();
    assert_eq!(
        store.redeem_code(&code.hashed(), &first, end).await.unwrap(),
        Redemption::Unknown
    );
    assert!(!is_live(store, &first.access, end).await);
    assert!(!is_refreshable(store, &token, end).await);
    let unknown = PlainToken::generate("ac-").hashed();
    assert_eq!(
        store.redeem_code(&unknown, &first, NOW).await.unwrap(),
        Redemption::Unknown
    );
    // The same code a moment before its end is good.
    let redemption = store.redeem_code(&code.hashed(), &first, end - 1).await.unwrap();
    assert!(matches!(redemption, Redemption::Redeemed(_)));
}

async fn a_code_may_give_no_refresh_token(backend: &Backend) {
    let store = &backend.store;
    let (code, record) = (PlainToken::generate("ac-"), code_record(&grant(), NOW));
    let mut first = opening(&PlainToken::generate("rt-"), NOW);
    first.refresh = None;
    store.store_code(&code.hashed(), &record, NOW).await.unwrap();
    store.redeem_code(&code.hashed(), &first, NOW).await.unwrap();
    assert!(is_live(store, &first.access, NOW).await);
    assert!(!is_live(store, &first.access, NOW + HOUR).await);
}

async fn a_cut_off_kills_codes_that_were_issued_before(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let (client_id, user_id) = (grant.client_id.clone(), grant.user_id.unwrap());
    let targets = [
        RevocationTarget::Client(client_id.clone()),
        RevocationTarget::User(user_id),
        RevocationTarget::Grant { client_id, user_id },
    ];
    for (round, target) in targets.iter().enumerate() {
        let issued = NOW + i64::try_from(round).unwrap() * 10 * SECOND;
        let (before, after) = (PlainToken::generate("ac-"), PlainToken::generate("ac-"));
        store
            .store_code(&before.hashed(), &code_record(&grant, issued), issued)
            .await
            .unwrap();
        store.revoke(target, issued).await.unwrap();
        store
            .store_code(&after.hashed(), &code_record(&grant, issued + 1), issued + 1)
            .await
            .unwrap();
        let first = opening(&PlainToken::generate("rt-"), issued + 2);
        assert_eq!(
            store
                .redeem_code(&before.hashed(), &first, issued + 2)
                .await
                .unwrap(),
            Redemption::Unknown
        );
        let redemption = store
            .redeem_code(&after.hashed(), &first, issued + 2)
            .await
            .unwrap();
        assert!(matches!(redemption, Redemption::Redeemed(_)), "{target:?}");
    }
}
