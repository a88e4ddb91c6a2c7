//! `GET /api/meetings`: the meetings that the user owns or takes part in.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::MeetingBody;
use crate::bearer::OnBehalf;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::paths;
use crate::state::AppState;

/// List meetings
///
/// Newest first: those in which the user has a role, and those the user's address is invited to.
#[utoipa::path(
    get, path = paths::MEETINGS, operation_id = "listMeetings", tag = "Meetings",
    params(PageQuery),
    security(("bearer" = ["meeting:read"])),
    responses((status = 200, description = "One page", body = PageBody<MeetingBody>), Guarded, NotFound),
)]
pub async fn get(
    access: OnBehalf<Read>,
    State(state): State<AppState>,
    query: PageQuery,
) -> Result<Json<PageBody<MeetingBody>>, ApiError> {
    let viewer = (&access.principal).into();
    let (count, rooms) = state.database.list_rooms(viewer, query.page).await?;
    let meetings = rooms
        .into_iter()
        .map(|room| MeetingBody::new(room, &state.config));
    query.answer(count, meetings.collect())
}
