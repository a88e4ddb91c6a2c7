//! Table `passkey`. What verifying needs comes and goes as text that [`crate::passkeys`] reads.

use sqlx::FromRow;
use uuid::Uuid;

use super::parse;
use super::second_factors::{Added, add_first_codes, drop_codes_without_factor, factors_of, hold_account};
use crate::domain::second_factor::{MAX_PASSKEYS, PasskeyView};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// A passkey as it is stored.
#[derive(Clone, Debug)]
pub struct StoredPasskey {
    /// Our id of it.
    pub id: Uuid,
    /// Its owner.
    pub user_id: Uuid,
    /// The authenticator's id of it, base64url.
    pub credential_id: String,
    /// What the owner calls it.
    pub name: String,
    /// What verifying needs, JSON.
    pub credential: String,
    /// The authenticator's counter when it was last used (WebAuthn 6.1.1); 0 when it has none.
    pub sign_count: i64,
    /// When it was added, seconds since the Unix epoch.
    pub created_at: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    user_id: String,
    credential_id: String,
    name: String,
    credential: String,
    sign_count: i64,
    created_at: i64,
}

impl TryFrom<Row> for StoredPasskey {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse(&row.id, "passkey.id")?,
            user_id: parse(&row.user_id, "passkey.user_id")?,
            credential_id: row.credential_id,
            name: row.name,
            credential: row.credential,
            sign_count: row.sign_count,
            created_at: row.created_at,
        })
    }
}

/// Adds a passkey, and recovery codes to a user who has none left; with `only_first` to one without any second factor
/// alone.
pub async fn insert(
    database: &Database,
    passkey: &StoredPasskey,
    codes: &[String],
    only_first: bool,
) -> Result<Added, StoreError> {
    let id = passkey.user_id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        hold_account!(transaction, id);
        let is_first = factors_of!(transaction, id) == 0;
        if only_first && !is_first {
            return Ok(Added::NotFirst);
        }
        let present: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM passkey WHERE user_id = $1")
            .bind(&id)
            .fetch_one(&mut *transaction)
            .await?;
        if usize::try_from(present).unwrap_or_default() >= MAX_PASSKEYS {
            return Ok(Added::TooMany);
        }
        let added = sqlx::query(
            "INSERT INTO passkey (id, user_id, credential_id, name, credential, sign_count, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_id) DO NOTHING",
        )
        .bind(passkey.id.to_string())
        .bind(&id)
        .bind(&passkey.credential_id)
        .bind(&passkey.name)
        .bind(&passkey.credential)
        .bind(passkey.sign_count)
        .bind(passkey.created_at)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if added == 0 {
            return Ok(Added::Known);
        }
        let with_codes = add_first_codes!(transaction, id, codes, passkey.created_at);
        transaction.commit().await?;
        Ok(Added::Yes { with_codes, is_first })
    })
}

/// Finds the passkey that an authenticator names.
pub async fn find(database: &Database, credential_id: &str) -> Result<Option<StoredPasskey>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM passkey WHERE credential_id = $1")
            .bind(credential_id)
            .fetch_optional(pool)
            .await?
    });
    row.map(StoredPasskey::try_from).transpose()
}

/// The authenticators' ids of a user's passkeys.
pub async fn credential_ids(database: &Database, user_id: Uuid) -> Result<Vec<String>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_scalar("SELECT credential_id FROM passkey WHERE user_id = $1 ORDER BY created_at, id")
            .bind(user_id.to_string())
            .fetch_all(pool)
            .await?
    }))
}

/// A user's passkeys, the oldest first.
pub async fn of_user(database: &Database, user_id: Uuid) -> Result<Vec<PasskeyView>, StoreError> {
    let rows: Vec<(String, String, i64, Option<i64>)> = on_database!(database, pool => {
        sqlx::query_as(
            "SELECT id, name, created_at, last_used_at FROM passkey WHERE user_id = $1 ORDER BY created_at, id",
        )
        .bind(user_id.to_string())
        .fetch_all(pool)
        .await?
    });
    rows.into_iter()
        .map(|(id, name, created_at, last_used_at)| {
            Ok(PasskeyView {
                id: parse(&id, "passkey.id")?,
                name,
                created_at,
                last_used_at,
            })
        })
        .collect()
}

/// Writes down a use with the authenticator's counter, if that has gone on since (WebAuthn 7.2, step 21): of two
/// copies of one authenticator that show the same count, one gets true. Those that do not count say 0 always.
pub async fn note_use(
    database: &Database,
    id: Uuid,
    credential: &str,
    sign_count: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query(
            "UPDATE passkey SET sign_count = $2, credential = $3, last_used_at = $4 \
             WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))",
        )
        .bind(id.to_string())
        .bind(sign_count)
        .bind(credential)
        .bind(now)
        .execute(pool)
        .await?
        .rows_affected()
    });
    Ok(rows > 0)
}

/// Renames a user's passkey; false when the user has no such one.
pub async fn rename(database: &Database, user_id: Uuid, id: Uuid, name: &str) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("UPDATE passkey SET name = $3 WHERE id = $1 AND user_id = $2")
            .bind(id.to_string())
            .bind(user_id.to_string())
            .bind(name)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Removes a user's passkey, and the recovery codes if no other factor is left; its name, or none when the user has
/// no such one.
pub async fn delete(database: &Database, user_id: Uuid, id: Uuid) -> Result<Option<String>, StoreError> {
    let owner = user_id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        hold_account!(transaction, owner);
        let name: Option<String> =
            sqlx::query_scalar("DELETE FROM passkey WHERE id = $1 AND user_id = $2 RETURNING name")
                .bind(id.to_string())
                .bind(&owner)
                .fetch_optional(&mut *transaction)
                .await?;
        drop_codes_without_factor!(transaction, owner);
        transaction.commit().await?;
        Ok(name)
    })
}
