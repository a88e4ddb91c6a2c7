//! `DELETE /groups/{id}`: delete a group at the authorization server. Its users stay.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Write;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Delete a group
///
/// Its users stay. Only applications that act for themselves delete groups.
#[utoipa::path(
    delete, path = paths::GROUP, operation_id = "deleteGroup", tag = "Groups",
    params(("id" = Uuid, Path, description = "The group")),
    security(("bearer" = ["groups:write"])),
    responses((status = 204, description = "The group is gone"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    super::find_to_change(&state, &access.actor, id).await?;
    if !state.directory.delete_group(id).await? {
        return Err(super::gone());
    }
    tracing::info!(group = %id, client_id = access.actor.client_id(), "group deleted");
    Ok(StatusCode::NO_CONTENT)
}
