//! Table `outbox`: messages to people.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::condition::{Bound, bind_all};
use super::parse;
use super::select::Select;
use crate::domain::listing::Place;
use crate::domain::mail::{LinkPurpose, MailState, Message};
use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    id: String,
    at: i64,
    user_id: Option<String>,
    recipient: String,
    language: String,
    kind: String,
    subject: String,
    body: String,
    body_encrypted: bool,
    state: String,
    attempts: i64,
    next_attempt_at: i64,
    last_error: Option<String>,
    secret_until: Option<i64>,
}

impl TryFrom<Row> for Message {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse(&row.id, "outbox.id")?,
            at: row.at,
            user_id: row.user_id.map(|id| parse(&id, "outbox.user_id")).transpose()?,
            recipient: row.recipient,
            language: row.language,
            kind: parse(&row.kind, "outbox.kind")?,
            subject: row.subject,
            body: row.body,
            body_encrypted: row.body_encrypted,
            state: parse(&row.state, "outbox.state")?,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_error: row.last_error,
            secret_until: row.secret_until,
        })
    }
}

/// A link to be kept with the message that carries it.
#[derive(Clone, Debug)]
pub struct NewLink<'a> {
    /// What is kept of it.
    pub hash: HashedToken,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Whose.
    pub user_id: Uuid,
    /// The address it proves.
    pub email: &'a str,
    /// Seconds since the Unix epoch.
    pub expires_at: i64,
}

/// Writes a message, and the link in it, in one transaction. A new link ends the earlier ones of its purpose.
pub async fn insert(
    database: &Database,
    message: &Message,
    link: Option<&NewLink<'_>>,
) -> Result<(), StoreError> {
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        if let Some(link) = link {
            sqlx::query("DELETE FROM mail_link WHERE user_id = $1 AND purpose = $2")
                .bind(link.user_id.to_string())
                .bind(link.purpose.as_str())
                .execute(&mut *transaction)
                .await?;
            sqlx::query("INSERT INTO mail_link (hash, purpose, user_id, email, expires_at) VALUES ($1, $2, $3, $4, $5)")
                .bind(link.hash.as_str())
                .bind(link.purpose.as_str())
                .bind(link.user_id.to_string())
                .bind(link.email)
                .bind(link.expires_at)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query(
            "INSERT INTO outbox (id, at, user_id, recipient, language, kind, subject, body, state, attempts, \
             next_attempt_at, secret_until, body_encrypted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12)",
        )
        .bind(message.id.to_string())
        .bind(message.at)
        .bind(message.user_id.map(|id| id.to_string()))
        .bind(&message.recipient)
        .bind(&message.language)
        .bind(message.kind.as_str())
        .bind(&message.subject)
        .bind(&message.body)
        .bind(message.state.as_str())
        .bind(message.next_attempt_at)
        .bind(message.secret_until)
        .bind(message.body_encrypted)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
    });
    Ok(())
}

/// Takes the message that is due first, for `lease` seconds: of many callers one gets it. None when nothing is due,
/// or another was quicker.
pub async fn claim(database: &Database, now: i64, lease: i64) -> Result<Option<Message>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as(
            "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $2 WHERE id = (SELECT id FROM outbox \
             WHERE state = 'waiting' AND next_attempt_at <= $1 ORDER BY next_attempt_at, id LIMIT 1) \
             AND state = 'waiting' AND next_attempt_at <= $1 RETURNING *",
        )
        .bind(now)
        .bind(now + lease)
        .fetch_optional(pool)
        .await?
    });
    row.map(Message::try_from).transpose()
}

/// Writes down how sending went, unless the message was given up meanwhile. A secret that was sent is not kept.
pub async fn settle(
    database: &Database,
    id: Uuid,
    state: MailState,
    next_attempt_at: i64,
    error: Option<&str>,
) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "UPDATE outbox SET state = $2, next_attempt_at = $3, last_error = $4, \
             body = CASE WHEN $2 = 'sent' AND secret_until IS NOT NULL THEN '' ELSE body END \
             WHERE id = $1 AND state = 'waiting'",
        )
        .bind(id.to_string())
        .bind(state.as_str())
        .bind(next_attempt_at)
        .bind(error)
        .execute(pool)
        .await?;
    });
    Ok(())
}

/// No mail server: what waits is kept to be read in the outbox.
pub async fn keep_all(database: &Database) -> Result<u64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query("UPDATE outbox SET state = 'kept' WHERE state = 'waiting'").execute(pool).await?.rows_affected()
    }))
}

/// Puts a message that was not sent in the queue again; false when there is none such, or its text is gone.
pub async fn resend(database: &Database, id: Uuid, now: i64) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query(
            "UPDATE outbox SET state = 'waiting', attempts = 0, next_attempt_at = $2, last_error = NULL \
             WHERE id = $1 AND state IN ('failed', 'kept') AND body <> ''",
        )
        .bind(id.to_string())
        .bind(now)
        .execute(pool)
        .await?
        .rows_affected()
    });
    Ok(rows > 0)
}

/// Finds a message.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<Message>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM outbox WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    });
    row.map(Message::try_from).transpose()
}

/// The statement of [`list`] with its values.
pub(super) fn list_statement(
    state: Option<MailState>,
    before: Option<(i64, &str)>,
    limit: i64,
) -> (String, Vec<Bound>) {
    const ORDER: (&str, &str) = ("at", "id");
    let mut select = Select::new("SELECT * FROM outbox");
    if let Some(state) = state {
        select.and_with("state = $", Bound::Text(state.as_str().to_owned()));
    }
    select.and_after(ORDER, true, before.map(Place::from).as_ref());
    (select.ordered(ORDER, true, limit), select.values)
}

/// Messages, newest first, before the one given (keyset paging); of one state alone if one is given. One more than
/// `limit`, which says that the list goes on.
pub async fn list(
    database: &Database,
    state: Option<MailState>,
    before: Option<(i64, &str)>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let (sql, values) = list_statement(state, before, limit);
    let rows: Vec<Row> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
    });
    rows.into_iter().map(Message::try_from).collect()
}

/// Blanks texts whose links have expired, deletes those links, and deletes up to `batch` messages written before
/// `before`; returns how many. Of devices not seen since, each user's last one stays: without it the next sign-in
/// would look like the first one ever.
pub async fn sweep(database: &Database, now: i64, before: i64, batch: i64) -> Result<u64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query(
            "UPDATE outbox SET body = '', secret_until = NULL, \
             state = CASE WHEN state = 'waiting' THEN 'failed' ELSE state END WHERE secret_until <= $1",
        )
        .bind(now)
        .execute(pool)
        .await?;
        sqlx::query("DELETE FROM mail_link WHERE expires_at <= $1").bind(now).execute(pool).await?;
        sqlx::query(
            "DELETE FROM sign_in_device WHERE last_seen_at < $1 AND EXISTS (SELECT 1 FROM sign_in_device later \
             WHERE later.user_id = sign_in_device.user_id AND later.last_seen_at > sign_in_device.last_seen_at)",
        )
        .bind(before)
        .execute(pool)
        .await?;
        sqlx::query("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE at < $1 ORDER BY at LIMIT $2)")
            .bind(before)
            .bind(batch)
            .execute(pool)
            .await?
            .rows_affected()
    }))
}
