//! The token store on Redis: every step is one script or pipeline, so one round trip.
//!
//! Keys begin with `{prefix}:`, a hash tag, so that a cluster keeps them in one slot. Each has a time to live.
//! With an append-only file, what was answered survives a killed or restarted server. Redis must be 7.0 or newer.
//! A family holds at most 1,000 live access tokens, so that its revocation is short work: when there would be
//! more, the one that ends first is revoked.

mod arguments;
mod connection;
mod listener;
mod reply;
mod scripts;
mod stream_id;

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::ConnectionManager;
use redis::streams::StreamRangeReply;
use redis::{Client, FromRedisValue, Script, ScriptInvocation};
use uuid::Uuid;

use self::arguments::{access, grant, json, opening, user};
use self::connection::{corrupt, unavailable};
use self::listener::Listener;
use self::scripts::Scripts;
use self::stream_id::StreamId;
use super::TokenStore;
use crate::domain::event::{Cursor, Event, LoggedEvent};
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::listing::Place;
use crate::domain::secret::HashedToken;
use crate::domain::session::Session;
use crate::domain::token::{
    AccessKey, AccessRecord, CodeRecord, NewAccess, Opening, Redemption, RefreshAttempt, RefreshOutcome,
    RefreshPolicy, RefreshView, RevocationTarget, TokenFilter, TokenSummary,
};
use crate::store::StoreError;
use crate::telemetry::store_timer;

/// The token store on a Redis server.
#[derive(Debug)]
pub struct RedisTokenStore {
    client: Client,
    connection: ConnectionManager,
    scripts: Scripts,
    /// Start of every key, colon included.
    base: String,
    listener: OnceLock<Listener>,
}

impl RedisTokenStore {
    /// Takes the address (`redis://[[USER]:PASSWORD@]HOST:PORT/DB`) and the prefix of all keys. Does not connect
    /// yet: Redis may be down, and may go and come back later. Call it inside a Tokio runtime.
    pub fn connect(url: &str, key_prefix: &str) -> Result<Self, StoreError> {
        let client = connection::client(url)?;
        Ok(Self {
            connection: connection::shared(&client)?,
            client,
            scripts: Scripts::new(),
            base: format!("{{{key_prefix}}}:"),
            listener: OnceLock::new(),
        })
    }

    /// Runs a script with the arguments that `fill` adds.
    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        fill: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<T, StoreError> {
        let _timer = store_timer();
        let mut call = script.key(&self.base);
        fill(&mut call);
        call.invoke_async(&mut self.connection.clone())
            .await
            .map_err(unavailable)
    }

    /// Sets a cut-off mark, and empties the list whose every entry it kills.
    async fn cut_off(
        &self,
        mark: String,
        list: String,
        event: &Event,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let event = json(event)?;
        self.run(&self.scripts.cut_off, |call| {
            call.arg(mark).arg(now_ms).arg(event).arg(list);
        })
        .await
    }

    fn stream_key(&self) -> String {
        format!("{}ev", self.base)
    }
}

#[async_trait]
impl TokenStore for RedisTokenStore {
    async fn store_code(
        &self,
        code: &HashedToken,
        record: &CodeRecord,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let binding = json(&record.binding)?;
        let grant_json = json(&record.grant)?;
        self.run(&self.scripts.store_code, |call| {
            call.arg(code.as_str()).arg(record.family.0.to_string());
            call.arg(&record.grant.client_id)
                .arg(user(&record.grant))
                .arg(grant_json);
            call.arg(binding).arg(record.expires_at_ms).arg(now_ms);
        })
        .await
    }

    async fn redeem_code(
        &self,
        code: &HashedToken,
        first: &Opening,
        now_ms: i64,
    ) -> Result<Redemption, StoreError> {
        let answer: Vec<String> = self
            .run(&self.scripts.redeem_code, |call| {
                call.arg(code.as_str()).arg(now_ms);
                opening(call, first);
            })
            .await?;
        reply::redemption(&answer)
    }

    async fn open_family(&self, family: FamilyId, of: &Grant, first: &Opening) -> Result<(), StoreError> {
        let grant_json = json(of)?;
        self.run(&self.scripts.open_family, |call| {
            call.arg(family.0.to_string());
            grant(call, of, grant_json);
            opening(call, first);
        })
        .await
    }

    async fn record_access(&self, token: &NewAccess, of: &Grant) -> Result<(), StoreError> {
        let grant_json = json(of)?;
        self.run(&self.scripts.record_access, |call| {
            grant(call, of, grant_json);
            access(call, token);
        })
        .await
    }

    async fn refresh(&self, attempt: &RefreshAttempt, now_ms: i64) -> Result<RefreshOutcome, StoreError> {
        let answer: Vec<String> = self
            .run(&self.scripts.refresh, |call| {
                call.arg(attempt.presented.as_str()).arg(&attempt.client_id);
                match &attempt.policy {
                    RefreshPolicy::Rotate { successor, grace_ms } => call
                        .arg("rotate")
                        .arg(successor.hash.as_str())
                        .arg(successor.expires_at_ms)
                        .arg(*grace_ms),
                    RefreshPolicy::Keep => call.arg("keep").arg("").arg(0).arg(0),
                };
                call.arg(now_ms);
                access(call, &attempt.access);
            })
            .await?;
        reply::refresh_outcome(&answer)
    }

    async fn view_refresh(
        &self,
        token: &HashedToken,
        now_ms: i64,
    ) -> Result<Option<RefreshView>, StoreError> {
        let answer: Option<Vec<String>> = self
            .run(&self.scripts.view_refresh, |call| {
                call.arg(token.as_str()).arg(now_ms);
            })
            .await?;
        answer.as_deref().map(reply::refresh_view).transpose()
    }

    async fn find_access(&self, key: &AccessKey, now_ms: i64) -> Result<Option<AccessRecord>, StoreError> {
        let answer: Option<Vec<String>> = self
            .run(&self.scripts.find_access, |call| {
                call.arg(key.to_text()).arg(now_ms);
            })
            .await?;
        answer.as_deref().map(reply::access_record).transpose()
    }

    async fn find_family(&self, family: FamilyId, now_ms: i64) -> Result<Option<Grant>, StoreError> {
        let answer: Option<String> = self
            .run(&self.scripts.find_family, |call| {
                call.arg(family.0.to_string()).arg(now_ms);
            })
            .await?;
        answer.map(|text| reply::parsed(&text, "grant")).transpose()
    }

    async fn revoke(&self, target: &RevocationTarget, now_ms: i64) -> Result<(), StoreError> {
        let before_ms = now_ms;
        match target {
            RevocationTarget::Access(key) => {
                self.run(&self.scripts.revoke_access, |call| {
                    call.arg(key.to_text()).arg(now_ms);
                })
                .await
            }
            RevocationTarget::Family(family) => {
                self.run(&self.scripts.revoke_family, |call| {
                    call.arg(family.0.to_string()).arg(now_ms);
                })
                .await
            }
            RevocationTarget::Client(client_id) => {
                let event = Event::Client {
                    client_id: client_id.clone(),
                    before_ms,
                };
                self.cut_off(
                    format!("xc:{client_id}"),
                    format!("lc:{client_id}"),
                    &event,
                    now_ms,
                )
                .await
            }
            RevocationTarget::User(user_id) => {
                let event = Event::User {
                    user_id: *user_id,
                    before_ms,
                };
                self.cut_off(format!("xu:{user_id}"), format!("lu:{user_id}"), &event, now_ms)
                    .await
            }
            RevocationTarget::Grant { client_id, user_id } => {
                let event = Event::Grant {
                    client_id: client_id.clone(),
                    user_id: *user_id,
                    before_ms,
                };
                self.cut_off(format!("xg:{user_id}:{client_id}"), String::new(), &event, now_ms)
                    .await
            }
        }
    }

    async fn list(
        &self,
        filter: &TokenFilter,
        after: Option<&Place>,
        limit: u32,
        now_ms: i64,
    ) -> Result<Vec<TokenSummary>, StoreError> {
        let list = match filter {
            TokenFilter::Client(client_id) => format!("lc:{client_id}"),
            TokenFilter::User(user_id) => format!("lu:{user_id}"),
        };
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        let mut behind = after.map(|place| (place.at, place.id.clone()));
        loop {
            // One go of the script ends after a number of dead entries: where it says so, the next one goes on.
            let (lines, reached): (Vec<Vec<String>>, Option<(i64, String)>) = self
                .run(&self.scripts.list, |call| {
                    match &behind {
                        Some((at, id)) => call.arg(&list).arg(at).arg(id),
                        None => call.arg(&list).arg("").arg(""),
                    };
                    call.arg(wanted.saturating_sub(found.len())).arg(now_ms);
                })
                .await?;
            for line in &lines {
                found.push(reply::summary(line)?);
            }
            if reached.is_none() {
                return Ok(found);
            }
            behind = reached;
        }
    }

    async fn store_session(&self, cookie: &HashedToken, session: &Session) -> Result<(), StoreError> {
        let session_json = json(session)?;
        self.run(&self.scripts.store_session, |call| {
            call.arg(cookie.as_str())
                .arg(session.user_id.to_string())
                .arg(session_json);
            call.arg(session.created_at.saturating_mul(1000))
                .arg(session.expires_at.saturating_mul(1000));
        })
        .await
    }

    async fn find_session(&self, cookie: &HashedToken, now_ms: i64) -> Result<Option<Session>, StoreError> {
        let answer: Option<String> = self
            .run(&self.scripts.find_session, |call| {
                call.arg(cookie.as_str()).arg(now_ms);
            })
            .await?;
        answer.map(|text| reply::parsed(&text, "session")).transpose()
    }

    async fn end_session(&self, cookie: &HashedToken) -> Result<(), StoreError> {
        self.run(&self.scripts.end_session, |call| {
            call.arg(cookie.as_str());
        })
        .await
    }

    async fn list_sessions(&self, user_id: Uuid, now_ms: i64) -> Result<Vec<Session>, StoreError> {
        let answer: Vec<String> = self
            .run(&self.scripts.list_sessions, |call| {
                call.arg(user_id.to_string()).arg(now_ms);
            })
            .await?;
        let mut sessions: Vec<Session> = answer
            .iter()
            .map(|text| reply::parsed(text, "session"))
            .collect::<Result<_, _>>()?;
        sessions.sort_by_key(|session| std::cmp::Reverse(session.created_at));
        Ok(sessions)
    }

    async fn end_session_of(&self, user_id: Uuid, sid: &str, now_ms: i64) -> Result<bool, StoreError> {
        self.run(&self.scripts.end_session_of, |call| {
            call.arg(user_id.to_string()).arg(sid).arg(now_ms);
        })
        .await
    }

    async fn end_user_sessions(&self, user_id: Uuid, keep: Option<&HashedToken>) -> Result<(), StoreError> {
        self.run(&self.scripts.end_user_sessions, |call| {
            call.arg(user_id.to_string())
                .arg(keep.map_or("", HashedToken::as_str));
        })
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
        self.run(&self.scripts.count, |call| {
            call.arg(now_ms)
                .arg(u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1));
            for (name, amount) in counts {
                call.arg(name).arg(*amount);
            }
        })
        .await
    }

    async fn forget_count(&self, key: &str) -> Result<(), StoreError> {
        let key = format!("{}n:{key}", self.base);
        redis::cmd("DEL")
            .arg(key)
            .exec_async(&mut self.connection.clone())
            .await
            .map_err(unavailable)
    }

    async fn remember_once(&self, key: &str, expires_at_ms: i64, now_ms: i64) -> Result<bool, StoreError> {
        self.run(&self.scripts.remember_once, |call| {
            call.arg(key).arg(expires_at_ms).arg(now_ms);
        })
        .await
    }

    async fn publish(&self, event: &Event, now_ms: i64) -> Result<(), StoreError> {
        let event = json(event)?;
        self.run(&self.scripts.publish, |call| {
            call.arg(event).arg(now_ms);
        })
        .await
    }

    async fn events(&self, after: Option<&Cursor>, limit: u32) -> Result<Vec<LoggedEvent>, StoreError> {
        let reply: StreamRangeReply = redis::cmd("XRANGE")
            .arg(self.stream_key())
            .arg(format!("({}", StreamId::of(after).to_redis()))
            .arg("+")
            .arg("COUNT")
            .arg(limit)
            .query_async(&mut self.connection.clone())
            .await
            .map_err(unavailable)?;
        reply.ids.iter().map(reply::logged_event).collect()
    }

    async fn wait_for_events(&self, after: Option<&Cursor>, patience: Duration) -> Result<(), StoreError> {
        let listener = self
            .listener
            .get_or_init(|| Listener::start(self.client.clone(), self.stream_key()));
        listener.wait(StreamId::of(after), patience).await;
        Ok(())
    }

    async fn sweep(&self, batch: u32, now_ms: i64) -> Result<u64, StoreError> {
        self.run(&self.scripts.sweep, |call| {
            call.arg(batch).arg(now_ms);
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let answer: String = redis::cmd("PING")
            .query_async(&mut self.connection.clone())
            .await
            .map_err(unavailable)?;
        match answer.as_str() {
            "PONG" => Ok(()),
            _ => Err(corrupt("PING", "another answer than PONG")),
        }
    }
}
