//! Table `applied`: what `auth-server apply` made, by the name it has in the file.

use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// Writes down that apply made a thing.
pub async fn insert(database: &Database, kind: &str, name: &str, id: &str) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO applied (kind, name, id) VALUES ($1, $2, $3) \
             ON CONFLICT (kind, name) DO UPDATE SET id = excluded.id",
        )
        .bind(kind)
        .bind(name)
        .bind(id)
        .execute(pool)
        .await?;
    });
    Ok(())
}

/// What apply made of a kind, with the id of each, in the order of the names.
pub async fn all(database: &Database, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as("SELECT name, id FROM applied WHERE kind = $1 ORDER BY name")
            .bind(kind)
            .fetch_all(pool)
            .await?
    }))
}
