//! `GET /rooms`: the rooms in which the user has a role, newest first.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::permission::List;
use super::representation::RoomBody;
use crate::bearer::OnBehalf;
use crate::domain::page::{MAX_SIZE, Page, PageError};
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::state::AppState;

/// The page object that every collection answers with.
#[derive(Serialize)]
struct PageBody<T> {
    count: i64,
    next: Option<String>,
    previous: Option<String>,
    results: Vec<T>,
}

/// Scope `rooms:list`.
pub async fn get(
    access: OnBehalf<List>,
    State(state): State<AppState>,
    query: Query,
) -> Result<Response, ApiError> {
    let page = Page::parse(query.get("page")?, query.get("page_size")?).map_err(refuse)?;
    let (count, rooms) = state
        .database
        .list_rooms((&access.principal).into(), page)
        .await?;
    if !page.exists(count) {
        return Err(refuse(PageError::Number));
    }
    let link = |query: String| format!("{}?{query}", state.documents.rooms_url);
    let body = PageBody {
        count,
        next: page.next(count).map(link),
        previous: page.previous().map(link),
        results: rooms
            .iter()
            .map(|room| RoomBody::new(room, &state.config))
            .collect(),
    };
    Ok(Json(body).into_response())
}

fn refuse(error: PageError) -> ApiError {
    match error {
        PageError::Number => ApiError::detail(StatusCode::NOT_FOUND, "Invalid page.", "no such page"),
        PageError::SizeNotANumber => ApiError::field("page_size", "A valid integer is required."),
        PageError::SizeTooSmall => {
            ApiError::field("page_size", "Ensure this value is greater than or equal to 1.")
        }
        PageError::SizeTooLarge => ApiError::field(
            "page_size",
            &format!("Ensure this value is less than or equal to {MAX_SIZE}."),
        ),
    }
}
