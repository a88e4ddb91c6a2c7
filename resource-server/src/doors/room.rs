//! What every door does with a room: make it, find it, and refuse who may not change it.

use uuid::Uuid;

use crate::domain::access::Participant;
use crate::domain::actor::Author;
use crate::domain::attendee::Email;
use crate::domain::room::{AccessLevel, Room, Schedule};
use crate::domain::{pin, slug};
use crate::http::error::ApiError;
use crate::state::State;
use crate::store::{NewRoom, RoomView, Viewer};

/// What the maker of a room chooses; the server makes up the rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) schedule: Option<Schedule>,
    pub(super) access_level: AccessLevel,
    /// Who has which role in it from the start, each user once.
    pub(super) participants: Vec<Participant>,
    /// Who is invited by e-mail address from the start, each address once.
    pub(super) attendees: Vec<Email>,
}

/// Makes a room.
pub(super) async fn make(state: &State, draft: Draft, by: Author<'_>) -> Result<Room, ApiError> {
    let new = NewRoom {
        id: state.ids.make(state.clock.millis()),
        name: draft.name,
        description: draft.description,
        schedule: draft.schedule,
        access_level: draft.access_level,
        created_at: state.clock.seconds(),
        participants: draft.participants,
        attendees: draft.attendees,
    };
    let telephony = &state.config.telephony;
    let identifiers = || {
        let mut rng = rand::rng();
        let pin = telephony
            .enabled
            .then(|| pin::generate(telephony.pin_length, &mut rng));
        (slug::generate(&mut rng), pin)
    };
    let room = state
        .database
        .create_room(&new, by, identifiers)
        .await?
        .ok_or_else(|| {
            ApiError::unavailable("no free slug and PIN was found: telephony.pin_length may be too small")
        })?;
    tracing::info!(room = %room.id, client_id = room.client_id, "room created");
    Ok(room)
}

/// To those who do not see a room it is not there.
pub(super) fn gone() -> ApiError {
    ApiError::not_found("no room that the user has a role in")
}

/// The room, for those who see it.
pub(super) async fn find(state: &State, id: Uuid, viewer: Viewer<'_>) -> Result<RoomView, ApiError> {
    state.database.find_room(id, viewer).await?.ok_or_else(gone)
}

/// The room, for those who may change it.
pub(super) async fn find_to_change(
    state: &State,
    id: Uuid,
    viewer: Viewer<'_>,
) -> Result<RoomView, ApiError> {
    let view = find(state, id, viewer).await?;
    if !view.role.may_manage() {
        return Err(ApiError::forbidden(
            "Only owners and administrators of a room may change it.",
        ));
    }
    Ok(view)
}
