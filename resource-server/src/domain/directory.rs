//! Users and groups. They belong to the authorization server; here only their ids are kept.

use uuid::Uuid;

use super::attendee::Email;
use crate::config::Secret;

/// The longest name of a user or group, in bytes.
pub const MAX_NAME_BYTES: usize = 200;
/// The longest password, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// A user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DirectoryUser {
    /// As in the `user_id` of tokens.
    pub id: Uuid,
    /// What the user signs in with.
    pub email: String,
    /// What people call the user.
    pub name: Option<String>,
    /// Whether the user can sign in; the tokens of one who cannot are refused.
    pub active: bool,
}

/// A group of users.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// A user who is to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What the user signs in with.
    pub email: Email,
    /// What people call the user; without it the authorization server finds something.
    pub name: Option<String>,
    /// Without one the user cannot sign in by password.
    pub password: Option<Secret>,
    /// Whether the user can sign in.
    pub active: bool,
}

/// What an update changes; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The new address.
    pub email: Option<Email>,
    /// The new name.
    pub name: Option<String>,
    /// Whether the user can sign in from now on.
    pub active: Option<bool>,
}

/// Which users are asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UserFilter {
    /// All of them.
    Everyone,
    /// The one with this address.
    Email(Email),
    /// Those with this text in the address or the name, in any case.
    Text(String),
}

impl UserFilter {
    /// Whether this user is meant.
    pub fn matches(&self, user: &DirectoryUser) -> bool {
        let email = user.email.to_lowercase();
        match self {
            Self::Everyone => true,
            Self::Email(wanted) => email == wanted.as_str(),
            Self::Text(text) => {
                let text = text.to_lowercase();
                let name = user.name.as_deref().unwrap_or_default().to_lowercase();
                email.contains(&text) || name.contains(&text)
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use uuid::Uuid;

    use super::{DirectoryUser, Email, UserFilter};

    #[test]
    fn filters_look_at_address_and_name_in_any_case() {
        let ann = DirectoryUser {
            id: Uuid::nil(),
            email: "Ann@example.org".into(),
            name: Some("Ann Lee".into()),
            active: true,
        };
        let text = |text: &str| UserFilter::Text(text.into()).matches(&ann);
        let email = |text: &str| UserFilter::Email(Email::parse(text).unwrap()).matches(&ann);
        assert!(UserFilter::Everyone.matches(&ann));
        assert!(text("lEE") && text("EXAMPLE") && !text("bob"));
        assert!(email("ANN@example.org") && !email("nn@example.org"));
    }
}
