//! `/user`: a key and a token of its application's user. The user sees what is the user's.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::Act;
use super::representation::RoomBody;
use crate::bearer::KeyAndUser;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::paths;
use crate::state::AppState;

/// The user behind the token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub struct MeBody {
    /// The same as in tokens.
    id: Uuid,
    /// The user's address, where the directory or the token tells it.
    #[schema(required, format = Email)]
    email: Option<String>,
    /// What people call the user, where the directory tells it.
    #[schema(required, example = "Ann Lee")]
    name: Option<String>,
}

/// Read the user
#[utoipa::path(
    get, path = paths::USER_ME, operation_id = "retrieveMe", tag = "With an API key and a user",
    security(("api_key" = [], "bearer" = ["user"])),
    responses((status = 200, description = "The user", body = MeBody), Guarded),
)]
pub async fn me(access: KeyAndUser<Act>, State(state): State<AppState>) -> Result<Json<MeBody>, ApiError> {
    let principal = access.principal;
    let (email, name) = match state.directory.user(principal.user_id).await? {
        Some(user) => (Some(user.email), user.name),
        None => (principal.email.map(|email| email.to_string()), None),
    };
    Ok(Json(MeBody {
        id: principal.user_id,
        email,
        name,
    }))
}

/// List the user's rooms
///
/// Newest first: those in which the user is owner, participant or invited.
#[utoipa::path(
    get, path = paths::USER_ROOMS, operation_id = "listMyRooms", tag = "With an API key and a user",
    params(PageQuery),
    security(("api_key" = [], "bearer" = ["user"])),
    responses((status = 200, description = "One page", body = PageBody<RoomBody>), Guarded, NotFound),
)]
pub async fn rooms(
    access: KeyAndUser<Act>,
    State(state): State<AppState>,
    query: PageQuery,
) -> Result<Json<PageBody<RoomBody>>, ApiError> {
    let viewer = (&access.principal).into();
    let (count, rooms) = state.database.list_rooms(viewer, query.page).await?;
    let bodies = rooms.into_iter().map(|room| RoomBody::new(room, &state.config));
    query.answer(count, bodies.collect())
}
