//! Table `consent`.

use sqlx::FromRow;
use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::parse;
use crate::domain::consent::Consent;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    user_id: String,
    client_id: String,
    scope: String,
    granted_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Consent {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            user_id: parse(&row.user_id, "consent.user_id")?,
            client_id: row.client_id,
            scope: parse(&row.scope, "consent.scope")?,
            granted_at: row.granted_at,
            updated_at: row.updated_at,
        })
    }
}

/// What a user allowed an application so far.
pub async fn find(
    database: &Database,
    user_id: Uuid,
    client_id: &str,
) -> Result<Option<Consent>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM consent WHERE user_id = $1 AND client_id = $2")
            .bind(user_id.to_string())
            .bind(client_id)
            .fetch_optional(pool)
            .await?
    });
    row.map(Consent::try_from).transpose()
}

/// Remembers what a user allows an application from now on, in place of what was remembered.
pub async fn save(
    database: &Database,
    user_id: Uuid,
    client_id: &str,
    scope: &ScopeSet,
    now: i64,
) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO consent (user_id, client_id, scope, granted_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at",
        )
        .bind(user_id.to_string())
        .bind(client_id)
        .bind(scope.to_string())
        .bind(now)
        .execute(pool)
        .await?;
    });
    Ok(())
}
