//! Table `api_key`.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::condition::{Bound, bind_all};
use super::parse;
use super::select::Select;
use crate::domain::api_key::ApiKey;
use crate::domain::listing::{Listed, Place};
use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    id: String,
    client_id: String,
    name: String,
    hash: String,
    disabled: bool,
    created_at: i64,
}

impl TryFrom<Row> for ApiKey {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse(&row.id, "api_key.id")?,
            client_id: row.client_id,
            name: row.name,
            hash: HashedToken::stored(row.hash),
            disabled: row.disabled,
            created_at: row.created_at,
        })
    }
}

/// Registers a key of an application that exists.
pub async fn insert(database: &Database, key: &ApiKey) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO api_key (id, client_id, name, hash, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(key.id.to_string())
        .bind(&key.client_id)
        .bind(&key.name)
        .bind(key.hash.as_str())
        .bind(key.disabled)
        .bind(key.created_at)
        .execute(pool)
        .await?;
    });
    Ok(())
}

/// Finds the key that has this hash.
pub async fn find_by_hash(database: &Database, hash: &HashedToken) -> Result<Option<ApiKey>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM api_key WHERE hash = $1").bind(hash.as_str()).fetch_optional(pool).await?
    });
    row.map(ApiKey::try_from).transpose()
}

/// Keys in the order they were registered, after the one given (keyset paging).
pub async fn list(
    database: &Database,
    after: Option<(i64, &str)>,
    limit: i64,
) -> Result<Vec<ApiKey>, StoreError> {
    let (at, id) = after.unwrap_or((i64::MIN, ""));
    let rows: Vec<Row> = on_database!(database, pool => {
        sqlx::query_as(
            "SELECT * FROM api_key WHERE created_at > $1 OR (created_at = $1 AND id > $2) \
             ORDER BY created_at, id LIMIT $3",
        )
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(pool)
        .await?
    });
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Finds a key by its id.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<ApiKey>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM api_key WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    });
    row.map(ApiKey::try_from).transpose()
}

/// The statement of [`page`] with its values.
pub(super) fn page_statement(
    client_id: Option<&str>,
    after: Option<&Place>,
    limit: i64,
) -> (String, Vec<Bound>) {
    const ORDER: (&str, &str) = ("created_at", "id");
    let mut select = Select::new("SELECT * FROM api_key");
    if let Some(client_id) = client_id {
        select.and_with("client_id = $", Bound::Text(client_id.to_owned()));
    }
    select.and_after(ORDER, true, after);
    (select.ordered(ORDER, true, limit), select.values)
}

/// Keys of one application or of all, the one made last first.
pub async fn page(
    database: &Database,
    client_id: Option<&str>,
    after: Option<&Place>,
    limit: i64,
) -> Result<Listed<ApiKey>, StoreError> {
    let (sql, values) = page_statement(client_id, after, limit);
    let rows: Vec<Row> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
    });
    let keys = rows.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?;
    Ok(Listed::cut(keys, limit, |key: &ApiKey| Place {
        at: key.created_at,
        id: key.id.to_string(),
    }))
}

/// Blocks or unblocks a key and returns it as it is then; none when there is no such key.
pub async fn set_disabled(
    database: &Database,
    id: Uuid,
    disabled: bool,
) -> Result<Option<ApiKey>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("UPDATE api_key SET disabled = $2 WHERE id = $1 RETURNING *")
            .bind(id.to_string())
            .bind(disabled)
            .fetch_optional(pool)
            .await?
    });
    row.map(ApiKey::try_from).transpose()
}
