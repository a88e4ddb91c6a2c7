//! What was found about the URLs of an application when it was submitted.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Allowed, Review};
use super::answer::{ApiError, plain};
use super::documents::{Guarded, Missing};
use super::request::Ids;
use crate::domain::finding::{Examination, Finding};
use crate::paths;
use crate::state::AppState;

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Finding)]
pub struct FindingBody {
    /// Which of the application's URLs.
    #[schema(example = "homepage")]
    field: &'static str,
    /// The URL.
    url: String,
    /// What it is.
    #[schema(example = "unreachable")]
    kind: &'static str,
    /// `blocks`, `warns` or `note`.
    #[schema(example = "warns")]
    severity: &'static str,
    /// In words.
    detail: String,
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        Self {
            field: finding.field.as_str(),
            url: finding.url,
            kind: finding.kind.as_str(),
            severity: finding.severity.as_str(),
            detail: finding.detail,
        }
    }
}

/// What came of the latest submission's examination. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingList {
    /// When the application was submitted; null: never.
    submitted_at: Option<i64>,
    /// When the last of its URLs had been looked at; null: still checking.
    completed_at: Option<i64>,
    /// The gravest first.
    items: Vec<FindingBody>,
}

impl From<Option<Examination>> for FindingList {
    fn from(examination: Option<Examination>) -> Self {
        match examination {
            None => Self {
                submitted_at: None,
                completed_at: None,
                items: Vec::new(),
            },
            Some(examination) => Self {
                submitted_at: Some(examination.submitted_at),
                completed_at: examination.completed_at,
                items: examination.findings.into_iter().map(FindingBody::from).collect(),
            },
        }
    }
}

/// Show what was found about a submission
#[utoipa::path(
    get, path = paths::ADMIN_API_FINDINGS, operation_id = "getFindings", tag = "Reviews",
    params(("client_id" = String, Path, description = "The application")),
    security(("bearer" = ["admin:review"])),
    responses((status = 200, description = "The findings", body = FindingList), Guarded, Missing),
)]
pub async fn get(
    caller: Allowed<Review>,
    State(state): State<AppState>,
    Ids(client_id): Ids<String>,
) -> Result<Response, ApiError> {
    let registration = caller.registry().application(&client_id).await?;
    let examination = state.services.latest_examination(&registration).await?;
    Ok(plain(StatusCode::OK, FindingList::from(examination)))
}
