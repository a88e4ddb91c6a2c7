//! `GET /rooms/{id}`: one room. Without a role in it, it is not there.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::RoomId;
use super::permission::Retrieve;
use super::representation::RoomBody;
use crate::bearer::OnBehalf;
use crate::http::error::ApiError;
use crate::state::AppState;

/// Scope `rooms:retrieve`.
pub async fn get(
    access: OnBehalf<Retrieve>,
    State(state): State<AppState>,
    RoomId(id): RoomId,
) -> Result<Response, ApiError> {
    let view = state.database.find_room(id, (&access.principal).into()).await?;
    let view = view.ok_or_else(|| ApiError::not_found("no room that the user has a role in"))?;
    Ok(Json(RoomBody::of_view(&view, &state.config)).into_response())
}
