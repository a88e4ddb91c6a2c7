//! The consent page (`/consent`).

use askama::Template;

use super::{PageContext, PermissionTexts};
use crate::domain::application::{Application, ReviewStatus};

/// Asks a user what an application may do. Posts `csrf`, `request`, each ticked `scope` and `decision`
/// (`allow` or `deny`) to `/consent`.
///
/// A mandatory permission is a locked checkbox, which browsers do not send: with `decision=allow` the
/// mandatory permissions and those already granted are allowed too.
#[derive(Debug, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the form to this session and this request.
    pub csrf: String,
    /// The token of the form that signs out to switch accounts.
    pub switch_account_csrf: String,
    /// The authorization request as it came, validated anew when it comes back.
    pub request: String,
    /// Who asks.
    pub client: ConsentClient,
    /// The user's e-mail address: whose account this is about.
    pub user: String,
    /// The local path that starts this request again, for somebody else.
    pub switch_account_return_to: String,
    /// Host (or private-use scheme) of the redirect URI.
    pub redirect_host: String,
    /// Words for permissions.
    pub permissions: PermissionTexts,
    /// The permissions asked for now.
    pub requested: Vec<RequestedPermission>,
    /// The scope values the user has allowed before.
    pub granted: Vec<String>,
    /// For how long.
    pub duration: AccessDuration,
}

/// The application as the user sees it.
#[derive(Debug, Clone, Default)]
pub struct ConsentClient {
    /// The name it was registered with.
    pub name: String,
    /// Local path of its logo; the first letter of the name stands in for it.
    pub logo: Option<String>,
    /// Who has looked at it.
    pub vetting: Vetting,
    /// `client_uri`. Shown as a link only if it is http or https.
    pub homepage: Option<String>,
    /// `policy_uri`. Shown as a link only if it is http or https.
    pub policy: Option<String>,
    /// Who registered it.
    pub registered_by: Option<String>,
}

/// Who has looked at an application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Vetting {
    /// A reviewer approved what was submitted.
    Reviewed,
    /// The administrators added it themselves; nobody reviewed it.
    Added,
    /// Nobody.
    #[default]
    None,
}

impl Vetting {
    /// Where an application stands.
    pub fn of(application: &Application) -> Self {
        match (application.review, application.submitted_at) {
            (ReviewStatus::Approved, Some(_)) => Self::Reviewed,
            (ReviewStatus::Approved, None) => Self::Added,
            _ => Self::None,
        }
    }

    pub(super) fn badge(self) -> &'static str {
        match self {
            Self::Reviewed => "badge-good",
            Self::Added => "",
            Self::None => "badge-warn",
        }
    }

    pub(super) fn text(self, page: &PageContext) -> String {
        let texts = &page.t.consent;
        match self {
            Self::Reviewed => texts.reviewed.to_string(),
            Self::Added => texts.added.with("service", &page.t.common.service),
            Self::None => texts.not_reviewed.to_string(),
        }
    }
}

/// A permission the user is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedPermission {
    /// The scope value.
    pub scope: String,
    /// Whether the application gets nothing at all without it.
    pub mandatory: bool,
}

/// How long what the user allows will last, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessDuration {
    /// Ends by itself this long after it was allowed.
    Fixed(u64),
    /// Goes on until it was not used for this long.
    Renewed(u64),
}

/// A link that leads out of the server, with the host it leads to.
pub(super) struct OuterLink<'a> {
    pub(super) href: &'a str,
    pub(super) host: &'a str,
}

impl ConsentClient {
    pub(super) fn initial(&self) -> String {
        self.name
            .chars()
            .find(|letter| letter.is_alphanumeric())
            .map_or_else(|| "?".to_owned(), |letter| letter.to_uppercase().collect())
    }

    pub(super) fn homepage_link(&self) -> Option<OuterLink<'_>> {
        outer_link(self.homepage.as_deref()?)
    }

    fn policy_link(&self) -> Option<OuterLink<'_>> {
        outer_link(self.policy.as_deref()?)
    }
}

/// Escaping does not disarm `javascript:`, so only web addresses become links.
fn outer_link(href: &str) -> Option<OuterLink<'_>> {
    let rest = href
        .strip_prefix("https://")
        .or_else(|| href.strip_prefix("http://"))?;
    let host = rest
        .split(['/', '?', '#', '\\'])
        .next()
        .filter(|host| !host.is_empty() && !host.contains('@'))?;
    Some(OuterLink { href, host })
}

impl ConsentPage {
    fn label(&self, scope: &str) -> String {
        self.permissions.label(scope, self.page.language)
    }

    fn description(&self, scope: &str) -> String {
        self.permissions.description(scope, self.page.language)
    }

    fn lasts(&self) -> String {
        let texts = &self.page.t.consent;
        match self.duration {
            AccessDuration::Fixed(seconds) => texts.fixed.with("duration", self.page.t.duration(seconds)),
            AccessDuration::Renewed(seconds) => texts.renewed.with("duration", self.page.t.duration(seconds)),
        }
    }

    fn has_a_choice(&self) -> bool {
        self.requested.iter().any(|permission| !permission.mandatory)
    }
}
