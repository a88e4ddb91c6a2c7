//! Table `client_secret` as people work on it: several live secrets beside each other, each with a label.

use uuid::Uuid;

use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// A secret to be kept.
#[derive(Clone, Debug)]
pub struct NewSecret<'a> {
    /// Its id.
    pub id: Uuid,
    /// What is kept of it.
    pub hash: &'a HashedToken,
    /// What people call it.
    pub label: Option<&'a str>,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    /// When it stops working, seconds since the Unix epoch.
    pub expires_at: Option<i64>,
}

/// Adds a secret beside the others; false when the application has `most` that still work, or does not exist. What
/// stopped working goes.
pub async fn add(
    database: &Database,
    client_id: &str,
    secret: &NewSecret<'_>,
    most: i64,
) -> Result<bool, StoreError> {
    Ok(on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        // Comes first: it makes others who change the secrets of this application wait.
        sqlx::query("UPDATE application SET disabled = disabled WHERE client_id = $1")
            .bind(client_id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM client_secret WHERE client_id = $1 AND expires_at <= $2")
            .bind(client_id)
            .bind(secret.created_at)
            .execute(&mut *transaction)
            .await?;
        let rows = sqlx::query(
            "INSERT INTO client_secret (id, client_id, hash, label, created_at, expires_at) \
             SELECT $1, client_id, $3, $4, $5, $6 FROM application WHERE client_id = $2 \
             AND (SELECT COUNT(*) FROM client_secret WHERE client_id = $2) < $7",
        )
        .bind(secret.id.to_string())
        .bind(client_id)
        .bind(secret.hash.as_str())
        .bind(secret.label)
        .bind(secret.created_at)
        .bind(secret.expires_at)
        .bind(most)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        rows > 0
    }))
}

/// Puts a secret in place of the others, which stop working at `old_ends_at` or at once. Of several callers at once,
/// the last one's secret is the one that stays.
pub async fn replace(
    database: &Database,
    client_id: &str,
    secret: &NewSecret<'_>,
    old_ends_at: Option<i64>,
) -> Result<(), StoreError> {
    // Without an overlap they have ended already.
    let end = old_ends_at.unwrap_or(secret.created_at);
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query("UPDATE application SET disabled = disabled WHERE client_id = $1")
            .bind(client_id)
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
        sqlx::query("DELETE FROM client_secret WHERE client_id = $1 AND expires_at <= $2")
            .bind(client_id)
            .bind(secret.created_at)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO client_secret (id, client_id, hash, label, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(secret.id.to_string())
        .bind(client_id)
        .bind(secret.hash.as_str())
        .bind(secret.label)
        .bind(secret.created_at)
        .bind(secret.expires_at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
    });
    Ok(())
}

/// Takes one secret away; false when the application has none with this id.
pub async fn remove(database: &Database, client_id: &str, id: Uuid) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("DELETE FROM client_secret WHERE id = $1 AND client_id = $2")
            .bind(id.to_string())
            .bind(client_id)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Writes down when secrets were used last, all in one transaction. What another instance wrote of a later use stays.
pub async fn note_uses(database: &Database, uses: &[(Uuid, i64)]) -> Result<(), StoreError> {
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        for (id, at) in uses {
            sqlx::query(
                "UPDATE client_secret SET last_used_at = $2 \
                 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
            )
            .bind(id.to_string())
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
    });
    Ok(())
}
