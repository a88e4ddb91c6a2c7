//! `/account/sessions`: where a user is signed in.

use askama::Template;

use crate::domain::device::device;
use crate::domain::session::Amr;
use crate::pages::Moment;
use crate::pages::PageContext;

/// Lists a user's sessions. One posts its `sid` to `/account/sessions/end`, all others end at
/// `/account/sessions/end-others`.
#[derive(Debug, Template)]
#[template(path = "account/sessions.html")]
pub struct SessionsPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token of the forms that end one session.
    pub csrf: String,
    /// The token of the form that ends all others.
    pub csrf_others: String,
    /// The sessions, this one first.
    pub sessions: Vec<SessionLine>,
    /// What was done.
    pub notice: Option<SessionsNotice>,
}

/// A session.
#[derive(Debug, Clone)]
pub struct SessionLine {
    /// Its public handle.
    pub sid: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// Since when.
    pub since: Moment,
    /// When its user last proved who they are.
    pub proven: Moment,
    /// How.
    pub amr: Vec<Amr>,
    /// Whether it is the one that shows the page.
    pub is_this: bool,
}

/// What was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionsNotice {
    /// One session.
    One,
    /// All others.
    Others,
}

impl SessionsNotice {
    /// What the address of the page says was done.
    pub fn done(what: &str) -> Option<Self> {
        match what {
            "session" => Some(Self::One),
            "others" => Some(Self::Others),
            _ => None,
        }
    }

    fn text(self, page: &PageContext) -> String {
        let texts = &page.account().sessions;
        match self {
            Self::One => texts.done_one.to_string(),
            Self::Others => texts.done_others.to_string(),
        }
    }
}

impl SessionLine {
    fn device(&self, page: &PageContext) -> String {
        match device(&self.user_agent).as_str() {
            "?" => page.account().sessions.unknown_device.to_string(),
            known => known.to_owned(),
        }
    }

    /// In words; none for a session older than the record of it.
    fn way(&self, page: &PageContext) -> Option<String> {
        let texts = &page.account().sessions;
        let has = |amr| self.amr.contains(&amr);
        let text = match (has(Amr::Pwd), has(Amr::Hwk) || has(Amr::Swk), has(Amr::Otp)) {
            (true, true, _) => &texts.password_and_passkey,
            (true, false, true) => &texts.password_and_code,
            // A recovery code proves a second factor, and is none of the registered ways.
            (true, false, false) if has(Amr::Mfa) => &texts.password_and_code,
            (true, false, false) => &texts.password,
            (false, true, _) => &texts.passkey,
            (false, false, _) => return None,
        };
        Some(text.to_string())
    }
}

impl SessionsPage {
    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this)
    }
}
