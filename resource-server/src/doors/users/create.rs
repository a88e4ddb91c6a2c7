//! `POST /users`: a new user at the authorization server. Users' tokens make no users.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;
use utoipa::ToSchema;

use super::permission::Write;
use super::representation::{self, UserBody};
use crate::bearer::Acting;
use crate::config::Secret;
use crate::documents::answers::{Guarded, ReadsBody};
use crate::domain::directory::{MAX_PASSWORD_BYTES, NewUser};
use crate::doors::fields::{self, Members};
use crate::http::body::JsonObject;
use crate::http::error::ApiError;
use crate::paths;
use crate::state::AppState;

/// A user who is to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewUser)]
pub struct NewUserBody {
    /// What the user signs in with; nobody else may have it.
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    /// What people call the user; by default, what stands before the @.
    #[schema(max_length = 200, example = "Ann Lee")]
    pub name: Option<String>,
    /// What the user signs in with as well. It is never shown, and not changed here later.
    #[schema(format = Password, max_length = 1024)]
    pub password: Option<String>,
    /// Whether the user can sign in.
    #[schema(default = true)]
    pub active: Option<bool>,
}

/// Make a user
///
/// Only applications that act for themselves make users.
#[utoipa::path(
    post, path = paths::USERS, operation_id = "createUser", tag = "Users",
    request_body = NewUserBody,
    security(("bearer" = ["users:write"])),
    responses((status = 201, description = "The new user", body = UserBody), Guarded, ReadsBody),
)]
pub async fn post(
    access: Acting<Write>,
    State(state): State<AppState>,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<UserBody>), ApiError> {
    if !access.actor.is_server_wide() {
        return Err(ApiError::forbidden("A user's token cannot make users."));
    }
    let new = NewUser {
        email: fields::email(members.get("email").and_then(Value::as_str), "email")?,
        name: representation::name(&members)?,
        password: password(&members)?,
        active: fields::flag(&members, "active")?.unwrap_or(true),
    };
    let user = state.directory.create_user(&new).await?;
    tracing::info!(user = %user.id, client_id = access.actor.client_id(), "user created");
    Ok((StatusCode::CREATED, Json(user.into())))
}

/// How good it must be is the authorization server's business.
fn password(members: &Members) -> Result<Option<Secret>, ApiError> {
    match members.get("password") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > MAX_PASSWORD_BYTES => {
            let message = format!("Ensure this field has no more than {MAX_PASSWORD_BYTES} bytes (UTF-8).");
            Err(ApiError::field("password", &message))
        }
        Some(Value::String(text)) => Ok(Some(Secret::from(text.as_str()))),
        Some(_) => Err(ApiError::field("password", "Not a valid string.")),
    }
}
