//! What the developer of an application sees in place of the consent page before the approval.

use askama::Template;

use super::texts::DeveloperTexts;
use crate::domain::application::ReviewStatus;
use crate::pages::PageContext;
use crate::pages::texts::Text;

/// Waits for the approval: sent with a `Refresh` header, unless the reader stopped that.
#[derive(Debug, Template)]
#[template(path = "developer/waiting.html")]
pub struct WaitingPage {
    /// What every page needs.
    pub page: PageContext,
    /// The application.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Where it stands: draft, pending or on hold.
    pub status: ReviewStatus,
    /// The request that goes on once it is approved.
    pub request: String,
    /// The same without looking again by itself; none when it does not any more.
    pub still: Option<String>,
}

impl WaitingPage {
    fn t(&self) -> &'static DeveloperTexts {
        DeveloperTexts::of(self.page.language)
    }

    fn lead(&self) -> &'static Text {
        let words = &self.t().waiting;
        match self.status {
            _ if self.still.is_none() => &words.lead_still,
            ReviewStatus::Draft => &words.lead_draft,
            ReviewStatus::OnHold => &words.lead_on_hold,
            ReviewStatus::Pending | ReviewStatus::Rejected | ReviewStatus::Approved => &words.lead_pending,
        }
    }
}
