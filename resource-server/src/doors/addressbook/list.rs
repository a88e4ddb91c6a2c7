//! `GET /users/{id}/addressbook`: a user's contacts, in the order they were made.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::ContactBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::users;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// List the contacts of a user
#[utoipa::path(
    get, path = paths::ADDRESSBOOK, operation_id = "listContacts", tag = "Address books",
    params(("id" = Uuid, Path, description = "The user"), PageQuery),
    security(("bearer" = ["users.addressbook:read"])),
    responses((status = 200, description = "One page", body = PageBody<ContactBody>), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(owner): PathId,
    page: PageQuery,
) -> Result<Json<PageBody<ContactBody>>, ApiError> {
    users::admit(&state, &access.actor, owner).await?;
    let (count, contacts) = state.database.list_contacts(owner, page.page).await?;
    page.answer(count, contacts.into_iter().map(ContactBody::from).collect())
}
