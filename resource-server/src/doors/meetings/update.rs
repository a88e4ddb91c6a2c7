//! `PUT` and `PATCH /api/meetings/{id}`: change a meeting that the user created. All fields are optional, and a
//! field that is absent stays as it is; so both methods do the same.

use axum::Json;
use axum::extract::State;
use uuid::Uuid;

use super::permission::Update;
use super::representation::{MeetingBody, MeetingFields};
use crate::bearer::OnBehalf;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::access::may_change_meeting;
use crate::domain::principal::Principal;
use crate::domain::room::RoomChange;
use crate::doors::fields::{self, Members};
use crate::doors::room;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::{AppState, State as ServerState};

/// Change a meeting
#[utoipa::path(
    patch, path = paths::MEETING, operation_id = "partialUpdateMeeting", tag = "Meetings",
    params(("id" = Uuid, Path, description = "The meeting")),
    request_body = Option<MeetingFields>,
    security(("bearer" = ["meeting:update"])),
    responses(
        (status = 200, description = "The meeting as it is now", body = MeetingBody), Guarded, NotFound, ReadsBody
    ),
)]
pub async fn patch(
    access: OnBehalf<Update>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<MeetingBody>, ApiError> {
    change(&state, id, &access.principal, &members).await
}

/// Change a meeting
///
/// As PATCH does: a field that is absent stays as it is.
#[utoipa::path(
    put, path = paths::MEETING, operation_id = "updateMeeting", tag = "Meetings",
    params(("id" = Uuid, Path, description = "The meeting")),
    request_body = Option<MeetingFields>,
    security(("bearer" = ["meeting:update"])),
    responses(
        (status = 200, description = "The meeting as it is now", body = MeetingBody), Guarded, NotFound, ReadsBody
    ),
)]
pub async fn put(
    access: OnBehalf<Update>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<MeetingBody>, ApiError> {
    change(&state, id, &access.principal, &members).await
}

async fn change(
    state: &ServerState,
    id: Uuid,
    principal: &Principal,
    members: &Members,
) -> Result<Json<MeetingBody>, ApiError> {
    let mut view = room::find(state, id, principal.into()).await?;
    if !may_change_meeting(view.role) {
        return Err(ApiError::forbidden(
            "Only the person who created a meeting may change it.",
        ));
    }
    let usual_duration = view.room.schedule.map(|schedule| schedule.duration_minutes);
    let change = RoomChange {
        name: fields::name(members)?,
        description: fields::description(members)?,
        schedule: fields::schedule(members, usual_duration)?,
        access_level: fields::access_level(members)?,
        attendees: fields::attendees(members)?,
    };
    let now = state.clock.seconds();
    if !state
        .database
        .update_room(&view.room, &change, principal.into(), now)
        .await?
    {
        return Err(room::gone());
    }
    view.apply(change);
    let participants = state.database.participants(id).await?;
    Ok(Json(MeetingBody::detailed(view, participants, &state.config)))
}
