//! SCIM 2.0 as pure rules: resources (RFC 7643), filters, PATCH, queries and errors (RFC 7644).

pub mod error;
pub mod filter;
pub mod group;
pub mod patch;
pub mod projection;
pub mod query;
pub mod schemas;
pub mod user;
pub mod values;

/// The media type (RFC 7644 8.1).
pub const MEDIA_TYPE: &str = "application/scim+json";
/// Schema of users.
pub const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Schema of groups.
pub const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Schema of errors.
pub const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// Schema of lists.
pub const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Schema of PATCH requests.
pub const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Schema of search requests.
pub const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
