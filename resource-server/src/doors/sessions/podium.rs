//! `/conferences/{id}/session/podium/{user_id}`: those in the session whom everybody is to see. Owners and
//! administrators of the conference say who they are.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

use super::not_there;
use super::permission::Podium;
use super::representation::PresentBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::actor::Actor;
use crate::domain::call::Attendance;
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::path::PathIds;
use crate::paths;
use crate::state::{self, AppState};

/// Invite to the podium
///
/// A user who is in the session. Who is on the podium stays there.
#[utoipa::path(
    put, path = paths::PODIUM, operation_id = "inviteToPodium", tag = "Sessions",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("user_id" = Uuid, Path, description = "The user"),
    ),
    security(("bearer" = ["conferences.sessions.podiums.participants"])),
    responses((status = 200, description = "The user on the podium", body = PresentBody), Guarded, NotFound),
)]
pub async fn put(
    access: Acting<Podium>,
    State(state): State<AppState>,
    PathIds(id, user): PathIds,
) -> Result<Json<PresentBody>, ApiError> {
    set(&state, id, user, true, &access.actor)
        .await
        .map(|stay| Json(stay.into()))
}

/// Remove from the podium
///
/// The user stays in the session.
#[utoipa::path(
    delete, path = paths::PODIUM, operation_id = "removeFromPodium", tag = "Sessions",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("user_id" = Uuid, Path, description = "The user"),
    ),
    security(("bearer" = ["conferences.sessions.podiums.participants"])),
    responses((status = 204, description = "The user is not on the podium any more"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<Podium>,
    State(state): State<AppState>,
    PathIds(id, user): PathIds,
) -> Result<StatusCode, ApiError> {
    set(&state, id, user, false, &access.actor)
        .await
        .map(|_| StatusCode::NO_CONTENT)
}

async fn set(
    state: &state::State,
    id: Uuid,
    user: Uuid,
    on_podium: bool,
    actor: &Actor,
) -> Result<Attendance, ApiError> {
    room::find_to_change(state, id, actor.into()).await?;
    let stay = state.database.set_podium(id, user, on_podium).await?;
    stay.ok_or_else(not_there)
}
