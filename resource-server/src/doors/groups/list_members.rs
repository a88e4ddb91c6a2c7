//! `GET /groups/{id}/users`: who is in a group.

use axum::Json;
use axum::extract::State;

use super::permission::ReadMembers;
use super::representation::MemberBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// List the users of a group
#[utoipa::path(
    get, path = paths::GROUP_USERS, operation_id = "listGroupUsers", tag = "Groups",
    params(("id" = Uuid, Path, description = "The group"), PageQuery),
    security(("bearer" = ["groups.users:read"])),
    responses((status = 200, description = "One page", body = PageBody<MemberBody>), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<ReadMembers>,
    State(state): State<AppState>,
    PathId(id): PathId,
    page: PageQuery,
) -> Result<Json<PageBody<MemberBody>>, ApiError> {
    super::find(&state, &access.actor, id).await?;
    let members = state.directory.members(id, page.page).await?;
    let (count, users) = members.ok_or_else(super::gone)?;
    let users = users.into_iter().map(|user| MemberBody::new(user, &access.actor));
    page.answer(count, users.collect())
}
