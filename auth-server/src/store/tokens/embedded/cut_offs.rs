//! Marks that revoke everything authorized for an application, a user or their grant up to a moment.

use super::connection::{Connection, to_json, values};
use super::events;
use crate::domain::event::Event;
use crate::store::StoreError;

/// Longer than any token lives, since the mark must outlast what it revokes.
const MARK_LIFE_MS: i64 = 400 * 24 * 3600 * 1000;

/// SQL condition: what was authorized at `$moment` for this client and user has not been cut off since.
macro_rules! not_cut_off {
    ($client:literal, $user:literal, $moment:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM token_cutoff x WHERE x.target IN ('c:' || ",
            $client,
            ", 'u:' || ",
            $user,
            ", 'g:' || ",
            $client,
            " || ':' || ",
            $user,
            ") AND x.before_ms >= ",
            $moment,
            ")"
        )
    };
}
pub(super) use not_cut_off;

/// A mark about to be set.
pub(super) struct CutOff {
    pub(super) target: String,
    pub(super) event: Event,
    pub(super) now_ms: i64,
}

/// Sets the mark, and writes the event, unless the same or a later mark stands.
pub(super) async fn set(mut db: Connection<'_>, cut_off: &CutOff) -> Result<(), StoreError> {
    let CutOff {
        target,
        event,
        now_ms,
    } = cut_off;
    let raised = db
        .row(
            "INSERT INTO token_cutoff (target, before_ms, kept_until_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (target) DO UPDATE SET before_ms = excluded.before_ms, \
             kept_until_ms = excluded.kept_until_ms \
             WHERE token_cutoff.before_ms < excluded.before_ms RETURNING before_ms",
            values![target, *now_ms, *now_ms + MARK_LIFE_MS],
        )
        .await?;
    if raised.is_some() {
        events::write(&mut db, &[to_json(event, "event")?], *now_ms).await?;
    }
    Ok(())
}
