//! `DELETE /rooms/{id}`: delete a room that the same application made.

use axum::extract::State;
use axum::http::StatusCode;

use super::RoomId;
use super::permission::Delete;
use crate::bearer::OnBehalf;
use crate::domain::access::{DeleteRefusal, may_delete};
use crate::http::error::ApiError;
use crate::state::AppState;

/// Scope `rooms:delete`; the user is the owner.
pub async fn delete(
    access: OnBehalf<Delete>,
    State(state): State<AppState>,
    RoomId(id): RoomId,
) -> Result<StatusCode, ApiError> {
    let gone = || ApiError::not_found("no room that the user has a role in");
    let principal = &access.principal;
    let view = state
        .database
        .find_room(id, principal.into())
        .await?
        .ok_or_else(gone)?;
    may_delete(&view.room, view.role, principal).map_err(|refusal| {
        ApiError::forbidden(match refusal {
            DeleteRefusal::NotOwner => "Only the owner of a room may delete it.",
            DeleteRefusal::OtherApplication => {
                "Only the application that created a room may delete it; this room was created by another."
            }
        })
    })?;
    if !state
        .database
        .delete_room(id, principal, state.clock.seconds())
        .await?
    {
        return Err(gone());
    }
    tracing::info!(room = %id, client_id = principal.client_id, "room deleted");
    Ok(StatusCode::NO_CONTENT)
}
