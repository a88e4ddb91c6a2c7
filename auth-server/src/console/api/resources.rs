//! `/resources`: resource servers.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use token_format::key::EncryptionKey;
use utoipa::ToSchema;

use super::access::{Allowed, ReadResources, WriteResources};
use super::answer::{ApiError, located, plain};
use super::documents::{Changes, Guarded, Missing, ReadsBody};
use super::request::{Body, Ids};
use crate::domain::application::ResourceServer;
use crate::domain::registration::nullable;
use crate::flows::registry::{NewResource, Problem, RegistryError, ResourceChange};
use crate::paths;

/// A resource server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Resource)]
pub struct ResourceBody {
    /// Its id when it introspects.
    client_id: String,
    /// Shown to administrators.
    name: String,
    /// Its address, the `aud` of its tokens. Never changes.
    url: String,
    /// Prefix its scopes may carry.
    scope_prefix: Option<String>,
    /// Run by the same operator: its tokens carry users' e-mail addresses.
    first_party: bool,
    /// Blocked by an administrator.
    disabled: bool,
    /// The public key (a JWK) to which signed introspection answers are encrypted.
    #[schema(value_type = Option<Object>)]
    encryption_key: Option<serde_json::Value>,
    /// Introspection answers it in signed form or not at all.
    requires_signed_introspection: bool,
    /// When it was registered, seconds since the Unix epoch.
    created_at: i64,
}

impl From<ResourceServer> for ResourceBody {
    fn from(resource: ResourceServer) -> Self {
        let jwk = |key: &EncryptionKey| serde_json::to_value(key.jwk()).ok();
        Self {
            encryption_key: resource.encryption_key.as_deref().and_then(jwk),
            client_id: resource.client_id,
            name: resource.name,
            url: resource.url,
            scope_prefix: resource.scope_prefix,
            first_party: resource.first_party,
            disabled: resource.disabled,
            requires_signed_introspection: resource.requires_signed_introspection,
            created_at: resource.created_at,
        }
    }
}

/// Every resource server: there are few of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceList {
    /// Oldest first.
    items: Vec<ResourceBody>,
}

/// A resource server that was registered.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedResource {
    /// The resource server.
    #[serde(flatten)]
    resource: ResourceBody,
    /// Its secret, which is not shown again.
    client_secret: String,
}

/// The new secret of a resource server.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceSecret {
    /// Not shown again; the old one works no longer.
    client_secret: String,
}

/// A resource server to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceInput {
    /// Shown to administrators.
    name: String,
    /// Its address (RFC 8707).
    url: String,
    /// Prefix its scopes may carry.
    scope_prefix: Option<String>,
    /// Run by the same operator; true if nothing is said.
    first_party: Option<bool>,
    /// A public key: a JWK or a JWK Set as an object, or PEM as a text.
    #[schema(value_type = Option<Object>)]
    encryption_key: Option<serde_json::Value>,
    /// Introspection answers it in signed form or not at all.
    #[serde(default)]
    requires_signed_introspection: bool,
}

/// What to change of a resource server.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
pub struct ResourcePatch {
    /// Shown to administrators.
    name: Option<String>,
    /// Prefix its scopes may carry; null: none.
    #[schema(value_type = Option<String>)]
    #[serde(with = "nullable")]
    scope_prefix: Option<Option<String>>,
    /// Run by the same operator.
    first_party: Option<bool>,
    /// Blocked: no introspection, no feed, no new tokens for it.
    disabled: Option<bool>,
    /// A public key, as at registration; null: none any more.
    #[schema(value_type = Option<Object>)]
    #[serde(with = "nullable")]
    encryption_key: Option<Option<serde_json::Value>>,
    /// Introspection answers it in signed form or not at all.
    requires_signed_introspection: Option<bool>,
}

fn read_key(value: &serde_json::Value) -> Result<EncryptionKey, ApiError> {
    let text = match value {
        serde_json::Value::String(pem) => pem.clone(),
        other => other.to_string(),
    };
    EncryptionKey::read(&text, None).map_err(|error| {
        let reason = error.to_string();
        RegistryError::from(Problem::Key { reason }.of("encryption_key")).into()
    })
}

/// List resource servers
#[utoipa::path(
    get, path = paths::ADMIN_API_RESOURCES, operation_id = "listResources", tag = "Resource servers",
    security(("bearer" = ["admin:resources:read"])),
    responses((status = 200, description = "All of them", body = ResourceList), Guarded),
)]
pub async fn list(caller: Allowed<ReadResources>) -> Result<Response, ApiError> {
    let found = caller.registry().resources().await?;
    let items = found.into_iter().map(ResourceBody::from).collect();
    Ok(plain(StatusCode::OK, ResourceList { items }))
}

/// Register a resource server
#[utoipa::path(
    post, path = paths::ADMIN_API_RESOURCES, operation_id = "createResource", tag = "Resource servers",
    request_body = ResourceInput,
    security(("bearer" = ["admin:resources:write"])),
    responses(
        (status = 201, description = "The new resource server", body = CreatedResource), Guarded, ReadsBody, Changes
    ),
)]
pub async fn post(
    caller: Allowed<WriteResources>,
    Body(input): Body<ResourceInput>,
) -> Result<Response, ApiError> {
    let new = NewResource {
        encryption_key: input.encryption_key.as_ref().map(read_key).transpose()?,
        name: input.name,
        url: input.url,
        scope_prefix: input.scope_prefix,
        first_party: input.first_party.unwrap_or(true),
        requires_signed_introspection: input.requires_signed_introspection,
        secret: None,
    };
    let (resource, secret) = caller.registry().add_resource(new).await?;
    let path = format!("{}/{}", paths::ADMIN_API_RESOURCES, resource.client_id);
    let body = CreatedResource {
        resource: resource.into(),
        client_secret: secret
            .map(|secret| secret.reveal().to_owned())
            .unwrap_or_default(),
    };
    Ok(located(plain(StatusCode::CREATED, body), &path))
}

/// Show a resource server
#[utoipa::path(
    get, path = paths::ADMIN_API_RESOURCE, operation_id = "getResource", tag = "Resource servers",
    params(("client_id" = String, Path, description = "The resource server")),
    security(("bearer" = ["admin:resources:read"])),
    responses((status = 200, description = "The resource server", body = ResourceBody), Guarded, Missing),
)]
pub async fn get(caller: Allowed<ReadResources>, Ids(client_id): Ids<String>) -> Result<Response, ApiError> {
    let found = caller.registry().resource(&client_id).await?;
    Ok(plain(StatusCode::OK, ResourceBody::from(found)))
}

/// Change a resource server
#[utoipa::path(
    patch, path = paths::ADMIN_API_RESOURCE, operation_id = "changeResource", tag = "Resource servers",
    params(("client_id" = String, Path, description = "The resource server")),
    request_body = ResourcePatch,
    security(("bearer" = ["admin:resources:write"])),
    responses(
        (status = 200, description = "The resource server as it is now", body = ResourceBody),
        Guarded, Missing, ReadsBody, Changes
    ),
)]
pub async fn patch(
    caller: Allowed<WriteResources>,
    Ids(client_id): Ids<String>,
    Body(input): Body<ResourcePatch>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    let encryption_key = match &input.encryption_key {
        None => None,
        Some(None) => Some(None),
        Some(Some(value)) => Some(Some(read_key(value)?)),
    };
    let change = ResourceChange {
        name: input.name,
        scope_prefix: input.scope_prefix,
        first_party: input.first_party,
        disabled: input.disabled,
        encryption_key,
        requires_signed_introspection: input.requires_signed_introspection,
    };
    let after = registry.edit_resource(&client_id, change).await?;
    Ok(plain(StatusCode::OK, ResourceBody::from(after)))
}

/// Replace the secret of a resource server
#[utoipa::path(
    post, path = paths::ADMIN_API_RESOURCE_ROTATE, operation_id = "rotateResourceSecret", tag = "Resource servers",
    params(("client_id" = String, Path, description = "The resource server")),
    security(("bearer" = ["admin:resources:write"])),
    responses((status = 201, description = "The new secret", body = ResourceSecret), Guarded, Missing),
)]
pub async fn rotate(
    caller: Allowed<WriteResources>,
    Ids(client_id): Ids<String>,
) -> Result<Response, ApiError> {
    let secret = caller.registry().rotate_resource_secret(&client_id).await?;
    let client_secret = secret.reveal().to_owned();
    Ok(plain(StatusCode::CREATED, ResourceSecret { client_secret }))
}
