//! A call: a room in use, from when it starts until it ends. While it runs, the API calls it a session.

use uuid::Uuid;

use super::access::Role;
use super::attendee::Email;

/// The most users who are in one call at the same time.
pub const MAX_PRESENT: i64 = 1000;

/// A call that runs or is over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// Names it.
    pub id: Uuid,
    /// Its room, which may be gone.
    pub room_id: Uuid,
    /// What the room was called when it started.
    pub name: Option<String>,
    /// Whether it is recorded.
    pub recorded: bool,
    /// Unix seconds.
    pub started_at: i64,
    /// Unix seconds; none while it runs.
    pub ended_at: Option<i64>,
    /// How many users are in it while it runs, and were in it when it is over.
    pub participants: i64,
}

/// A user in a call, from when they come until they go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attendance {
    /// The user.
    pub user_id: Uuid,
    /// What the others read, where it is known.
    pub name: Option<String>,
    /// What the user was in the room when they came; none for a guest.
    pub role: Option<Role>,
    /// Whether they are on the podium.
    pub on_podium: bool,
    /// Unix seconds.
    pub joined_at: i64,
    /// Unix seconds; none while they are there.
    pub left_at: Option<i64>,
}

/// Somebody who had a role in the room or was invited when a call started.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expected {
    /// Who.
    pub person: Person,
    /// What they were in the room then.
    pub role: Role,
}

/// How somebody is named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Person {
    /// A user.
    User(Uuid),
    /// Whoever has this address.
    Address(Email),
}

impl Person {
    /// Reads a user's id or an e-mail address: no text is both.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text)
            .map(Self::User)
            .ok()
            .or_else(|| Email::parse(text).map(Self::Address))
    }
}

/// What came of somebody's wish to enter a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JoinOutcome {
    /// They came in.
    Joined(Attendance),
    /// They were in already.
    Present(Attendance),
    /// There is no call, and they may not start one.
    NotStarted,
    /// [`MAX_PRESENT`] are in.
    Full,
}
