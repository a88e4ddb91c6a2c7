//! Table `totp`: the authenticator app of a user. The secret comes and goes as text that [`crate::keys`] encrypts.

use sqlx::FromRow;
use uuid::Uuid;

use super::second_factors::{Added, add_first_codes, drop_codes_without_factor, factors_of, hold_account};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// A row of `totp`.
#[derive(Clone, FromRow)]
pub struct TotpRow {
    /// The secret in base64, encrypted if `encrypted`.
    pub secret: String,
    /// Whether `secret` is encrypted.
    pub encrypted: bool,
    /// The step of the last code that was taken.
    pub last_step: i64,
    /// When it was set up, seconds since the Unix epoch.
    pub created_at: i64,
    /// When a code was last taken, seconds since the Unix epoch.
    pub last_used_at: Option<i64>,
}

/// What a user's app shares with us, if there is one.
pub async fn find(database: &Database, user_id: Uuid) -> Result<Option<TotpRow>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as("SELECT secret, encrypted, last_step, created_at, last_used_at FROM totp WHERE user_id = $1")
            .bind(user_id.to_string())
            .fetch_optional(pool)
            .await?
    }))
}

/// Adds an app to a user who has none, and recovery codes to one who has none left; with `only_first` to one without
/// any second factor alone.
pub async fn insert(
    database: &Database,
    user_id: Uuid,
    row: &TotpRow,
    codes: &[String],
    only_first: bool,
) -> Result<Added, StoreError> {
    let id = user_id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        hold_account!(transaction, id);
        let is_first = factors_of!(transaction, id) == 0;
        if only_first && !is_first {
            return Ok(Added::NotFirst);
        }
        let added = sqlx::query(
            "INSERT INTO totp (user_id, secret, encrypted, last_step, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (user_id) DO NOTHING",
        )
        .bind(&id)
        .bind(&row.secret)
        .bind(row.encrypted)
        .bind(row.last_step)
        .bind(row.created_at)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if added == 0 {
            return Ok(Added::Known);
        }
        let with_codes = add_first_codes!(transaction, id, codes, row.created_at);
        transaction.commit().await?;
        Ok(Added::Yes { with_codes, is_first })
    })
}

/// Takes the code of a step, if it is later than every one taken before: of any number of callers with the same
/// code, one gets true.
pub async fn take_step(database: &Database, user_id: Uuid, step: i64, now: i64) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("UPDATE totp SET last_step = $2, last_used_at = $3 WHERE user_id = $1 AND last_step < $2")
            .bind(user_id.to_string())
            .bind(step)
            .bind(now)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Removes a user's app, and the recovery codes if no other factor is left; false when there was none.
pub async fn delete(database: &Database, user_id: Uuid) -> Result<bool, StoreError> {
    let id = user_id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        hold_account!(transaction, id);
        let rows = sqlx::query("DELETE FROM totp WHERE user_id = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        drop_codes_without_factor!(transaction, id);
        transaction.commit().await?;
        Ok(rows > 0)
    })
}
