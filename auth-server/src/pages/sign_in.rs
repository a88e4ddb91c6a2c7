//! The sign-in page (`/login`).

use askama::Template;

use super::{PageContext, PasskeyForm};

/// Asks for e-mail address and password. Posts `email`, `password`, `csrf` and `return_to` to `/login`.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the form to this browser.
    pub csrf: String,
    /// The local path to go on to, sent back as it is.
    pub return_to: String,
    /// The address to start with: `login_hint`, or what the user typed before.
    pub login_hint: Option<String>,
    /// The application the user is signing in for, if any.
    pub client_name: Option<String>,
    /// Whether a forgotten password can be set anew here.
    pub may_reset: bool,
    /// The challenge for whoever has a passkey, where there can be any.
    pub passkey: Option<PasskeyForm>,
    /// Why the page is shown, when that needs saying.
    pub notice: Option<SignInNotice>,
}

/// What the sign-in page says above its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInNotice {
    /// No such user, or not this password: the page does not tell which.
    WrongCredentials,
    /// Too many failures for now.
    TooManyAttempts {
        /// How long to wait.
        wait_seconds: u64,
    },
    /// The session has ended since the page before.
    SessionExpired,
    /// The second step of the sign-in took too long.
    StartOver,
    /// The passkey proved nothing.
    PasskeyRefused,
    /// The application wants to be sure that it is still the same person (`prompt=login`, `max_age`).
    ConfirmItIsYou,
}

impl SignInPage {
    fn notice_text(&self) -> Option<(bool, String)> {
        let texts = &self.page.t.sign_in;
        self.notice.map(|notice| match notice {
            SignInNotice::WrongCredentials => (true, texts.wrong_credentials.to_string()),
            SignInNotice::TooManyAttempts { wait_seconds } => {
                let wait = self.page.t.duration(wait_seconds);
                (true, texts.too_many_attempts.with("wait", wait))
            }
            SignInNotice::SessionExpired => (false, texts.session_expired.to_string()),
            SignInNotice::StartOver => (false, texts.start_over.to_string()),
            SignInNotice::PasskeyRefused => (true, texts.passkey_refused.to_string()),
            SignInNotice::ConfirmItIsYou => (false, texts.confirm.to_string()),
        })
    }

    fn wrong_credentials(&self) -> bool {
        self.notice == Some(SignInNotice::WrongCredentials)
    }

    fn again(&self) -> bool {
        self.notice == Some(SignInNotice::ConfirmItIsYou)
    }
}
