//! `GET /users/{id}/addressbook/{contact_id}`: one contact.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::ContactBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::users;
use crate::http::error::ApiError;
use crate::http::path::PathIds;
use crate::paths;
use crate::state::AppState;

/// Read a contact
#[utoipa::path(
    get, path = paths::CONTACT, operation_id = "retrieveContact", tag = "Address books",
    params(("id" = Uuid, Path, description = "The user"), ("contact_id" = Uuid, Path, description = "The contact")),
    security(("bearer" = ["users.addressbook:read"])),
    responses((status = 200, description = "The contact", body = ContactBody), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathIds(owner, id): PathIds,
) -> Result<Json<ContactBody>, ApiError> {
    users::admit(&state, &access.actor, owner).await?;
    let contact = state.database.find_contact(owner, id).await?;
    Ok(Json(contact.ok_or_else(super::gone)?.into()))
}
