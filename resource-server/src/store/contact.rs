//! Address books.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::attendee::Email;
use crate::domain::contact::{Contact, MAX_CONTACTS};
use crate::domain::page::Page;

/// What became of a contact that was to be stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContactOutcome {
    /// It is stored.
    Stored,
    /// Another contact of the book has the address.
    Taken,
    /// The book has no room for another one.
    Full,
    /// The book has no such contact.
    Gone,
}

#[derive(sqlx::FromRow)]
struct ContactRow {
    id: String,
    name: String,
    email: String,
    user_id: Option<String>,
    phone: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<ContactRow> for Contact {
    type Error = StoreError;

    fn try_from(row: ContactRow) -> Result<Self, StoreError> {
        let unknown = |column| StoreError::Row {
            table: "contact",
            column,
            row: row.id.clone(),
        };
        let user_id = row.user_id.as_deref().map(Uuid::parse_str).transpose();
        Ok(Self {
            id: Uuid::parse_str(&row.id).map_err(|_| unknown("id"))?,
            email: Email::parse(&row.email).ok_or_else(|| unknown("email"))?,
            user_id: user_id.map_err(|_| unknown("user_id"))?,
            name: row.name,
            phone: row.phone,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Database {
    /// One page of a user's address book, and how many contacts it has.
    pub async fn list_contacts(&self, owner: Uuid, page: Page) -> Result<(i64, Vec<Contact>), StoreError> {
        let (count, rows): (i64, Vec<ContactRow>) = query!(self, read, "contacts.list", |pool| {
            let count = sqlx::query_scalar("SELECT COUNT(*) FROM contact WHERE owner_id = $1")
                .bind(owner.to_string())
                .fetch_one(pool)
                .await?;
            let rows = sqlx::query_as(
                "SELECT id, name, email, user_id, phone, created_at, updated_at FROM contact \
                 WHERE owner_id = $1 ORDER BY id LIMIT $2 OFFSET $3",
            )
            .bind(owner.to_string())
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await?;
            Ok((count, rows))
        })?;
        let contacts = rows.into_iter().map(Contact::try_from);
        Ok((count, contacts.collect::<Result<_, _>>()?))
    }

    /// A contact of a user's address book.
    pub async fn find_contact(&self, owner: Uuid, id: Uuid) -> Result<Option<Contact>, StoreError> {
        let row: Option<ContactRow> = query!(self, read, "contacts.retrieve", |pool| {
            sqlx::query_as(
                "SELECT id, name, email, user_id, phone, created_at, updated_at FROM contact \
                 WHERE owner_id = $1 AND id = $2",
            )
            .bind(owner.to_string())
            .bind(id.to_string())
            .fetch_optional(pool)
            .await
        })?;
        row.map(Contact::try_from).transpose()
    }

    /// Stores a new contact: `Stored`, `Taken` (contact_email_key) or `Full`. Callers at the same moment may go
    /// beyond [`MAX_CONTACTS`] by their number.
    pub async fn insert_contact(&self, owner: Uuid, contact: &Contact) -> Result<ContactOutcome, StoreError> {
        query!(self, write, "contacts.create", |pool| {
            let inserted = sqlx::query(
                "INSERT INTO contact (id, owner_id, name, email, user_id, phone, created_at, updated_at) \
                 SELECT $1, $2, $3, $4, $5, $6, $7, $7 \
                 WHERE (SELECT COUNT(*) FROM contact WHERE owner_id = $2) < $8 \
                 ON CONFLICT DO NOTHING",
            )
            .bind(contact.id.to_string())
            .bind(owner.to_string())
            .bind(&contact.name)
            .bind(contact.email.as_str())
            .bind(contact.user_id.map(|id| id.to_string()))
            .bind(&contact.phone)
            .bind(contact.created_at)
            .bind(MAX_CONTACTS)
            .execute(pool)
            .await?
            .rows_affected();
            if inserted > 0 {
                return Ok(ContactOutcome::Stored);
            }
            let taken: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM contact WHERE owner_id = $1 AND email = $2")
                    .bind(owner.to_string())
                    .bind(contact.email.as_str())
                    .fetch_one(pool)
                    .await?;
            Ok(if taken > 0 {
                ContactOutcome::Taken
            } else {
                ContactOutcome::Full
            })
        })
    }

    /// Stores what a contact is now: `Stored`, `Taken` (contact_email_key) or `Gone`.
    pub async fn update_contact(&self, owner: Uuid, contact: &Contact) -> Result<ContactOutcome, StoreError> {
        query!(self, write, "contacts.update", |pool| {
            let updated = sqlx::query(
                "UPDATE contact SET name = $3, email = $4, user_id = $5, phone = $6, updated_at = $7 \
                 WHERE owner_id = $1 AND id = $2",
            )
            .bind(owner.to_string())
            .bind(contact.id.to_string())
            .bind(&contact.name)
            .bind(contact.email.as_str())
            .bind(contact.user_id.map(|id| id.to_string()))
            .bind(&contact.phone)
            .bind(contact.updated_at)
            .execute(pool)
            .await;
            match updated {
                Ok(updated) if updated.rows_affected() == 0 => Ok(ContactOutcome::Gone),
                Ok(_) => Ok(ContactOutcome::Stored),
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(ContactOutcome::Taken),
                Err(error) => Err(error),
            }
        })
    }

    /// Deletes a contact; `false` when it was gone already.
    pub async fn delete_contact(&self, owner: Uuid, id: Uuid) -> Result<bool, StoreError> {
        query!(self, write, "contacts.delete", |pool| {
            sqlx::query("DELETE FROM contact WHERE owner_id = $1 AND id = $2")
                .bind(owner.to_string())
                .bind(id.to_string())
                .execute(pool)
                .await
                .map(|deleted| deleted.rows_affected() > 0)
        })
    }
}
