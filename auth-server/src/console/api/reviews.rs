//! `/reviews`: what waits for a reviewer, and the decision.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadApplications, Review};
use super::answer::{ApiError, plain, versioned};
use super::application_body::ApplicationBody;
use super::documents::{Changes, Guarded, Missing, ReadsBody};
use super::request::{Body, Ids, Query};
use crate::domain::application::ReviewStatus;
use crate::domain::registration::ReviewStep;
use crate::flows::registry::Decision;
use crate::paths;

/// Something that waits for a reviewer.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueuedReview {
    /// Since when, seconds since the Unix epoch.
    submitted_at: i64,
    /// The application runs already, and its `proposal` waits.
    is_proposal: bool,
    /// The application.
    application: ApplicationBody,
}

/// A part of what waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewQueue {
    /// Oldest first.
    items: Vec<QueuedReview>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
    /// How much waits in all.
    total: i64,
}

/// What a reviewer decides.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be used, or the change of it runs.
    Approved,
    /// It waits for something, which the reason names.
    OnHold,
    /// It may not, for the reason.
    Rejected,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionInput {
    /// What is decided.
    status: Verdict,
    /// Why, for the developer. Needed for holding and rejecting.
    reason: Option<String>,
    /// The `version` that was looked at: a decision about an older one is refused.
    version: i64,
    /// The decision is about the proposal of an approved application.
    #[serde(default)]
    proposal: bool,
}

/// A step of an application's way through its reviews.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewStep)]
pub struct StepBody {
    /// Seconds since the Unix epoch.
    at: i64,
    /// What happened.
    #[schema(example = "submitted")]
    what: String,
    /// The reviewer's reason.
    reason: Option<String>,
    /// The user who did it.
    actor_id: Option<Uuid>,
}

impl From<ReviewStep> for StepBody {
    fn from(step: ReviewStep) -> Self {
        Self {
            at: step.at,
            what: step.what,
            reason: step.reason,
            actor_id: step.actor_id,
        }
    }
}

/// The steps of an application's reviews.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    /// Oldest first.
    items: Vec<StepBody>,
}

/// List what waits for a reviewer
#[utoipa::path(
    get, path = paths::ADMIN_API_REVIEWS, operation_id = "listReviews", tag = "Reviews",
    params(
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:review"])),
    responses((status = 200, description = "A part of the queue", body = ReviewQueue), Guarded),
)]
pub async fn list(caller: Allowed<Review>, query: Query) -> Result<Response, ApiError> {
    let registry = caller.registry();
    let (after, limit) = (query.after()?, query.limit()?);
    let found = registry
        .queue(ReviewStatus::Pending, after.as_ref(), limit)
        .await?;
    let queue = ReviewQueue {
        next: found.next.map(|place| place.to_string()),
        items: found
            .items
            .into_iter()
            .map(|row| QueuedReview {
                submitted_at: row.submitted_at,
                is_proposal: row.is_proposal,
                application: row.registration.into(),
            })
            .collect(),
        total: registry.queue_length().await?,
    };
    Ok(plain(StatusCode::OK, queue))
}

/// Decide
///
/// An approval makes no secret: the developer does, or `addSecret`.
#[utoipa::path(
    post, path = paths::ADMIN_API_REVIEW, operation_id = "decideReview", tag = "Reviews",
    params(("client_id" = String, Path, description = "The application")),
    request_body = DecisionInput,
    security(("bearer" = ["admin:review"])),
    responses(
        (status = 200, description = "The application as it is now", body = ApplicationBody),
        Guarded, Missing, ReadsBody, Changes
    ),
)]
pub async fn post(
    caller: Allowed<Review>,
    Ids(client_id): Ids<String>,
    Body(input): Body<DecisionInput>,
) -> Result<Response, ApiError> {
    let decision = Decision {
        status: match input.status {
            Verdict::Approved => ReviewStatus::Approved,
            Verdict::OnHold => ReviewStatus::OnHold,
            Verdict::Rejected => ReviewStatus::Rejected,
        },
        reason: input.reason,
        seen: Some(input.version),
        first_secret: false,
    };
    let registry = caller.registry();
    let decided = if input.proposal {
        registry.decide_proposal(&client_id, &decision).await?
    } else {
        registry.decide(&client_id, &decision).await?.registration
    };
    Ok(versioned(
        StatusCode::OK,
        decided.version,
        ApplicationBody::from(decided),
    ))
}

/// List the steps of an application's reviews
#[utoipa::path(
    get, path = paths::ADMIN_API_TIMELINE, operation_id = "getTimeline", tag = "Applications",
    params(("client_id" = String, Path, description = "The application")),
    security(("bearer" = ["admin:applications:read"])),
    responses((status = 200, description = "The steps", body = Timeline), Guarded, Missing),
)]
pub async fn timeline(
    caller: Allowed<ReadApplications>,
    Ids(client_id): Ids<String>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    registry.application(&client_id).await?;
    let steps = registry.timeline(&client_id).await?;
    let items = steps.into_iter().map(StepBody::from).collect();
    Ok(plain(StatusCode::OK, Timeline { items }))
}
