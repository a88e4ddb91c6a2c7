//! A meeting room.

use uuid::Uuid;

use super::attendee::Email;

/// The longest name of a room, in characters.
pub const MAX_NAME: usize = 200;
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
    /// Who has to wait in the lobby.
    pub access_level: AccessLevel,
    /// Opens the room from a telephone.
    pub pin_code: Option<String>,
    /// The application that made it.
    pub client_id: String,
    /// Unix seconds.
    pub created_at: i64,
}

/// Who has to wait in the lobby.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccessLevel {
    /// Nobody. Never given by an API.
    Public,
    /// People who did not sign in.
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

/// What becomes of a room's name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum NameChange {
    /// It stays.
    #[default]
    Keep,
    /// The room has none from now on.
    Remove,
    /// This is the name from now on.
    Set(String),
}

impl NameChange {
    /// The name after the change.
    pub fn apply(&self, current: Option<String>) -> Option<String> {
        match self {
            Self::Keep => current,
            Self::Remove => None,
            Self::Set(name) => Some(name.clone()),
        }
    }
}

/// What an update changes; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct RoomChange {
    /// The new name.
    pub name: NameChange,
    /// The new access level.
    pub access_level: Option<AccessLevel>,
    /// The new list of attendees, in place of the old one.
    pub attendees: Option<Vec<Email>>,
}

/// Why a text is no name for a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameError {
    /// Longer than [`MAX_NAME`].
    TooLong,
    /// Has a control character, which some databases and most pages cannot hold.
    ControlCharacter,
}

/// Checks a name; one of white space alone is no name.
pub fn parse_name(text: &str) -> Result<Option<String>, NameError> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter);
    }
    if text.chars().count() > MAX_NAME {
        return Err(NameError::TooLong);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
