//! `GET /conferences/{id}`: one conference. To those who do not take part in it, it is not there.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::ConferenceBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Read a conference
#[utoipa::path(
    get, path = paths::CONFERENCE, operation_id = "retrieveConference", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference")),
    security(("bearer" = ["conferences:read"])),
    responses((status = 200, description = "The conference", body = ConferenceBody), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<ConferenceBody>, ApiError> {
    let view = room::find(&state, id, (&access.actor).into()).await?;
    Ok(Json(ConferenceBody::one(view.room, &state).await?))
}
