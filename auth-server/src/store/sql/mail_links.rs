//! Table `mail_link`: what links in messages prove. They are written with their message, in `outbox`.

use uuid::Uuid;

use super::parse;
use crate::domain::mail::LinkPurpose;
use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// Whom a link belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkOwner {
    /// The user.
    pub user_id: Uuid,
    /// The address it was sent to.
    pub email: String,
}

fn owner(row: Option<(String, String)>) -> Result<Option<LinkOwner>, StoreError> {
    row.map(|(id, email)| {
        Ok(LinkOwner {
            user_id: parse(&id, "mail_link.user_id")?,
            email,
        })
    })
    .transpose()
}

/// Whom a link belongs to that is still good; it stays.
pub async fn find(
    database: &Database,
    hash: &HashedToken,
    purpose: LinkPurpose,
    now: i64,
) -> Result<Option<LinkOwner>, StoreError> {
    owner(on_database!(database, pool => {
        sqlx::query_as("SELECT user_id, email FROM mail_link WHERE hash = $1 AND purpose = $2 AND expires_at > $3")
            .bind(hash.as_str())
            .bind(purpose.as_str())
            .bind(now)
            .fetch_optional(pool)
            .await?
    }))
}

/// Takes a link: of many callers one gets it.
pub async fn take(
    database: &Database,
    hash: &HashedToken,
    purpose: LinkPurpose,
    now: i64,
) -> Result<Option<LinkOwner>, StoreError> {
    owner(on_database!(database, pool => {
        sqlx::query_as(
            "DELETE FROM mail_link WHERE hash = $1 AND purpose = $2 AND expires_at > $3 RETURNING user_id, email",
        )
        .bind(hash.as_str())
        .bind(purpose.as_str())
        .bind(now)
        .fetch_optional(pool)
        .await?
    }))
}

/// Writes down that an address is proven, if it still is the user's; false when it is not.
pub async fn verify_email(database: &Database, owner: &LinkOwner, now: i64) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query(
            "UPDATE account SET email_verified_at = $3, version = version + 1, updated_at = $3 \
             WHERE id = $1 AND email = $2",
        )
        .bind(owner.user_id.to_string())
        .bind(&owner.email)
        .bind(now)
        .execute(pool)
        .await?
        .rows_affected()
    });
    Ok(rows > 0)
}

/// When a user's address was proven, seconds since the Unix epoch.
pub async fn verified_at(database: &Database, user_id: Uuid) -> Result<Option<i64>, StoreError> {
    let found: Option<(Option<i64>,)> = on_database!(database, pool => {
        sqlx::query_as("SELECT email_verified_at FROM account WHERE id = $1")
            .bind(user_id.to_string())
            .fetch_optional(pool)
            .await?
    });
    Ok(found.and_then(|(at,)| at))
}
