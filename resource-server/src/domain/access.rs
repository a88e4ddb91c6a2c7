//! Who may do what with a room.

use uuid::Uuid;

use super::principal::Principal;
use super::room::{AccessLevel, Room};

/// The most users with a role in one room.
pub const MAX_PARTICIPANTS: usize = 500;

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

    /// The role that can be given to a user: an attendee is somebody by e-mail address alone.
    pub fn parse_given(text: &str) -> Option<Self> {
        Self::parse(text).filter(|role| *role != Self::Attendee)
    }

    /// Whether this role may delete the room.
    pub fn may_delete(self) -> bool {
        self == Self::Owner
    }

    /// Whether this role may change the room and see who is invited.
    pub fn may_manage(self) -> bool {
        matches!(self, Self::Owner | Self::Administrator)
    }
}

/// What an application that acts for itself counts as in every room.
pub const SERVER_WIDE_ROLE: Role = Role::Owner;

/// Why a room may not be deleted by the application that made it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeleteRefusal {
    /// Only owners delete.
    NotOwner,
    /// Another application made the room.
    OtherApplication,
}

/// A room is deleted by its owner, through the application that made it: the rule of the Meet API, whose
/// users let an application delete what it generated and nothing else. Where applications have no such
/// promise to keep, [`Role::may_delete`] alone decides.
pub fn may_delete(room: &Room, role: Role, principal: &Principal) -> Result<(), DeleteRefusal> {
    if !role.may_delete() {
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

/// A user with a role in a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Participant {
    /// The user.
    pub user_id: Uuid,
    /// What they are in the room.
    pub role: Role,
}

/// What is to become of somebody's role in a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RoleWish {
    /// Somebody without a role gets one.
    Add(Role),
    /// Somebody with a role gets another.
    Edit(Role),
    /// Somebody with a role loses it.
    Remove,
}

/// Who wants it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ruler {
    /// A user with this role.
    User(Role),
    /// An application that acts for itself.
    ServerWide,
}

/// Why a role stays as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RoleRefusal {
    /// The user has no role in the room.
    NoParticipant,
    /// The user has a role already.
    AlreadyThere,
    /// The room has [`MAX_PARTICIPANTS`].
    Full,
    /// Only owners and administrators give roles.
    NotManager,
    /// Only owners make owners, or make them something else.
    NotOwner,
    /// The room would be without an owner.
    LastOwner,
}

/// How a room's roles stand when one is to be changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// The role that is to be changed.
    pub current: Option<Role>,
    /// How many users have a role.
    pub participants: i64,
    /// How many of them are owners.
    pub owners: i64,
}

/// Managers give and take roles, owners alone that of an owner. Users do not leave a room without an
/// owner; an application that acts for itself may.
pub fn may_change_role(wish: RoleWish, by: Ruler, standing: Standing) -> Result<(), RoleRefusal> {
    let next = match (wish, standing.current) {
        (RoleWish::Add(_), Some(_)) => return Err(RoleRefusal::AlreadyThere),
        (RoleWish::Edit(_) | RoleWish::Remove, None) => return Err(RoleRefusal::NoParticipant),
        (RoleWish::Add(role) | RoleWish::Edit(role), _) => Some(role),
        (RoleWish::Remove, _) => None,
    };
    let full = usize::try_from(standing.participants).is_ok_and(|count| count >= MAX_PARTICIPANTS);
    if full && standing.current.is_none() {
        return Err(RoleRefusal::Full);
    }
    let Ruler::User(role) = by else {
        return Ok(());
    };
    let was_owner = standing.current == Some(Role::Owner);
    let is_owner = next == Some(Role::Owner);
    if !role.may_manage() {
        return Err(RoleRefusal::NotManager);
    }
    if role != Role::Owner && (was_owner || is_owner) {
        return Err(RoleRefusal::NotOwner);
    }
    if was_owner && !is_owner && standing.owners <= 1 {
        return Err(RoleRefusal::LastOwner);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Role::{Administrator, Attendee, Member, Owner};
    use super::RoleRefusal::{AlreadyThere, Full, LastOwner, NoParticipant, NotManager, NotOwner};
    use super::RoleWish::{Add, Edit, Remove};
    use super::{Ruler, Standing, may_change_role};

    /// S3.28
    #[test]
    fn who_may_give_and_take_which_role() {
        let user = Ruler::User;
        let server = Ruler::ServerWide;
        for (wish, by, current, owners, expected) in [
            (Add(Member), user(Owner), None, 1, Ok(())),
            (Add(Owner), user(Owner), None, 1, Ok(())),
            (Add(Member), user(Administrator), None, 1, Ok(())),
            (Add(Owner), user(Administrator), None, 1, Err(NotOwner)),
            (Add(Member), user(Member), None, 1, Err(NotManager)),
            (Add(Member), user(Attendee), None, 1, Err(NotManager)),
            (Add(Owner), server, None, 0, Ok(())),
            (Add(Member), server, Some(Member), 1, Err(AlreadyThere)),
            (Edit(Owner), user(Owner), Some(Member), 1, Ok(())),
            (
                Edit(Owner),
                user(Administrator),
                Some(Administrator),
                1,
                Err(NotOwner),
            ),
            (Edit(Member), user(Administrator), Some(Owner), 2, Err(NotOwner)),
            (Edit(Member), user(Owner), Some(Owner), 2, Ok(())),
            (Edit(Member), user(Owner), Some(Owner), 1, Err(LastOwner)),
            (Edit(Owner), user(Owner), Some(Owner), 1, Ok(())),
            (Edit(Member), server, Some(Owner), 1, Ok(())),
            (Edit(Member), server, None, 1, Err(NoParticipant)),
            (Remove, user(Administrator), Some(Member), 1, Ok(())),
            (Remove, user(Administrator), Some(Owner), 2, Err(NotOwner)),
            (Remove, user(Owner), Some(Owner), 1, Err(LastOwner)),
            (Remove, user(Owner), Some(Owner), 2, Ok(())),
            (Remove, server, Some(Owner), 1, Ok(())),
            (Remove, user(Owner), None, 1, Err(NoParticipant)),
        ] {
            let standing = |participants| Standing {
                current,
                participants,
                owners,
            };
            assert_eq!(
                may_change_role(wish, by, standing(3)),
                expected,
                "{wish:?} {by:?} {current:?} {owners}"
            );
            let when_full = if expected.is_ok() && current.is_none() {
                Err(Full)
            } else {
                expected
            };
            if when_full != Err(NotManager) && when_full != Err(NotOwner) {
                assert_eq!(
                    may_change_role(wish, by, standing(500)),
                    when_full,
                    "{wish:?} {by:?}"
                );
            }
        }
    }
}
