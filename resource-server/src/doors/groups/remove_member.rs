//! `DELETE /groups/{id}/users/{user_id}`: take a user out of a group.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::WriteMembers;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::path::PathIds;
use crate::paths;
use crate::state::AppState;

/// Take a user out of a group
///
/// Only applications that act for themselves change groups.
#[utoipa::path(
    delete, path = paths::GROUP_USER, operation_id = "removeGroupUser", tag = "Groups",
    params(("id" = Uuid, Path, description = "The group"), ("user_id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["groups.users:write"])),
    responses((status = 204, description = "The user is not in the group any more"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<WriteMembers>,
    State(state): State<AppState>,
    PathIds(id, user_id): PathIds,
) -> Result<StatusCode, ApiError> {
    super::find_to_change(&state, &access.actor, id).await?;
    if !state.directory.remove_member(id, user_id).await? {
        return Err(ApiError::not_found("the user is not in the group"));
    }
    tracing::info!(group = %id, user = %user_id, client_id = access.actor.client_id(), "user left group");
    Ok(StatusCode::NO_CONTENT)
}
