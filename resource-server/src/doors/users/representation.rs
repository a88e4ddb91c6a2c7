//! A user as `/api/v3` writes and reads them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::directory::{DirectoryUser, MAX_NAME_BYTES};
use crate::doors::fields::{self, Members};
use crate::http::error::ApiError;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    /// As in the `user_id` of tokens.
    id: Uuid,
    /// What the user signs in with.
    #[schema(format = "email")]
    email: String,
    /// What people call the user.
    #[schema(required, example = "Ann Lee")]
    name: Option<String>,
    /// Whether the user can sign in.
    active: bool,
}

impl From<DirectoryUser> for UserBody {
    fn from(user: DirectoryUser) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            active: user.active,
        }
    }
}

/// `name`, which users and groups cannot lose again.
pub(in crate::doors) fn name(members: &Members) -> Result<Option<String>, ApiError> {
    if !members.contains_key("name") {
        return Ok(None);
    }
    let name = fields::required("name", fields::line(members, "name", MAX_NAME_BYTES)?)?;
    if name.len() > MAX_NAME_BYTES {
        let message = format!("Ensure this field has no more than {MAX_NAME_BYTES} bytes (UTF-8).");
        return Err(ApiError::field("name", &message));
    }
    Ok(Some(name))
}
