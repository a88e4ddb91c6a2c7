//! `/scim/v2`: users and groups (RFC 7644).

mod access;
mod answer;
pub mod groups;
mod request;
pub mod service;
pub mod users;

use crate::paths;

/// Where resources are, for their `location`.
fn base(issuer: &str) -> String {
    format!("{issuer}{}", paths::SCIM)
}
