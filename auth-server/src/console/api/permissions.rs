//! `/permissions`: every permission there is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use token_format::catalogue::Owner;
use utoipa::ToSchema;

use super::access::{Allowed, ReadApplications};
use super::answer::{ApiError, plain};
use super::documents::Guarded;
use crate::flows::registry::permissions::groups;
use crate::paths;
use crate::state::AppState;

/// Permissions of one thing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PermissionGroup)]
pub struct GroupBody {
    /// The general permission, which stands for those in `single`; null where there is none.
    general: Option<String>,
    /// The permissions of their own.
    single: Vec<String>,
    /// Those that cannot be had here, because users and groups live in an LDAP directory.
    unavailable: Vec<String>,
    /// `identity`, `server` (this one) or `resource`.
    #[schema(example = "resource")]
    of: &'static str,
}

/// Every permission.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionList {
    /// In the order of their names.
    items: Vec<GroupBody>,
}

/// List permissions
#[utoipa::path(
    get, path = paths::ADMIN_API_PERMISSIONS, operation_id = "listPermissions", tag = "Applications",
    security(("bearer" = ["admin:applications:read"])),
    responses((status = 200, description = "Every permission", body = PermissionList), Guarded),
)]
pub async fn list(_: Allowed<ReadApplications>, State(state): State<AppState>) -> Result<Response, ApiError> {
    let services = &state.services;
    let items = groups(&services.catalogue, services.directory.is_writable())
        .into_iter()
        .map(|group| GroupBody {
            general: group.general,
            single: group.single,
            unavailable: group.unavailable,
            of: match group.of {
                Owner::Identity => "identity",
                Owner::Server => "server",
                Owner::Resource => "resource",
            },
        })
        .collect();
    Ok(plain(StatusCode::OK, PermissionList { items }))
}
