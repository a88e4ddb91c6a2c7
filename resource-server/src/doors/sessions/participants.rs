//! `/conferences/{id}/session/participants`: who is in the session. Users come in under the rules of every door
//! (`domain::access::may_join`) and go when they like; owners and administrators send others out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::{ReadParticipants, WriteParticipants};
use super::representation::PresentBody;
use super::{find, not_there};
use crate::bearer::Acting;
use crate::documents::answers::{Conflict, Guarded, NotFound, ReadsBody};
use crate::domain::access::{Role, may_join};
use crate::domain::actor::Actor;
use crate::domain::call::{JoinOutcome, MAX_PRESENT};
use crate::domain::change::Change;
use crate::domain::principal::Principal;
use crate::domain::room::MAX_NAME;
use crate::doors::call::{self, Joiner};
use crate::doors::fields::{self, Members};
use crate::doors::room;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::{PathId, PathIds};
use crate::paths;
use crate::state::{self, AppState};

/// A user who is to be let in.
#[derive(Debug, ToSchema)]
pub struct Arriving {
    /// The user. With a user's token it is that user, and may be left out; an application that acts for itself has
    /// to say it.
    #[schema(nullable = false)]
    pub user_id: Option<Uuid>,
    /// What the others read. Only applications that act for themselves choose; otherwise, it is the user's name in
    /// the directory.
    #[schema(max_length = 200)]
    pub name: Option<String>,
}

/// List who is in the session
///
/// In the order in which they joined.
#[utoipa::path(
    get, path = paths::SESSION_PARTICIPANTS, operation_id = "listSessionParticipants", tag = "Sessions",
    params(("id" = Uuid, Path, description = "The conference"), PageQuery),
    security(("bearer" = ["conferences.sessions.participants:read"])),
    responses((status = 200, description = "One page", body = PageBody<PresentBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<ReadParticipants>,
    State(state): State<AppState>,
    PathId(id): PathId,
    query: PageQuery,
) -> Result<Json<PageBody<PresentBody>>, ApiError> {
    let call = find(&state, id, &access.actor).await?;
    let (count, stays) = state.database.list_attendances(call.id, true, query.page).await?;
    query.answer(count, stays.into_iter().map(Into::into).collect())
}

/// Join the session
///
/// Whoever has a role in the conference or is invited may join, and everybody who signed in unless it is
/// restricted. An owner or administrator who joins starts the session if none runs. Applications that act for
/// themselves let any user in.
#[utoipa::path(
    post, path = paths::SESSION_PARTICIPANTS, operation_id = "joinSession", tag = "Sessions",
    params(("id" = Uuid, Path, description = "The conference")),
    request_body = Arriving,
    security(("bearer" = ["conferences.participants:write"])),
    responses(
        (status = 200, description = "The user is in the session already", body = PresentBody),
        (status = 201, description = "The user is in the session now", body = PresentBody),
        Guarded, NotFound, ReadsBody, Conflict,
    ),
)]
pub async fn join(
    access: Acting<WriteParticipants>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<PresentBody>), ApiError> {
    let joiner = match &access.actor {
        Actor::User(principal) => of_user(&state, id, principal, &members).await?,
        Actor::Application { .. } => of_application(&state, id, &access.actor, &members).await?,
    };
    let outcome = call::join(&state, joiner).await?.ok_or_else(room::gone)?;
    match outcome {
        JoinOutcome::Joined(stay) => {
            tracing::info!(room = %id, client_id = access.actor.client_id(), "session joined");
            Ok((StatusCode::CREATED, Json(stay.into())))
        }
        JoinOutcome::Present(stay) => Ok((StatusCode::OK, Json(stay.into()))),
        JoinOutcome::NotStarted => Err(ApiError::conflict("The session has not started.")),
        JoinOutcome::Full => Err(ApiError::conflict(&format!(
            "A session has no more than {MAX_PRESENT} participants."
        ))),
    }
}

/// Leave the session
///
/// Users leave it themselves; owners and administrators of the conference send others out.
#[utoipa::path(
    delete, path = paths::SESSION_PARTICIPANT, operation_id = "leaveSession", tag = "Sessions",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("user_id" = Uuid, Path, description = "The user"),
    ),
    security(("bearer" = ["conferences.participants:write"])),
    responses((status = 204, description = "The user is not in the session any more"), Guarded, NotFound),
)]
pub async fn leave(
    access: Acting<WriteParticipants>,
    State(state): State<AppState>,
    PathIds(id, user): PathIds,
) -> Result<StatusCode, ApiError> {
    let actor = &access.actor;
    let is_self = actor.user().is_some_and(|principal| principal.user_id == user);
    if !is_self {
        room::find_to_change(&state, id, actor.into()).await?;
    }
    let now = state.clock.seconds();
    if !state.database.leave_call(id, user, now).await? {
        return Err(not_there());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A user comes as themselves.
async fn of_user(
    state: &state::State,
    id: Uuid,
    principal: &Principal,
    members: &Members,
) -> Result<Joiner, ApiError> {
    let user_id = principal.user_id;
    let found = state.database.find_room_to_join(id, principal).await?;
    let (room, role) = found.ok_or_else(room::gone)?;
    if !may_join(room.access_level, role) {
        // Without a role in it, a restricted room is not there.
        return Err(room::gone());
    }
    if fields::id(members, "user_id")?
        .apply(None)
        .is_some_and(|named| named != user_id)
    {
        return Err(ApiError::field(
            "user_id",
            "A user's token lets that user in alone.",
        ));
    }
    Ok(Joiner {
        room_id: room.id,
        user_id,
        name: call::display_name(state, user_id).await,
        role,
        may_start: role.is_some_and(Role::may_manage),
    })
}

/// An application that acts for itself says who comes.
async fn of_application(
    state: &state::State,
    id: Uuid,
    actor: &Actor,
    members: &Members,
) -> Result<Joiner, ApiError> {
    let view = room::find(state, id, actor.into()).await?;
    let user_id = fields::required("user_id", fields::id(members, "user_id")?)?;
    let name = match fields::line(members, "name", MAX_NAME)? {
        Change::Set(name) => Some(name),
        Change::Remove => None,
        Change::Keep => call::display_name(state, user_id).await,
    };
    let participant = state.database.find_participant(id, user_id).await?;
    Ok(Joiner {
        room_id: id,
        user_id,
        name,
        role: participant.map(|participant| participant.role),
        may_start: view.role.may_manage(),
    })
}
