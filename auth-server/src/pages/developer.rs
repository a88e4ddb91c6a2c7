//! `/developer`: developers and their applications.

mod app;
mod form;
pub(super) mod texts;
mod waiting;

use askama::Template;

use super::moment::Moment;
use super::{PageContext, review_texts};
use crate::domain::application::ReviewStatus;
use texts::DeveloperTexts;

pub use app::{
    ChangeLine, DeveloperAppPage, DeveloperNotice, ErrorLine, Mistake, NewSecretPage, OwnSecret, Security,
    StepLine, TokenCounts, WaitingChange,
};
pub use form::{AppFields, AppFormNotice, AppFormPage, PermissionChoice, problem_text};
pub use waiting::WaitingPage;

/// A line of the list.
#[derive(Debug, Clone)]
pub struct AppLine {
    /// The application.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: ReviewStatus,
    /// Blocked by an administrator.
    pub disabled: bool,
    /// When it was registered.
    pub registered: Moment,
}

/// `/developer`: the applications of a developer.
#[derive(Debug, Template)]
#[template(path = "developer/list.html")]
pub struct DeveloperAppsPage {
    /// What every page needs.
    pub page: PageContext,
    /// The applications, newest first.
    pub apps: Vec<AppLine>,
    /// Whether the list began further up.
    pub is_later: bool,
    /// Where older ones are.
    pub older: Option<String>,
}

impl DeveloperAppsPage {
    fn t(&self) -> &'static DeveloperTexts {
        DeveloperTexts::of(self.page.language)
    }

    fn badge(line: &AppLine) -> &'static str {
        if line.disabled {
            "badge-bad"
        } else {
            review_texts::status_badge(line.status)
        }
    }
}
