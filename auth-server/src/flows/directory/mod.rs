//! Users and groups as resource servers and provisioning systems read and change them (SCIM, RFC 7644): who may,
//! and what each change brings with it.

mod access;
mod groups;
mod users;

use super::FlowError;
use crate::passwords::PasswordError;
use crate::protocol::scim::error::{ScimError, ScimErrorKind};
use crate::protocol::scim::values::names_version;
use crate::store::StoreError;

pub use access::{Caller, Credentials, Right};

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The request's fault.
    #[error(transparent)]
    Scim(#[from] ScimError),
    /// Nobody we know: 401.
    #[error("{0}")]
    Unauthenticated(String),
    /// The token lacks a permission: 403.
    #[error("the token lacks the permission {}", .0.scope())]
    Insufficient(Right),
    /// What every flow can fail of.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl From<StoreError> for DirectoryError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

impl From<PasswordError> for DirectoryError {
    fn from(error: PasswordError) -> Self {
        Self::Flow(error.into())
    }
}

/// The version a change is meant for (RFC 7644 3.14), when the request names one.
fn expected_version(if_match: Option<&str>, version: i64) -> Result<Option<i64>, ScimError> {
    match if_match {
        None => Ok(None),
        Some(header) if names_version(header, version) => Ok(Some(version)),
        Some(_) => Err(changed_since()),
    }
}

fn changed_since() -> ScimError {
    ScimError::new(
        ScimErrorKind::PreconditionFailed,
        "the resource has changed: read it again",
    )
}

fn not_found() -> ScimError {
    ScimError::new(ScimErrorKind::NotFound, "there is no such resource")
}
