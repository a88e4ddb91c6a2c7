//! `/admin`: what administrators, reviewers and auditors see.

mod applications;
mod fields;
mod review;
mod tabs;
pub(super) mod texts;
mod words;

pub use applications::{
    AdminOverviewPage, ApplicationEvent, ApplicationFilter, ApplicationLine, ApplicationNotice,
    ApplicationPage, ApplicationSecretPage, ApplicationsPage, NewApplicationPage, SecretLine, TokenLine,
};
pub use fields::{ApplicationFields, CHOICES, FLAGS, LIVES, PermissionBox, PolicyFields, permission_boxes};
pub use review::{
    AskedPermission, ProposedChange, QueueLine, ReviewNotice, ReviewPage, ReviewQueuePage, TimelineLine,
};
pub use tabs::{AdminTab, AdminTabs};

use super::PageContext;
use texts::AdminTexts;

impl PageContext {
    /// The texts of the administration.
    pub(in crate::pages) fn admin(&self) -> &'static AdminTexts {
        AdminTexts::of(self.language)
    }
}
