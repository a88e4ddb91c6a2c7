//! The step after the password: a second factor, or its set-up, and the recovery codes that come with the first.

use askama::Template;

use super::passkey::PasskeyForm;
use super::{PageContext, qr};

/// Asks for a second factor. Posts `code`, or `state` and `answer` of a passkey, with `csrf` and `return_to` to
/// `/login/second-factor`.
#[derive(Debug, Template)]
#[template(path = "second_factor.html")]
pub struct SecondFactorPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the forms to this browser.
    pub csrf: String,
    /// The local path to go on to, sent back as it is.
    pub return_to: String,
    /// Where the sign-in begins anew.
    pub start_over: String,
    /// Who has given the password.
    pub user: String,
    /// The challenge for the user's passkeys, if there are any.
    pub passkey: Option<PasskeyForm>,
    /// Whether the user has an authenticator app.
    pub has_app: bool,
    /// Whether the user has recovery codes left.
    pub has_recovery_codes: bool,
    /// Why the page is shown again.
    pub notice: Option<SecondFactorNotice>,
}

/// What went wrong at the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactorNotice {
    /// The code is wrong, or was used.
    WrongCode,
    /// The passkey proved nothing.
    PasskeyRefused,
    /// Too many failures for now.
    TooManyAttempts {
        /// How long to wait.
        wait_seconds: u64,
    },
    /// The set-up took too long; it begins anew.
    SetUpExpired,
    /// The passkey is known already, or there are too many.
    PasskeyNotAdded,
}

impl SecondFactorNotice {
    pub(super) fn text(self, page: &PageContext) -> String {
        let texts = &page.t.second_factor;
        match self {
            Self::WrongCode => texts.wrong_code.to_string(),
            Self::PasskeyRefused => texts.passkey_refused.to_string(),
            Self::TooManyAttempts { wait_seconds } => {
                let wait = page.t.duration(wait_seconds);
                page.t.sign_in.too_many_attempts.with("wait", wait)
            }
            Self::SetUpExpired => texts.set_up_expired.to_string(),
            Self::PasskeyNotAdded => texts.passkey_not_added.to_string(),
        }
    }
}

impl SecondFactorPage {
    fn wrong_code(&self) -> bool {
        self.notice == Some(SecondFactorNotice::WrongCode)
    }
}

/// An authenticator app that is being set up.
#[derive(Debug, Clone)]
pub struct TotpForm {
    pub(super) secret: String,
    pub(super) picture: Option<String>,
    pub(super) ticket: String,
}

impl TotpForm {
    /// The set-up of `secret`, which the address `uri` carries, too; `ticket` comes back with the code.
    pub fn new(secret: &str, uri: &str, ticket: impl Into<String>) -> Self {
        // Groups of four are easier to type; apps drop the spaces.
        let groups: Vec<String> = secret
            .as_bytes()
            .chunks(4)
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect();
        Self {
            secret: groups.join(" "),
            picture: qr::picture(uri),
            ticket: ticket.into(),
        }
    }
}

/// Lets somebody who must have a second factor set one up. Posts `ticket` and `code`, or `state`, `answer` and `name` of
/// a passkey, with `csrf` and `return_to` to `/login/second-factor/set-up`.
#[derive(Debug, Template)]
#[template(path = "second_factor_set_up.html")]
pub struct SecondFactorSetUpPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the forms to this browser.
    pub csrf: String,
    /// The local path to go on to, sent back as it is.
    pub return_to: String,
    /// Where the sign-in begins anew.
    pub start_over: String,
    /// Who has given the password.
    pub user: String,
    /// The app.
    pub totp: TotpForm,
    /// The options for a new passkey, where there can be any.
    pub passkey: Option<PasskeyForm>,
    /// Why the page is shown again.
    pub notice: Option<SecondFactorNotice>,
}

impl SecondFactorSetUpPage {
    fn wrong_code(&self) -> bool {
        self.notice == Some(SecondFactorNotice::WrongCode)
    }
}

/// Shows recovery codes, this once.
#[derive(Debug, Template)]
#[template(path = "recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// What every page needs.
    pub page: PageContext,
    /// The codes.
    pub codes: Vec<String>,
    /// Where to go on to.
    pub next: String,
}
