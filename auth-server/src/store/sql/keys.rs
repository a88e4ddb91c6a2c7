//! Tables `signing_key` and `server_secret`. Values come and go as text: [`crate::keys`] encrypts them.

use sqlx::FromRow;

use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// A row of `signing_key`.
#[derive(Clone, FromRow)]
pub struct KeyRow {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// JWS algorithm.
    pub algorithm: String,
    /// PKCS#8 in base64, encrypted if `encrypted`.
    pub private_key: String,
    /// Whether `private_key` is encrypted.
    pub encrypted: bool,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    /// When it begins to sign, seconds since the Unix epoch.
    pub active_from: i64,
    /// When it is no longer published, seconds since the Unix epoch; none while it has no successor.
    pub retires_at: Option<i64>,
}

/// All keys, in the order they sign: of those that begin at the same second, the one made last comes last.
pub async fn all(database: &Database) -> Result<Vec<KeyRow>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as(
            "SELECT * FROM signing_key ORDER BY active_from, position, kid",
        ).fetch_all(pool).await?
    }))
}

/// Adds a key and sets the retirement of those it succeeds, in one transaction: a key retires `kept_for` seconds
/// after its successor begins to sign. A key that begins later than the new one is its successor, not its
/// predecessor. With `only_if_none` nothing happens where a key exists. (Two first starts at the same moment may
/// still make two: both are published, and every instance signs with the later one.)
pub async fn insert(
    database: &Database,
    key: &KeyRow,
    kept_for: i64,
    only_if_none: bool,
) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        let rows = sqlx::query(
            "INSERT INTO signing_key (kid, position, algorithm, private_key, encrypted, created_at, active_from) \
             SELECT $1, (SELECT COALESCE(MAX(position), 0) + 1 FROM signing_key), $2, $3, $4, $5, $6 \
             WHERE NOT $7 OR NOT EXISTS (SELECT 1 FROM signing_key)",
        )
        .bind(&key.kid)
        .bind(&key.algorithm)
        .bind(&key.private_key)
        .bind(key.encrypted)
        .bind(key.created_at)
        .bind(key.active_from)
        .bind(only_if_none)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if rows > 0 {
            sqlx::query(
                "UPDATE signing_key SET retires_at = $2 \
                 WHERE kid <> $1 AND retires_at IS NULL AND active_from <= $3",
            )
            .bind(&key.kid)
            .bind(key.active_from + kept_for)
            .bind(key.active_from)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "UPDATE signing_key SET retires_at = $2 + \
                 (SELECT MIN(later.active_from) FROM signing_key later WHERE later.active_from > $3) \
                 WHERE kid = $1",
            )
            .bind(&key.kid)
            .bind(kept_for)
            .bind(key.active_from)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        rows
    });
    Ok(rows > 0)
}

/// Deletes keys whose last token has expired.
pub async fn delete_retired(database: &Database, now: i64) -> Result<u64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query("DELETE FROM signing_key WHERE retires_at <= $1").bind(now).execute(pool).await?.rows_affected()
    }))
}

/// Reads a server secret, first writing `fresh` if there is none: the first writer wins.
pub async fn server_secret(
    database: &Database,
    name: &str,
    fresh: &str,
    encrypted: bool,
) -> Result<(String, bool), StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query("INSERT INTO server_secret (name, value, encrypted) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .bind(fresh)
            .bind(encrypted)
            .execute(pool)
            .await?;
        sqlx::query_as("SELECT value, encrypted FROM server_secret WHERE name = $1").bind(name).fetch_one(pool).await?
    }))
}
