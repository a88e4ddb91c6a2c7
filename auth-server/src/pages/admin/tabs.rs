//! The parts of the administration, as a navigation: each is shown to those whose roles open it.

use super::super::PageContext;
use super::super::texts::Text;
use crate::domain::user::User;
use crate::paths;

/// A part of the administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminTab {
    /// API, OAuth2: the applications (S3.2).
    Applications,
    /// What waits for a reviewer.
    Review,
    /// Users.
    Users,
    /// API keys.
    ApiKeys,
    /// Signing keys.
    SigningKeys,
    /// The audit log.
    Audit,
    /// The reasons behind error ids.
    Errors,
    /// Messages to people.
    Outbox,
    /// Receivers of events.
    Webhooks,
}

impl AdminTab {
    /// Every part, in the order it is shown.
    pub const ALL: [Self; 9] = [
        Self::Applications,
        Self::Review,
        Self::Users,
        Self::ApiKeys,
        Self::SigningKeys,
        Self::Audit,
        Self::Errors,
        Self::Outbox,
        Self::Webhooks,
    ];

    pub(in crate::pages) const fn path(self) -> &'static str {
        match self {
            Self::Applications => paths::ADMIN_APPLICATIONS,
            Self::Review => paths::ADMIN_REVIEW,
            Self::Users => paths::ADMIN_USERS,
            Self::ApiKeys => paths::ADMIN_API_KEYS_PAGE,
            Self::SigningKeys => paths::ADMIN_SIGNING_KEYS,
            Self::Audit => paths::ADMIN_AUDIT,
            Self::Errors => paths::ADMIN_ERRORS,
            Self::Outbox => paths::ADMIN_OUTBOX,
            Self::Webhooks => paths::ADMIN_WEBHOOKS,
        }
    }

    pub(in crate::pages) fn text(self, page: &PageContext) -> &'static Text {
        let texts = &page.admin().tabs;
        match self {
            Self::Applications => &texts.applications,
            Self::Review => &texts.review,
            Self::Users => &texts.users,
            Self::ApiKeys => &texts.api_keys,
            Self::SigningKeys => &texts.signing_keys,
            Self::Audit => &texts.audit,
            Self::Errors => &texts.errors,
            Self::Outbox => &texts.outbox,
            Self::Webhooks => &texts.webhooks,
        }
    }
}

/// The navigation of one user on one page.
#[derive(Clone, Copy, Debug)]
pub struct AdminTabs {
    current: Option<AdminTab>,
    reviews: bool,
    audits: bool,
}

impl AdminTabs {
    /// What `user` may open; `current` is the part the page belongs to.
    pub fn of(user: &User, current: impl Into<Option<AdminTab>>) -> Self {
        Self {
            current: current.into(),
            reviews: user.is_admin || user.is_reviewer,
            audits: user.is_admin || user.is_auditor,
        }
    }

    pub(in crate::pages) fn shown(&self) -> impl Iterator<Item = AdminTab> {
        let tabs = *self;
        AdminTab::ALL.into_iter().filter(move |tab| match tab {
            AdminTab::Review => tabs.reviews,
            _ => tabs.audits,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(in crate::pages) fn is_current(&self, tab: &AdminTab) -> bool {
        self.current == Some(*tab)
    }
}
