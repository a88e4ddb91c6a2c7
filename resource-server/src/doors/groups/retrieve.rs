//! `GET /groups/{id}`: one group. To users outside of it, it is not there.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::GroupBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Read a group
#[utoipa::path(
    get, path = paths::GROUP, operation_id = "retrieveGroup", tag = "Groups",
    params(("id" = Uuid, Path, description = "The group")),
    security(("bearer" = ["groups:read"])),
    responses((status = 200, description = "The group", body = GroupBody), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<GroupBody>, ApiError> {
    let group = super::find(&state, &access.actor, id).await?;
    Ok(Json(group.into()))
}
