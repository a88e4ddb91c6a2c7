//! What every door does when somebody enters a call.

use uuid::Uuid;

use crate::domain::access::Role;
use crate::domain::call::JoinOutcome;
use crate::state::State;
use crate::store::{Arrival, StoreError};

/// Somebody who may enter a room.
#[derive(Clone, Debug)]
pub(super) struct Joiner {
    pub(super) room_id: Uuid,
    pub(super) user_id: Uuid,
    /// What the others read, where it is known.
    pub(super) name: Option<String>,
    /// What the user is in the room; none for a guest.
    pub(super) role: Option<Role>,
    /// Whether the call starts with them if none runs.
    pub(super) may_start: bool,
}

/// Lets somebody into the call of a room. `None` when the room is gone.
pub(super) async fn join(state: &State, joiner: Joiner) -> Result<Option<JoinOutcome>, StoreError> {
    let now = state.clock.millis();
    let arrival = Arrival {
        room_id: joiner.room_id,
        id: state.ids.make(now),
        user_id: joiner.user_id,
        name: joiner.name,
        role: joiner.role,
        starts: joiner.may_start.then(|| state.ids.make(now)),
        at: state.clock.seconds(),
    };
    state.database.join_call(&arrival).await
}

/// What the others in a call read. It is an ornament: a directory that is down keeps nobody out.
pub(super) async fn display_name(state: &State, user: Uuid) -> Option<String> {
    match state.directory.user(user).await {
        Ok(user) => user.and_then(|user| user.name),
        Err(error) => {
            tracing::warn!(%error, "a participant joins without a name");
            None
        }
    }
}
