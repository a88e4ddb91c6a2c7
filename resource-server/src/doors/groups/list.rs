//! `GET /groups`: all groups, or those that the token's user belongs to.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::GroupBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::paths;
use crate::state::AppState;

/// List groups
///
/// With a token of a user, those that the user belongs to.
#[utoipa::path(
    get, path = paths::GROUPS, operation_id = "listGroups", tag = "Groups",
    params(PageQuery),
    security(("bearer" = ["groups:read"])),
    responses((status = 200, description = "One page", body = PageBody<GroupBody>), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    page: PageQuery,
) -> Result<Json<PageBody<GroupBody>>, ApiError> {
    let member = access.actor.user().map(|user| user.user_id);
    let (count, groups) = state.directory.groups(member, page.page).await?;
    page.answer(count, groups.into_iter().map(GroupBody::from).collect())
}
