//! `/public`: an API key is enough, and no user is behind a request; so it shows what is no secret of anybody's.

use axum::Json;
use axum::extract::State;

use super::representation::PublicRoomBody;
use crate::bearer::ApiKey;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::room::AccessLevel;
use crate::domain::slug::is_slug;
use crate::http::error::ApiError;
use crate::http::path::PathText;
use crate::paths;
use crate::state::AppState;

/// Look a room up
///
/// By the name in its address. A restricted room is not shown: that it exists is its participants' business.
#[utoipa::path(
    get, path = paths::PUBLIC_ROOM, operation_id = "lookUpRoom", tag = "With an API key",
    params(("slug" = String, Path, description = "The name in the room's address", example = "abc-defg-hij")),
    security(("api_key" = [])),
    responses((status = 200, description = "The room", body = PublicRoomBody), Guarded, NotFound),
)]
pub async fn room(
    _: ApiKey,
    State(state): State<AppState>,
    PathText(slug): PathText,
) -> Result<Json<PublicRoomBody>, ApiError> {
    let gone = || ApiError::not_found("no room of that slug, or a restricted one");
    if !is_slug(&slug) {
        return Err(gone());
    }
    let room = state.database.find_room_by_slug(&slug).await?;
    let room = room.filter(|room| room.access_level != AccessLevel::Restricted);
    Ok(Json(PublicRoomBody::new(room.ok_or_else(gone)?, &state.config)))
}
