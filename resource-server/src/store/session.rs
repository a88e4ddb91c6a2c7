//! Who is signed in on the pages.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::attendee::Email;
use crate::domain::session::{Session, SessionCookie};

#[derive(sqlx::FromRow)]
struct SessionRow {
    user_id: String,
    email: Option<String>,
    client_id: String,
    may_change: i32,
    token_id: String,
    token_issued_at_ms: i64,
    expires_at: i64,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            user_id: Uuid::parse_str(&row.user_id).map_err(|_| StoreError::Row {
                table: "webapp_sessions",
                column: "user_id",
                row: row.token_id.clone(),
            })?,
            email: row.email.as_deref().and_then(Email::parse),
            client_id: row.client_id,
            may_change: row.may_change != 0,
            token_id: row.token_id,
            token_issued_at_millis: row.token_issued_at_ms,
            expires_at: row.expires_at,
        })
    }
}

impl Database {
    /// Stores a session, in place of the one the browser had before, and clears away some that are over:
    /// more than one for each that comes, so that they never pile up.
    pub async fn open_session(
        &self,
        cookie: &SessionCookie,
        before: Option<&SessionCookie>,
        session: &Session,
        now: i64,
    ) -> Result<(), StoreError> {
        query!(self, write, "sessions.open", |pool| {
            let mut transaction = pool.begin().await?;
            sqlx::query(
                "DELETE FROM webapp_sessions WHERE cookie_hash = $1 OR cookie_hash IN \
                 (SELECT cookie_hash FROM webapp_sessions WHERE expires_at <= $2 LIMIT 100)",
            )
            .bind(before.map(SessionCookie::hash))
            .bind(now)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "INSERT INTO webapp_sessions (cookie_hash, user_id, email, client_id, may_change, token_id, \
                 token_issued_at_ms, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(cookie.hash())
            .bind(session.user_id.to_string())
            .bind(session.email.as_ref().map(Email::as_str))
            .bind(&session.client_id)
            .bind(i32::from(session.may_change))
            .bind(&session.token_id)
            .bind(session.token_issued_at_millis)
            .bind(session.expires_at)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await
        })
    }

    /// The session of a cookie, unless it is over.
    pub async fn find_session(
        &self,
        cookie: &SessionCookie,
        now: i64,
    ) -> Result<Option<Session>, StoreError> {
        let row: Option<SessionRow> = query!(self, read, "sessions.find", |pool| {
            sqlx::query_as(
                "SELECT user_id, email, client_id, may_change, token_id, token_issued_at_ms, expires_at \
                 FROM webapp_sessions WHERE cookie_hash = $1 AND expires_at > $2",
            )
            .bind(cookie.hash())
            .bind(now)
            .fetch_optional(pool)
            .await
        })?;
        row.map(Session::try_from).transpose()
    }

    /// Ends the session of a cookie.
    pub async fn end_session(&self, cookie: &SessionCookie) -> Result<(), StoreError> {
        query!(self, write, "sessions.end", |pool| {
            sqlx::query("DELETE FROM webapp_sessions WHERE cookie_hash = $1")
                .bind(cookie.hash())
                .execute(pool)
                .await
                .map(drop)
        })
    }
}
