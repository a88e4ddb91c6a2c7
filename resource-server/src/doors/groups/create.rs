//! `POST /groups`: a new group at the authorization server.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Write;
use super::representation::{GroupBody, GroupInputBody};
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, ReadsBody};
use crate::doors::fields;
use crate::doors::users::representation::name;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::paths;
use crate::state::AppState;

/// Make a group
///
/// Only applications that act for themselves make groups.
#[utoipa::path(
    post, path = paths::GROUPS, operation_id = "createGroup", tag = "Groups",
    request_body = GroupInputBody,
    security(("bearer" = ["groups:write"])),
    responses((status = 201, description = "The new group", body = GroupBody), Guarded, ReadsBody),
)]
pub async fn post(
    access: Acting<Write>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<GroupBody>), ApiError> {
    super::may_change(&access.actor)?;
    let name = name(&members)?.ok_or_else(|| fields::missing("name"))?;
    let group = state.directory.create_group(&name).await?;
    tracing::info!(group = %group.id, client_id = access.actor.client_id(), "group created");
    Ok((StatusCode::CREATED, Json(group.into())))
}
