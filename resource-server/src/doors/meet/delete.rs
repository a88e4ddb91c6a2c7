//! `DELETE /rooms/{id}`: delete a room that the same application made.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Delete;
use crate::bearer::OnBehalf;
use crate::domain::access::{DeleteRefusal, may_delete};
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::state::AppState;

/// Scope `rooms:delete`; the user is the owner.
pub async fn delete(
    access: OnBehalf<Delete>,
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    let principal = &access.principal;
    let view = room::find(&state, id, principal.into()).await?;
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
        .delete_room(id, principal.into(), state.clock.seconds())
        .await?
    {
        return Err(room::gone());
    }
    tracing::info!(room = %id, client_id = principal.client_id, "room deleted");
    Ok(StatusCode::NO_CONTENT)
}
