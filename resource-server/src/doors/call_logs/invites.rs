//! `GET /logs/calls/{id}/invites`: who had a role in the conference or was invited when a call started. As with a
//! conference's invitations, addresses are for its owners and administrators alone: those of that time.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use super::permission::ReadInvites;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::access::Role;
use crate::domain::call::{Expected, Person};
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Somebody who was invited: a user, or whoever has an e-mail address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallInvite)]
pub struct InviteBody {
    /// The user.
    #[schema(required)]
    user_id: Option<Uuid>,
    /// The address, in lower case.
    #[schema(required, format = "email")]
    email: Option<String>,
    /// What they were in the conference.
    #[schema(pattern = "^(owner|administrator|member|attendee)$")]
    role: &'static str,
}

impl From<Expected> for InviteBody {
    fn from(expected: Expected) -> Self {
        let (user_id, email) = match expected.person {
            Person::User(id) => (Some(id), None),
            Person::Address(email) => (None, Some(email.as_str().to_owned())),
        };
        Self {
            user_id,
            email,
            role: expected.role.as_str(),
        }
    }
}

/// List who was invited to a call
///
/// As it was when the call started, in the order of ids and addresses. For owners and administrators of the
/// conference at that time.
#[utoipa::path(
    get, path = paths::CALL_INVITES, operation_id = "listCallInvites", tag = "Logs",
    params(("id" = Uuid, Path, description = "The call"), PageQuery),
    security(("bearer" = ["logs.calls.invites:read"])),
    responses((status = 200, description = "One page", body = PageBody<InviteBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<ReadInvites>,
    State(state): State<AppState>,
    PathId(id): PathId,
    query: PageQuery,
) -> Result<Json<PageBody<InviteBody>>, ApiError> {
    let actor = &access.actor;
    let call = find(&state, id, actor).await?;
    let role = state.database.role_in_call(call.id, actor.into()).await?;
    if !role.is_some_and(Role::may_manage) {
        return Err(ApiError::forbidden(
            "Only owners and administrators of a conference see who was invited.",
        ));
    }
    let (count, expected) = state.database.list_expected(call.id, query.page).await?;
    query.answer(count, expected.into_iter().map(Into::into).collect())
}
