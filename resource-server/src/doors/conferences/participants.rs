//! `/conferences/{id}/participants`: the users with a role in a conference. Everybody who takes part
//! sees them; owners and administrators change them (`domain::access::may_change_role`).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::{ReadParticipants, WriteParticipants};
use super::representation::ParticipantBody;
use crate::bearer::Acting;
use crate::documents::answers::{Conflict, Guarded, NotFound, ReadsBody};
use crate::domain::access::{MAX_PARTICIPANTS, Participant, Role, RoleRefusal, RoleWish, Ruler};
use crate::domain::actor::Actor;
use crate::doors::{fields, room};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::{PathId, PathIds};
use crate::paths;
use crate::state::{self, AppState};

/// A user who is to take part.
#[derive(Debug, ToSchema)]
pub struct NewParticipant {
    /// The user.
    pub user_id: Uuid,
    /// What they are to be.
    #[schema(
        required = false,
        default = "member",
        pattern = "^(owner|administrator|member)$"
    )]
    pub role: String,
}

/// What a participant is to be.
#[derive(Debug, ToSchema)]
pub struct ParticipantChange {
    /// The new role.
    #[schema(pattern = "^(owner|administrator|member)$")]
    pub role: String,
}

/// List participants
///
/// In the order of their ids.
#[utoipa::path(
    get, path = paths::PARTICIPANTS, operation_id = "listParticipants", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference"), PageQuery),
    security(("bearer" = ["conferences.participants:read"])),
    responses((status = 200, description = "One page", body = PageBody<ParticipantBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<ReadParticipants>,
    State(state): State<AppState>,
    PathId(id): PathId,
    query: PageQuery,
) -> Result<Json<PageBody<ParticipantBody>>, ApiError> {
    room::find(&state, id, (&access.actor).into()).await?;
    let (count, participants) = state.database.list_participants(id, query.page).await?;
    query.answer(count, participants.into_iter().map(Into::into).collect())
}

/// Read a participant
#[utoipa::path(
    get, path = paths::PARTICIPANT, operation_id = "retrieveParticipant", tag = "Conferences",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("user_id" = Uuid, Path, description = "The user"),
    ),
    security(("bearer" = ["conferences.participants:read"])),
    responses((status = 200, description = "The participant", body = ParticipantBody), Guarded, NotFound),
)]
pub async fn read(
    access: Acting<ReadParticipants>,
    State(state): State<AppState>,
    PathIds(id, user): PathIds,
) -> Result<Json<ParticipantBody>, ApiError> {
    room::find(&state, id, (&access.actor).into()).await?;
    let participant = state.database.find_participant(id, user).await?;
    let participant = participant.ok_or_else(|| refuse(RoleRefusal::NoParticipant))?;
    Ok(Json(participant.into()))
}

/// Add a participant
#[utoipa::path(
    post, path = paths::PARTICIPANTS, operation_id = "addParticipant", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference")),
    request_body = NewParticipant,
    security(("bearer" = ["conferences.participants:write"])),
    responses(
        (status = 201, description = "The participant", body = ParticipantBody),
        Guarded, NotFound, ReadsBody, Conflict,
    ),
)]
pub async fn add(
    access: Acting<WriteParticipants>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<ParticipantBody>), ApiError> {
    let view = room::find_to_change(&state, id, (&access.actor).into()).await?;
    let participant = Participant {
        user_id: fields::required("user_id", fields::id(&members, "user_id")?)?,
        role: fields::role(&members)?.unwrap_or(Role::Member),
    };
    let wish = RoleWish::Add(participant.role);
    change(&state, id, participant.user_id, wish, view.role, &access.actor).await?;
    Ok((StatusCode::CREATED, Json(participant.into())))
}

/// Change a participant's role
#[utoipa::path(
    patch, path = paths::PARTICIPANT, operation_id = "changeParticipant", tag = "Conferences",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("user_id" = Uuid, Path, description = "The user"),
    ),
    request_body = ParticipantChange,
    security(("bearer" = ["conferences.participants:write"])),
    responses(
        (status = 200, description = "The participant as they are now", body = ParticipantBody),
        Guarded, NotFound, ReadsBody, Conflict,
    ),
)]
pub async fn patch(
    access: Acting<WriteParticipants>,
    State(state): State<AppState>,
    PathIds(id, user_id): PathIds,
    JsonObject(members): JsonObject,
) -> Result<Json<ParticipantBody>, ApiError> {
    let view = room::find_to_change(&state, id, (&access.actor).into()).await?;
    let role = fields::role(&members)?.ok_or_else(|| fields::missing("role"))?;
    change(
        &state,
        id,
        user_id,
        RoleWish::Edit(role),
        view.role,
        &access.actor,
    )
    .await?;
    Ok(Json(Participant { user_id, role }.into()))
}

/// Change a participant's role
///
/// The same as `PATCH`.
#[utoipa::path(
    put, path = paths::PARTICIPANT, operation_id = "updateParticipant", tag = "Conferences",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("user_id" = Uuid, Path, description = "The user"),
    ),
    request_body = ParticipantChange,
    security(("bearer" = ["conferences.participants:write"])),
    responses(
        (status = 200, description = "The participant as they are now", body = ParticipantBody),
        Guarded, NotFound, ReadsBody, Conflict,
    ),
)]
pub async fn put(
    access: Acting<WriteParticipants>,
    state: State<AppState>,
    ids: PathIds,
    body: JsonObject,
) -> Result<Json<ParticipantBody>, ApiError> {
    patch(access, state, ids, body).await
}

/// Remove a participant
#[utoipa::path(
    delete, path = paths::PARTICIPANT, operation_id = "removeParticipant", tag = "Conferences",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("user_id" = Uuid, Path, description = "The user"),
    ),
    security(("bearer" = ["conferences.participants:write"])),
    responses((status = 204, description = "The user has no role any more"), Guarded, NotFound, Conflict),
)]
pub async fn remove(
    access: Acting<WriteParticipants>,
    State(state): State<AppState>,
    PathIds(id, user): PathIds,
) -> Result<StatusCode, ApiError> {
    let view = room::find_to_change(&state, id, (&access.actor).into()).await?;
    change(&state, id, user, RoleWish::Remove, view.role, &access.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change(
    state: &state::State,
    room: Uuid,
    user: Uuid,
    wish: RoleWish,
    role: Role,
    actor: &Actor,
) -> Result<(), ApiError> {
    let ruler = if actor.is_server_wide() {
        Ruler::ServerWide
    } else {
        Ruler::User(role)
    };
    let now = state.clock.seconds();
    state
        .database
        .change_role(room, user, wish, ruler, actor.into(), now)
        .await?
        .ok_or_else(room::gone)?
        .map_err(refuse)
}

fn refuse(refusal: RoleRefusal) -> ApiError {
    match refusal {
        RoleRefusal::NoParticipant => ApiError::not_found("the user has no role in the room"),
        RoleRefusal::AlreadyThere => ApiError::conflict("This user is a participant already."),
        RoleRefusal::Full => ApiError::conflict(&format!(
            "A conference has no more than {MAX_PARTICIPANTS} participants."
        )),
        RoleRefusal::LastOwner => ApiError::conflict("A conference must have an owner."),
        RoleRefusal::NotManager => {
            ApiError::forbidden("Only owners and administrators of a conference may change its participants.")
        }
        RoleRefusal::NotOwner => {
            ApiError::forbidden("Only owners of a conference may make owners, or make them something else.")
        }
    }
}
