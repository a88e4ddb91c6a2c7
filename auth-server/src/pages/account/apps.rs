//! `/account`: the applications that a user allowed something.

use askama::Template;

use crate::pages::Moment;
use crate::pages::consent::ConsentClient;
use crate::pages::{PageContext, PermissionTexts};

/// Lists connected applications, and takes back what they were allowed: each form posts `client_id`, and `permission`
/// unless it takes back everything, to `/account/withdraw`.
#[derive(Debug, Template)]
#[template(path = "account/apps.html")]
pub struct ConnectedAppsPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the forms to this session.
    pub csrf: String,
    /// The applications, the newest first.
    pub apps: Vec<ConnectedApp>,
    /// Words for permissions.
    pub permissions: PermissionTexts,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Whether this is not the beginning of the list.
    pub later: bool,
    /// What was done.
    pub notice: Option<AppsNotice>,
}

/// An application that the user allowed something.
#[derive(Debug, Clone)]
pub struct ConnectedApp {
    /// Its id.
    pub client_id: String,
    /// Who it is.
    pub client: ConsentClient,
    /// Whether an administrator blocked it.
    pub blocked: bool,
    /// The permissions.
    pub scope: Vec<String>,
    /// Since when.
    pub since: Moment,
    /// When it was last given a token, while one is live.
    pub last_used: Option<Moment>,
}

/// What was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppsNotice {
    /// One permission.
    One,
    /// All of an application's.
    All,
}

impl AppsNotice {
    /// What the address of the page says was done.
    pub fn done(what: &str) -> Option<Self> {
        match what {
            "permission" => Some(Self::One),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    fn text(self, page: &PageContext) -> String {
        let texts = &page.account().apps;
        match self {
            Self::One => texts.done_one.to_string(),
            Self::All => texts.done_all.to_string(),
        }
    }
}

impl ConnectedAppsPage {
    fn label(&self, scope: &str) -> String {
        self.permissions.label(scope, self.page.language)
    }

    fn description(&self, scope: &str) -> String {
        self.permissions.description(scope, self.page.language)
    }
}
