//! People invited to rooms by e-mail address.

use crate::domain::attendee::Email;

/// Takes every attendee off a room.
pub(super) const CLEAR: &str = "DELETE FROM room_attendee WHERE room_id = $1";

/// The start of an `INSERT` of several attendees: room, address, the room's moment of creation.
pub(super) const INSERT: &str = "INSERT INTO room_attendee (room_id, email, room_created_at) ";

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
