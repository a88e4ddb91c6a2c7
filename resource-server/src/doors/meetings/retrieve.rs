//! `GET /api/meetings/{id}`: one meeting with its people. To those who do not take part in it, it is not there.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::MeetingBody;
use crate::bearer::OnBehalf;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Read a meeting
#[utoipa::path(
    get, path = paths::MEETING, operation_id = "retrieveMeeting", tag = "Meetings",
    params(("id" = Uuid, Path, description = "The meeting")),
    security(("bearer" = ["meeting:read"])),
    responses((status = 200, description = "The meeting", body = MeetingBody), Guarded, NotFound),
)]
pub async fn get(
    access: OnBehalf<Read>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<MeetingBody>, ApiError> {
    let view = room::find(&state, id, (&access.principal).into()).await?;
    let participants = state.database.participants(id).await?;
    Ok(Json(MeetingBody::detailed(view, participants, &state.config)))
}
