//! Establishments and their publications.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::attendee::Email;
use crate::domain::establishment::{Details, DetailsChange, Establishment, Feed, Publication};

#[derive(sqlx::FromRow)]
struct Row {
    user_id: String,
    revision: i64,
    name: String,
    description: Option<String>,
    street: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    country: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    website: Option<String>,
    opening_hours: String,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Establishment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let opening_hours = serde_json::from_str(&row.opening_hours).map_err(|_| StoreError::Row {
            table: "establishment",
            column: "opening_hours",
            row: row.user_id,
        })?;
        Ok(Self {
            details: Details {
                name: row.name,
                description: row.description,
                street: row.street,
                postal_code: row.postal_code,
                city: row.city,
                country: row.country,
                phone: row.phone,
                email: row.email.as_deref().and_then(Email::parse),
                website: row.website,
                opening_hours,
            },
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

#[derive(sqlx::FromRow)]
struct PublicationRow {
    feed: String,
    published_at: i64,
}

/// Binds what a record says, in the order of the columns.
macro_rules! bind_details {
    ($query:expr, $details:expr) => {
        $query
            .bind(&$details.name)
            .bind(&$details.description)
            .bind(&$details.street)
            .bind(&$details.postal_code)
            .bind(&$details.city)
            .bind(&$details.country)
            .bind(&$details.phone)
            .bind($details.email.as_ref().map(Email::as_str))
            .bind(&$details.website)
            .bind(opening_hours(&$details))
    };
}

fn opening_hours(details: &Details) -> String {
    serde_json::to_string(&details.opening_hours).unwrap_or_else(|_| "[]".to_owned())
}

impl Database {
    /// A user's record.
    pub async fn find_establishment(&self, user: Uuid) -> Result<Option<Establishment>, StoreError> {
        let row: Option<Row> = query!(self, read, "establishment.retrieve", |pool| {
            sqlx::query_as("SELECT * FROM establishment WHERE user_id = $1")
                .bind(user.to_string())
                .fetch_optional(pool)
                .await
        })?;
        row.map(Establishment::try_from).transpose()
    }

    /// Makes a user's record, or puts new details in place of the old ones; `true` when it was made.
    pub async fn put_establishment(
        &self,
        user: Uuid,
        details: &Details,
        at: i64,
    ) -> Result<(Establishment, bool), StoreError> {
        let row: Row = query!(self, write, "establishment.put", |pool| {
            let query = sqlx::query_as(
                "INSERT INTO establishment (user_id, revision, name, description, street, postal_code, city, country, \
                        phone, email, website, opening_hours, created_at, updated_at) \
                 VALUES ($1, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $2, $2) \
                 ON CONFLICT (user_id) DO UPDATE SET revision = establishment.revision + 1, name = excluded.name, \
                        description = excluded.description, street = excluded.street, \
                        postal_code = excluded.postal_code, city = excluded.city, country = excluded.country, \
                        phone = excluded.phone, email = excluded.email, website = excluded.website, \
                        opening_hours = excluded.opening_hours, updated_at = excluded.updated_at \
                 RETURNING *",
            )
            .bind(user.to_string())
            .bind(at);
            bind_details!(query, details).fetch_one(pool).await
        })?;
        let is_new = row.revision == 1;
        Ok((row.try_into()?, is_new))
    }

    /// Changes a user's record; none when there is none. Changes at the same moment queue for the row, so that none
    /// undoes another.
    pub async fn update_establishment(
        &self,
        user: Uuid,
        change: DetailsChange,
        at: i64,
    ) -> Result<Option<Establishment>, StoreError> {
        let changed: Option<Result<Establishment, StoreError>> = query!(
            self,
            write,
            "establishment.update",
            |pool| {
                let mut transaction = pool.begin().await?;
                // The write comes first: it locks the row before it is looked at.
                let row: Option<Row> = sqlx::query_as(
                    "UPDATE establishment SET revision = revision + 1, updated_at = $2 WHERE user_id = $1 RETURNING *",
                )
                .bind(user.to_string())
                .bind(at)
                .fetch_optional(&mut *transaction)
                .await?;
                let mut establishment = match row.map(Establishment::try_from) {
                    None => return Ok(None),
                    Some(Err(error)) => return Ok(Some(Err(error))),
                    Some(Ok(establishment)) => establishment,
                };
                establishment.details = change.apply(establishment.details);
                let query = sqlx::query(
                    "UPDATE establishment SET name = $2, description = $3, street = $4, postal_code = $5, city = $6, \
                            country = $7, phone = $8, email = $9, website = $10, opening_hours = $11 \
                     WHERE user_id = $1",
                )
                .bind(user.to_string());
                bind_details!(query, establishment.details)
                    .execute(&mut *transaction)
                    .await?;
                transaction.commit().await?;
                Ok(Some(Ok(establishment)))
            }
        )?;
        changed.transpose()
    }

    /// The feeds that a user's record is published on.
    pub async fn publications(&self, user: Uuid) -> Result<Vec<Publication>, StoreError> {
        let rows: Vec<PublicationRow> = query!(self, read, "publication.list", |pool| {
            sqlx::query_as(
                "SELECT feed, published_at FROM establishment_publication WHERE user_id = $1 ORDER BY feed",
            )
            .bind(user.to_string())
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter()
            .map(|row| {
                Ok(Publication {
                    feed: Feed::parse(&row.feed).ok_or_else(|| StoreError::Row {
                        table: "establishment_publication",
                        column: "feed",
                        row: user.to_string(),
                    })?,
                    published_at: row.published_at,
                })
            })
            .collect()
    }

    /// Publishes a user's record on a feed, and tells since when it is there: again changes nothing. None when there
    /// is no record.
    pub async fn publish(&self, user: Uuid, feed: Feed, at: i64) -> Result<Option<Publication>, StoreError> {
        let published_at: Option<i64> = query!(self, write, "publication.put", |pool| {
            sqlx::query_scalar(
                "INSERT INTO establishment_publication (user_id, feed, published_at) \
                 SELECT user_id, $2, $3 FROM establishment WHERE user_id = $1 \
                 ON CONFLICT (user_id, feed) DO UPDATE SET feed = excluded.feed RETURNING published_at",
            )
            .bind(user.to_string())
            .bind(feed.as_str())
            .bind(at)
            .fetch_optional(pool)
            .await
        })?;
        Ok(published_at.map(|published_at| Publication { feed, published_at }))
    }

    /// Withdraws a user's record from a feed; `false` when it was not published there.
    pub async fn withdraw(&self, user: Uuid, feed: Feed) -> Result<bool, StoreError> {
        let rows = query!(self, write, "publication.delete", |pool| {
            sqlx::query("DELETE FROM establishment_publication WHERE user_id = $1 AND feed = $2")
                .bind(user.to_string())
                .bind(feed.as_str())
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })?;
        Ok(rows > 0)
    }
}
