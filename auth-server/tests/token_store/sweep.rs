//! Deleting what has expired.

use std::time::Duration;

use auth_server::domain::secret::PlainToken;
use auth_server::domain::session::Session;
use auth_server::domain::token::{RevocationTarget, TokenFilter};
use uuid::Uuid;

use crate::backend::{Backend, Place};
use crate::fixtures::*;

contract! {
    a_sweep_takes_batches_and_leaves_what_lives,
    after_everything_has_expired_nothing_is_left,
}

async fn sweep_all(backend: &Backend, batch: u32, now_ms: i64) -> Vec<u64> {
    let mut rounds = Vec::new();
    loop {
        let deleted = backend.store.sweep(batch, now_ms).await.unwrap();
        if deleted == 0 {
            return rounds;
        }
        rounds.push(deleted);
    }
}

async fn a_sweep_takes_batches_and_leaves_what_lives(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    for _ in 0..25 {
        // Each write of Redis trims its lists a little by itself, so these must all be alive while written.
        store.record_access(&jwt(NOW), &grant).await.unwrap();
    }
    let living = open(store, &grant, NOW).await;
    let rounds = sweep_all(backend, 10, NOW + HOUR).await;
    assert!(
        rounds.len() >= 3 && rounds.iter().sum::<u64>() >= 25,
        "{rounds:?}"
    );
    assert!(is_refreshable(store, &living.token, NOW + HOUR).await);
    let filter = TokenFilter::Client(grant.client_id);
    assert_eq!(store.list(&filter, None, 100, NOW + HOUR).await.unwrap().len(), 1);
}

async fn after_everything_has_expired_nothing_is_left(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let opened = open(store, &grant, NOW).await;
    store
        .refresh(&rotate(&opened.token, &grant.client_id, 0, NOW), NOW)
        .await
        .unwrap();
    store.record_access(&jwt(NOW), &grant).await.unwrap();
    let code = PlainToken::generate("ac-").hashed();
    store
        .store_code(&code, &code_record(&grant, NOW), NOW)
        .await
        .unwrap();
    let session = Session {
        sid: "sid".to_owned(),
        user_id: Uuid::new_v4(),
        auth_time: NOW / SECOND,
        created_at: NOW / SECOND,
        expires_at: (NOW + DAY) / SECOND,
        user_agent: String::new(),
        amr: Vec::new(),
    };
    store
        .store_session(&PlainToken::generate("").hashed(), &session)
        .await
        .unwrap();
    store
        .count(&[("counter".to_owned(), 1)], Duration::from_mins(1), NOW)
        .await
        .unwrap();
    store.remember_once("assertion", NOW + SECOND, NOW).await.unwrap();
    for target in [
        RevocationTarget::Family(opened.family),
        RevocationTarget::Client(grant.client_id.clone()),
        RevocationTarget::User(grant.user_id.unwrap()),
        RevocationTarget::Grant {
            client_id: grant.client_id.clone(),
            user_id: grant.user_id.unwrap(),
        },
    ] {
        store.revoke(&target, NOW).await.unwrap();
    }

    if let Place::Redis { .. } = &backend.place {
        // Redis lets everything end by itself: each key must have an end.
        let mut connection = backend.place.redis_connection().await;
        let keys = backend.place.redis_keys().await;
        assert!(keys.len() > 10, "{keys:?}");
        for key in keys {
            let ttl: i64 = redis::cmd("PTTL")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .unwrap();
            assert!(ttl > 0, "{key} has no end");
        }
        return;
    }
    let rounds = sweep_all(backend, 1000, NOW + 500 * DAY).await;
    assert!(rounds[0] >= 12, "{rounds:?}");
    let database = backend.place.database().await;
    for table in [
        "token_code",
        "token_family",
        "token_refresh",
        "token_access",
        "token_cutoff",
        "token_session",
        "token_counter",
        "token_once",
        "token_event",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let left: i64 = auth_server::on_database!(&database, pool => {
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        });
        assert_eq!(left, 0, "{table}");
    }
}
