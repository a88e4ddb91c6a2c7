//! Who acts: a user through an application.

use uuid::Uuid;

use super::attendee::Email;

/// The user behind a request and the application that sent it.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The user.
    pub user_id: Uuid,
    /// The user's address, where the token tells it.
    pub email: Option<Email>,
    /// The application.
    pub client_id: String,
    /// How the application came to act for the user.
    pub auth_method: AuthMethod,
}

/// How an application came to act for a user; kept in the audit trail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthMethod {
    /// The user signed in and agreed.
    ResourceServer,
    /// The application named the user itself, and is trusted to.
    ApplicationDelegated,
    /// The user signed in on the pages of this server.
    Webapp,
}

impl AuthMethod {
    /// The word for it in the audit trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResourceServer => "resource-server",
            Self::ApplicationDelegated => "application-delegated",
            Self::Webapp => "webapp",
        }
    }
}
