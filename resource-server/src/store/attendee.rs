//! People invited to rooms by e-mail address.

use uuid::Uuid;

use super::audit::{self, Action};
use super::database::{Database, query};
use super::error::StoreError;
use super::room;
use crate::domain::actor::Author;
use crate::domain::attendee::{Email, InvitationRefusal};
use crate::domain::page::Page;
use crate::domain::room::MAX_ATTENDEES;

/// Takes every attendee off a room.
pub(super) const CLEAR: &str = "DELETE FROM room_attendee WHERE room_id = $1";

/// The start of an `INSERT` of several attendees: room, address, the room's moment of creation.
pub(super) const INSERT: &str = "INSERT INTO room_attendee (room_id, email, room_created_at) ";

/// How many people are invited to a room.
const COUNT: &str = "SELECT COUNT(*) FROM room_attendee WHERE room_id = $1";
/// An `INSERT` of some attendees of a room, for [`sqlx::QueryBuilder::build`].
macro_rules! insert {
    ($room:expr, $emails:expr) => {{
        let mut insert = sqlx::QueryBuilder::new($crate::store::attendee::INSERT);
        insert.push_values($emails, |mut row, email| {
            row.push_bind($room.id.to_string())
                .push_bind(email.as_str())
                .push_bind($room.created_at);
        });
        insert
    }};
}
pub(super) use insert;

/// How the addresses of a room are read in one column.
pub(super) fn split(joined: Option<&str>) -> Vec<Email> {
    let mut emails: Vec<Email> = joined
        .unwrap_or_default()
        .split(' ')
        .filter_map(Email::parse)
        .collect();
    emails.sort();
    emails
}

impl Database {
    /// One page of the people invited to a room, in the order of their addresses, and how many there are.
    pub async fn list_attendees(&self, room: Uuid, page: Page) -> Result<(i64, Vec<String>), StoreError> {
        let emails: Vec<String> = query!(self, read, "attendees.list", |pool| {
            sqlx::query_scalar(
                "SELECT email FROM room_attendee WHERE room_id = $1 ORDER BY email LIMIT $2 OFFSET $3",
            )
            .bind(room.to_string())
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })?;
        let count = match page.count_of_last(emails.len()) {
            Some(count) => count,
            None => query!(self, read, "attendees.count", |pool| {
                sqlx::query_scalar(COUNT)
                    .bind(room.to_string())
                    .fetch_one(pool)
                    .await
            })?,
        };
        Ok((count, emails))
    }

    /// Invites somebody. `None` when the room is gone.
    pub async fn invite(
        &self,
        room: Uuid,
        email: &Email,
        by: Author<'_>,
        at: i64,
    ) -> Result<Option<Result<(), InvitationRefusal>>, StoreError> {
        query!(self, write, "attendees.add", |pool| {
            let mut transaction = pool.begin().await?;
            let held = room::hold!(room, at).execute(&mut *transaction).await?;
            if held.rows_affected() == 0 {
                return Ok(None);
            }
            let inserted = sqlx::query(
                "INSERT INTO room_attendee (room_id, email, room_created_at) \
                 SELECT id, $2, created_at FROM rooms WHERE id = $1 ON CONFLICT DO NOTHING",
            )
            .bind(room.to_string())
            .bind(email.as_str())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if inserted == 0 {
                return Ok(Some(Err(InvitationRefusal::AlreadyThere)));
            }
            let count: i64 = sqlx::query_scalar(COUNT)
                .bind(room.to_string())
                .fetch_one(&mut *transaction)
                .await?;
            if usize::try_from(count).is_ok_and(|count| count > MAX_ATTENDEES) {
                return Ok(Some(Err(InvitationRefusal::Full)));
            }
            audit::entry!(room, by, Action::Update, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(Ok(())))
        })
    }

    /// Takes an invitation back. `false` when there was none.
    pub async fn uninvite(
        &self,
        room: Uuid,
        email: &Email,
        by: Author<'_>,
        at: i64,
    ) -> Result<bool, StoreError> {
        query!(self, write, "attendees.remove", |pool| {
            let mut transaction = pool.begin().await?;
            let deleted = sqlx::query("DELETE FROM room_attendee WHERE room_id = $1 AND email = $2")
                .bind(room.to_string())
                .bind(email.as_str())
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if deleted == 0 {
                return Ok(false);
            }
            audit::entry!(room, by, Action::Update, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
    }
}
