//! Table `application_logo`: pictures under the hash of their content, and which of them are shown.

use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// A stored picture.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LogoRow {
    /// Media type.
    pub content_type: String,
    /// The picture in base64.
    pub data: String,
}

/// Keeps a picture; one that is there already stays.
pub async fn insert(
    database: &Database,
    hash: &str,
    content_type: &str,
    data: &str,
    now: i64,
) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO application_logo (hash, content_type, data, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (hash) DO UPDATE SET created_at = excluded.created_at",
        )
        .bind(hash)
        .bind(content_type)
        .bind(data)
        .bind(now)
        .execute(pool)
        .await?;
    });
    Ok(())
}

/// Finds a picture.
pub async fn find(database: &Database, hash: &str) -> Result<Option<LogoRow>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as("SELECT content_type, data FROM application_logo WHERE hash = $1")
            .bind(hash)
            .fetch_optional(pool)
            .await?
    }))
}

/// An application that runs, whose logo nobody fetched and no review found wanting, and the logo's address.
pub async fn missing(database: &Database) -> Result<Option<(String, String)>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as(
            "SELECT client_id, logo_url FROM application WHERE review = 'approved' AND logo IS NULL \
             AND logo_url IS NOT NULL AND (logo_tried IS NULL OR logo_tried <> logo_url) \
             AND NOT EXISTS (SELECT 1 FROM review_finding found WHERE found.client_id = application.client_id \
             AND found.field = 'logo' AND found.url = application.logo_url) ORDER BY client_id LIMIT 1",
        )
        .fetch_optional(pool)
        .await?
    }))
}

/// Writes down that the logo at an application's address was asked for: it is not asked for again. Nothing happens when
/// its address is another one by now.
pub async fn tried(database: &Database, client_id: &str, url: &str) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query("UPDATE application SET logo_tried = $2 WHERE client_id = $1 AND logo_url = $2")
            .bind(client_id)
            .bind(url)
            .execute(pool)
            .await?;
    });
    Ok(())
}

/// Deletes pictures that no application shows and no change under review would show. Looks at `most` of them, those
/// after `after` in the order of their hashes, and gives the last one; none when they were the last. What was fetched
/// after `before` stays: whoever fetched it may be about to name it.
pub async fn delete_unused(
    database: &Database,
    after: &str,
    most: i64,
    before: i64,
) -> Result<Option<String>, StoreError> {
    on_database!(database, pool => {
        let last: Option<String> = sqlx::query_scalar(
            "SELECT MAX(hash) FROM (SELECT hash FROM application_logo WHERE hash > $1 ORDER BY hash LIMIT $2) part",
        )
        .bind(after)
        .bind(most)
        .fetch_one(pool)
        .await?;
        let Some(last) = last else { return Ok(None) };
        sqlx::query(
            "DELETE FROM application_logo WHERE hash > $1 AND hash <= $2 AND created_at < $3 \
             AND NOT EXISTS (SELECT 1 FROM application WHERE application.logo = application_logo.hash) \
             AND NOT EXISTS (SELECT 1 FROM review_examination seen JOIN application_proposal p \
             ON p.client_id = seen.client_id AND p.submitted_at = seen.submitted_at \
             WHERE seen.logo = application_logo.hash)",
        )
        .bind(after)
        .bind(&last)
        .bind(before)
        .execute(pool)
        .await?;
        Ok(Some(last))
    })
}
