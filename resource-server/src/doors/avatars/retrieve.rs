//! `GET /users/{id}/avatar`: what is known about a user's picture.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::AvatarBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::users;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Read about a user's picture
#[utoipa::path(
    get, path = paths::AVATAR, operation_id = "retrieveAvatar", tag = "Avatars",
    params(("id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["users.avatar:read"])),
    responses((status = 200, description = "About the picture", body = AvatarBody), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(user): PathId,
) -> Result<Json<AvatarBody>, ApiError> {
    users::admit(&state, &access.actor, user).await?;
    let avatar = state.database.find_avatar(user).await?.ok_or_else(super::none)?;
    Ok(Json(AvatarBody::new(avatar, user, &state.config)))
}
