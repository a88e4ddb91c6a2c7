//! Messages to people: what each is about. The words are in `templates/mail/texts`.

use serde::Serialize;
use uuid::Uuid;

use super::finding::stored_names;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// Proves that an address is the user's.
    VerifyEmail,
    /// A link to choose a new password.
    ResetPassword,
    /// The password was changed.
    PasswordChanged,
    /// A second factor was added or removed.
    SecondFactorChanged,
    /// An application was submitted.
    SubmissionReceived,
    /// It was approved.
    Approved,
    /// It waits for something.
    OnHold,
    /// It was refused.
    Rejected,
    /// Somebody signed in with a device not seen before.
    NewSignIn,
}

stored_names!(MailKind, "kind of message":
    VerifyEmail = "verify_email", ResetPassword = "reset_password", PasswordChanged = "password_changed",
    SecondFactorChanged = "second_factor_changed", SubmissionReceived = "submission_received", Approved = "approved", OnHold = "on_hold", Rejected = "rejected",
    NewSignIn = "new_sign_in");

/// A message with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// A link that proves that the address is the user's.
    VerifyEmail {
        /// The link; holds a secret.
        link: String,
    },
    /// A link to choose a new password.
    ResetPassword {
        /// The link; holds a secret.
        link: String,
    },
    /// The password was changed.
    PasswordChanged,
    /// A second factor was added or removed.
    SecondFactorChanged {
        /// Where second factors are kept.
        link: String,
    },
    /// An application was submitted.
    SubmissionReceived {
        /// The application's name.
        application: String,
        /// Its page.
        link: String,
    },
    /// An application was approved.
    Approved {
        /// The application's name.
        application: String,
        /// Its page.
        link: String,
    },
    /// An application waits for something.
    OnHold {
        /// The application's name.
        application: String,
        /// The reviewer's words.
        reason: String,
        /// Its page.
        link: String,
    },
    /// An application was refused.
    Rejected {
        /// The application's name.
        application: String,
        /// The reviewer's words.
        reason: String,
        /// Its page.
        link: String,
    },
    /// Somebody signed in with a device not seen before.
    NewSignIn {
        /// Browser and system.
        device: String,
        /// The network.
        network: String,
        /// When, in words.
        at: String,
        /// Where sessions are ended.
        link: String,
    },
}

impl Letter {
    /// What it is about.
    pub const fn kind(&self) -> MailKind {
        match self {
            Self::VerifyEmail { .. } => MailKind::VerifyEmail,
            Self::ResetPassword { .. } => MailKind::ResetPassword,
            Self::PasswordChanged => MailKind::PasswordChanged,
            Self::SecondFactorChanged { .. } => MailKind::SecondFactorChanged,
            Self::SubmissionReceived { .. } => MailKind::SubmissionReceived,
            Self::Approved { .. } => MailKind::Approved,
            Self::OnHold { .. } => MailKind::OnHold,
            Self::Rejected { .. } => MailKind::Rejected,
            Self::NewSignIn { .. } => MailKind::NewSignIn,
        }
    }

    /// The values of its placeholders.
    pub fn values(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::PasswordChanged => Vec::new(),
            Self::VerifyEmail { link }
            | Self::ResetPassword { link }
            | Self::SecondFactorChanged { link } => {
                vec![("link", link)]
            }
            Self::SubmissionReceived { application, link } | Self::Approved { application, link } => {
                vec![("application", application), ("link", link)]
            }
            Self::OnHold {
                application,
                reason,
                link,
            }
            | Self::Rejected {
                application,
                reason,
                link,
            } => vec![("application", application), ("reason", reason), ("link", link)],
            Self::NewSignIn {
                device,
                network,
                at,
                link,
            } => vec![
                ("device", device),
                ("network", network),
                ("at", at),
                ("link", link),
            ],
        }
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// To be sent.
    Waiting,
    /// The mail server took it.
    Sent,
    /// Given up.
    Failed,
    /// No mail server is configured: shown in the outbox alone.
    Kept,
}

stored_names!(MailState, "state of a message":
    Waiting = "waiting", Sent = "sent", Failed = "failed", Kept = "kept");

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// A UUIDv7.
    pub id: Uuid,
    /// When it was written, seconds since the Unix epoch.
    pub at: i64,
    /// To which user.
    pub user_id: Option<Uuid>,
    /// The address.
    pub recipient: String,
    /// BCP 47 tag of its language.
    pub language: String,
    /// What it is about.
    pub kind: MailKind,
    /// Subject line.
    pub subject: String,
    /// The text; empty once a secret in it was sent or has expired.
    pub body: String,
    /// Whether the text is encrypted, as one with a link in it is when a key is configured.
    pub body_encrypted: bool,
    /// Where it stands.
    pub state: MailState,
    /// How often sending was tried.
    pub attempts: i64,
    /// When it is tried next, seconds since the Unix epoch.
    pub next_attempt_at: i64,
    /// What the mail server said last.
    pub last_error: Option<String>,
    /// The text holds a link that is worth something until then, seconds since the Unix epoch.
    pub secret_until: Option<i64>,
}

/// What a link in a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Proves an address.
    VerifyEmail,
    /// Sets a password.
    ResetPassword,
}

stored_names!(LinkPurpose, "purpose of a link": VerifyEmail = "verify_email", ResetPassword = "reset_password");
