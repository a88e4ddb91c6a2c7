//! Secrets of an application.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadApplications, WriteApplications};
use super::answer::{ApiError, done, plain};
use super::documents::{Changes, Guarded, Missing, ReadsBody};
use super::request::{Body, Ids};
use crate::domain::application::ClientSecret;
use crate::flows::registry::NewSecret;
use crate::paths;

/// A secret, without its value. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Secret)]
pub struct SecretBody {
    /// By which it is taken away.
    id: Uuid,
    /// What people call it.
    label: Option<String>,
    /// When it was made.
    created_at: i64,
    /// When it stops working.
    expires_at: Option<i64>,
    /// When it was used last, a few seconds late.
    last_used_at: Option<i64>,
}

impl From<ClientSecret> for SecretBody {
    fn from(secret: ClientSecret) -> Self {
        Self {
            id: secret.id,
            label: secret.label,
            created_at: secret.created_at,
            expires_at: secret.expires_at,
            last_used_at: secret.last_used_at,
        }
    }
}

/// The secrets of an application.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecretList {
    /// The secrets, newest first.
    items: Vec<SecretBody>,
}

/// A secret that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeSecret {
    /// By which it is taken away.
    id: Uuid,
    /// Its value, which is not shown again.
    client_secret: String,
}

impl From<NewSecret> for MadeSecret {
    fn from(made: NewSecret) -> Self {
        Self {
            id: made.id,
            client_secret: made.secret.reveal().to_owned(),
        }
    }
}

/// A secret to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecretInput {
    /// What people call it.
    label: Option<String>,
    /// When it stops working, seconds since the Unix epoch; null: never.
    expires_at: Option<i64>,
}

/// How to replace the secrets.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RotationInput {
    /// Seconds for which the old ones work beside the new one, at most 2,592,000.
    overlap_seconds: i64,
    /// What people call the new one.
    label: Option<String>,
}

/// List the secrets of an application
///
/// Without their values, which nobody can read again.
#[utoipa::path(
    get, path = paths::ADMIN_API_SECRETS, operation_id = "listSecrets", tag = "Applications",
    params(("client_id" = String, Path, description = "The application")),
    security(("bearer" = ["admin:applications:read"])),
    responses((status = 200, description = "The secrets", body = SecretList), Guarded, Missing),
)]
pub async fn list(
    caller: Allowed<ReadApplications>,
    Ids(client_id): Ids<String>,
) -> Result<Response, ApiError> {
    let found = caller.registry().application(&client_id).await?;
    let items = found
        .application
        .secrets
        .into_iter()
        .map(SecretBody::from)
        .collect();
    Ok(plain(StatusCode::OK, SecretList { items }))
}

/// Make a secret beside the others
#[utoipa::path(
    post, path = paths::ADMIN_API_SECRETS, operation_id = "addSecret", tag = "Applications",
    params(("client_id" = String, Path, description = "The application")),
    request_body = SecretInput,
    security(("bearer" = ["admin:applications:write"])),
    responses(
        (status = 201, description = "The new secret", body = MadeSecret), Guarded, Missing, ReadsBody, Changes
    ),
)]
pub async fn post(
    caller: Allowed<WriteApplications>,
    Ids(client_id): Ids<String>,
    Body(input): Body<SecretInput>,
) -> Result<Response, ApiError> {
    caller.application_within(&client_id).await?;
    let made = caller
        .registry()
        .add_secret(&client_id, input.label.as_deref(), input.expires_at)
        .await?;
    Ok(plain(StatusCode::CREATED, MadeSecret::from(made)))
}

/// Replace the secrets of an application
///
/// The old ones stop working at once, or after the overlap. Tokens that were issued with them live on.
#[utoipa::path(
    post, path = paths::ADMIN_API_ROTATE_SECRET, operation_id = "rotateSecret", tag = "Applications",
    params(("client_id" = String, Path, description = "The application")),
    request_body = RotationInput,
    security(("bearer" = ["admin:applications:write"])),
    responses(
        (status = 201, description = "The new secret", body = MadeSecret), Guarded, Missing, ReadsBody, Changes
    ),
)]
pub async fn rotate(
    caller: Allowed<WriteApplications>,
    Ids(client_id): Ids<String>,
    Body(input): Body<RotationInput>,
) -> Result<Response, ApiError> {
    caller.application_within(&client_id).await?;
    let made = caller
        .registry()
        .rotate_secret(&client_id, input.overlap_seconds, input.label.as_deref())
        .await?;
    Ok(plain(StatusCode::CREATED, MadeSecret::from(made)))
}

/// Take a secret away
#[utoipa::path(
    delete, path = paths::ADMIN_API_SECRET, operation_id = "deleteSecret", tag = "Applications",
    params(
        ("client_id" = String, Path, description = "The application"),
        ("secret_id" = Uuid, Path, description = "The secret"),
    ),
    security(("bearer" = ["admin:applications:write"])),
    responses((status = 204, description = "It works no longer"), Guarded, Missing),
)]
pub async fn delete(
    caller: Allowed<WriteApplications>,
    Ids((client_id, secret_id)): Ids<(String, Uuid)>,
) -> Result<Response, ApiError> {
    caller.registry().revoke_secret(&client_id, secret_id).await?;
    Ok(done())
}
