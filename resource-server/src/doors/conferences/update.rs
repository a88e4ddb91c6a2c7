//! `PUT` and `PATCH /conferences/{id}`: change what a conference says about itself. All fields are
//! optional, and a field that is absent stays as it is; so both methods do the same.

use axum::Json;
use axum::extract::State;
use utoipa::ToSchema;

use super::permission::Write;
use super::representation::{ConferenceBody, ScheduleBody};
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::room::RoomChange;
use crate::doors::{fields, room};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// What is to change; a field that is left out stays as it is.
#[derive(Debug, ToSchema)]
pub struct ConferenceChange {
    /// What people call it.
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// What it is about.
    #[schema(max_length = 4000)]
    pub description: Option<String>,
    /// When it is planned. Without a duration, that stays as it is.
    pub schedule: Option<ScheduleBody>,
    /// Who has to wait in the lobby: people who did not sign in (`trusted`), or everybody who is not a
    /// participant (`restricted`).
    #[schema(value_type = String, nullable = false, pattern = "^(trusted|restricted)$")]
    pub access_level: Option<String>,
}

/// Change a conference
#[utoipa::path(
    patch, path = paths::CONFERENCE, operation_id = "changeConference", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference")),
    request_body = ConferenceChange,
    security(("bearer" = ["conferences:write"])),
    responses(
        (status = 200, description = "The conference as it is now", body = ConferenceBody),
        Guarded, NotFound, ReadsBody,
    ),
)]
pub async fn patch(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<ConferenceBody>, ApiError> {
    let actor = &access.actor;
    let mut view = room::find_to_change(&state, id, actor.into()).await?;
    let usual_duration = view.room.schedule.map(|schedule| schedule.duration_minutes);
    let change = RoomChange {
        name: fields::name(&members)?,
        description: fields::description(&members)?,
        schedule: fields::schedule(&members, usual_duration)?,
        access_level: fields::access_level(&members)?,
        attendees: None,
    };
    let now = state.clock.seconds();
    if !state
        .database
        .update_room(&view.room, &change, actor.into(), now)
        .await?
    {
        return Err(room::gone());
    }
    view.apply(change);
    Ok(Json(ConferenceBody::one(view.room, &state).await?))
}

/// Change a conference
///
/// The same as `PATCH`.
#[utoipa::path(
    put, path = paths::CONFERENCE, operation_id = "updateConference", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference")),
    request_body = ConferenceChange,
    security(("bearer" = ["conferences:write"])),
    responses(
        (status = 200, description = "The conference as it is now", body = ConferenceBody),
        Guarded, NotFound, ReadsBody,
    ),
)]
pub async fn put(
    access: Acting<Write>,
    state: State<AppState>,
    id: PathId,
    body: JsonObject,
) -> Result<Json<ConferenceBody>, ApiError> {
    patch(access, state, id, body).await
}
