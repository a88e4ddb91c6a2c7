//! Provisional users in table `account`: known by their e-mail address alone.

use uuid::Uuid;

use super::parse;
use crate::domain::user::User;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// Adds a provisional user; false when the address belongs to a user already.
pub async fn insert(database: &Database, user: &User) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO account (id, email, name, is_admin, is_developer, disabled, created_at, updated_at, \
             provisional) VALUES ($1, $2, $3, FALSE, FALSE, FALSE, $4, $4, TRUE) ON CONFLICT (email) DO NOTHING",
        )
        .bind(user.id.to_string())
        .bind(&user.email)
        .bind(&user.name)
        .bind(user.created_at)
        .execute(pool)
        .await?
        .rows_affected()
    });
    Ok(rows > 0)
}

/// Whether a user is provisional.
pub async fn is(database: &Database, id: Uuid) -> Result<bool, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_scalar("SELECT COUNT(*) FROM account WHERE id = $1 AND provisional")
            .bind(id.to_string())
            .fetch_one(pool)
            .await
            .map(|count: i64| count > 0)?
    }))
}

/// Turns the provisional user with the address of `account` into that account, and returns the id, which stays what
/// it was; none when there is no such user, or not a provisional one. A blocked user stays blocked.
pub async fn claim(database: &Database, account: &User) -> Result<Option<Uuid>, StoreError> {
    let id: Option<String> = on_database!(database, pool => {
        sqlx::query_scalar(
            "UPDATE account SET name = $2, password_hash = $3, is_admin = $4, is_developer = $5, provisional = FALSE, \
             version = version + 1, updated_at = $6 WHERE email = $1 AND provisional RETURNING id",
        )
        .bind(&account.email)
        .bind(&account.name)
        .bind(&account.password_hash)
        .bind(account.is_admin)
        .bind(account.is_developer)
        .bind(account.created_at)
        .fetch_optional(pool)
        .await?
    });
    id.map(|id| parse(&id, "account.id")).transpose()
}
