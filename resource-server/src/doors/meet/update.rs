//! `PUT` and `PATCH /rooms/{id}`: change name, access level and attendees. All fields are optional,
//! and a field that is absent stays as it is; so both methods do the same.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::permission::Update;
use super::representation::RoomBody;
use crate::bearer::OnBehalf;
use crate::domain::room::RoomChange;
use crate::doors::{fields, room};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::state::AppState;

/// Scope `rooms:update`; the user is owner or administrator.
pub async fn patch(
    access: OnBehalf<Update>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Response, ApiError> {
    let principal = &access.principal;
    let mut view = room::find_to_change(&state, id, principal.into()).await?;
    let change = RoomChange {
        name: fields::name(&members)?,
        access_level: fields::access_level(&members)?,
        attendees: fields::attendees(&members)?,
        ..RoomChange::default()
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
    Ok(Json(RoomBody::of_view(&view, &state.config)).into_response())
}
