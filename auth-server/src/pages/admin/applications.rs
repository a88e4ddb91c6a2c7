//! "API, OAuth2": the applications of this server (S3.2).

use askama::Template;

use super::super::PageContext;
use super::super::review_texts::status_badge;
use super::super::texts::Text;
use super::fields::{ApplicationFields, PermissionBox, PolicyFields};
use super::tabs::AdminTabs;
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::policy::Profile;
use crate::flows::registry::{Conflict, Overview};

/// `/admin`: what there is, in numbers.
#[derive(Debug, Template)]
#[template(path = "admin/overview.html")]
pub struct AdminOverviewPage {
    /// What every page needs.
    pub page: PageContext,
    /// The navigation.
    pub tabs: AdminTabs,
    /// The numbers.
    pub counts: Overview,
    /// Whether the user may review.
    pub reviews: bool,
}

/// What a list of applications is narrowed down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationFilter {
    /// Those at this point of their review.
    Review(ReviewStatus),
    /// Blocked ones.
    Disabled,
}

impl ApplicationFilter {
    /// Every filter.
    pub const ALL: [Self; 6] = [
        Self::Review(ReviewStatus::Approved),
        Self::Review(ReviewStatus::Pending),
        Self::Review(ReviewStatus::OnHold),
        Self::Review(ReviewStatus::Rejected),
        Self::Review(ReviewStatus::Draft),
        Self::Disabled,
    ];

    /// Its name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Review(status) => status.as_str(),
            Self::Disabled => "disabled",
        }
    }

    fn text(self, page: &PageContext) -> &'static Text {
        match self {
            Self::Review(status) => page.review_status(&status),
            Self::Disabled => &page.admin().applications.disabled,
        }
    }
}

/// A line of the list of applications.
#[derive(Clone, Debug)]
pub struct ApplicationLine {
    /// The client id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The preset.
    pub profile: Profile,
    /// When it was registered, in words.
    pub created: String,
    /// Where its review stands.
    pub review: ReviewStatus,
    /// Blocked.
    pub disabled: bool,
}

impl ApplicationLine {
    fn badge(&self) -> &'static str {
        status_badge(self.review)
    }
}

/// `/admin/applications`: the list.
#[derive(Debug, Template)]
#[template(path = "admin/applications.html")]
pub struct ApplicationsPage {
    /// What every page needs.
    pub page: PageContext,
    /// The navigation.
    pub tabs: AdminTabs,
    /// Whether the user may register applications.
    pub may_change: bool,
    /// What was searched for.
    pub search: String,
    /// What the list is narrowed down to.
    pub filter: Option<ApplicationFilter>,
    /// The applications.
    pub lines: Vec<ApplicationLine>,
    /// Where it goes on.
    pub next: Option<String>,
    /// Whether this is not the first part.
    pub is_later: bool,
}

impl ApplicationsPage {
    fn filters() -> [ApplicationFilter; 6] {
        ApplicationFilter::ALL
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn shows(&self, filter: &ApplicationFilter) -> bool {
        self.filter == Some(*filter)
    }

    fn address(&self, filter: Option<&ApplicationFilter>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::from("/admin/applications?"));
        if !self.search.is_empty() {
            query.append_pair("search", &self.search);
        }
        if let Some(filter) = filter {
            query.append_pair("state", filter.as_str());
        }
        query.finish()
    }
}

/// `/admin/applications/new` (S3.51).
#[derive(Debug, Template)]
#[template(path = "admin/application_new.html")]
pub struct NewApplicationPage {
    /// What every page needs.
    pub page: PageContext,
    /// The navigation.
    pub tabs: AdminTabs,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// What the form holds.
    pub fields: ApplicationFields,
    /// The checklist.
    pub permissions: Vec<PermissionBox>,
}

impl NewApplicationPage {
    fn profiles() -> [Profile; 6] {
        Profile::ALL
    }

    fn kinds() -> [&'static str; 3] {
        ["confidential", "public", "key_only"]
    }
}

/// An application was registered, or got another secret: what is shown once (S3.20, H3).
#[derive(Debug, Template)]
#[template(path = "admin/application_secret.html")]
pub struct ApplicationSecretPage {
    /// What every page needs.
    pub page: PageContext,
    /// The navigation.
    pub tabs: AdminTabs,
    /// The name.
    pub name: String,
    /// The client id.
    pub id: String,
    /// The secret; none for an application that has none.
    pub secret: Option<String>,
    /// Whether the application is new.
    pub is_new: bool,
}

/// What the notice above an application says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationNotice {
    /// It was saved.
    Saved,
    /// It was blocked.
    Disabled,
    /// It works again.
    Enabled,
    /// A secret was taken away.
    SecretRevoked,
    /// A token was removed.
    TokenRemoved,
    /// Every token was removed.
    TokensRemoved,
    /// Some fields cannot be as they are.
    Problems,
    /// It was not possible.
    Conflict(Conflict),
}

impl ApplicationNotice {
    /// What `?done=` says.
    pub fn done(word: &str) -> Option<Self> {
        Some(match word {
            "saved" => Self::Saved,
            "disabled" => Self::Disabled,
            "enabled" => Self::Enabled,
            "secret-revoked" => Self::SecretRevoked,
            "token-removed" => Self::TokenRemoved,
            "tokens-removed" => Self::TokensRemoved,
            _ => return None,
        })
    }

    fn is_problem(self) -> bool {
        matches!(self, Self::Problems | Self::Conflict(_))
    }

    fn text(self, page: &PageContext) -> &'static Text {
        let texts = &page.admin().application;
        match self {
            Self::Saved => &texts.saved,
            Self::Disabled => &texts.now_disabled,
            Self::Enabled => &texts.now_enabled,
            Self::SecretRevoked => &texts.secret_revoked,
            Self::TokenRemoved => &texts.token_removed,
            Self::TokensRemoved => &texts.tokens_removed,
            Self::Problems => &page.admin().form.problems,
            Self::Conflict(conflict) => page.conflict(&conflict),
        }
    }
}

/// A secret of an application, without its value.
#[derive(Clone, Debug)]
pub struct SecretLine {
    /// By which it is taken away.
    pub id: String,
    /// What people call it.
    pub label: Option<String>,
    /// When it was made, in words.
    pub created: String,
    /// When it was used last, in words.
    pub last_used: Option<String>,
    /// When it ends, in words.
    pub ends: Option<String>,
    /// It has ended.
    pub is_over: bool,
}

/// A live token of an application (S3.53).
#[derive(Clone, Debug)]
pub struct TokenLine {
    /// By which it is found and removed: its place in the list.
    pub id: String,
    /// The user's address; none for a server-wide one.
    pub user: Option<String>,
    /// What it allows.
    pub scope: String,
    /// When the first was issued, in words.
    pub issued: String,
    /// When it was refreshed last, in words.
    pub last_used: String,
    /// When the last of it ends, in words.
    pub ends: String,
}

/// A line of the audit log about an application.
#[derive(Clone, Debug)]
pub struct ApplicationEvent {
    /// When, in words.
    pub at: String,
    /// What happened.
    pub kind: String,
    /// In words.
    pub detail: String,
}

/// `/admin/applications/{id}`: everything about one application.
#[derive(Debug, Template)]
#[template(path = "admin/application.html")]
pub struct ApplicationPage {
    /// What every page needs.
    pub page: PageContext,
    /// The navigation.
    pub tabs: AdminTabs,
    /// The token that ties the forms to this session.
    pub csrf: String,
    /// Whether the user may change it.
    pub may_change: bool,
    /// What happened.
    pub notice: Option<ApplicationNotice>,
    /// The application.
    pub application: Application,
    /// Its version.
    pub version: i64,
    /// A change of its developer's waits for its own review.
    pub has_proposal: bool,
    /// When it was registered, in words.
    pub created: String,
    /// What the form holds.
    pub fields: ApplicationFields,
    /// The checklist.
    pub permissions: Vec<PermissionBox>,
    /// What the form of the policy holds.
    pub policy: PolicyFields,
    /// Its secrets.
    pub secrets: Vec<SecretLine>,
    /// Tokens obtained by its users.
    pub tokens: Vec<TokenLine>,
    /// Behind which place in the list of tokens the page begins; none: with the newest.
    pub tokens_after: Option<String>,
    /// Behind which place older ones begin.
    pub older_tokens: Option<String>,
    /// What was done to it, newest first.
    pub audit: Vec<ApplicationEvent>,
}

impl ApplicationPage {
    /// How many permissions of the list the application may ask for.
    fn ticked(&self) -> usize {
        self.permissions.iter().filter(|one| one.ticked).count()
    }

    fn badge(&self) -> &'static str {
        status_badge(self.application.review)
    }

    fn profiles() -> [Profile; 6] {
        Profile::ALL
    }

    fn action(&self) -> String {
        format!("/admin/applications/{}", self.application.client_id)
    }

    fn overlaps() -> [i64; 5] {
        [0, 3_600, 86_400, 7 * 86_400, 30 * 86_400]
    }

    #[expect(clippy::cast_sign_loss, reason = "an overlap is not negative")]
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they loop over by reference"
    )]
    fn overlap(&self, seconds: &i64) -> String {
        match *seconds {
            0 => self.page.admin().secrets.at_once.to_string(),
            seconds => self.page.t.duration(seconds.max(0) as u64),
        }
    }
}
