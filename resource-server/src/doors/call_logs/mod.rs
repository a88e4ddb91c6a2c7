//! The log of calls at `/api/v3/logs/calls`: the sessions that run and those that are over, also of conferences that
//! are gone. A call is known to those who had a role in the conference or were invited when it started, and to
//! those who came.

pub mod calls;
pub mod invites;
pub mod participants;
mod permission;

use uuid::Uuid;

use crate::domain::actor::Actor;
use crate::domain::call::Call;
use crate::http::error::ApiError;
use crate::state::State;

/// The call, for those to whom it is known.
async fn find(state: &State, id: Uuid, actor: &Actor) -> Result<Call, ApiError> {
    let call = state.database.find_call(id, actor.into()).await?;
    call.ok_or_else(|| ApiError::not_found("no call that is known to the token's user"))
}
