//! Table `resource_server`, with the secrets of each.

use std::sync::Arc;

use sqlx::FromRow;
use token_format::key::{EncryptionKey, Jwk};
use uuid::Uuid;

use super::{corrupt, parse_json, secrets, to_json};
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
    encryption_key: Option<String>,
    requires_signed_introspection: bool,
    created_at: i64,
}

impl TryFrom<Row> for ResourceServer {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let encryption_key = row.encryption_key.as_deref().map(read_key).transpose()?;
        Ok(Self {
            client_id: row.client_id,
            name: row.name,
            url: row.url,
            scope_prefix: row.scope_prefix,
            first_party: row.first_party,
            disabled: row.disabled,
            encryption_key: encryption_key.map(Arc::new),
            requires_signed_introspection: row.requires_signed_introspection,
            secrets: Vec::new(),
            created_at: row.created_at,
        })
    }
}

const KEY_COLUMN: &str = "resource_server.encryption_key";

fn read_key(text: &str) -> Result<EncryptionKey, StoreError> {
    let jwk: Jwk = parse_json(text, KEY_COLUMN)?;
    EncryptionKey::try_from(&jwk).map_err(|error| corrupt(KEY_COLUMN, &error))
}

fn stored_key(key: Option<&EncryptionKey>) -> Result<Option<String>, StoreError> {
    key.map(|key| to_json(key.jwk(), KEY_COLUMN)).transpose()
}

/// Registers a resource server with its first secret. Constraint `resource_server_url_unique` refuses a second
/// one at the same address.
pub async fn insert(
    database: &Database,
    resource: &ResourceServer,
    secret: &HashedToken,
) -> Result<(), StoreError> {
    let encryption_key = stored_key(resource.encryption_key.as_deref())?;
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(
            "INSERT INTO resource_server (client_id, name, url, scope_prefix, first_party, disabled, created_at, \
             encryption_key, requires_signed_introspection) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&resource.client_id)
        .bind(&resource.name)
        .bind(&resource.url)
        .bind(&resource.scope_prefix)
        .bind(resource.first_party)
        .bind(resource.disabled)
        .bind(resource.created_at)
        .bind(&encryption_key)
        .bind(resource.requires_signed_introspection)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("INSERT INTO client_secret (id, client_id, hash, created_at) VALUES ($1, $2, $3, $4)")
            .bind(Uuid::new_v4().to_string())
            .bind(&resource.client_id)
            .bind(secret.as_str())
            .bind(resource.created_at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    });
    Ok(())
}

/// Every resource server, oldest first, with their secrets: there are few of them.
pub async fn all(database: &Database) -> Result<Vec<ResourceServer>, StoreError> {
    let rows: Vec<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM resource_server ORDER BY created_at, client_id").fetch_all(pool).await?
    });
    let mut resources: Vec<ResourceServer> = rows
        .into_iter()
        .map(ResourceServer::try_from)
        .collect::<Result<_, _>>()?;
    for resource in &mut resources {
        resource.secrets = secrets::of(database, &resource.client_id).await?;
    }
    Ok(resources)
}

/// What happens to a resource server's encryption key.
#[derive(Debug)]
pub enum KeyChange<'a> {
    /// Nothing.
    Keep,
    /// It has none any more.
    Remove,
    /// This one takes its place.
    Set(&'a EncryptionKey),
}

/// Changes how introspection answers a resource server, in one statement; false when there is none.
pub async fn set_introspection(
    database: &Database,
    client_id: &str,
    key: &KeyChange<'_>,
    requires_signed: Option<bool>,
) -> Result<bool, StoreError> {
    let keep = matches!(key, KeyChange::Keep);
    let encryption_key = match key {
        KeyChange::Set(key) => stored_key(Some(key))?,
        KeyChange::Keep | KeyChange::Remove => None,
    };
    let rows = on_database!(database, pool => {
        sqlx::query(
            "UPDATE resource_server SET encryption_key = CASE WHEN $2 THEN encryption_key ELSE $3 END, \
             requires_signed_introspection = COALESCE($4, requires_signed_introspection) WHERE client_id = $1",
        )
        .bind(client_id)
        .bind(keep)
        .bind(&encryption_key)
        .bind(requires_signed)
        .execute(pool)
        .await?
        .rows_affected()
    });
    Ok(rows > 0)
}

/// Writes everything about a resource server that can be changed, in one statement; false when there is none. Its
/// secrets are written by those who change them.
pub async fn update(database: &Database, resource: &ResourceServer) -> Result<bool, StoreError> {
    let encryption_key = stored_key(resource.encryption_key.as_deref())?;
    let rows = on_database!(database, pool => {
        sqlx::query(
            "UPDATE resource_server SET name = $2, scope_prefix = $3, first_party = $4, disabled = $5, \
             encryption_key = $6, requires_signed_introspection = $7 WHERE client_id = $1",
        )
        .bind(&resource.client_id)
        .bind(&resource.name)
        .bind(&resource.scope_prefix)
        .bind(resource.first_party)
        .bind(resource.disabled)
        .bind(&encryption_key)
        .bind(resource.requires_signed_introspection)
        .execute(pool)
        .await?
        .rows_affected()
    });
    Ok(rows > 0)
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
