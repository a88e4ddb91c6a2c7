//! What is stored gives no credential away.

use std::fs;

use auth_server::domain::secret::PlainToken;
use auth_server::domain::session::Session;
use auth_server::domain::token::RefreshOutcome;
use sqlx::Executor;
use uuid::Uuid;

use crate::backend::{Backend, Place};
use crate::fixtures::*;

contract! { only_hashes_are_stored }

/// Everything the store keeps, as bytes.
async fn stored(place: &Place) -> Vec<u8> {
    let mut bytes = Vec::new();
    match place {
        Place::Redis { .. } => {
            let mut connection = place.redis_connection().await;
            for key in place.redis_keys().await {
                let kind: String = redis::cmd("TYPE")
                    .arg(&key)
                    .query_async(&mut connection)
                    .await
                    .unwrap();
                let read = match kind.as_str() {
                    "string" => redis::cmd("GET").arg(&key).to_owned(),
                    "hash" => redis::cmd("HGETALL").arg(&key).to_owned(),
                    "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).to_owned(),
                    "stream" => redis::cmd("XRANGE").arg(&key).arg("-").arg("+").to_owned(),
                    other => panic!("{key} is a {other}"),
                };
                let value: redis::Value = read.query_async(&mut connection).await.unwrap();
                // Printed, values that are text stay readable; the dump shows them as the disk has them.
                bytes.extend(format!("{key} {value:?}").into_bytes());
                let dump: Vec<u8> = redis::cmd("DUMP")
                    .arg(&key)
                    .query_async(&mut connection)
                    .await
                    .unwrap();
                bytes.extend(dump);
            }
        }
        Place::Sqlite { folder } => {
            for file in fs::read_dir(folder.path()).unwrap() {
                bytes.extend(fs::read(file.unwrap().path()).unwrap());
            }
        }
        Place::Postgres { .. } => {
            let auth_server::store::database::Database::Postgres(pool) = place.database().await else {
                panic!("not PostgreSQL");
            };
            let sql = "SELECT query_to_xml('SELECT * FROM ' || quote_ident(tablename), true, true, '')::text \
                       FROM pg_tables WHERE schemaname = 'public'";
            for row in pool.fetch_all(sql).await.unwrap() {
                bytes.extend(sqlx::Row::get::<String, _>(&row, 0).into_bytes());
            }
        }
    }
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// H4
async fn only_hashes_are_stored(backend: &Backend) {
    let store = &backend.store;
    let grant = grant();
    let opened = open(store, &grant, NOW).await;
    let next = successor(&opened.token);
    let outcome = store
        .refresh(&rotate(&opened.token, &grant.client_id, 0, NOW), NOW)
        .await
        .unwrap();
    assert!(matches!(outcome, RefreshOutcome::Refreshed { .. }));
    let (code, used_code) = (PlainToken::generate("ac-"), PlainToken::generate("ac-"));
    for code in [&code, &used_code] {
        store
            .store_code(&code.hashed(), &code_record(&grant, NOW), NOW)
            .await
            .unwrap();
    }
    let first = opening(&PlainToken::generate("rt-"), NOW);
    store.redeem_code(&used_code.hashed(), &first, NOW).await.unwrap();
    let (opaque_token, cookie) = (PlainToken::generate_86(), PlainToken::generate(""));
    store
        .record_access(&opaque(&opaque_token, NOW), &grant)
        .await
        .unwrap();
    let session = Session {
        sid: "a-session-handle".to_owned(),
        user_id: Uuid::new_v4(),
        auth_time: NOW / SECOND,
        created_at: NOW / SECOND,
        expires_at: (NOW + DAY) / SECOND,
        user_agent: String::new(),
        amr: Vec::new(),
    };
    store.store_session(&cookie.hashed(), &session).await.unwrap();

    let bytes = stored(&backend.place).await;
    let secrets = [&opened.token, &next, &code, &used_code, &opaque_token, &cookie];
    for secret in secrets {
        assert!(
            holds(&bytes, secret.hashed().as_str()),
            "the search looks in the right place"
        );
        let body = secret
            .reveal()
            .trim_start_matches("ac-")
            .trim_start_matches("rt-");
        assert!(!holds(&bytes, body), "a plain value is stored");
    }
}
