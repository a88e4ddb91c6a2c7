//! API keys and signing keys.

use askama::Template;

use super::FormProblems;
use super::texts::PeopleTexts;
use crate::keys::KeyState;
use crate::pages::Moment;
use crate::pages::texts::Text;
use crate::pages::{AdminTabs, PageContext};

/// A line of the list of API keys.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    /// The public id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The application.
    pub client_id: String,
    /// When it was made.
    pub at: Moment,
    /// Whether it is blocked.
    pub disabled: bool,
}

/// `/admin/api-keys`: posts `csrf` and `action` back: `add` with `name` and `client_id`, `enable` or `disable` with
/// `key`.
#[derive(Debug, Template)]
#[template(path = "people/api_keys.html")]
pub struct ApiKeysPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The token that ties the forms to this session.
    pub csrf: String,
    /// Whether the visitor may change anything.
    pub may_change: bool,
    /// What was done.
    pub done: Option<String>,
    /// What was wrong with the last try.
    pub problems: FormProblems,
    /// The name in the form.
    pub name: String,
    /// The application in the form.
    pub client_id: String,
    /// The keys.
    pub rows: Vec<ApiKeyRow>,
    /// Whether this is the list's beginning.
    pub is_first: bool,
    /// Where the next part is.
    pub older: Option<String>,
}

impl ApiKeysPage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }

    fn done(&self) -> Option<&'static Text> {
        self.t().done(self.done.as_deref()?)
    }
}

/// An API key was made: shown once.
#[derive(Debug, Template)]
#[template(path = "people/api_key_once.html")]
pub struct ApiKeyOncePage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// Its name.
    pub name: String,
    /// The application.
    pub client_id: String,
    /// The key.
    pub key: String,
}

impl ApiKeyOncePage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }
}

/// A line of the list of signing keys.
#[derive(Debug, Clone)]
pub struct SigningKeyRow {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// JWS algorithm.
    pub algorithm: String,
    /// Where it stands.
    pub state: KeyState,
    /// When it begins to sign.
    pub from: Moment,
    /// When it is no longer published.
    pub until: Option<Moment>,
}

/// `/admin/keys`: posts `csrf`, `confirm` and perhaps `now` back.
#[derive(Debug, Template)]
#[template(path = "people/keys.html")]
pub struct SigningKeysPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// Whether the visitor may change anything.
    pub may_change: bool,
    /// What was done.
    pub done: Option<String>,
    /// What was wrong with the last try.
    pub problems: FormProblems,
    /// The keys, in the order they sign.
    pub rows: Vec<SigningKeyRow>,
}

impl SigningKeysPage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }

    fn done(&self) -> Option<&'static Text> {
        self.t().done(self.done.as_deref()?)
    }

    fn state(&self, row: &SigningKeyRow) -> &'static Text {
        let texts = &self.t().keys;
        match row.state {
            KeyState::Published => &texts.published,
            KeyState::Active => &texts.active,
            KeyState::Retiring => &texts.retiring,
        }
    }
}

impl SigningKeyRow {
    fn badge(&self) -> &'static str {
        match self.state {
            KeyState::Published => "",
            KeyState::Active => "badge-good",
            KeyState::Retiring => "badge-warn",
        }
    }
}
