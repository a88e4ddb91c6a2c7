//! The token store in the authorization server's own database, when there is no Redis.
//!
//! Every step is one transaction. On PostgreSQL it runs on a connection of the pool. On SQLite all changes go
//! through one task that groups commits: see [`writer`], which also says what is synced to disk. Reads use
//! the pool. Several processes may share either database.

mod access;
mod backend;
mod codes;
mod connection;
mod counters;
mod cut_offs;
mod events;
mod families;
mod listing;
mod refresh;
mod sessions;
mod sweep;
mod writer;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use self::backend::{Backend, Statements};
use self::connection::to_json;
use self::counters::Counts;
use self::cut_offs::CutOff;
use self::writer::{Durability, Step};
use super::TokenStore;
use crate::domain::event::{Cursor, Event, LoggedEvent};
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::listing::Place;
use crate::domain::secret::HashedToken;
use crate::domain::session::Session;
use crate::domain::token::{
    AccessKey, AccessRecord, CodeRecord, NewAccess, Opening, Redemption, RefreshAttempt, RefreshOutcome,
    RefreshView, RevocationTarget, TokenFilter, TokenSummary,
};
use crate::store::StoreError;
use crate::store::database::Database;

/// The token store in SQL.
#[derive(Debug)]
pub struct EmbeddedTokenStore {
    backend: Backend,
    /// Rings when this object has written events.
    written: Notify,
}

impl EmbeddedTokenStore {
    /// Uses a database whose migrations have run. A SQLite database must be a file. Call it inside a Tokio
    /// runtime; no connection is made before the first use.
    pub fn new(database: &Database) -> Self {
        Self {
            backend: Backend::new(database),
            written: Notify::new(),
        }
    }
}

#[async_trait]
impl TokenStore for EmbeddedTokenStore {
    async fn store_code(
        &self,
        code: &HashedToken,
        record: &CodeRecord,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let input = (code.clone(), record.clone(), now_ms);
        self.backend
            .write(Durability::Kill, Statements::One, input, |db, input| {
                Box::pin(codes::store(db, input))
            })
            .await
    }

    async fn redeem_code(
        &self,
        code: &HashedToken,
        opening: &Opening,
        now_ms: i64,
    ) -> Result<Redemption, StoreError> {
        let input = (code.clone(), opening.clone(), now_ms);
        let step: Step<_, _> = |db, input| Box::pin(codes::redeem(db, input));
        let redemption = self
            .backend
            .write(Durability::PowerCut, Statements::Several, input, step)
            .await?;
        if let Redemption::Replayed { .. } = redemption {
            self.written.notify_waiters();
        }
        Ok(redemption)
    }

    async fn open_family(
        &self,
        family: FamilyId,
        grant: &Grant,
        opening: &Opening,
    ) -> Result<(), StoreError> {
        let input = (family, grant.clone(), opening.clone());
        let step: Step<_, _> = |db, input| Box::pin(families::open_without_code(db, input));
        self.backend
            .write(Durability::PowerCut, Statements::Several, input, step)
            .await
    }

    async fn record_access(&self, access: &NewAccess, grant: &Grant) -> Result<(), StoreError> {
        let input = (access.clone(), grant.clone());
        self.backend
            .write(Durability::Kill, Statements::One, input, |db, input| {
                Box::pin(access::record(db, input))
            })
            .await
    }

    async fn refresh(&self, attempt: &RefreshAttempt, now_ms: i64) -> Result<RefreshOutcome, StoreError> {
        let input = (attempt.clone(), now_ms);
        let step: Step<_, _> = |db, input| Box::pin(refresh::attempt(db, input));
        let outcome = self
            .backend
            .write(Durability::PowerCut, Statements::Several, input, step)
            .await?;
        if let RefreshOutcome::Replayed { .. } = outcome {
            self.written.notify_waiters();
        }
        Ok(outcome)
    }

    async fn view_refresh(
        &self,
        token: &HashedToken,
        now_ms: i64,
    ) -> Result<Option<RefreshView>, StoreError> {
        refresh::view(&mut self.backend.reader().await?.connection(), token, now_ms).await
    }

    async fn find_access(&self, key: &AccessKey, now_ms: i64) -> Result<Option<AccessRecord>, StoreError> {
        access::find(&mut self.backend.reader().await?.connection(), key, now_ms).await
    }

    async fn find_family(&self, family: FamilyId, now_ms: i64) -> Result<Option<Grant>, StoreError> {
        families::find(&mut self.backend.reader().await?.connection(), family, now_ms).await
    }

    async fn revoke(&self, target: &RevocationTarget, now_ms: i64) -> Result<(), StoreError> {
        let before_ms = now_ms;
        let (target, event) = match target {
            RevocationTarget::Access(key) => {
                let step: Step<_, _> = |db, input| Box::pin(access::revoke(db, input));
                self.backend
                    .write(
                        Durability::PowerCut,
                        Statements::Several,
                        (key.clone(), now_ms),
                        step,
                    )
                    .await?;
                self.written.notify_waiters();
                return Ok(());
            }
            RevocationTarget::Family(family) => {
                let step: Step<_, _> = |db, input| Box::pin(families::revoke_one(db, input));
                self.backend
                    .write(Durability::PowerCut, Statements::Several, (*family, now_ms), step)
                    .await?;
                self.written.notify_waiters();
                return Ok(());
            }
            RevocationTarget::Client(client_id) => (
                format!("c:{client_id}"),
                Event::Client {
                    client_id: client_id.clone(),
                    before_ms,
                },
            ),
            RevocationTarget::User(user_id) => (
                format!("u:{user_id}"),
                Event::User {
                    user_id: *user_id,
                    before_ms,
                },
            ),
            RevocationTarget::Grant { client_id, user_id } => (
                format!("g:{client_id}:{user_id}"),
                Event::Grant {
                    client_id: client_id.clone(),
                    user_id: *user_id,
                    before_ms,
                },
            ),
        };
        let step: Step<_, _> = |db, input| Box::pin(cut_offs::set(db, input));
        self.backend
            .write(
                Durability::PowerCut,
                Statements::Several,
                CutOff {
                    target,
                    event,
                    now_ms,
                },
                step,
            )
            .await?;
        self.written.notify_waiters();
        Ok(())
    }

    async fn list(
        &self,
        filter: &TokenFilter,
        after: Option<&Place>,
        limit: u32,
        now_ms: i64,
    ) -> Result<Vec<TokenSummary>, StoreError> {
        listing::list(
            &mut self.backend.reader().await?.connection(),
            filter,
            after,
            limit,
            now_ms,
        )
        .await
    }

    async fn store_session(&self, cookie: &HashedToken, session: &Session) -> Result<(), StoreError> {
        let input = (cookie.clone(), session.clone());
        self.backend
            .write(Durability::Kill, Statements::One, input, |db, input| {
                Box::pin(sessions::store(db, input))
            })
            .await
    }

    async fn find_session(&self, cookie: &HashedToken, now_ms: i64) -> Result<Option<Session>, StoreError> {
        sessions::find(&mut self.backend.reader().await?.connection(), cookie, now_ms).await
    }

    async fn end_session(&self, cookie: &HashedToken) -> Result<(), StoreError> {
        let step: Step<_, _> = |db, input| Box::pin(sessions::end(db, input));
        self.backend
            .write(Durability::PowerCut, Statements::One, cookie.clone(), step)
            .await
    }

    async fn list_sessions(&self, user_id: Uuid, now_ms: i64) -> Result<Vec<Session>, StoreError> {
        sessions::list(&mut self.backend.reader().await?.connection(), user_id, now_ms).await
    }

    async fn end_session_of(&self, user_id: Uuid, sid: &str, now_ms: i64) -> Result<bool, StoreError> {
        let input = (user_id, sid.to_owned(), now_ms);
        let step: Step<_, _> = |db, input| Box::pin(sessions::end_of(db, input));
        self.backend
            .write(Durability::PowerCut, Statements::Several, input, step)
            .await
    }

    async fn end_user_sessions(&self, user_id: Uuid, keep: Option<&HashedToken>) -> Result<(), StoreError> {
        let step: Step<_, _> = |db, input| Box::pin(sessions::end_of_user(db, input));
        self.backend
            .write(
                Durability::PowerCut,
                Statements::One,
                (user_id, keep.cloned()),
                step,
            )
            .await
    }

    async fn count(
        &self,
        counts: &[(String, u64)],
        window: Duration,
        now_ms: i64,
    ) -> Result<Vec<u64>, StoreError> {
        if counts.is_empty() {
            return Ok(Vec::new());
        }
        let statements = if counts.len() > 1 {
            Statements::Several
        } else {
            Statements::One
        };
        let window_ms = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        let input = Counts {
            amounts: counts.to_vec(),
            window_ms,
            now_ms,
        };
        self.backend
            .write(Durability::Kill, statements, input, |db, input| {
                Box::pin(counters::count(db, input))
            })
            .await
    }

    async fn forget_count(&self, key: &str) -> Result<(), StoreError> {
        let step: Step<_, _> = |db, input| Box::pin(counters::forget(db, input));
        self.backend
            .write(Durability::Kill, Statements::One, key.to_owned(), step)
            .await
    }

    async fn remember_once(&self, key: &str, expires_at_ms: i64, now_ms: i64) -> Result<bool, StoreError> {
        if expires_at_ms <= now_ms {
            return Ok(false);
        }
        let step: Step<_, _> = |db, input| Box::pin(counters::remember_once(db, input));
        self.backend
            .write(
                Durability::PowerCut,
                Statements::One,
                (key.to_owned(), expires_at_ms, now_ms),
                step,
            )
            .await
    }

    async fn publish(&self, event: &Event, now_ms: i64) -> Result<(), StoreError> {
        let durability = if event.is_revocation() {
            Durability::PowerCut
        } else {
            Durability::Kill
        };
        let input = (vec![to_json(event, "event")?], now_ms);
        let step: Step<(Vec<String>, i64), ()> =
            |mut db, (events, now_ms)| Box::pin(async move { events::write(&mut db, events, *now_ms).await });
        self.backend
            .write(durability, Statements::Several, input, step)
            .await?;
        self.written.notify_waiters();
        Ok(())
    }

    async fn events(&self, after: Option<&Cursor>, limit: u32) -> Result<Vec<LoggedEvent>, StoreError> {
        events::after(
            &mut self.backend.reader().await?.connection(),
            events::place(after),
            limit,
        )
        .await
    }

    async fn wait_for_events(&self, after: Option<&Cursor>, patience: Duration) -> Result<(), StoreError> {
        let place = events::place(after);
        let deadline = Instant::now() + patience;
        loop {
            let mut written = std::pin::pin!(self.written.notified());
            // Before looking, so that nothing written in between is missed.
            written.as_mut().enable();
            if events::newest(&mut self.backend.reader().await?.connection()).await? > place
                || Instant::now() >= deadline
            {
                return Ok(());
            }
            let next = deadline.min(Instant::now() + self.backend.poll());
            let _ = tokio::time::timeout_at(next, written).await;
        }
    }

    async fn sweep(&self, batch: u32, now_ms: i64) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for kind in 0..sweep::KINDS {
            let step: Step<_, _> = |db, input| Box::pin(sweep::one_kind(db, input));
            deleted += self
                .backend
                .write(Durability::Kill, Statements::One, (kind, batch, now_ms), step)
                .await?;
        }
        Ok(deleted)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.backend
            .reader()
            .await?
            .connection()
            .row("SELECT 1", &[])
            .await?;
        Ok(())
    }
}
