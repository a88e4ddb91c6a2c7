//! `/conferences/{id}/session`: the one session of a conference that runs, and `/sessions`: all of them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;

use super::permission::{Read, Write};
use super::representation::SessionBody;
use super::{find, not_running};
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::doors::{fields, room};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// How a session is to start.
#[derive(Debug, ToSchema)]
pub struct NewSession {
    /// Whether it is to become a recording when it ends.
    #[schema(default = false, nullable = false)]
    pub record: Option<bool>,
}

/// List running sessions
///
/// Latest first: those of the conferences in which the token's user is owner, participant or invited, and those
/// that the user is in; with a token of an application alone, all.
#[utoipa::path(
    get, path = paths::SESSIONS, operation_id = "listSessions", tag = "Sessions",
    params(PageQuery),
    security(("bearer" = ["conferences.sessions:read"])),
    responses((status = 200, description = "One page", body = PageBody<SessionBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<Read>,
    State(state): State<AppState>,
    query: PageQuery,
) -> Result<Json<PageBody<SessionBody>>, ApiError> {
    let viewer = (&access.actor).into();
    let (count, calls) = state.database.list_running_calls(viewer, query.page).await?;
    query.answer(count, calls.into_iter().map(Into::into).collect())
}

/// Read the running session
///
/// 404 when none runs.
#[utoipa::path(
    get, path = paths::SESSION, operation_id = "retrieveSession", tag = "Sessions",
    params(("id" = Uuid, Path, description = "The conference")),
    security(("bearer" = ["conferences.sessions:read"])),
    responses((status = 200, description = "The session", body = SessionBody), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<SessionBody>, ApiError> {
    Ok(Json(find(&state, id, &access.actor).await?.into()))
}

/// Start a session
///
/// By an owner or administrator of the conference. The one that runs already stays as it is.
#[utoipa::path(
    post, path = paths::SESSION, operation_id = "startSession", tag = "Sessions",
    params(("id" = Uuid, Path, description = "The conference")),
    request_body = NewSession,
    security(("bearer" = ["conferences:write"])),
    responses(
        (status = 200, description = "The session that runs already", body = SessionBody),
        (status = 201, description = "The new session", body = SessionBody),
        Guarded, NotFound, ReadsBody,
    ),
)]
pub async fn start(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<SessionBody>), ApiError> {
    let actor = &access.actor;
    room::find_to_change(&state, id, actor.into()).await?;
    let record = fields::flag(&members, "record")?.unwrap_or(false);
    let session = state.ids.make(state.clock.millis());
    let started = state
        .database
        .start_call(id, session, record, state.clock.seconds())
        .await?;
    let (call, is_new) = started.ok_or_else(room::gone)?;
    if is_new {
        tracing::info!(room = %id, client_id = actor.client_id(), "session started");
    }
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(call.into())))
}

/// End the running session
///
/// By an owner or administrator of the conference. Everybody leaves; if it was recorded, there is a recording now.
#[utoipa::path(
    delete, path = paths::SESSION, operation_id = "endSession", tag = "Sessions",
    params(("id" = Uuid, Path, description = "The conference")),
    security(("bearer" = ["conferences:write"])),
    responses((status = 204, description = "It is over"), Guarded, NotFound),
)]
pub async fn end(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    let actor = &access.actor;
    let room = room::find_to_change(&state, id, actor.into()).await?.room;
    let record = state.ids.make(state.clock.millis());
    let name = room.name.as_deref().unwrap_or(&room.slug);
    let now = state.clock.seconds();
    if !state.database.end_call(id, record, name, now).await? {
        return Err(not_running());
    }
    tracing::info!(room = %id, client_id = actor.client_id(), "session ended");
    Ok(StatusCode::NO_CONTENT)
}
