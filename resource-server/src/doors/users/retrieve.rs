//! `GET /users/{id}`: one user.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::UserBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Read a user
///
/// With a token of a user, that user alone.
#[utoipa::path(
    get, path = paths::USER, operation_id = "retrieveUser", tag = "Users",
    params(("id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["users:read"])),
    responses((status = 200, description = "The user", body = UserBody), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<UserBody>, ApiError> {
    let user = super::find(&state, &access.actor, id).await?;
    Ok(Json(user.into()))
}
