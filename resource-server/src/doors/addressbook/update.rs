//! `PUT` and `PATCH /users/{id}/addressbook/{contact_id}`: change a contact. All fields are optional, and a field that
//! is absent stays as it is; so both methods do the same.

use axum::Json;
use axum::extract::State;
use uuid::Uuid;

use super::input::{self, ContactChangeBody};
use super::permission::Write;
use super::representation::ContactBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::actor::Actor;
use crate::domain::change::Change;
use crate::domain::contact::Contact;
use crate::doors::fields::{self, Members};
use crate::doors::users;
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathIds;
use crate::paths;
use crate::state::{AppState, State as Server};

/// Change a contact
#[utoipa::path(
    patch, path = paths::CONTACT, operation_id = "updateContact", tag = "Address books",
    params(("id" = Uuid, Path, description = "The user"), ("contact_id" = Uuid, Path, description = "The contact")),
    request_body = ContactChangeBody,
    security(("bearer" = ["users.addressbook:write"])),
    responses((status = 200, description = "The contact", body = ContactBody), Guarded, NotFound, ReadsBody),
)]
pub async fn patch(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathIds(owner, id): PathIds,
    JsonObject(members): JsonObject,
) -> Result<Json<ContactBody>, ApiError> {
    change(&state, &access.actor, owner, id, &members).await
}

/// Change a contact
///
/// The same as `PATCH`.
#[utoipa::path(
    put, path = paths::CONTACT, operation_id = "replaceContact", tag = "Address books",
    params(("id" = Uuid, Path, description = "The user"), ("contact_id" = Uuid, Path, description = "The contact")),
    request_body = ContactChangeBody,
    security(("bearer" = ["users.addressbook:write"])),
    responses((status = 200, description = "The contact", body = ContactBody), Guarded, NotFound, ReadsBody),
)]
pub async fn put(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathIds(owner, id): PathIds,
    JsonObject(members): JsonObject,
) -> Result<Json<ContactBody>, ApiError> {
    change(&state, &access.actor, owner, id, &members).await
}

async fn change(
    state: &Server,
    actor: &Actor,
    owner: Uuid,
    id: Uuid,
    members: &Members,
) -> Result<Json<ContactBody>, ApiError> {
    users::admit(state, actor, owner).await?;
    let contact = state
        .database
        .find_contact(owner, id)
        .await?
        .ok_or_else(super::gone)?;
    let input = input::read(members)?;
    let name = match input.name {
        Change::Keep => contact.name,
        change => fields::required("name", change)?,
    };
    let contact = Contact {
        name,
        email: input.email.unwrap_or(contact.email),
        user_id: input.user_id.apply(contact.user_id),
        phone: input.phone.apply(contact.phone),
        updated_at: state.clock.seconds(),
        ..contact
    };
    super::stored(state.database.update_contact(owner, &contact).await?)?;
    Ok(Json(contact.into()))
}
