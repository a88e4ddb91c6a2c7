//! Measures how long the token store takes, for `anteroom_token_store_seconds`. Waiting for events is no work of
//! the store's and is not counted.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::TokenStore;
use crate::domain::event::{Cursor, Event, LoggedEvent};
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::secret::HashedToken;
use crate::domain::session::Session;
use crate::domain::token::{
    AccessKey, AccessRecord, CodeRecord, NewAccess, Opening, Redemption, RefreshAttempt, RefreshOutcome,
    RefreshView, RevocationTarget, TokenFilter, TokenSummary,
};
use crate::store::StoreError;
use crate::telemetry::store_timer;

/// A token store with a watch in front.
#[derive(Debug)]
pub(super) struct Timed(pub(super) Arc<dyn TokenStore>);

macro_rules! timed {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl TokenStore for Timed {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                let _timer = store_timer();
                self.0.$name($($argument),*).await
            })*

            async fn wait_for_events(&self, after: Option<&Cursor>, patience: Duration) -> Result<(), StoreError> {
                self.0.wait_for_events(after, patience).await
            }
        }
    };
}

timed! {
    fn store_code(code: &HashedToken, record: &CodeRecord, now_ms: i64) -> ();
    fn redeem_code(code: &HashedToken, opening: &Opening, now_ms: i64) -> Redemption;
    fn open_family(family: FamilyId, grant: &Grant, opening: &Opening) -> ();
    fn record_access(access: &NewAccess, grant: &Grant) -> ();
    fn refresh(attempt: &RefreshAttempt, now_ms: i64) -> RefreshOutcome;
    fn view_refresh(token: &HashedToken, now_ms: i64) -> Option<RefreshView>;
    fn find_access(key: &AccessKey, now_ms: i64) -> Option<AccessRecord>;
    fn revoke(target: &RevocationTarget, now_ms: i64) -> ();
    fn list(filter: &TokenFilter, offset: u64, limit: u32, now_ms: i64) -> Vec<TokenSummary>;
    fn store_session(cookie: &HashedToken, session: &Session) -> ();
    fn find_session(cookie: &HashedToken, now_ms: i64) -> Option<Session>;
    fn end_session(cookie: &HashedToken) -> ();
    fn list_sessions(user_id: Uuid, now_ms: i64) -> Vec<Session>;
    fn end_user_sessions(user_id: Uuid, keep: Option<&HashedToken>) -> ();
    fn count(counts: &[(String, u64)], window: Duration, now_ms: i64) -> Vec<u64>;
    fn forget_count(key: &str) -> ();
    fn remember_once(key: &str, expires_at_ms: i64, now_ms: i64) -> bool;
    fn publish(event: &Event, now_ms: i64) -> ();
    fn events(after: Option<&Cursor>, limit: u32) -> Vec<LoggedEvent>;
    fn sweep(batch: u32, now_ms: i64) -> u64;
    fn ping() -> ();
}
