//! `PUT` and `PATCH /rooms/{id}`: change name, access level and attendees. All fields are optional,
//! and a field that is absent stays as it is; so both methods do the same.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::permission::Update;
use super::representation::RoomBody;
use super::{RoomId, fields};
use crate::bearer::OnBehalf;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::state::AppState;

/// Scope `rooms:update`; the user is owner or administrator.
pub async fn patch(
    access: OnBehalf<Update>,
    State(state): State<AppState>,
    RoomId(id): RoomId,
    JsonObject(members): JsonObject,
) -> Result<Response, ApiError> {
    let gone = || ApiError::not_found("no room that the user has a role in");
    let mut view = state
        .database
        .find_room(id, (&access.principal).into())
        .await?
        .ok_or_else(gone)?;
    if !view.role.may_manage() {
        return Err(ApiError::forbidden(
            "Only owners and administrators of a room may change it.",
        ));
    }
    let change = fields::change(&members)?;
    if !state
        .database
        .update_room(&view.room, &change, &access.principal, state.clock.seconds())
        .await?
    {
        return Err(gone());
    }
    view.room.name = change.name.apply(view.room.name);
    if let Some(access_level) = change.access_level {
        view.room.access_level = access_level;
    }
    if let Some(attendees) = change.attendees {
        view.attendees = attendees;
    }
    Ok(Json(RoomBody::of_view(&view, &state.config)).into_response())
}
