//! The page of one application: where its review stands, what it is, its secrets, who uses it, what went wrong.

use askama::Template;
use uuid::Uuid;

use super::texts::DeveloperTexts;
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::finding::{Examination, Finding};
use crate::flows::registry::Conflict;
use crate::pages::Moment;
use crate::pages::texts::Text;
use crate::pages::{PageContext, review_texts};

/// What stands above the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeveloperNotice {
    /// The draft is saved.
    DraftSaved,
    /// The changes are saved.
    Saved,
    /// It was submitted.
    Submitted,
    /// The proposed change is gone.
    Withdrawn,
    /// A secret is revoked.
    SecretRevoked,
    /// It cannot be submitted: something is missing.
    Incomplete,
    /// The secret was gone already.
    SecretGone,
    /// A label is too long.
    Label,
    /// A number of days or an overlap that cannot be.
    Choice,
    /// It is not in the state for it.
    Conflict(Conflict),
}

impl DeveloperNotice {
    /// What the page says after a form was done with.
    pub fn done(word: &str) -> Option<Self> {
        Some(match word {
            "draft" => Self::DraftSaved,
            "saved" => Self::Saved,
            "submitted" => Self::Submitted,
            "withdrawn" => Self::Withdrawn,
            "secret-revoked" => Self::SecretRevoked,
            _ => return None,
        })
    }

    const fn is_problem(self) -> bool {
        matches!(
            self,
            Self::Incomplete | Self::SecretGone | Self::Label | Self::Choice | Self::Conflict(_)
        )
    }
}

/// One of the application's secrets: never its value.
#[derive(Debug, Clone)]
pub struct OwnSecret {
    /// Its id.
    pub id: Uuid,
    /// What its developer calls it.
    pub label: Option<String>,
    /// When it was made.
    pub created: Moment,
    /// When it stops working.
    pub expires: Option<Moment>,
    /// Whether that is over.
    pub ended: bool,
    /// When it was used last.
    pub last_used: Option<Moment>,
}

/// What there is after the approval (S4.27).
#[derive(Debug, Clone)]
pub struct Security {
    /// The token that ties the forms of the secrets to this session.
    pub csrf: String,
    /// Its secrets; none for an application that has none by its kind.
    pub secrets: Option<Vec<OwnSecret>>,
}

/// A step of its reviews.
#[derive(Debug, Clone)]
pub struct StepLine {
    /// When.
    pub at: Moment,
    /// What, as it is stored.
    pub what: String,
    /// Why.
    pub reason: Option<String>,
}

/// A field that a proposal changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    /// The field, as the registry names it.
    pub field: &'static str,
    /// What it is.
    pub now: Vec<String>,
    /// What it is to be.
    pub wanted: Vec<String>,
}

/// A change of an approved application that is not in force.
#[derive(Debug, Clone)]
pub struct WaitingChange {
    /// Where it stands.
    pub status: ReviewStatus,
    /// Why.
    pub reason: Option<String>,
    /// When it was submitted, and how many seconds ago, while it waits.
    pub waiting: Option<(Moment, u64)>,
    /// What the automatic examination found.
    pub examination: Option<Examination>,
    /// What it changes.
    pub lines: Vec<ChangeLine>,
    /// The token of the form that withdraws it.
    pub withdraw_csrf: String,
}

/// How much is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCounts {
    /// Live authorizations, in words where there are very many.
    pub authorizations: String,
    /// People behind them.
    pub people: usize,
}

/// What a refused request means for the developer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// `invalid_client`.
    InvalidClient,
    /// `invalid_grant`.
    InvalidGrant,
    /// `invalid_request`.
    InvalidRequest,
    /// `invalid_scope`.
    InvalidScope,
    /// `unauthorized_client`.
    UnauthorizedClient,
    /// `unsupported_grant_type`.
    UnsupportedGrantType,
    /// The redirect URI is not registered.
    RedirectUri,
    /// It was not approved.
    NotApproved,
    /// It was blocked.
    Blocked,
    /// Too many requests.
    Throttled,
    /// Our own fault.
    Outage,
    /// Anything else.
    Other,
}

/// A refused request that named the application.
#[derive(Debug, Clone)]
pub struct ErrorLine {
    /// The error id.
    pub id: String,
    /// When.
    pub at: Moment,
    /// Status, method and route.
    pub request: String,
    /// What it means.
    pub mistake: Mistake,
}

/// `/developer/apps/{id}`.
#[derive(Debug, Template)]
#[template(path = "developer/app.html")]
pub struct DeveloperAppPage {
    /// What every page needs.
    pub page: PageContext,
    /// The application.
    pub app: Application,
    /// Its permissions in words, with their values.
    pub permissions: Vec<(String, String)>,
    /// The token of the form that submits it or its change.
    pub submit_csrf: String,
    /// When it was submitted, and how many seconds ago, while it waits.
    pub waiting: Option<(Moment, u64)>,
    /// What the automatic examination found about the application itself.
    pub examination: Option<Examination>,
    /// Its way through its reviews, oldest first.
    pub steps: Vec<StepLine>,
    /// What is to change of it.
    pub change: Option<WaitingChange>,
    /// Id and secrets, once it is approved.
    pub security: Option<Security>,
    /// Who uses it.
    pub tokens: Option<TokenCounts>,
    /// Requests that were refused, newest first.
    pub errors: Vec<ErrorLine>,
    /// What stands above the page.
    pub notice: Option<DeveloperNotice>,
}

/// Longest that a review typically takes, seconds (S4.16).
const TYPICAL_SECONDS: u64 = 48 * 3600;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
impl DeveloperAppPage {
    fn t(&self) -> &'static DeveloperTexts {
        DeveloperTexts::of(self.page.language)
    }

    fn badge(status: &ReviewStatus) -> &'static str {
        review_texts::status_badge(*status)
    }

    fn severity_badge(finding: &Finding) -> &'static str {
        review_texts::severity_badge(finding.severity)
    }

    fn lead(&self) -> &'static Text {
        let words = &self.t().app;
        match self.app.review {
            ReviewStatus::Draft => &words.draft_lead,
            ReviewStatus::Pending => &words.pending_lead,
            ReviewStatus::OnHold => &words.on_hold_lead,
            ReviewStatus::Rejected => &words.rejected_lead,
            ReviewStatus::Approved => &words.approved_lead,
        }
    }

    fn change_lead(&self, status: &ReviewStatus) -> &'static Text {
        let words = &self.t().app;
        match *status {
            ReviewStatus::Draft => &words.change_draft,
            ReviewStatus::Pending | ReviewStatus::Approved => &words.change_pending,
            ReviewStatus::OnHold => &words.change_on_hold,
            ReviewStatus::Rejected => &words.change_rejected,
        }
    }

    /// Whether the developer is the one to act.
    #[expect(clippy::unused_self, reason = "templates call it on the page")]
    fn may_submit(&self, status: &ReviewStatus) -> bool {
        matches!(
            status,
            ReviewStatus::Draft | ReviewStatus::OnHold | ReviewStatus::Rejected
        )
    }

    fn submit_text(&self, status: &ReviewStatus) -> &'static Text {
        let words = &self.t().app;
        if *status == ReviewStatus::Draft {
            &words.submit
        } else {
            &words.submit_again
        }
    }

    /// When it was submitted and how long ago, as text before, within and after the time.
    fn clock(&self, ago: &u64) -> (&'static str, String) {
        let (before, after) = self.t().app.waiting.around("at");
        let (between, end) = after.split_once("{ago}").unwrap_or((after, ""));
        let duration = self.page.t.elapsed((*ago).max(1));
        (before, format!("{between}{duration}{end}"))
    }

    #[expect(clippy::unused_self, reason = "templates call it on the page")]
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they loop over by reference"
    )]
    fn is_overdue(&self, ago: &u64) -> bool {
        *ago > TYPICAL_SECONDS
    }

    fn notice_text(&self) -> Option<&'static Text> {
        let words = self.t();
        Some(match self.notice? {
            DeveloperNotice::DraftSaved => &words.done.draft,
            DeveloperNotice::Saved => &words.done.saved,
            DeveloperNotice::Submitted => &words.done.submitted,
            DeveloperNotice::Withdrawn => &words.done.withdrawn,
            DeveloperNotice::SecretRevoked => &words.done.secret_revoked,
            DeveloperNotice::Incomplete => &words.refused.incomplete,
            DeveloperNotice::SecretGone => &words.refused.secret_gone,
            DeveloperNotice::Label => &words.refused.label,
            DeveloperNotice::Choice => &words.refused.choice,
            DeveloperNotice::Conflict(conflict) => self.page.conflict(&conflict),
        })
    }

    fn is_problem(&self) -> bool {
        self.notice.is_some_and(DeveloperNotice::is_problem)
    }

    /// For how long old secrets may go on working: an hour, a day, a week, thirty days.
    fn overlaps(&self) -> [(u64, String); 4] {
        [3_600, 86_400, 604_800, 2_592_000].map(|seconds| (seconds, self.page.t.duration(seconds)))
    }

    /// The words for a field that a proposal changes.
    fn field_name(&self, field: &str) -> &'static Text {
        let words = &self.t().form;
        match field {
            "name" => &words.name,
            "homepage_url" => &words.homepage,
            "policy_url" => &words.policy,
            "logo_url" => &words.logo,
            "redirect_uris" => &words.callbacks,
            "scope" => &words.permissions,
            "use_case" => &words.use_case,
            _ => &words.description,
        }
    }

    fn label<'a>(&self, secret: &'a OwnSecret) -> std::borrow::Cow<'a, str> {
        match &secret.label {
            Some(label) => label.into(),
            None => self.t().app.no_label.to_string().into(),
        }
    }

    fn mistake(&self, mistake: &Mistake) -> &'static Text {
        let words = &self.t().mistake;
        match mistake {
            Mistake::InvalidClient => &words.invalid_client,
            Mistake::InvalidGrant => &words.invalid_grant,
            Mistake::InvalidRequest => &words.invalid_request,
            Mistake::InvalidScope => &words.invalid_scope,
            Mistake::UnauthorizedClient => &words.unauthorized_client,
            Mistake::UnsupportedGrantType => &words.unsupported_grant_type,
            Mistake::RedirectUri => &words.redirect_uri,
            Mistake::NotApproved => &words.not_approved,
            Mistake::Blocked => &words.blocked,
            Mistake::Throttled => &words.throttled,
            Mistake::Outage => &words.outage,
            Mistake::Other => &words.other,
        }
    }
}

/// A secret was made: shown once, in the answer to the form, and never again (H3).
#[derive(Debug, Template)]
#[template(path = "developer/secret.html")]
pub struct NewSecretPage {
    /// What every page needs.
    pub page: PageContext,
    /// The application.
    pub client_id: String,
    /// The secret.
    pub secret: String,
}

impl NewSecretPage {
    fn t(&self) -> &'static DeveloperTexts {
        DeveloperTexts::of(self.page.language)
    }
}
