//! `PUT` and `PATCH /groups/{id}`: give a group another name. There is nothing else to change, so both methods do
//! the same.

use axum::Json;
use axum::extract::State;
use uuid::Uuid;

use super::permission::Write;
use super::representation::{GroupBody, GroupInputBody};
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::actor::Actor;
use crate::doors::fields::{self, Members};
use crate::doors::users::representation::name;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::{AppState, State as Server};

/// Rename a group
///
/// Only applications that act for themselves change groups.
#[utoipa::path(
    patch, path = paths::GROUP, operation_id = "updateGroup", tag = "Groups",
    params(("id" = Uuid, Path, description = "The group")),
    request_body = GroupInputBody,
    security(("bearer" = ["groups:write"])),
    responses((status = 200, description = "The group", body = GroupBody), Guarded, NotFound, ReadsBody),
)]
pub async fn patch(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<GroupBody>, ApiError> {
    rename(&state, &access.actor, id, &members).await
}

/// Rename a group
///
/// The same as `PATCH`.
#[utoipa::path(
    put, path = paths::GROUP, operation_id = "replaceGroup", tag = "Groups",
    params(("id" = Uuid, Path, description = "The group")),
    request_body = GroupInputBody,
    security(("bearer" = ["groups:write"])),
    responses((status = 200, description = "The group", body = GroupBody), Guarded, NotFound, ReadsBody),
)]
pub async fn put(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<GroupBody>, ApiError> {
    rename(&state, &access.actor, id, &members).await
}

async fn rename(
    state: &Server,
    actor: &Actor,
    id: Uuid,
    members: &Members,
) -> Result<Json<GroupBody>, ApiError> {
    super::find_to_change(state, actor, id).await?;
    let name = name(members)?.ok_or_else(|| fields::missing("name"))?;
    let group = state.directory.rename_group(id, &name).await?;
    let group = group.ok_or_else(super::gone)?;
    tracing::info!(group = %id, client_id = actor.client_id(), "group renamed");
    Ok(Json(group.into()))
}
