//! `/account/profile`: who the account says its user is, and a copy of everything.

use askama::Template;

use crate::pages::Moment;
use crate::pages::{Language, PageContext};

/// Shows the account. Posts `language` to `/account/profile/language`, and asks for a link at
/// `/account/profile/verify-email`.
#[derive(Debug, Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage {
    /// What every page needs.
    pub page: PageContext,
    /// The token of the form of the language.
    pub csrf_language: String,
    /// The token of the form that asks for a link.
    pub csrf_verify: String,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// When the address was proven.
    pub verified: Option<Moment>,
    /// Since when there is the account.
    pub since: Moment,
    /// The language of pages and messages; none: the browser's.
    pub preferred: Option<Language>,
    /// Whether the sign-in is recent enough to download everything.
    pub is_recent: bool,
    /// What was done, or went wrong.
    pub notice: Option<ProfileNotice>,
}

/// What was done, or went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileNotice {
    /// The language was kept.
    LanguageKept,
    /// A link is on its way.
    LinkSent,
    /// There is no such language.
    UnknownLanguage,
}

impl ProfileNotice {
    /// What the address of the page says was done.
    pub fn done(what: &str) -> Option<Self> {
        match what {
            "language" => Some(Self::LanguageKept),
            "link" => Some(Self::LinkSent),
            _ => None,
        }
    }

    /// Whether something went wrong.
    pub fn is_problem(self) -> bool {
        self == Self::UnknownLanguage
    }

    fn text(self, page: &PageContext) -> String {
        let texts = &page.account().profile;
        let text = match self {
            Self::LanguageKept => &texts.language_kept,
            Self::LinkSent => &texts.link_sent,
            Self::UnknownLanguage => &texts.unknown_language,
        };
        text.to_string()
    }
}

impl ProfilePage {
    /// Every language, and whether it is the preferred one.
    fn languages(&self) -> Vec<(Language, bool)> {
        Language::ALL
            .into_iter()
            .map(|language| (language, self.preferred == Some(language)))
            .collect()
    }

    fn wrong_language(&self) -> bool {
        self.notice == Some(ProfileNotice::UnknownLanguage)
    }
}
