//! `DELETE /users/{id}`: delete a user at the authorization server, and what belongs to them here.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Write;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Delete a user
///
/// Their tokens and sessions end, and their address book and picture go. Only applications that act for themselves
/// delete users.
#[utoipa::path(
    delete, path = paths::USER, operation_id = "deleteUser", tag = "Users",
    params(("id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["users:write"])),
    responses((status = 204, description = "The user is gone"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    if let Some(user) = access.actor.user() {
        return Err(if user.user_id == id {
            ApiError::forbidden("A user's token cannot delete users.")
        } else {
            ApiError::not_found("another user than the token's")
        });
    }
    let deleted = state.directory.delete_user(id).await?;
    // Also when the user was gone before: an earlier request may have got no further than the directory.
    state.database.forget_user(id).await?;
    if !deleted {
        return Err(ApiError::not_found("no such user"));
    }
    tracing::info!(user = %id, client_id = access.actor.client_id(), "user deleted");
    Ok(StatusCode::NO_CONTENT)
}
