//! Table `resource_server`, with the secrets of each.

use sqlx::FromRow;

use super::secrets;
use crate::domain::application::ResourceServer;
use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    client_id: String,
    name: String,
    url: String,
    scope_prefix: Option<String>,
    first_party: bool,
    disabled: bool,
    created_at: i64,
}

impl From<Row> for ResourceServer {
    fn from(row: Row) -> Self {
        Self {
            client_id: row.client_id,
            name: row.name,
            url: row.url,
            scope_prefix: row.scope_prefix,
            first_party: row.first_party,
            disabled: row.disabled,
            secrets: Vec::new(),
            created_at: row.created_at,
        }
    }
}

/// Registers a resource server with its first secret. Constraint `resource_server_url_unique` refuses a second
/// one at the same address.
pub async fn insert(
    database: &Database,
    resource: &ResourceServer,
    secret: &HashedToken,
) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO resource_server (client_id, name, url, scope_prefix, first_party, disabled, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&resource.client_id)
        .bind(&resource.name)
        .bind(&resource.url)
        .bind(&resource.scope_prefix)
        .bind(resource.first_party)
        .bind(resource.disabled)
        .bind(resource.created_at)
        .execute(pool)
        .await?;
    });
    secrets::replace(database, &resource.client_id, secret, resource.created_at, None).await
}

/// Every resource server, oldest first, with their secrets: there are few of them.
pub async fn all(database: &Database) -> Result<Vec<ResourceServer>, StoreError> {
    let rows: Vec<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM resource_server ORDER BY created_at, client_id").fetch_all(pool).await?
    });
    let mut resources: Vec<ResourceServer> = rows.into_iter().map(ResourceServer::from).collect();
    for resource in &mut resources {
        resource.secrets = secrets::of(database, &resource.client_id).await?;
    }
    Ok(resources)
}

/// Blocks or unblocks a resource server; false when there is none.
pub async fn set_disabled(database: &Database, client_id: &str, disabled: bool) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("UPDATE resource_server SET disabled = $2 WHERE client_id = $1")
            .bind(client_id)
            .bind(disabled)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Puts a new secret in place of the old ones, which stop working at once.
pub async fn replace_secret(
    database: &Database,
    client_id: &str,
    secret: &HashedToken,
    now: i64,
) -> Result<(), StoreError> {
    secrets::replace(database, client_id, secret, now, None).await
}
