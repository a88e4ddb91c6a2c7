//! Who acts: an application, for a user or for itself.

use uuid::Uuid;

use super::principal::Principal;

/// The word for an application that acts for itself, in the audit trail.
const SERVER_WIDE: &str = "server-wide";

/// The one behind a request.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A user through an application.
    User(Principal),
    /// An application for itself: it sees everything on the server.
    Application {
        /// The application.
        client_id: String,
    },
}

impl Actor {
    /// The application.
    pub fn client_id(&self) -> &str {
        match self {
            Self::User(principal) => &principal.client_id,
            Self::Application { client_id } => client_id,
        }
    }

    /// The user and the application, unless the application acts for itself.
    pub fn user(&self) -> Option<&Principal> {
        match self {
            Self::User(principal) => Some(principal),
            Self::Application { .. } => None,
        }
    }

    /// Whether no user is behind it.
    pub fn is_server_wide(&self) -> bool {
        matches!(self, Self::Application { .. })
    }
}

/// Whom the audit trail names for a change.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// The user, unless an application acted for itself.
    pub user_id: Option<Uuid>,
    /// The application.
    pub client_id: &'a str,
    /// How the application came to act.
    pub auth_method: &'static str,
}

impl<'a> From<&'a Principal> for Author<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self {
            user_id: Some(principal.user_id),
            client_id: &principal.client_id,
            auth_method: principal.auth_method.as_str(),
        }
    }
}

impl<'a> From<&'a Actor> for Author<'a> {
    fn from(actor: &'a Actor) -> Self {
        match actor {
            Actor::User(principal) => principal.into(),
            Actor::Application { client_id } => Self {
                user_id: None,
                client_id,
                auth_method: SERVER_WIDE,
            },
        }
    }
}
