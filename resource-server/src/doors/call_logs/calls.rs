//! `GET /logs/calls` and `/logs/calls/{id}`: when conferences were in use.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use super::permission::Read;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::call::Call;
use crate::doors::conferences::representation::rfc3339;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// A session that runs or is over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
pub struct CallBody {
    /// Names it: the same as the id of the session.
    id: Uuid,
    /// The conference, which may be gone.
    conference_id: Uuid,
    /// What the conference was called when it started.
    #[schema(required)]
    name: Option<String>,
    /// When it started.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it ended, if it has.
    #[schema(required, format = DateTime)]
    ended_at: Option<String>,
    /// How many users are in it now, or were in it at some time when it is over.
    #[schema(minimum = 0)]
    participants: i64,
}

impl From<Call> for CallBody {
    fn from(call: Call) -> Self {
        Self {
            id: call.id,
            conference_id: call.room_id,
            name: call.name,
            started_at: rfc3339(call.started_at),
            ended_at: call.ended_at.map(rfc3339),
            participants: call.participants,
        }
    }
}

/// List calls
///
/// Latest first: those that the token's user was in, or had a role in or was invited to when they started; with a
/// token of an application alone, all.
#[utoipa::path(
    get, path = paths::CALLS, operation_id = "listCalls", tag = "Logs",
    params(PageQuery),
    security(("bearer" = ["logs.calls:read"])),
    responses((status = 200, description = "One page", body = PageBody<CallBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<Read>,
    State(state): State<AppState>,
    query: PageQuery,
) -> Result<Json<PageBody<CallBody>>, ApiError> {
    let viewer = (&access.actor).into();
    let (count, calls) = state.database.list_calls(viewer, query.page).await?;
    query.answer(count, calls.into_iter().map(Into::into).collect())
}

/// Read a call
#[utoipa::path(
    get, path = paths::CALL, operation_id = "retrieveCall", tag = "Logs",
    params(("id" = Uuid, Path, description = "The call")),
    security(("bearer" = ["logs.calls:read"])),
    responses((status = 200, description = "The call", body = CallBody), Guarded, NotFound),
)]
pub async fn read(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<CallBody>, ApiError> {
    Ok(Json(find(&state, id, &access.actor).await?.into()))
}
