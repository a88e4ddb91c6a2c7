//! `DELETE /conferences/{id}`: by an owner, or by an application that acts for itself. Which application
//! made the conference does not matter here: an administrator gave it the permission for all.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Write;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Delete a conference
///
/// With its participants, invitations and the list of its recordings. There is no way back.
#[utoipa::path(
    delete, path = paths::CONFERENCE, operation_id = "deleteConference", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference")),
    security(("bearer" = ["conferences:write"])),
    responses((status = 204, description = "It is gone"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    let actor = &access.actor;
    let view = room::find(&state, id, actor.into()).await?;
    if !view.role.may_delete() {
        return Err(ApiError::forbidden("Only owners of a conference may delete it."));
    }
    let now = state.clock.seconds();
    if !state.database.delete_room(id, actor.into(), now).await? {
        return Err(room::gone());
    }
    tracing::info!(room = %id, client_id = actor.client_id(), "room deleted");
    Ok(StatusCode::NO_CONTENT)
}
