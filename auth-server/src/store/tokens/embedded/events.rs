//! The event log. Numbers are given out in the order of commits, so a follower never steps over one.

use super::connection::{Connection, corrupt, values};
use crate::domain::event::{Cursor, LoggedEvent};
use crate::store::StoreError;

/// How long events are kept.
pub(super) const KEPT_MS: i64 = 8 * 24 * 3600 * 1000;

/// Writes events as JSON. Always the last thing in a transaction: it takes the lock that all writers of
/// events share, and holds it until the commit.
pub(super) async fn write(db: &mut Connection<'_>, events: &[String], now_ms: i64) -> Result<(), StoreError> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    let last = db
        .row(
            "UPDATE token_event_sequence SET last = last + $1 WHERE id = 1 RETURNING last",
            values![count],
        )
        .await?
        .ok_or_else(|| corrupt("token_event_sequence", "empty"))?
        .int(0)?;
    for (id, event) in (last - count + 1..=last).zip(events) {
        db.execute(
            "INSERT INTO token_event (id, at_ms, event_json) VALUES ($1, $2, $3)",
            values![id, now_ms, event],
        )
        .await?;
    }
    Ok(())
}

/// The number a cursor stands for. One that another kind of store gave marks the beginning.
pub(super) fn place(cursor: Option<&Cursor>) -> i64 {
    cursor.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0)
}

/// Events after a place. A place beyond the end comes from a log that was since restored: begin again.
pub(super) async fn after(
    db: &mut Connection<'_>,
    place: i64,
    limit: u32,
) -> Result<Vec<LoggedEvent>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, at_ms, event_json FROM token_event WHERE id > \
             CASE WHEN $1 > (SELECT last FROM token_event_sequence WHERE id = 1) THEN 0 ELSE $1 END \
             ORDER BY id LIMIT $2",
            values![place, i64::from(limit)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(LoggedEvent {
                // Padded so that cursors sort as text.
                cursor: Cursor(format!("{:020}", row.int(0)?)),
                at_ms: row.int(1)?,
                event: row.json(2, "token_event.event_json")?,
            })
        })
        .collect()
}

/// The number of the newest event, 0 if there never was one.
pub(super) async fn newest(db: &mut Connection<'_>) -> Result<i64, StoreError> {
    db.row("SELECT last FROM token_event_sequence WHERE id = 1", &[])
        .await?
        .ok_or_else(|| corrupt("token_event_sequence", "empty"))?
        .int(0)
}
