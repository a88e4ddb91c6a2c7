//! What waits for a reviewer, and the decision about it.

use askama::Template;

use super::super::PageContext;
use super::super::review_texts::{severity_badge, status_badge};
use super::super::texts::Text;
use super::tabs::AdminTabs;
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::finding::{Examination, Finding};
use crate::flows::registry::{Conflict, FieldProblem};

/// A line of the queue.
#[derive(Clone, Debug)]
pub struct QueueLine {
    /// The client id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Address of who answers for it.
    pub owner: Option<String>,
    /// When it was submitted, in words.
    pub submitted: String,
    /// Hours that it has waited.
    pub hours: i64,
    /// It has waited longer than it should (S4.16).
    pub overdue: bool,
    /// It runs already, and a change of it waits.
    pub is_proposal: bool,
}

/// `/admin/review`: the queue.
#[derive(Debug, Template)]
#[template(path = "admin/review.html")]
pub struct ReviewQueuePage {
    /// What every page needs.
    pub page: PageContext,
    /// The navigation.
    pub tabs: AdminTabs,
    /// Those on hold are shown, not those that wait.
    pub on_hold: bool,
    /// What was decided a moment ago.
    pub decided: Option<ReviewStatus>,
    /// How much waits.
    pub waiting: i64,
    /// What of it is overdue.
    pub overdue: i64,
    /// The lines.
    pub lines: Vec<QueueLine>,
    /// Where it goes on.
    pub next: Option<String>,
    /// Whether this is not the first part.
    pub is_later: bool,
}

impl ReviewQueuePage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn decided_text(&self, status: &ReviewStatus) -> &'static Text {
        let texts = &self.page.admin().review;
        match *status {
            ReviewStatus::Approved => &texts.done_approved,
            ReviewStatus::OnHold => &texts.done_on_hold,
            _ => &texts.done_rejected,
        }
    }
}

impl QueueLine {
    fn waited(&self, page: &PageContext) -> String {
        let texts = &page.admin().review;
        match self.hours {
            0 => texts.waited_less.to_string(),
            1 => texts.waited_hour.to_string(),
            hours if hours < 96 => texts.waited_hours.with("n", hours),
            hours => texts.waited_days.with("n", hours / 24),
        }
    }
}

/// A permission that is asked for.
#[derive(Clone, Debug)]
pub struct AskedPermission {
    /// The permission.
    pub scope: String,
    /// What it allows, in plain words.
    pub label: String,
}

/// A field that the developer wants to change.
#[derive(Clone, Debug)]
pub struct ProposedChange {
    /// The field, as the API names it.
    pub field: &'static str,
    /// What it is now.
    pub before: Vec<String>,
    /// What it is to be.
    pub after: Vec<String>,
}

impl ProposedChange {
    fn label(&self, page: &PageContext) -> &'static Text {
        field_label(page, self.field)
    }
}

fn field_label(page: &PageContext, field: &str) -> &'static Text {
    let texts = &page.admin().form;
    match field {
        "name" => &texts.name,
        "redirect_uris" => &texts.redirect_uris,
        "homepage_url" => &texts.homepage_url,
        "policy_url" => &texts.policy_url,
        "logo_url" => &texts.logo_url,
        "scope" => &texts.permissions,
        "use_case" => &texts.use_case,
        _ => &texts.description,
    }
}

/// A step of an application's way through its reviews.
#[derive(Clone, Debug)]
pub struct TimelineLine {
    /// When, in words.
    pub at: String,
    /// What happened, as it is stored.
    pub what: String,
    /// The reviewer's reason.
    pub reason: Option<String>,
    /// Address of who did it.
    pub who: Option<String>,
}

/// What stands above a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewNotice {
    /// It was not possible.
    Conflict(Conflict),
    /// The reason is missing, or it or a field of the submission cannot be as it is.
    Problem(FieldProblem),
}

/// `/admin/review/{id}`: one submission with everything its developer gave. Posts `csrf`, `version`, `reason` and
/// `decision` back.
#[derive(Debug, Template)]
#[template(path = "admin/review_one.html")]
pub struct ReviewPage {
    /// What every page needs.
    pub page: PageContext,
    /// The navigation.
    pub tabs: AdminTabs,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// What happened.
    pub notice: Option<ReviewNotice>,
    /// The application as it runs, or would run.
    pub application: Application,
    /// The version that the reviewer looks at.
    pub version: i64,
    /// Address of who answers for it.
    pub owner: Option<String>,
    /// When it was submitted, in words.
    pub submitted: Option<String>,
    /// It has waited longer than it should.
    pub overdue: bool,
    /// Where it stands: the application, or the change of it.
    pub status: ReviewStatus,
    /// Why, where a reviewer said so.
    pub status_reason: Option<String>,
    /// What is to change; none where the application itself is reviewed.
    pub proposal: Option<Vec<ProposedChange>>,
    /// What it asks for.
    pub permissions: Vec<AskedPermission>,
    /// What was found; none before it was looked at.
    pub examination: Option<Examination>,
    /// What happened before, oldest first.
    pub timeline: Vec<TimelineLine>,
    /// Whether this reviewer may decide now.
    pub may_decide: bool,
    /// It is this reviewer's own.
    pub is_own: bool,
    /// What was typed.
    pub reason: String,
}

impl ReviewPage {
    fn badge(&self) -> &'static str {
        status_badge(self.status)
    }

    fn is_reason_wrong(&self) -> bool {
        matches!(&self.notice, Some(ReviewNotice::Problem(problem)) if problem.field == "reason")
    }

    fn field_label(&self, problem: &FieldProblem) -> &'static Text {
        field_label(&self.page, problem.field)
    }

    fn severity_badge(finding: &Finding) -> &'static str {
        severity_badge(finding.severity)
    }
}
