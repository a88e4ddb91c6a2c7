//! `GET /rooms`: the rooms in which the user has a role, newest first.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::permission::List;
use super::representation::RoomBody;
use crate::bearer::OnBehalf;
use crate::http::error::ApiError;
use crate::http::page::PageQuery;
use crate::state::AppState;

/// Scope `rooms:list`.
pub async fn get(
    access: OnBehalf<List>,
    State(state): State<AppState>,
    query: PageQuery,
) -> Result<Response, ApiError> {
    let (count, rooms) = state
        .database
        .list_rooms((&access.principal).into(), query.page)
        .await?;
    let rooms = rooms.iter().map(|room| RoomBody::new(room, &state.config));
    Ok(query.answer(count, rooms.collect())?.into_response())
}
