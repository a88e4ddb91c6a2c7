//! What is written down for administrators: who did what, and why a request was refused.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// A user signed in.
    SignIn,
    /// A sign-in failed.
    SignInFailed,
    /// A user signed out.
    SignOut,
    /// A user allowed an application something.
    ConsentGranted,
    /// A user refused an application.
    ConsentDenied,
    /// A used authorization code came again; its tokens are revoked.
    CodeReplay,
    /// A used refresh token came again; its family is revoked.
    RefreshReuse,
    /// Tokens were revoked.
    Revocation,
    /// A client secret was made or replaced.
    SecretChanged,
    /// A command changed something.
    AdminCommand,
    /// A resource server or provisioning system changed a user or group.
    DirectoryChange,
    /// An application acted for an address that nobody had an account for, and a user was made of it.
    ProvisionalUser,
}

impl AuditKind {
    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignOut => "sign_out",
            Self::ConsentGranted => "consent_granted",
            Self::ConsentDenied => "consent_denied",
            Self::CodeReplay => "code_replay",
            Self::RefreshReuse => "refresh_reuse",
            Self::Revocation => "revocation",
            Self::SecretChanged => "secret_changed",
            Self::AdminCommand => "admin_command",
            Self::DirectoryChange => "directory_change",
            Self::ProvisionalUser => "provisional_user",
        }
    }
}

/// One line of the audit log. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// A UUIDv7.
    pub id: Uuid,
    /// Seconds since the Unix epoch.
    pub at: i64,
    /// What happened.
    pub kind: AuditKind,
    /// The user concerned.
    pub user_id: Option<Uuid>,
    /// The application concerned.
    pub client_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// In words.
    pub detail: String,
}

/// Why a request was refused, found again by the error id that its sender was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// The error id.
    pub id: Uuid,
    /// Seconds since the Unix epoch.
    pub at: i64,
    /// HTTP status.
    pub status: u16,
    /// Method and route, without query.
    pub route: String,
    /// The exact reason.
    pub reason: String,
    /// Where the request came from.
    pub address: Option<String>,
}
