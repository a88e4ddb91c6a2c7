//! Who may do what with a room.

use super::principal::Principal;
use super::room::{AccessLevel, Room};

/// What somebody is in a room. Each one may see the room; nobody else learns that it exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Made the room, or was given it.
    Owner,
    /// May change the room.
    Administrator,
    /// Takes part.
    Member,
    /// Invited by e-mail address: takes part and passes the lobby.
    Attendee,
}

impl Role {
    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Member => "member",
            Self::Attendee => "attendee",
        }
    }

    /// The reverse of [`Role::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Administrator, Self::Member, Self::Attendee]
            .into_iter()
            .find(|role| role.as_str() == text)
    }

    /// Whether this role may change the room and see who is invited.
    pub fn may_manage(self) -> bool {
        matches!(self, Self::Owner | Self::Administrator)
    }
}

/// What an application that acts for itself counts as in every room.
pub const SERVER_WIDE_ROLE: Role = Role::Owner;

/// Why a room may not be deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeleteRefusal {
    /// Only owners delete.
    NotOwner,
    /// Another application made the room.
    OtherApplication,
}

/// A room is deleted by its owner, through the application that made it.
pub fn may_delete(room: &Room, role: Role, principal: &Principal) -> Result<(), DeleteRefusal> {
    if role != Role::Owner {
        return Err(DeleteRefusal::NotOwner);
    }
    if room.client_id != principal.client_id {
        return Err(DeleteRefusal::OtherApplication);
    }
    Ok(())
}

/// The meetings' door lets an application change and delete what "was created by the user", with whichever
/// application: owners alone, unlike Meet's door, where administrators change a room too, and where a room is
/// deleted only through the application that made it ([`may_delete`]).
pub fn may_change_meeting(role: Role) -> bool {
    role == Role::Owner
}

/// Whether a signed-in user may enter a room. Only a restricted one asks for a role.
pub fn may_join(level: AccessLevel, role: Option<Role>) -> bool {
    match level {
        AccessLevel::Public | AccessLevel::Trusted => true,
        AccessLevel::Restricted => role.is_some(),
    }
}
