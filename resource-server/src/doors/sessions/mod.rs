//! Conferences in use, at `/api/v3/conferences/{id}/session`: started, entered, left and ended. Who sees the
//! conference or is in it sees the session; owners and administrators start it, end it and say who is in it.

pub mod participants;
mod permission;
pub mod podium;
pub mod representation;
pub mod session;

use uuid::Uuid;

use crate::domain::actor::Actor;
use crate::domain::call::Call;
use crate::http::error::ApiError;
use crate::state::State;

/// The running session of a conference, for those who see it.
async fn find(state: &State, conference: Uuid, actor: &Actor) -> Result<Call, ApiError> {
    let call = state.database.find_running_call(conference, actor.into()).await?;
    call.ok_or_else(not_running)
}

fn not_running() -> ApiError {
    ApiError::not_found("no session runs, or the token's user does not see it")
}

fn not_there() -> ApiError {
    ApiError::not_found("the user is not in the session")
}
