//! What can go wrong between this server and the directory.

use reqwest::StatusCode;

use crate::verification::IssuerError;

/// Why a user or group was not read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The authorization server is away, slow or overloaded. The same request may work later.
    #[error("directory unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
        /// When it wants to be asked again.
        retry_after: Option<String>,
    },
    /// The authorization server does not let this server in: nothing a client could mend.
    #[error(
        "{what}: answered {status}: INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET must be those of a \
         resource server that may read users (`auth-server resource add`)"
    )]
    Misconfigured {
        /// What was asked.
        what: &'static str,
        /// The status.
        status: StatusCode,
    },
    /// The authorization server does not make this change, whoever asks: its users come from elsewhere
    /// (LDAP), or the user is one of its administrators.
    #[error("the authorization server refuses the change: {detail}")]
    Forbidden {
        /// Why, for the client.
        detail: String,
    },
    /// A value is not acceptable.
    #[error("{field}: {message}")]
    Field {
        /// Which one.
        field: &'static str,
        /// Why not, for the client.
        message: String,
    },
}

impl DirectoryError {
    pub(super) fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::Field {
            field,
            message: message.into(),
        }
    }
}

impl From<IssuerError> for DirectoryError {
    fn from(error: IssuerError) -> Self {
        let retry_after = match &error {
            IssuerError::Status { retry_after, .. } => retry_after.clone(),
            _ => None,
        };
        Self::Unavailable {
            reason: error.to_string(),
            retry_after,
        }
    }
}
