//! A meeting room.

use uuid::Uuid;

use super::attendee::Email;
use super::change::Change;

/// The longest name of a room, in characters.
pub const MAX_NAME: usize = 200;
/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 4000;
/// The longest planned duration, in minutes: a week.
pub const MAX_DURATION: i64 = 7 * 24 * 60;
/// The most people one room invites by e-mail address.
pub const MAX_ATTENDEES: usize = 500;

/// A room as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Room {
    /// Names the room in the API.
    pub id: Uuid,
    /// Names the room in its URL.
    pub slug: String,
    /// What people call it.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// When it is planned.
    pub schedule: Option<Schedule>,
    /// Who has to wait in the lobby.
    pub access_level: AccessLevel,
    /// Opens the room from a telephone.
    pub pin_code: Option<String>,
    /// The application that made it.
    pub client_id: String,
    /// Unix seconds.
    pub created_at: i64,
}

/// When a room is planned to be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Schedule {
    /// Unix seconds.
    pub starts_at: i64,
    /// From 1 to [`MAX_DURATION`].
    pub duration_minutes: i64,
}

/// Who has to wait in the lobby.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AccessLevel {
    /// Nobody. Never given by an API.
    Public,
    /// People who did not sign in.
    #[default]
    Trusted,
    /// Everybody without a role in the room.
    Restricted,
}

impl AccessLevel {
    /// Every level, from the most open on.
    pub const ALL: [Self; 3] = [Self::Public, Self::Trusted, Self::Restricted];

    /// The word for it in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Trusted => "trusted",
            Self::Restricted => "restricted",
        }
    }

    /// The reverse of [`AccessLevel::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// What an update changes; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct RoomChange {
    /// The new name.
    pub name: Change<String>,
    /// The new description.
    pub description: Change<String>,
    /// The new time.
    pub schedule: Change<Schedule>,
    /// The new access level.
    pub access_level: Option<AccessLevel>,
    /// The new list of attendees, in place of the old one.
    pub attendees: Option<Vec<Email>>,
}

/// Why a text is no name or description.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextError {
    /// Longer than this many characters.
    TooLong(usize),
    /// Has a control character, which some databases and most pages cannot hold.
    ControlCharacter,
}

/// Checks a text of one line; one of white space alone is none.
pub fn parse_line(text: &str, limit: usize) -> Result<Option<String>, TextError> {
    parse(text, limit, char::is_control)
}

/// Checks a text of several lines; one of white space alone is none.
pub fn parse_text(text: &str, limit: usize) -> Result<Option<String>, TextError> {
    parse(text, limit, |c| {
        c.is_control() && !matches!(c, '\n' | '\r' | '\t')
    })
}

fn parse(text: &str, limit: usize, forbidden: impl Fn(char) -> bool) -> Result<Option<String>, TextError> {
    let text = text.trim();
    if text.chars().any(forbidden) {
        return Err(TextError::ControlCharacter);
    }
    if text.chars().count() > limit {
        return Err(TextError::TooLong(limit));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
