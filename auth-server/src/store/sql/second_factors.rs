//! What concerns all second factors of a user together, and the recovery codes with them.

use uuid::Uuid;

use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// Makes changes of one user's factors wait for each other: a write that changes nothing holds the account's row.
macro_rules! hold_account {
    ($transaction:ident, $id:expr) => {
        sqlx::query("UPDATE account SET id = id WHERE id = $1")
            .bind(&$id)
            .execute(&mut *$transaction)
            .await?
    };
}

/// Adds codes to a user who has none left; true if it did.
macro_rules! add_first_codes {
    ($transaction:ident, $id:expr, $codes:expr, $now:expr) => {{
        let left: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL")
                .bind(&$id)
                .fetch_one(&mut *$transaction)
                .await?;
        if left == 0 {
            for code in $codes {
                sqlx::query("INSERT INTO recovery_code (user_id, hash, created_at) VALUES ($1, $2, $3)")
                    .bind(&$id)
                    .bind(code)
                    .bind($now)
                    .execute(&mut *$transaction)
                    .await?;
            }
        }
        left == 0
    }};
}

/// Codes are a way around a factor: without one they are worth nothing and go.
macro_rules! drop_codes_without_factor {
    ($transaction:ident, $id:expr) => {
        sqlx::query(
            "DELETE FROM recovery_code WHERE user_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM totp WHERE user_id = $1) \
             AND NOT EXISTS (SELECT 1 FROM passkey WHERE user_id = $1)",
        )
        .bind(&$id)
        .execute(&mut *$transaction)
        .await?
    };
}

/// How many apps and passkeys a user has, inside a transaction.
macro_rules! factors_of {
    ($transaction:ident, $id:expr) => {{
        let factors: i64 = sqlx::query_scalar(crate::store::sql::second_factors::COUNT)
            .bind(&$id)
            .fetch_one(&mut *$transaction)
            .await?;
        factors
    }};
}

pub(super) use {add_first_codes, drop_codes_without_factor, factors_of, hold_account};

pub(super) const COUNT: &str = "SELECT (SELECT COUNT(*) FROM totp WHERE user_id = $1) + (SELECT COUNT(*) FROM passkey WHERE user_id = $1)";

/// What became of a factor that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Yes {
        /// The recovery codes were taken, too: the user had none left.
        with_codes: bool,
        /// The user had no second factor before.
        is_first: bool,
    },
    /// It was to be the first, and is not.
    NotFirst,
    /// There is one already.
    Known,
    /// The user has as many as anybody may have.
    TooMany,
}

/// How many apps and passkeys a user has.
pub async fn count(database: &Database, user_id: Uuid) -> Result<i64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_scalar(COUNT).bind(user_id.to_string()).fetch_one(pool).await?
    }))
}

/// Removes every second factor of a user, recovery codes and all; how many apps and passkeys there were.
pub async fn delete_all(database: &Database, user_id: Uuid) -> Result<u64, StoreError> {
    let id = user_id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        hold_account!(transaction, id);
        let mut removed = 0;
        for statement in ["DELETE FROM totp WHERE user_id = $1", "DELETE FROM passkey WHERE user_id = $1"] {
            removed += sqlx::query(statement).bind(&id).execute(&mut *transaction).await?.rows_affected();
        }
        drop_codes_without_factor!(transaction, id);
        transaction.commit().await?;
        Ok(removed)
    })
}
