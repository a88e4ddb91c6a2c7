//! People invited to rooms by e-mail address.

use crate::domain::attendee::Email;

/// Takes every attendee off a room.
pub(super) const CLEAR: &str = "DELETE FROM room_attendee WHERE room_id = $1";

/// The start of an `INSERT` of several attendees: room, address, the room's moment of creation.
pub(super) const INSERT: &str = "INSERT INTO room_attendee (room_id, email, room_created_at) ";

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
