//! `GET /rooms/{id}`: one room. Without a role in it, it is not there.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::permission::Retrieve;
use super::representation::RoomBody;
use crate::bearer::OnBehalf;
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::state::AppState;

/// Scope `rooms:retrieve`.
pub async fn get(
    access: OnBehalf<Retrieve>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Response, ApiError> {
    let view = room::find(&state, id, (&access.principal).into()).await?;
    Ok(Json(RoomBody::of_view(&view, &state.config)).into_response())
}
