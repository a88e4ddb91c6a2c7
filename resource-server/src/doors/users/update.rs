//! `PUT` and `PATCH /users/{id}`: change a user at the authorization server. All fields are optional, and a field
//! that is absent stays as it is; so both methods do the same.

use axum::Json;
use axum::extract::State;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::Write;
use super::representation::{self, UserBody};
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::actor::Actor;
use crate::domain::directory::{DirectoryUser, UserChange};
use crate::doors::fields::{self, Members};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::{AppState, State as Server};

/// What is to be changed about a user; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = UserChange)]
pub struct UserChangeBody {
    /// What the user signs in with; nobody else may have it.
    #[schema(format = "email", max_length = 254, nullable = false)]
    pub email: Option<String>,
    /// What people call the user.
    #[schema(max_length = 200, nullable = false)]
    pub name: Option<String>,
    /// Whether the user can sign in. The tokens of one who cannot are refused.
    #[schema(nullable = false)]
    pub active: Option<bool>,
}

/// Change a user
///
/// A token of a user changes that user's name alone.
#[utoipa::path(
    patch, path = paths::USER, operation_id = "updateUser", tag = "Users",
    params(("id" = Uuid, Path, description = "The user")),
    request_body = UserChangeBody,
    security(("bearer" = ["users:write"])),
    responses((status = 200, description = "The user", body = UserBody), Guarded, NotFound, ReadsBody),
)]
pub async fn patch(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<UserBody>, ApiError> {
    change(&state, &access.actor, id, &members).await
}

/// Change a user
///
/// The same as `PATCH`.
#[utoipa::path(
    put, path = paths::USER, operation_id = "replaceUser", tag = "Users",
    params(("id" = Uuid, Path, description = "The user")),
    request_body = UserChangeBody,
    security(("bearer" = ["users:write"])),
    responses((status = 200, description = "The user", body = UserBody), Guarded, NotFound, ReadsBody),
)]
pub async fn put(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonObject(members): JsonObject,
) -> Result<Json<UserBody>, ApiError> {
    change(&state, &access.actor, id, &members).await
}

async fn change(
    state: &Server,
    actor: &Actor,
    id: Uuid,
    members: &Members,
) -> Result<Json<UserBody>, ApiError> {
    let current = super::find(state, actor, id).await?;
    let change = read(members)?;
    if !actor.is_server_wide() && !keeps_account(&change, &current) {
        return Err(ApiError::forbidden(
            "A user's token can change the user's name alone.",
        ));
    }
    let user = state.directory.update_user(id, &change).await?;
    let user = user.ok_or_else(|| ApiError::not_found("no such user any more"))?;
    tracing::info!(user = %id, client_id = actor.client_id(), "user changed");
    Ok(Json(user.into()))
}

fn read(members: &Members) -> Result<UserChange, ApiError> {
    if members.contains_key("password") {
        return Err(ApiError::field(
            "password",
            "A password is given when a user is made, and not changed here.",
        ));
    }
    let email = members
        .get("email")
        .map(|email| fields::email(email.as_str(), "email"))
        .transpose()?;
    Ok(UserChange {
        email,
        name: representation::name(members)?,
        active: fields::flag(members, "active")?,
    })
}

/// Whether everything but the name stays as it is: clients send back what they have read.
fn keeps_account(change: &UserChange, current: &DirectoryUser) -> bool {
    let email = change.email.as_ref();
    email.is_none_or(|email| email.as_str() == current.email.to_lowercase())
        && change.active.is_none_or(|active| active == current.active)
}
