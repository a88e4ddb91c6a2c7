//! Table `recovery_code`: keyed hashes of the codes that help when app and passkeys are out of reach.

use uuid::Uuid;

use super::second_factors::{add_first_codes, factors_of, hold_account};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// Replaces all codes of a user who has a second factor; false when there is none.
pub async fn replace(
    database: &Database,
    user_id: Uuid,
    codes: &[String],
    now: i64,
) -> Result<bool, StoreError> {
    let id = user_id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        hold_account!(transaction, id);
        if factors_of!(transaction, id) == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM recovery_code WHERE user_id = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?;
        let replaced = add_first_codes!(transaction, id, codes, now);
        transaction.commit().await?;
        Ok(replaced)
    })
}

/// Uses a code up: of any number of callers, one gets true.
pub async fn take(database: &Database, user_id: Uuid, hash: &str, now: i64) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL")
            .bind(user_id.to_string())
            .bind(hash)
            .bind(now)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Codes that a user has left.
pub async fn count(database: &Database, user_id: Uuid) -> Result<usize, StoreError> {
    let left: i64 = on_database!(database, pool => {
        sqlx::query_scalar("SELECT COUNT(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL")
            .bind(user_id.to_string())
            .fetch_one(pool)
            .await?
    });
    Ok(usize::try_from(left).unwrap_or_default())
}
