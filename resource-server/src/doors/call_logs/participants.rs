//! `GET /logs/calls/{id}/participants`: who was in a call, from when to when.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use super::permission::ReadParticipants;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::call::Attendance;
use crate::doors::conferences::representation::rfc3339;
use crate::doors::sessions::representation;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// A user's stay in a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallParticipant)]
pub struct StayBody {
    /// The user.
    user_id: Uuid,
    /// What the others read, where it is known.
    #[schema(required)]
    name: Option<String>,
    /// What they were in the conference when they joined.
    #[schema(pattern = "^(owner|administrator|member|attendee|guest)$")]
    role: &'static str,
    /// When they joined.
    #[schema(format = DateTime)]
    joined_at: String,
    /// When they left, if they have.
    #[schema(required, format = DateTime)]
    left_at: Option<String>,
}

impl From<Attendance> for StayBody {
    fn from(stay: Attendance) -> Self {
        Self {
            user_id: stay.user_id,
            name: stay.name,
            role: representation::role(stay.role),
            joined_at: rfc3339(stay.joined_at),
            left_at: stay.left_at.map(rfc3339),
        }
    }
}

/// List who was in a call
///
/// In the order in which they joined; who came back is there again.
#[utoipa::path(
    get, path = paths::CALL_PARTICIPANTS, operation_id = "listCallParticipants", tag = "Logs",
    params(("id" = Uuid, Path, description = "The call"), PageQuery),
    security(("bearer" = ["logs.calls.participants:read"])),
    responses((status = 200, description = "One page", body = PageBody<StayBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<ReadParticipants>,
    State(state): State<AppState>,
    PathId(id): PathId,
    query: PageQuery,
) -> Result<Json<PageBody<StayBody>>, ApiError> {
    let call = find(&state, id, &access.actor).await?;
    let (count, stays) = state
        .database
        .list_attendances(call.id, false, query.page)
        .await?;
    query.answer(count, stays.into_iter().map(Into::into).collect())
}
