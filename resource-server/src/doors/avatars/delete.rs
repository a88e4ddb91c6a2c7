//! `DELETE /users/{id}/avatar`: take a user's picture away.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Write;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::users;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Delete a user's picture
#[utoipa::path(
    delete, path = paths::AVATAR, operation_id = "deleteAvatar", tag = "Avatars",
    params(("id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["users.avatar:write"])),
    responses((status = 204, description = "The picture is gone"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(user): PathId,
) -> Result<StatusCode, ApiError> {
    users::admit(&state, &access.actor, user).await?;
    if !state.database.delete_avatar(user).await? {
        return Err(super::none());
    }
    Ok(StatusCode::NO_CONTENT)
}
