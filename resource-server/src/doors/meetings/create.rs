//! `POST /api/meetings`: a new meeting, which the user owns.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Create;
use super::representation::{MeetingBody, MeetingFields};
use crate::bearer::OnBehalf;
use crate::documents::answers::{Guarded, ReadsBody};
use crate::domain::access::{Participant, Role};
use crate::doors::fields;
use crate::doors::room::{self, Draft};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::paths;
use crate::state::AppState;
use crate::store::RoomView;

/// Create a meeting
#[utoipa::path(
    post, path = paths::MEETINGS, operation_id = "createMeeting", tag = "Meetings",
    request_body = Option<MeetingFields>,
    security(("bearer" = ["meeting:create"])),
    responses((status = 201, description = "The new meeting", body = MeetingBody), Guarded, ReadsBody),
)]
pub async fn post(
    access: OnBehalf<Create>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<MeetingBody>), ApiError> {
    let principal = &access.principal;
    let attendees = fields::attendees(&members)?.unwrap_or_default();
    let owner = Participant {
        user_id: principal.user_id,
        role: Role::Owner,
    };
    let draft = Draft {
        name: fields::name(&members)?.apply(None),
        description: fields::description(&members)?.apply(None),
        schedule: fields::schedule(&members, None)?.apply(None),
        access_level: fields::access_level(&members)?.unwrap_or_default(),
        participants: vec![owner],
        attendees: attendees.clone(),
    };
    let room = room::make(&state, draft, principal.into()).await?;
    let view = RoomView {
        room,
        role: Role::Owner,
        attendees,
    };
    Ok((
        StatusCode::CREATED,
        Json(MeetingBody::detailed(view, vec![owner], &state.config)),
    ))
}
