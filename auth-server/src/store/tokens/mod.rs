//! The token store: codes, refresh and access tokens, families, sessions, counters and the event log.
//!
//! One trait, two implementations, one contract-test suite that both pass. Every method is one atomic step:
//! a script on Redis, one transaction in SQL. Only hashes and ids reach it.

pub mod embedded;
pub mod redis;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use self::embedded::EmbeddedTokenStore;
use self::redis::RedisTokenStore;
use super::StoreError;
use super::database::Database;
use crate::domain::event::{Cursor, Event, LoggedEvent};
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::listing::Place;
use crate::domain::secret::HashedToken;
use crate::domain::session::Session;
use crate::domain::token::{
    AccessKey, AccessRecord, CodeRecord, NewAccess, Opening, Redemption, RefreshAttempt, RefreshOutcome,
    RefreshView, RevocationTarget, TokenFilter, TokenSummary,
};

/// Where short-lived credentials live. `now_ms` is milliseconds since the Unix epoch throughout.
#[async_trait]
pub trait TokenStore: Send + Sync + std::fmt::Debug {
    /// Keeps a code until it is redeemed or expires.
    async fn store_code(
        &self,
        code: &HashedToken,
        record: &CodeRecord,
        now_ms: i64,
    ) -> Result<(), StoreError>;

    /// Burns a code and opens its family with the given first tokens, in one step: of any number of
    /// concurrent callers one gets [`Redemption::Redeemed`]; every later one revokes the family. The code's
    /// record outlives its use (to its own end of life, and at least 10 minutes) so that a replay is seen.
    async fn redeem_code(
        &self,
        code: &HashedToken,
        opening: &Opening,
        now_ms: i64,
    ) -> Result<Redemption, StoreError>;

    /// Opens a family that no code preceded (password grant).
    async fn open_family(&self, family: FamilyId, grant: &Grant, opening: &Opening)
    -> Result<(), StoreError>;

    /// Records an access token that stands alone (client credentials, delegation).
    async fn record_access(&self, access: &NewAccess, grant: &Grant) -> Result<(), StoreError>;

    /// Uses a refresh token: see [`RefreshOutcome`]. Atomic under any number of concurrent callers.
    async fn refresh(&self, attempt: &RefreshAttempt, now_ms: i64) -> Result<RefreshOutcome, StoreError>;

    /// Looks at a refresh token without using it; none when unknown, expired or revoked.
    async fn view_refresh(&self, token: &HashedToken, now_ms: i64)
    -> Result<Option<RefreshView>, StoreError>;

    /// Finds a live access token: not expired, and neither it, its family, its application, its user nor their
    /// grant revoked since it was issued.
    async fn find_access(&self, key: &AccessKey, now_ms: i64) -> Result<Option<AccessRecord>, StoreError>;

    /// Finds what a live family allows: not over, and neither it, its application, its user nor their grant revoked
    /// since it was authorized.
    async fn find_family(&self, family: FamilyId, now_ms: i64) -> Result<Option<Grant>, StoreError>;

    /// Revokes, and writes the events that resource servers follow, in one step. Revoking again, or what is
    /// unknown, changes nothing. By application, user or grant it is one cut-off mark, not a walk over tokens.
    async fn revoke(&self, target: &RevocationTarget, now_ms: i64) -> Result<(), StoreError>;

    /// Lists live families and lone access tokens, newest first, at most `limit`, from behind `after` on. Where that one
    /// is gone meanwhile, others of its millisecond may come again.
    async fn list(
        &self,
        filter: &TokenFilter,
        after: Option<&Place>,
        limit: u32,
        now_ms: i64,
    ) -> Result<Vec<TokenSummary>, StoreError>;

    /// Keeps a session until `session.expires_at`.
    async fn store_session(&self, cookie: &HashedToken, session: &Session) -> Result<(), StoreError>;

    /// Finds a live session.
    async fn find_session(&self, cookie: &HashedToken, now_ms: i64) -> Result<Option<Session>, StoreError>;

    /// Ends one session.
    async fn end_session(&self, cookie: &HashedToken) -> Result<(), StoreError>;

    /// A user's live sessions, newest first.
    async fn list_sessions(&self, user_id: Uuid, now_ms: i64) -> Result<Vec<Session>, StoreError>;

    /// Ends one session of a user, named by its public handle; false when there is none.
    async fn end_session_of(&self, user_id: Uuid, sid: &str, now_ms: i64) -> Result<bool, StoreError>;

    /// Ends a user's sessions, all but the one kept.
    async fn end_user_sessions(&self, user_id: Uuid, keep: Option<&HashedToken>) -> Result<(), StoreError>;

    /// Adds to counters and returns their totals, in order. A counter starts at zero and is forgotten
    /// `window` after its first count. One round trip for the whole batch.
    async fn count(
        &self,
        counts: &[(String, u64)],
        window: Duration,
        now_ms: i64,
    ) -> Result<Vec<u64>, StoreError>;

    /// Sets a counter back to zero.
    async fn forget_count(&self, key: &str) -> Result<(), StoreError>;

    /// Remembers `key` until `expires_at_ms`; true only for the first caller (single use of an assertion).
    async fn remember_once(&self, key: &str, expires_at_ms: i64, now_ms: i64) -> Result<bool, StoreError>;

    /// Writes an event for every instance.
    async fn publish(&self, event: &Event, now_ms: i64) -> Result<(), StoreError>;

    /// Events after `after` (none: from the beginning of what is kept), oldest first. May repeat events that
    /// were given before, never leaves one out.
    async fn events(&self, after: Option<&Cursor>, limit: u32) -> Result<Vec<LoggedEvent>, StoreError>;

    /// Waits until there may be events after `after`, at most `patience`. Returns early rather than late: an
    /// event written by another process is seen within half a second.
    async fn wait_for_events(&self, after: Option<&Cursor>, patience: Duration) -> Result<(), StoreError>;

    /// Deletes what has expired, at most `batch` rows of a kind; returns how many went.
    async fn sweep(&self, batch: u32, now_ms: i64) -> Result<u64, StoreError>;

    /// Asks for a sign of life.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Opens the configured store: Redis when it has an address, else the database. Redis may be down: the store
/// answers once it is there.
pub fn open(
    redis_url: &str,
    redis_prefix: &str,
    database: &Database,
) -> Result<Arc<dyn TokenStore>, StoreError> {
    if redis_url.is_empty() {
        Ok(Arc::new(EmbeddedTokenStore::new(database)))
    } else {
        Ok(Arc::new(RedisTokenStore::connect(redis_url, redis_prefix)?))
    }
}
