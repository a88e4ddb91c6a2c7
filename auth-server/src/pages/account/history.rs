//! `/account/history`: what happened to an account, from the audit log.

use askama::Template;

use crate::domain::audit::AuditKind;
use crate::pages::Moment;
use crate::pages::{PageContext, PermissionTexts};

/// Lists what happened, the newest first.
#[derive(Debug, Template)]
#[template(path = "account/history.html")]
pub struct HistoryPage {
    /// What every page needs.
    pub page: PageContext,
    /// The lines.
    pub lines: Vec<HistoryLine>,
    /// Words for permissions.
    pub permissions: PermissionTexts,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Whether this is not the beginning of the list.
    pub later: bool,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct HistoryLine {
    /// When.
    pub at: Moment,
    /// What; none for a name that this version does not know.
    pub kind: Option<AuditKind>,
    /// The name of the application concerned.
    pub application: Option<String>,
    /// The permissions concerned.
    pub scope: Vec<String>,
    /// Where the request came from.
    pub address: Option<String>,
}

impl HistoryLine {
    fn what(&self, page: &PageContext) -> String {
        let texts = &page.account().event;
        let Some(kind) = self.kind else {
            return texts.other.to_string();
        };
        let text = match kind {
            AuditKind::SignIn => &texts.sign_in,
            AuditKind::SignInFailed => &texts.sign_in_failed,
            AuditKind::SignOut => &texts.sign_out,
            AuditKind::ConsentGranted => &texts.consent_granted,
            AuditKind::ConsentDenied => &texts.consent_denied,
            AuditKind::ConsentWithdrawn => &texts.consent_withdrawn,
            AuditKind::CodeReplay => &texts.code_replay,
            AuditKind::RefreshReuse => &texts.refresh_reuse,
            AuditKind::SecondFactorAsked => &texts.second_factor_asked,
            AuditKind::SecondFactorChanged => &texts.second_factor_changed,
            AuditKind::PasswordChanged => &texts.password_changed,
            AuditKind::Revocation => &texts.revocation,
            AuditKind::SecretChanged => &texts.secret_changed,
            AuditKind::AdminCommand => &texts.admin_command,
            AuditKind::DeveloperChange => &texts.developer_change,
            AuditKind::Review => &texts.review,
            AuditKind::DirectoryChange => &texts.directory_change,
            AuditKind::ProvisionalUser => &texts.provisional_user,
            AuditKind::PasswordReset => &texts.password_reset,
            AuditKind::EmailVerified => &texts.email_verified,
            AuditKind::WebhookChanged => &texts.webhook_changed,
            AuditKind::AccountChanged => &texts.account_changed,
            AuditKind::DataDownloaded => &texts.data_downloaded,
        };
        text.to_string()
    }

    /// Whether it deserves a second look.
    fn is_grave(&self) -> bool {
        matches!(
            self.kind,
            Some(AuditKind::SignInFailed | AuditKind::CodeReplay | AuditKind::RefreshReuse)
        )
    }
}

impl HistoryPage {
    fn label(&self, scope: &str) -> String {
        self.permissions.label(scope, self.page.language)
    }
}
