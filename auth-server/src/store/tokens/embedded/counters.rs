//! Counters, and what must be seen only once.

use super::connection::{Connection, corrupt, values};
use crate::store::StoreError;

/// Counters to raise.
pub(super) struct Counts {
    pub(super) amounts: Vec<(String, u64)>,
    pub(super) window_ms: i64,
    pub(super) now_ms: i64,
}

pub(super) async fn count(mut db: Connection<'_>, batch: &Counts) -> Result<Vec<u64>, StoreError> {
    // In one order for everybody, or two batches could wait for each other.
    let mut order: Vec<usize> = (0..batch.amounts.len()).collect();
    order.sort_by_key(|&place| &batch.amounts[place].0);
    let mut totals = vec![0; batch.amounts.len()];
    for place in order {
        let (name, amount) = &batch.amounts[place];
        let amount = i64::try_from(*amount).unwrap_or(i64::MAX);
        let row = db
            .row(
                "INSERT INTO token_counter (name, total, ends_at_ms) VALUES ($1, $2, $3) \
                 ON CONFLICT (name) DO UPDATE SET total = CASE WHEN token_counter.ends_at_ms <= $4 \
                 THEN excluded.total ELSE token_counter.total + excluded.total END, \
                 ends_at_ms = CASE WHEN token_counter.ends_at_ms <= $4 \
                 THEN excluded.ends_at_ms ELSE token_counter.ends_at_ms END RETURNING total",
                values![
                    name,
                    amount,
                    batch.now_ms.saturating_add(batch.window_ms),
                    batch.now_ms
                ],
            )
            .await?
            .ok_or_else(|| corrupt("token_counter", "no row"))?;
        totals[place] = u64::try_from(row.int(0)?).unwrap_or(0);
    }
    Ok(totals)
}

pub(super) async fn forget(mut db: Connection<'_>, name: &String) -> Result<(), StoreError> {
    db.execute("DELETE FROM token_counter WHERE name = $1", values![name])
        .await?;
    Ok(())
}

pub(super) async fn remember_once(
    mut db: Connection<'_>,
    (name, expires_at_ms, now_ms): &(String, i64, i64),
) -> Result<bool, StoreError> {
    let first = db
        .row(
            "INSERT INTO token_once (name, expires_at_ms) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
             SET expires_at_ms = excluded.expires_at_ms WHERE token_once.expires_at_ms <= $3 RETURNING name",
            values![name, *expires_at_ms, *now_ms],
        )
        .await?;
    Ok(first.is_some())
}
