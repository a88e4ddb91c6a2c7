//! Deleting what has expired, in bounded batches.

use super::connection::{Connection, values};
use super::events::KEPT_MS;
use crate::store::StoreError;

/// The two dialects of one deletion; on PostgreSQL it steps around rows that somebody is changing.
macro_rules! expired {
    ($table:literal, $key:literal, $end:literal) => {
        (
            concat!(
                "DELETE FROM ",
                $table,
                " WHERE ",
                $key,
                " IN (SELECT ",
                $key,
                " FROM ",
                $table,
                " WHERE ",
                $end,
                " <= $1 ORDER BY ",
                $end,
                " LIMIT $2)"
            ),
            concat!(
                "DELETE FROM ",
                $table,
                " WHERE ",
                $key,
                " IN (SELECT ",
                $key,
                " FROM ",
                $table,
                " WHERE ",
                $end,
                " <= $1 ORDER BY ",
                $end,
                " LIMIT $2 FOR UPDATE SKIP LOCKED)"
            ),
        )
    };
}

/// How many kinds of rows there are.
pub(super) const KINDS: usize = STATEMENTS.len();

// A family's record ends after the last of its tokens, so it is never missing while one of them is alive.
const STATEMENTS: [(&str, &str); 9] = [
    expired!("token_code", "hash", "kept_until_ms"),
    expired!("token_access", "id", "expires_at_ms"),
    expired!("token_refresh", "hash", "expires_at_ms"),
    expired!("token_family", "id", "expires_at_ms"),
    expired!("token_cutoff", "target", "kept_until_ms"),
    expired!("token_session", "cookie", "expires_at_ms"),
    expired!("token_counter", "name", "ends_at_ms"),
    expired!("token_once", "name", "expires_at_ms"),
    expired!("token_event", "id", "at_ms"),
];

/// Deletes expired rows of one kind, at most `batch`. One statement, so that no transaction gets long.
pub(super) async fn one_kind(
    mut db: Connection<'_>,
    (kind, batch, now_ms): &(usize, u32, i64),
) -> Result<u64, StoreError> {
    let (sqlite, postgres) = STATEMENTS[*kind];
    let ended_by = if *kind == KINDS - 1 {
        now_ms - KEPT_MS
    } else {
        *now_ms
    };
    let sql = match db {
        Connection::Sqlite(_) => sqlite,
        Connection::Postgres(_) => postgres,
    };
    db.execute(sql, values![ended_by, i64::from(*batch)]).await
}
