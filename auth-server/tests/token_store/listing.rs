//! Lists of live tokens.

use auth_server::domain::grant::Grant;
use auth_server::domain::token::{RevocationTarget, TokenFilter, TokenSummary};
use uuid::Uuid;

use crate::backend::{Backend, Place, run};
use crate::fixtures::*;

contract! {
    families_and_lone_tokens_are_listed_newest_first,
    pages_skip_what_came_before,
    a_page_goes_on_behind_what_was_removed,
    a_family_is_one_line_that_follows_its_use,
    what_is_dead_is_not_listed,
    a_cut_off_empties_the_lists,
}

async fn ids(backend: &Backend, filter: &TokenFilter, now_ms: i64) -> Vec<String> {
    let lines = backend.store.list(filter, None, 100, now_ms).await.unwrap();
    lines.into_iter().map(|line| line.id).collect()
}

async fn families_and_lone_tokens_are_listed_newest_first(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let opened = open(store, &grant, NOW).await;
    let mut lone = jwt(NOW + 1);
    lone.scope = Some(scope("rooms:list"));
    store.record_access(&lone, &grant).await.unwrap();
    let wide = jwt(NOW + 2);
    store
        .record_access(
            &wide,
            &Grant {
                user_id: None,
                ..grant.clone()
            },
        )
        .await
        .unwrap();
    open(store, &server_wide(), NOW).await;

    let summary = |id: String, user_id, scope, issued: i64, ends| TokenSummary {
        id,
        client_id: grant.client_id.clone(),
        user_id,
        scope,
        issued_at_ms: issued,
        last_used_at_ms: issued,
        expires_at_ms: ends,
    };
    let family = summary(
        format!("family:{}", opened.family.0),
        grant.user_id,
        grant.scope.clone(),
        NOW,
        NOW + 30 * DAY,
    );
    let lone = summary(
        format!("token:{}", lone.key.to_text()),
        grant.user_id,
        scope("rooms:list"),
        NOW + 1,
        NOW + 1 + HOUR,
    );
    let wide = summary(
        format!("token:{}", wide.key.to_text()),
        None,
        grant.scope.clone(),
        NOW + 2,
        NOW + 2 + HOUR,
    );
    let by_client = TokenFilter::Client(grant.client_id.clone());
    assert_eq!(
        store.list(&by_client, None, 10, NOW + 2).await.unwrap(),
        [wide, lone.clone(), family.clone()]
    );
    let by_user = TokenFilter::User(grant.user_id.unwrap());
    assert_eq!(
        store.list(&by_user, None, 10, NOW + 2).await.unwrap(),
        [lone, family]
    );
    assert_eq!(
        store
            .list(&TokenFilter::User(Uuid::new_v4()), None, 10, NOW)
            .await
            .unwrap(),
        []
    );
}

async fn pages_skip_what_came_before(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let mut expected = Vec::new();
    for number in 0..247 {
        // Three of each millisecond.
        let access = jwt(NOW + number / 3);
        store.record_access(&access, &grant).await.unwrap();
        expected.push((number / 3, format!("token:{}", access.key.to_text())));
    }
    for moment in [10, 50] {
        let opened = open(store, &grant, NOW + moment).await;
        expected.push((moment, format!("family:{}", opened.family.0)));
    }
    expected.sort();
    expected.reverse();
    let filter = TokenFilter::Client(grant.client_id);
    let mut listed: Vec<TokenSummary> = Vec::new();
    for page in 0..4 {
        let after = listed.last().map(TokenSummary::place);
        let lines = store.list(&filter, after.as_ref(), 80, NOW + 250).await.unwrap();
        assert_eq!(lines.len(), if page < 3 { 80 } else { 9 });
        listed.extend(lines);
    }
    let seen: Vec<_> = listed
        .iter()
        .map(|line| (line.issued_at_ms - NOW, line.id.clone()))
        .collect();
    assert_eq!(seen, expected);
    let end = listed.last().map(TokenSummary::place);
    assert_eq!(
        store.list(&filter, end.as_ref(), 80, NOW + 250).await.unwrap(),
        []
    );
}

async fn a_page_goes_on_behind_what_was_removed(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    for moment in 0..4 {
        store.record_access(&jwt(NOW + moment), &grant).await.unwrap();
    }
    let filter = TokenFilter::Client(grant.client_id);
    let all = store.list(&filter, None, 10, NOW + 4).await.unwrap();
    let last_seen = &all[1];
    let target = RevocationTarget::from_text(&last_seen.id).unwrap();
    store.revoke(&target, NOW + 4).await.unwrap();
    let rest = store.list(&filter, Some(&last_seen.place()), 10, NOW + 4).await;
    assert_eq!(rest.unwrap(), all[2..]);
}

async fn a_family_is_one_line_that_follows_its_use(backend: &Backend) {
    let store = &backend.store;
    let opened = open(store, &grant(), NOW).await;
    let filter = TokenFilter::Client(opened.grant.client_id.clone());
    let mut token = opened.token.clone();
    for day in [20, 40, 60] {
        let at = NOW + day * DAY;
        store
            .refresh(&rotate(&token, &opened.grant.client_id, 0, at), at)
            .await
            .unwrap();
        token = successor(&token);
        store.sweep(1000, at).await.unwrap();
        let lines = store.list(&filter, None, 10, at).await.unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].issued_at_ms, NOW);
        assert_eq!(
            (lines[0].last_used_at_ms, lines[0].expires_at_ms),
            (at, at + 30 * DAY)
        );
    }
    let end = NOW + 90 * DAY;
    assert_eq!(ids(backend, &filter, end - 1).await.len(), 1);
    assert_eq!(ids(backend, &filter, end).await.len(), 0);
}

async fn what_is_dead_is_not_listed(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let revoked = open(store, &grant, NOW).await;
    let (lone, ending) = (jwt(NOW), jwt(NOW - 1));
    store.record_access(&lone, &grant).await.unwrap();
    store.record_access(&ending, &grant).await.unwrap();
    let alive = open(store, &grant, NOW).await;
    store
        .revoke(&RevocationTarget::Family(revoked.family), NOW)
        .await
        .unwrap();
    store
        .revoke(&RevocationTarget::Access(lone.key), NOW)
        .await
        .unwrap();
    let id = format!("family:{}", alive.family.0);
    for filter in [
        TokenFilter::Client(grant.client_id.clone()),
        TokenFilter::User(grant.user_id.unwrap()),
    ] {
        assert_eq!(ids(backend, &filter, NOW + HOUR - 1).await, [id.as_str()]);
    }
}

async fn a_cut_off_empties_the_lists(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let (client_id, user_id) = (grant.client_id.clone(), grant.user_id.unwrap());
    let (by_client, by_user) = (TokenFilter::Client(client_id.clone()), TokenFilter::User(user_id));
    let targets = [
        RevocationTarget::Client(client_id.clone()),
        RevocationTarget::User(user_id),
        RevocationTarget::Grant { client_id, user_id },
    ];
    for (round, target) in targets.iter().enumerate() {
        let at = NOW + i64::try_from(round).unwrap() * DAY;
        open(store, &grant, at).await;
        store.record_access(&jwt(at), &grant).await.unwrap();
        for filter in [&by_client, &by_user] {
            assert_eq!(ids(backend, filter, at).await.len(), 2, "{target:?}");
        }
        store.revoke(target, at).await.unwrap();
        for filter in [&by_client, &by_user] {
            assert_eq!(ids(backend, filter, at).await.len(), 0, "{target:?}");
        }
    }
    open(store, &grant, NOW + 3 * DAY).await;
    assert_eq!(ids(backend, &by_client, NOW + 3 * DAY).await.len(), 1);
    assert_eq!(ids(backend, &by_user, NOW + 3 * DAY).await.len(), 1);
}

/// A page is full however many dead entries lie before what lives: more than one go of Redis looks at.
#[tokio::test]
async fn dead_entries_do_not_end_a_list() {
    run(Place::redis().await, |backend| Box::pin(dead_entries(backend))).await;
}

async fn dead_entries(backend: &Backend) {
    let grant = grant();
    let alive = [
        open(&backend.store, &grant, NOW - 1).await,
        open(&backend.store, &grant, NOW).await,
    ];
    let keys = backend.place.redis_keys().await;
    let mut redis = backend.place.redis_connection().await;
    let lists: Vec<_> = keys
        .iter()
        .filter(|key| key.contains(":lc:") || key.contains(":lu:"))
        .collect();
    assert_eq!(lists.len(), 2);
    for list in lists {
        let mut dead = redis::pipe();
        for number in 0..25_000_i64 {
            dead.zadd(list, format!("token:dead-{number}"), NOW + 1 + number)
                .ignore();
        }
        dead.exec_async(&mut redis).await.unwrap();
    }
    let ids_of = |lines: Vec<TokenSummary>| lines.into_iter().map(|line| line.id).collect::<Vec<_>>();
    let [older, newer] = alive.map(|opened| format!("family:{}", opened.family.0));
    for filter in [
        TokenFilter::Client(grant.client_id.clone()),
        TokenFilter::User(grant.user_id.unwrap()),
    ] {
        let first = backend.store.list(&filter, None, 1, NOW).await.unwrap();
        assert_eq!(ids_of(first), [newer.as_str()]);
        let all = backend.store.list(&filter, None, 100, NOW).await.unwrap();
        assert_eq!(ids_of(all), [newer.as_str(), older.as_str()]);
    }
}
