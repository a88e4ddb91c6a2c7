//! The audit log, and what is behind error ids.

use askama::Template;

use super::FormProblems;
use super::texts::PeopleTexts;
use crate::domain::audit::AuditKind;
use crate::pages::Moment;
use crate::pages::{AdminTabs, PageContext};

/// A line of the audit log.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// When.
    pub at: Moment,
    /// What happened, by its stored name.
    pub kind: String,
    /// The user concerned.
    pub user_id: Option<String>,
    /// The application concerned.
    pub client_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// In words.
    pub detail: String,
}

/// What the log is narrowed to, as the form holds it.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// What happened.
    pub kind: String,
    /// An address or an id.
    pub user: String,
    /// The application.
    pub client_id: String,
    /// The first day, `YYYY-MM-DD`.
    pub from: String,
    /// The last day, `YYYY-MM-DD`.
    pub until: String,
}

/// `/admin/audit`: the newest lines first.
#[derive(Debug, Template)]
#[template(path = "people/audit.html")]
pub struct AuditPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// What the log is narrowed to.
    pub filter: AuditFilter,
    /// What is wrong with the filter.
    pub problems: FormProblems,
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Whether this is the log's beginning.
    pub is_first: bool,
    /// Where older lines are.
    pub older: Option<String>,
    /// Everything that the filter leaves, as CSV.
    pub csv: String,
    /// The same as JSON lines.
    pub json: String,
}

impl AuditPage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }

    fn kinds() -> impl Iterator<Item = &'static str> {
        AuditKind::ALL.iter().map(|kind| kind.as_str())
    }
}

/// What is behind an error id.
#[derive(Debug, Clone)]
pub struct FoundReport {
    /// When.
    pub at: Moment,
    /// HTTP status.
    pub status: u16,
    /// Method and route.
    pub route: String,
    /// The exact reason.
    pub reason: String,
    /// Where the request came from.
    pub address: Option<String>,
}

/// `/admin/errors`: looks an error id up.
#[derive(Debug, Template)]
#[template(path = "people/errors.html")]
pub struct ErrorLookupPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// What the form holds.
    pub id: String,
    /// What is wrong with it.
    pub problems: FormProblems,
    /// What was found.
    pub report: Option<FoundReport>,
}

impl ErrorLookupPage {
    fn t(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }
}
