//! `/keys`: signing keys.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{Allowed, ReadKeys, WriteKeys};
use super::answer::{ApiError, plain};
use super::documents::{Guarded, ReadsBody};
use super::request::Body;
use crate::flows::registry::KeyStatus;
use crate::paths;
use crate::state::AppState;

/// The published signing keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// In the order they sign.
    items: Vec<KeyStatus>,
}

/// A signing key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKey {
    /// Its id.
    kid: String,
    /// When it begins to sign, seconds since the Unix epoch.
    active_from: i64,
}

/// How to make the next key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KeyRotation {
    /// It signs at once, before resource servers have seen it: after a key was exposed.
    now: bool,
}

/// List signing keys
#[utoipa::path(
    get, path = paths::ADMIN_API_KEYS, operation_id = "listKeys", tag = "Signing keys",
    security(("bearer" = ["admin:keys:read"])),
    responses((status = 200, description = "The keys", body = KeyList), Guarded),
)]
pub async fn list(caller: Allowed<ReadKeys>, State(state): State<AppState>) -> Result<Response, ApiError> {
    let items = caller.registry().signing_keys(&state.services.keys);
    Ok(plain(StatusCode::OK, KeyList { items }))
}

/// Make the next signing key
///
/// It is published now, and signs once resource servers have had the time to see it.
#[utoipa::path(
    post, path = paths::ADMIN_API_KEYS_ROTATE, operation_id = "rotateKeys", tag = "Signing keys",
    request_body = KeyRotation,
    security(("bearer" = ["admin:keys:write"])),
    responses((status = 201, description = "The new key", body = MadeKey), Guarded, ReadsBody),
)]
pub async fn rotate(
    caller: Allowed<WriteKeys>,
    State(state): State<AppState>,
    Body(input): Body<KeyRotation>,
) -> Result<Response, ApiError> {
    let settings = &state.services.settings;
    let wait = if input.now { 0 } else { settings.key_wait_seconds };
    let made = caller
        .registry()
        .rotate_signing_key(&state.services.keys, settings.signing_algorithm, wait)
        .await?;
    let body = MadeKey {
        kid: made.kid,
        active_from: made.active_from,
    };
    Ok(plain(StatusCode::CREATED, body))
}
