//! Table `client_secret`: secrets of applications and resource servers, as hashes.

use sqlx::FromRow;
use uuid::Uuid;

use super::parse;
use crate::domain::application::ClientSecret;
use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    id: String,
    hash: String,
    created_at: i64,
    expires_at: Option<i64>,
    label: Option<String>,
    last_used_at: Option<i64>,
}

/// A client's secrets, newest first.
pub(super) async fn of(database: &Database, client_id: &str) -> Result<Vec<ClientSecret>, StoreError> {
    let rows: Vec<Row> = on_database!(database, pool => {
        sqlx::query_as(
            "SELECT id, hash, created_at, expires_at, label, last_used_at FROM client_secret WHERE client_id = $1 \
             ORDER BY created_at DESC, id DESC",
        )
        .bind(client_id)
        .fetch_all(pool)
        .await?
    });
    rows.into_iter()
        .map(|row| {
            Ok(ClientSecret {
                id: parse(&row.id, "client_secret.id")?,
                hash: HashedToken::stored(row.hash),
                created_at: row.created_at,
                expires_at: row.expires_at,
                label: row.label,
                last_used_at: row.last_used_at,
            })
        })
        .collect()
}

/// Puts a new secret in place of the old ones, which stop working at `old_ends_at` (an overlap) or at once.
pub(super) async fn replace(
    database: &Database,
    client_id: &str,
    secret: &HashedToken,
    now: i64,
    old_ends_at: Option<i64>,
) -> Result<(), StoreError> {
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        // Comes first: it makes others who replace a secret of this client wait, so that the last one's stays alone.
        for lock in [
            "UPDATE resource_server SET disabled = disabled WHERE client_id = $1",
            "UPDATE application SET disabled = disabled WHERE client_id = $1",
        ] {
            sqlx::query(lock).bind(client_id).execute(&mut *transaction).await?;
        }
        match old_ends_at {
            Some(end) => {
                sqlx::query("DELETE FROM client_secret WHERE client_id = $1 AND expires_at <= $2")
                    .bind(client_id)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(
                    "UPDATE client_secret SET expires_at = $2 \
                     WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2)",
                )
                .bind(client_id)
                .bind(end)
                .execute(&mut *transaction)
                .await?;
            }
            None => {
                sqlx::query("DELETE FROM client_secret WHERE client_id = $1")
                    .bind(client_id)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        sqlx::query("INSERT INTO client_secret (id, client_id, hash, created_at) VALUES ($1, $2, $3, $4)")
            .bind(Uuid::new_v4().to_string())
            .bind(client_id)
            .bind(secret.as_str())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    });
    Ok(())
}
