//! The account's security page, and the set-up of an authenticator app that it leads to.

use askama::Template;

use super::PageContext;
use super::moment::Moment;
use super::passkey::PasskeyForm;
use super::second_factor::{SecondFactorNotice, TotpForm};

/// Shows what protects an account, and changes it. Each form posts below `/account/security`.
#[derive(Debug, Template)]
#[template(path = "account/security.html")]
pub struct AccountSecurityPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the forms to this session.
    pub csrf: String,
    /// Sent back by forms that are shared with the sign-in, and not looked at here.
    pub return_to: String,
    /// Whether the sign-in is recent enough to change factors.
    pub is_recent: bool,
    /// Whether the password is this server's to change.
    pub has_own_password: bool,
    /// The authenticator app.
    pub app: Option<FactorDates>,
    /// The passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Whether there can be passkeys at all.
    pub can_have_passkeys: bool,
    /// The options for a new one, after a recent sign-in.
    pub passkey: Option<PasskeyForm>,
    /// Recovery codes that are left.
    pub recovery_codes: usize,
    /// What was done, or went wrong.
    pub notice: Option<SecurityNotice>,
}

/// A passkey in the list.
#[derive(Debug, Clone)]
pub struct PasskeyRow {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub dates: FactorDates,
}

/// When a factor was added and used.
#[derive(Debug, Clone)]
pub struct FactorDates {
    /// When it was added, seconds since the Unix epoch.
    pub created_at: i64,
    /// When it was last used, seconds since the Unix epoch.
    pub last_used_at: Option<i64>,
}

impl FactorDates {
    fn added(&self, page: &PageContext) -> String {
        Moment(self.created_at).day(page.t)
    }

    fn used(&self, page: &PageContext) -> Option<String> {
        Some(Moment(self.last_used_at?).day(page.t))
    }
}

/// What the security page says above everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SecurityNotice {
    PasswordChanged,
    AppAdded,
    AppRemoved,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    CodesRenewed,
    WrongPassword,
    UnfitPassword,
    PasskeyRefused,
    AppNotAdded,
    PasskeyNotAdded,
    PasskeyName,
    TooManyAttempts { wait_seconds: u64 },
}

impl SecurityNotice {
    /// What the address of the page says was done.
    pub fn done(what: &str) -> Option<Self> {
        Some(match what {
            "password" => Self::PasswordChanged,
            "app" => Self::AppAdded,
            "app-removed" => Self::AppRemoved,
            "passkey" => Self::PasskeyAdded,
            "passkey-renamed" => Self::PasskeyRenamed,
            "passkey-removed" => Self::PasskeyRemoved,
            "codes" => Self::CodesRenewed,
            _ => return None,
        })
    }

    /// Whether something went wrong.
    pub fn is_problem(self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::UnfitPassword
                | Self::PasskeyRefused
                | Self::AppNotAdded
                | Self::PasskeyNotAdded
                | Self::PasskeyName
                | Self::TooManyAttempts { .. }
        )
    }

    fn text(self, page: &PageContext) -> String {
        let texts = &page.t.security;
        let text = match self {
            Self::PasswordChanged => &texts.password_changed,
            Self::AppAdded => &texts.app_added,
            Self::AppRemoved => &texts.app_removed,
            Self::PasskeyAdded => &texts.passkey_added,
            Self::PasskeyRenamed => &texts.passkey_renamed,
            Self::PasskeyRemoved => &texts.passkey_removed,
            Self::CodesRenewed => &texts.codes_renewed,
            Self::WrongPassword => &texts.wrong_password,
            Self::UnfitPassword => &texts.unfit_password,
            Self::PasskeyRefused => &texts.passkey_refused,
            Self::AppNotAdded => &texts.app_not_added,
            Self::PasskeyNotAdded => &page.t.second_factor.passkey_not_added,
            Self::PasskeyName => &texts.passkey_name,
            Self::TooManyAttempts { wait_seconds } => {
                let wait = page.t.duration(wait_seconds);
                return page.t.sign_in.too_many_attempts.with("wait", wait);
            }
        };
        text.to_string()
    }
}

impl AccountSecurityPage {
    fn problem_is(&self, notice: SecurityNotice) -> bool {
        self.notice == Some(notice)
    }

    fn wrong_password(&self) -> bool {
        self.problem_is(SecurityNotice::WrongPassword)
    }

    fn unfit_password(&self) -> bool {
        self.problem_is(SecurityNotice::UnfitPassword)
    }

    fn is_protected(&self) -> bool {
        self.app.is_some() || !self.passkeys.is_empty()
    }
}

/// Sets up an authenticator app. Posts `ticket` and `code` to `/account/security/app`.
#[derive(Debug, Template)]
#[template(path = "account/app.html")]
pub struct AccountAppPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// Sent back by the form that is shared with the sign-in, and not looked at here.
    pub return_to: String,
    /// The app.
    pub totp: TotpForm,
    /// Why the page is shown again.
    pub notice: Option<SecondFactorNotice>,
}

impl AccountAppPage {
    fn wrong_code(&self) -> bool {
        self.notice == Some(SecondFactorNotice::WrongCode)
    }
}
