//! People invited to rooms by e-mail address.

use super::audit::{self, Action};
use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::actor::Author;
use crate::domain::attendee::Email;
use crate::domain::room::{MAX_ATTENDEES, Room};

/// Takes every attendee off a room.
pub(super) const CLEAR: &str = "DELETE FROM room_attendee WHERE room_id = $1";

/// The start of an `INSERT` of several attendees: room, address, the room's moment of creation.
pub(super) const INSERT: &str = "INSERT INTO room_attendee (room_id, email, room_created_at) ";

/// Marks the room as changed. The row stays locked until the transaction ends, so that those who change one
/// room's attendees at the same time do it one after the other.
const TOUCH: &str = "UPDATE rooms SET updated_at = $2 WHERE id = $1";

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

/// What became of an attendee who was to be added.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Addition {
    /// They are on the list now.
    Added,
    /// They were before.
    AlreadyThere,
    /// The list has [`MAX_ATTENDEES`] addresses.
    Full,
    /// There is no such room any more.
    NoRoom,
}

impl Database {
    /// Adds one attendee to those who are there.
    pub async fn add_attendee(
        &self,
        room: &Room,
        email: &Email,
        by: Author<'_>,
        at: i64,
    ) -> Result<Addition, StoreError> {
        query!(self, write, "attendees.add", |pool| {
            let mut transaction = pool.begin().await?;
            let touched = sqlx::query(TOUCH)
                .bind(room.id.to_string())
                .bind(at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(Addition::NoRoom);
            }
            let inserted = sqlx::query(
                "INSERT INTO room_attendee (room_id, email, room_created_at) SELECT $1, $2, $3 \
                 WHERE (SELECT COUNT(*) FROM room_attendee WHERE room_id = $1) < $4 ON CONFLICT DO NOTHING",
            )
            .bind(room.id.to_string())
            .bind(email.as_str())
            .bind(room.created_at)
            .bind(i64::try_from(MAX_ATTENDEES).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if inserted == 0 {
                let there: i64 = sqlx::query_scalar(
                    "SELECT COUNT(*) FROM room_attendee WHERE room_id = $1 AND email = $2",
                )
                .bind(room.id.to_string())
                .bind(email.as_str())
                .fetch_one(&mut *transaction)
                .await?;
                let is_there = there > 0;
                return Ok(if is_there {
                    Addition::AlreadyThere
                } else {
                    Addition::Full
                });
            }
            audit::entry!(room.id, by, Action::Update, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Addition::Added)
        })
    }

    /// Takes one attendee off a room; who is not on its list stays off it.
    pub async fn remove_attendee(
        &self,
        room: &Room,
        email: &Email,
        by: Author<'_>,
        at: i64,
    ) -> Result<(), StoreError> {
        query!(self, write, "attendees.remove", |pool| {
            let mut transaction = pool.begin().await?;
            sqlx::query(TOUCH)
                .bind(room.id.to_string())
                .bind(at)
                .execute(&mut *transaction)
                .await?;
            let removed = sqlx::query("DELETE FROM room_attendee WHERE room_id = $1 AND email = $2")
                .bind(room.id.to_string())
                .bind(email.as_str())
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if removed == 0 {
                return Ok(());
            }
            audit::entry!(room.id, by, Action::Update, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })
    }
}
