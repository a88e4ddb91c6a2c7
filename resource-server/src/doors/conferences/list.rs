//! `GET /conferences`: the conferences that the token's user takes part in, or all of them.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::ConferenceBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::paths;
use crate::state::AppState;

/// List conferences
///
/// Newest first: those in which the token's user is owner, participant or invited; with a token of an
/// application alone, all.
#[utoipa::path(
    get, path = paths::CONFERENCES, operation_id = "listConferences", tag = "Conferences",
    params(PageQuery),
    security(("bearer" = ["conferences:read"])),
    responses((status = 200, description = "One page", body = PageBody<ConferenceBody>), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    query: PageQuery,
) -> Result<Json<PageBody<ConferenceBody>>, ApiError> {
    let viewer = (&access.actor).into();
    let (count, rooms) = state.database.list_rooms(viewer, query.page).await?;
    query.answer(count, ConferenceBody::all(rooms, &state).await?)
}
