//! The Meet API: rooms at `/external-api/v1.0/rooms`.

pub mod create;
pub mod delete;
mod fields;
pub mod list;
mod permission;
mod representation;
pub mod retrieve;
pub mod update;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::http::error::ApiError;
use crate::state::AppState;

/// The room that the path names. What is not a UUID names no room.
#[derive(Clone, Copy, Debug)]
pub struct RoomId(Uuid);

impl FromRequestParts<AppState> for RoomId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        // The other notations of a UUID (braces, urn:uuid:, no hyphens) are not the documents'.
        let id = text
            .filter(|text| text.len() == 36)
            .and_then(|text| Uuid::try_parse(&text).ok());
        id.map(Self)
            .ok_or_else(|| ApiError::not_found("the room id is not a UUID"))
    }
}
