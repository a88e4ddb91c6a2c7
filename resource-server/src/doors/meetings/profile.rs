//! `GET /api/user/profile`: who the user is.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::ReadProfile;
use crate::bearer::OnBehalf;
use crate::documents::answers::{Guarded, NotFound};
use crate::http::error::ApiError;
use crate::paths;
use crate::state::AppState;

/// The user behind the token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Profile)]
pub struct ProfileBody {
    /// The user's id.
    id: Uuid,
    /// What people call the user.
    #[schema(required, example = "Ann Lee")]
    name: Option<String>,
    /// The user's address.
    #[schema(format = Email)]
    email: String,
}

/// Read the user's profile
#[utoipa::path(
    get, path = paths::USER_PROFILE, operation_id = "retrieveProfile", tag = "Meetings",
    security(("bearer" = ["user:read"])),
    responses((status = 200, description = "The user behind the token", body = ProfileBody), Guarded, NotFound),
)]
pub async fn get(
    access: OnBehalf<ReadProfile>,
    State(state): State<AppState>,
) -> Result<Json<ProfileBody>, ApiError> {
    let user = state
        .directory
        .user(access.principal.user_id)
        .await?
        .ok_or_else(|| ApiError::not_found("the directory has no such user"))?;
    Ok(Json(ProfileBody {
        id: user.id,
        name: user.name,
        email: user.email,
    }))
}
