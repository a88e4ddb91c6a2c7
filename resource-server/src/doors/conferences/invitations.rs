//! `/conferences/{id}/invitations`: the people invited by e-mail address. Owners and administrators
//! see and change them, under one permission for both.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::Invitations;
use crate::bearer::Acting;
use crate::documents::answers::{Conflict, Guarded, NotFound, ReadsBody};
use crate::domain::attendee::{Email, InvitationRefusal};
use crate::domain::room::MAX_ATTENDEES;
use crate::doors::{fields, room};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::{PathId, parse_id};
use crate::paths;
use crate::state::AppState;

/// Somebody who is invited.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationBody {
    /// Their address, in lower case.
    #[schema(format = "email", example = "ann@example.org")]
    email: String,
}

/// Somebody who is to be invited.
#[derive(Debug, ToSchema)]
pub struct NewInvitation {
    /// Their address.
    #[schema(format = "email", example = "ann@example.org")]
    pub email: String,
}

/// The conference and the address that the path names.
#[derive(Debug)]
pub struct InvitationPath(Uuid, Email);

impl<S: Sync> FromRequestParts<S> for InvitationPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let texts = Path::<(String, String)>::from_request_parts(parts, &())
            .await
            .ok();
        texts
            .and_then(|Path((id, email))| Some(Self(parse_id(&id)?, Email::parse(&email)?)))
            .ok_or_else(|| ApiError::not_found("the path names no invitation"))
    }
}

/// List invitations
///
/// In the order of their addresses.
#[utoipa::path(
    get, path = paths::INVITATIONS, operation_id = "listInvitations", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference"), PageQuery),
    security(("bearer" = ["conferences.invitations"])),
    responses((status = 200, description = "One page", body = PageBody<InvitationBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<Invitations>,
    State(state): State<AppState>,
    PathId(id): PathId,
    query: PageQuery,
) -> Result<Json<PageBody<InvitationBody>>, ApiError> {
    let view = room::find(&state, id, (&access.actor).into()).await?;
    if !view.role.may_manage() {
        return Err(ApiError::forbidden(
            "Only owners and administrators of a conference see who is invited.",
        ));
    }
    let (count, emails) = state.database.list_attendees(id, query.page).await?;
    query.answer(
        count,
        emails.into_iter().map(|email| InvitationBody { email }).collect(),
    )
}

/// Invite somebody
#[utoipa::path(
    post, path = paths::INVITATIONS, operation_id = "addInvitation", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference")),
    request_body = NewInvitation,
    security(("bearer" = ["conferences.invitations"])),
    responses(
        (status = 201, description = "The invitation", body = InvitationBody),
        Guarded, NotFound, ReadsBody, Conflict,
    ),
)]
pub async fn add(
    access: Acting<Invitations>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<InvitationBody>), ApiError> {
    let actor = &access.actor;
    room::find_to_change(&state, id, actor.into()).await?;
    let email = members.get("email").ok_or_else(|| fields::missing("email"))?;
    let email = fields::email(Value::as_str(email), "email")?;
    let now = state.clock.seconds();
    state
        .database
        .invite(id, &email, actor.into(), now)
        .await?
        .ok_or_else(room::gone)?
        .map_err(|refusal| match refusal {
            InvitationRefusal::AlreadyThere => ApiError::conflict("This address is invited already."),
            InvitationRefusal::Full => ApiError::conflict(&format!(
                "A conference has no more than {MAX_ATTENDEES} invitations."
            )),
        })?;
    let email = email.as_str().to_owned();
    Ok((StatusCode::CREATED, Json(InvitationBody { email })))
}

/// Take an invitation back
#[utoipa::path(
    delete, path = paths::INVITATION, operation_id = "removeInvitation", tag = "Conferences",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("email" = String, Path, description = "The address"),
    ),
    security(("bearer" = ["conferences.invitations"])),
    responses((status = 204, description = "The address is not invited any more"), Guarded, NotFound),
)]
pub async fn remove(
    access: Acting<Invitations>,
    State(state): State<AppState>,
    InvitationPath(id, email): InvitationPath,
) -> Result<StatusCode, ApiError> {
    let actor = &access.actor;
    room::find_to_change(&state, id, actor.into()).await?;
    let now = state.clock.seconds();
    if !state.database.uninvite(id, &email, actor.into(), now).await? {
        return Err(ApiError::not_found("the address is not invited"));
    }
    Ok(StatusCode::NO_CONTENT)
}
