//! Table `account`.

use sqlx::FromRow;
use uuid::Uuid;

use super::{parse, people};
use crate::domain::user::User;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "one column each")]
pub(super) struct Row {
    id: String,
    email: String,
    name: String,
    password_hash: Option<String>,
    is_admin: bool,
    is_developer: bool,
    is_reviewer: bool,
    is_auditor: bool,
    language: Option<String>,
    disabled: bool,
    created_at: i64,
}

impl TryFrom<Row> for User {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse(&row.id, "account.id")?,
            email: row.email,
            name: row.name,
            password_hash: row.password_hash,
            is_admin: row.is_admin,
            is_developer: row.is_developer,
            is_reviewer: row.is_reviewer,
            is_auditor: row.is_auditor,
            language: row.language,
            disabled: row.disabled,
            created_at: row.created_at,
        })
    }
}

/// Adds a user. Constraint `account_email_unique` refuses a second one with the same address.
pub async fn insert(database: &Database, user: &User) -> Result<(), StoreError> {
    people::insert(database, user, None).await
}

/// Finds a user by id.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<User>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM account WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    });
    row.map(User::try_from).transpose()
}

/// Finds a user by e-mail address, which must be normalized.
pub async fn find_by_email(database: &Database, email: &str) -> Result<Option<User>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM account WHERE email = $1").bind(email).fetch_optional(pool).await?
    });
    row.map(User::try_from).transpose()
}

/// The record of a person who lives in another directory, made under `id` when there is none yet; a provisional one
/// is theirs from now on. The name is refreshed; everything else stays, a block above all.
pub async fn keep(
    database: &Database,
    id: Uuid,
    email: &str,
    name: &str,
    now: i64,
) -> Result<User, StoreError> {
    let row: Row = on_database!(database, pool => {
        sqlx::query_as(
            "INSERT INTO account (id, email, name, is_admin, is_developer, disabled, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $4, $4, $5, $5) \
             ON CONFLICT (email) DO UPDATE SET name = excluded.name, provisional = FALSE, \
             version = CASE WHEN account.name = excluded.name THEN account.version ELSE account.version + 1 END, \
             updated_at = CASE WHEN account.name = excluded.name THEN account.updated_at ELSE excluded.updated_at END \
             RETURNING *",
        )
        .bind(id.to_string())
        .bind(email)
        .bind(name)
        .bind(false)
        .bind(now)
        .fetch_one(pool)
        .await?
    });
    row.try_into()
}
