//! `POST /groups/{id}/users`: put a user into a group.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::WriteMembers;
use super::representation::MemberBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::doors::fields;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// A user who is to be put into a group.
#[derive(Debug, ToSchema)]
#[schema(as = NewGroupUser)]
pub struct NewMemberBody {
    /// The user.
    pub user_id: Uuid,
}

/// Put a user into a group
///
/// A user who is in the group already stays in it. Only applications that act for themselves change groups.
#[utoipa::path(
    post, path = paths::GROUP_USERS, operation_id = "addGroupUser", tag = "Groups",
    params(("id" = Uuid, Path, description = "The group")),
    request_body = NewMemberBody,
    security(("bearer" = ["groups.users:write"])),
    responses((status = 201, description = "The user is in the group", body = MemberBody), Guarded, NotFound, ReadsBody),
)]
pub async fn post(
    access: Acting<WriteMembers>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<MemberBody>), ApiError> {
    super::find_to_change(&state, &access.actor, id).await?;
    let user_id = fields::required("user_id", fields::id(&members, "user_id")?)?;
    let user = state.directory.user(user_id).await?;
    let user = user.ok_or_else(|| ApiError::field("user_id", "There is no such user."))?;
    if !state.directory.add_member(id, user_id).await? {
        return Err(super::gone());
    }
    tracing::info!(group = %id, user = %user_id, client_id = access.actor.client_id(), "user joined group");
    Ok((StatusCode::CREATED, Json(MemberBody::new(user, &access.actor))))
}
