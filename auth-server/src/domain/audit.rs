//! What is written down for administrators: who did what, and why a request was refused.

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
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
    /// A user took back what an application was allowed.
    ConsentWithdrawn,
    /// A used authorization code came again; its tokens are revoked.
    CodeReplay,
    /// A used refresh token came again; its family is revoked.
    RefreshReuse,
    /// A password was right, and a second factor is asked for.
    SecondFactorAsked,
    /// A user's second factors changed.
    SecondFactorChanged,
    /// A user's password changed.
    PasswordChanged,
    /// Tokens were revoked.
    Revocation,
    /// A client secret was made or replaced.
    SecretChanged,
    /// An administrator or a command changed something.
    AdminCommand,
    /// A developer changed an application of their own.
    DeveloperChange,
    /// An application was submitted for review, or a reviewer decided.
    Review,
    /// A resource server or provisioning system changed a user or group.
    DirectoryChange,
    /// An application acted for an address that nobody had an account for, and a user was made of it.
    ProvisionalUser,
    /// A link to set a password was asked for or used.
    PasswordReset,
    /// An address was proven by a link.
    EmailVerified,
    /// A receiver of events was made, changed or disabled.
    WebhookChanged,
    /// A user changed something of the own account.
    AccountChanged,
    /// A user downloaded what the server knows of them.
    DataDownloaded,
}

impl AuditKind {
    /// Every kind, in the order of the declaration.
    pub const ALL: &[Self] = &[
        Self::SignIn,
        Self::SignInFailed,
        Self::SignOut,
        Self::ConsentGranted,
        Self::ConsentDenied,
        Self::ConsentWithdrawn,
        Self::CodeReplay,
        Self::RefreshReuse,
        Self::SecondFactorAsked,
        Self::SecondFactorChanged,
        Self::PasswordChanged,
        Self::Revocation,
        Self::SecretChanged,
        Self::AdminCommand,
        Self::DeveloperChange,
        Self::Review,
        Self::DirectoryChange,
        Self::ProvisionalUser,
        Self::PasswordReset,
        Self::EmailVerified,
        Self::WebhookChanged,
        Self::AccountChanged,
        Self::DataDownloaded,
    ];

    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignOut => "sign_out",
            Self::ConsentGranted => "consent_granted",
            Self::ConsentDenied => "consent_denied",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::CodeReplay => "code_replay",
            Self::RefreshReuse => "refresh_reuse",
            Self::SecondFactorAsked => "second_factor_asked",
            Self::SecondFactorChanged => "second_factor_changed",
            Self::PasswordChanged => "password_changed",
            Self::Revocation => "revocation",
            Self::SecretChanged => "secret_changed",
            Self::AdminCommand => "admin_command",
            Self::DeveloperChange => "developer_change",
            Self::Review => "review",
            Self::DirectoryChange => "directory_change",
            Self::ProvisionalUser => "provisional_user",
            Self::PasswordReset => "password_reset",
            Self::EmailVerified => "email_verified",
            Self::WebhookChanged => "webhook_changed",
            Self::AccountChanged => "account_changed",
            Self::DataDownloaded => "data_downloaded",
        }
    }

    /// What a stored name stands for; none for a name that a later version wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        let name: StrDeserializer<'_, Error> = name.into_deserializer();
        Self::deserialize(name).ok()
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
    /// The registered application that the request named, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What was wrong in a word, where the request named an application: the OAuth error code, or a word of our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}
