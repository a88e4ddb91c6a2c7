//! What one instance, or the command line beside it, tells the others: revocations and changed records.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One entry of the event log that every instance follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// One token is revoked.
    Token {
        /// Its id.
        jti: Uuid,
        /// Its end of life, seconds since the Unix epoch: afterwards the entry means nothing.
        exp: i64,
    },
    /// Every token of an application issued up to a moment is revoked.
    Client {
        /// The application.
        client_id: String,
        /// The moment, milliseconds since the Unix epoch.
        before_ms: i64,
    },
    /// Every token of a user issued up to a moment is revoked.
    User {
        /// The user.
        user_id: Uuid,
        /// The moment, milliseconds since the Unix epoch.
        before_ms: i64,
    },
    /// Every token of an application for a user issued up to a moment is revoked.
    Grant {
        /// The application.
        client_id: String,
        /// The user.
        user_id: Uuid,
        /// The moment, milliseconds since the Unix epoch.
        before_ms: i64,
    },
    /// An application's record changed: cached copies are stale.
    ApplicationChanged {
        /// The application.
        client_id: String,
    },
    /// An API key was blocked or unblocked.
    ApiKeyChanged {
        /// The key.
        id: Uuid,
    },
    /// A resource server's record changed.
    ResourceChanged {
        /// Its client id.
        client_id: String,
    },
    /// A user's record changed.
    UserChanged {
        /// The user.
        user_id: Uuid,
    },
    /// The signing keys changed.
    KeysChanged,
}

impl Event {
    /// Whether resource servers need to hear of it.
    pub fn is_revocation(&self) -> bool {
        matches!(
            self,
            Self::Token { .. } | Self::Client { .. } | Self::User { .. } | Self::Grant { .. }
        )
    }
}

/// A place in the event log: opaque to all but the store that gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(pub String);

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Where it stands.
    pub cursor: Cursor,
    /// When it was written, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What happened.
    pub event: Event,
}
