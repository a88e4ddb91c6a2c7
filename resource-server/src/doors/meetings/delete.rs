//! `DELETE /api/meetings/{id}`: delete a meeting that the user created.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Delete;
use crate::bearer::OnBehalf;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::access::may_change_meeting;
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Delete a meeting
#[utoipa::path(
    delete, path = paths::MEETING, operation_id = "deleteMeeting", tag = "Meetings",
    params(("id" = Uuid, Path, description = "The meeting")),
    security(("bearer" = ["meeting:delete"])),
    responses((status = 204, description = "It is gone"), Guarded, NotFound),
)]
pub async fn delete(
    access: OnBehalf<Delete>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    let principal = &access.principal;
    let view = room::find(&state, id, principal.into()).await?;
    if !may_change_meeting(view.role) {
        return Err(ApiError::forbidden(
            "Only the person who created a meeting may delete it.",
        ));
    }
    if !state
        .database
        .delete_room(id, principal.into(), state.clock.seconds())
        .await?
    {
        return Err(room::gone());
    }
    tracing::info!(room = %id, client_id = principal.client_id, "room deleted");
    Ok(StatusCode::NO_CONTENT)
}
