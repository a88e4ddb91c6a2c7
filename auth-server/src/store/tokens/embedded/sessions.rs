//! Browsers' sessions.

use uuid::Uuid;

use super::connection::{Connection, to_json, values};
use crate::domain::secret::HashedToken;
use crate::domain::session::Session;
use crate::store::StoreError;

pub(super) async fn store(
    mut db: Connection<'_>,
    (cookie, session): &(HashedToken, Session),
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO token_session (cookie, user_id, session_json, created_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (cookie) DO UPDATE SET user_id = excluded.user_id, \
         session_json = excluded.session_json, created_at_ms = excluded.created_at_ms, \
         expires_at_ms = excluded.expires_at_ms",
        values![
            cookie.as_str(),
            &session.user_id.to_string(),
            &to_json(session, "session")?,
            session.created_at.saturating_mul(1000),
            session.expires_at.saturating_mul(1000),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut Connection<'_>,
    cookie: &HashedToken,
    now_ms: i64,
) -> Result<Option<Session>, StoreError> {
    let sql = "SELECT session_json FROM token_session WHERE cookie = $1 AND expires_at_ms > $2";
    let row = db.row(sql, values![cookie.as_str(), now_ms]).await?;
    row.map(|row| row.json(0, "token_session.session_json"))
        .transpose()
}

pub(super) async fn end(mut db: Connection<'_>, cookie: &HashedToken) -> Result<(), StoreError> {
    db.execute(
        "DELETE FROM token_session WHERE cookie = $1",
        values![cookie.as_str()],
    )
    .await?;
    Ok(())
}

pub(super) async fn list(
    db: &mut Connection<'_>,
    user_id: Uuid,
    now_ms: i64,
) -> Result<Vec<Session>, StoreError> {
    let rows = db
        .rows(
            "SELECT session_json FROM token_session WHERE user_id = $1 AND expires_at_ms > $2 \
             ORDER BY created_at_ms DESC",
            values![&user_id.to_string(), now_ms],
        )
        .await?;
    rows.iter()
        .map(|row| row.json(0, "token_session.session_json"))
        .collect()
}

/// A user has few sessions: they are read, and the one with the handle goes.
pub(super) async fn end_of(
    mut db: Connection<'_>,
    (user_id, sid, now_ms): &(Uuid, String, i64),
) -> Result<bool, StoreError> {
    let user_id = user_id.to_string();
    let rows = db
        .rows(
            "SELECT cookie, session_json FROM token_session WHERE user_id = $1 AND expires_at_ms > $2",
            values![&user_id, *now_ms],
        )
        .await?;
    for row in &rows {
        let session: Session = row.json(1, "token_session.session_json")?;
        if session.sid == *sid {
            let cookie = row.text(0)?;
            let ended = db
                .execute(
                    "DELETE FROM token_session WHERE cookie = $1 AND user_id = $2",
                    values![&cookie, &user_id],
                )
                .await?;
            return Ok(ended > 0);
        }
    }
    Ok(false)
}

pub(super) async fn end_of_user(
    mut db: Connection<'_>,
    (user_id, keep): &(Uuid, Option<HashedToken>),
) -> Result<(), StoreError> {
    let keep = keep.as_ref().map_or("", HashedToken::as_str);
    db.execute(
        "DELETE FROM token_session WHERE user_id = $1 AND cookie <> $2",
        values![&user_id.to_string(), keep],
    )
    .await?;
    Ok(())
}
