//! `DELETE /users/{id}/addressbook/{contact_id}`: delete a contact.

use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Write;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::users;
use crate::http::error::ApiError;
use crate::http::path::PathIds;
use crate::paths;
use crate::state::AppState;

/// Delete a contact
#[utoipa::path(
    delete, path = paths::CONTACT, operation_id = "deleteContact", tag = "Address books",
    params(("id" = Uuid, Path, description = "The user"), ("contact_id" = Uuid, Path, description = "The contact")),
    security(("bearer" = ["users.addressbook:write"])),
    responses((status = 204, description = "The contact is gone"), Guarded, NotFound),
)]
pub async fn delete(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathIds(owner, id): PathIds,
) -> Result<StatusCode, ApiError> {
    users::admit(&state, &access.actor, owner).await?;
    if !state.database.delete_contact(owner, id).await? {
        return Err(super::gone());
    }
    Ok(StatusCode::NO_CONTENT)
}
