//! `/api-keys`: API keys of applications of the profile keyed.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadApplications, WriteApplications};
use super::answer::{ApiError, located, plain};
use super::documents::{Changes, Guarded, Missing, ReadsBody};
use super::request::{Body, Ids, Query};
use crate::domain::api_key::ApiKey;
use crate::flows::registry::RegistryError;
use crate::paths;

/// An API key, without the key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyBody {
    /// Resource servers know it by this.
    id: Uuid,
    /// The application that it belongs to.
    client_id: String,
    /// Shown to administrators.
    name: String,
    /// Blocked by an administrator.
    disabled: bool,
    /// When it was made, seconds since the Unix epoch.
    created_at: i64,
}

impl From<ApiKey> for ApiKeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            client_id: key.client_id,
            name: key.name,
            disabled: key.disabled,
            created_at: key.created_at,
        }
    }
}

/// A part of the list of API keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyList {
    /// The one made last first.
    items: Vec<ApiKeyBody>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
}

/// An API key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeApiKey {
    /// What is known of it.
    #[serde(flatten)]
    key: ApiKeyBody,
    /// The key, which is not shown again.
    api_key: String,
}

/// An API key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyInput {
    /// Shown to administrators.
    name: String,
    /// The application of profile keyed that it belongs to; none: a new one that has no secret.
    client_id: Option<String>,
}

/// What to change of an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyPatch {
    /// Blocked: it stops working within a second.
    disabled: bool,
}

/// List API keys
#[utoipa::path(
    get, path = paths::ADMIN_API_API_KEYS, operation_id = "listApiKeys", tag = "API keys",
    params(
        ("client_id" = Option<String>, Query, description = "Only those of this application"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:applications:read"])),
    responses((status = 200, description = "A part of the list", body = ApiKeyList), Guarded),
)]
pub async fn list(caller: Allowed<ReadApplications>, query: Query) -> Result<Response, ApiError> {
    let (client_id, after) = (query.text("client_id"), query.after()?);
    let found = caller
        .registry()
        .api_keys(client_id.as_deref(), after.as_ref(), query.limit()?)
        .await?;
    let list = ApiKeyList {
        next: found.next.map(|place| place.to_string()),
        items: found.items.into_iter().map(ApiKeyBody::from).collect(),
    };
    Ok(plain(StatusCode::OK, list))
}

/// Make an API key
#[utoipa::path(
    post, path = paths::ADMIN_API_API_KEYS, operation_id = "createApiKey", tag = "API keys",
    request_body = ApiKeyInput,
    security(("bearer" = ["admin:applications:write"])),
    responses((status = 201, description = "The new key", body = MadeApiKey), Guarded, ReadsBody, Changes),
)]
pub async fn post(
    caller: Allowed<WriteApplications>,
    Body(input): Body<ApiKeyInput>,
) -> Result<Response, ApiError> {
    if let Some(client_id) = &input.client_id {
        match caller.application_within(client_id).await {
            // Which field is wrong is said below.
            Ok(_) | Err(ApiError::Registry(RegistryError::NotFound(_))) => {}
            Err(error) => return Err(error),
        }
    }
    let made = caller
        .registry()
        .add_api_key(&input.name, input.client_id.as_deref())
        .await?;
    let path = format!("{}/{}", paths::ADMIN_API_API_KEYS, made.key.id);
    let body = MadeApiKey {
        key: made.key.into(),
        api_key: made.plain.reveal().to_owned(),
    };
    Ok(located(plain(StatusCode::CREATED, body), &path))
}

/// Show an API key
#[utoipa::path(
    get, path = paths::ADMIN_API_API_KEY, operation_id = "getApiKey", tag = "API keys",
    params(("key_id" = Uuid, Path, description = "The key")),
    security(("bearer" = ["admin:applications:read"])),
    responses((status = 200, description = "The key", body = ApiKeyBody), Guarded, Missing),
)]
pub async fn get(caller: Allowed<ReadApplications>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let key = caller.registry().api_key(id).await?;
    Ok(plain(StatusCode::OK, ApiKeyBody::from(key)))
}

/// Block an API key, or let it work again
#[utoipa::path(
    patch, path = paths::ADMIN_API_API_KEY, operation_id = "changeApiKey", tag = "API keys",
    params(("key_id" = Uuid, Path, description = "The key")),
    request_body = ApiKeyPatch,
    security(("bearer" = ["admin:applications:write"])),
    responses((status = 200, description = "The key as it is now", body = ApiKeyBody), Guarded, Missing, ReadsBody),
)]
pub async fn patch(
    caller: Allowed<WriteApplications>,
    Ids(id): Ids<Uuid>,
    Body(input): Body<ApiKeyPatch>,
) -> Result<Response, ApiError> {
    let key = caller.registry().set_api_key_disabled(id, input.disabled).await?;
    Ok(plain(StatusCode::OK, ApiKeyBody::from(key)))
}
