//! `POST /users/{id}/addressbook`: a new contact.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::input::{self, NewContactBody};
use super::permission::Write;
use super::representation::ContactBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::contact::Contact;
use crate::doors::{fields, users};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// Make a contact
#[utoipa::path(
    post, path = paths::ADDRESSBOOK, operation_id = "createContact", tag = "Address books",
    params(("id" = Uuid, Path, description = "The user")),
    request_body = NewContactBody,
    security(("bearer" = ["users.addressbook:write"])),
    responses((status = 201, description = "The new contact", body = ContactBody), Guarded, NotFound, ReadsBody),
)]
pub async fn post(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(owner): PathId,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<ContactBody>), ApiError> {
    users::admit(&state, &access.actor, owner).await?;
    let input = input::read(&members)?;
    let now = state.clock.millis();
    let contact = Contact {
        id: state.ids.make(now),
        name: fields::required("name", input.name)?,
        email: input.email.ok_or_else(|| fields::missing("email"))?,
        user_id: input.user_id.apply(None),
        phone: input.phone.apply(None),
        created_at: now.div_euclid(1000),
        updated_at: now.div_euclid(1000),
    };
    super::stored(state.database.insert_contact(owner, &contact).await?)?;
    Ok((StatusCode::CREATED, Json(contact.into())))
}
