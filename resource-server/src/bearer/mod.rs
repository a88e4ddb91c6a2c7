//! Who may come in: the token of a request, checked, with the permission that the route asks for.

mod api_key;
mod challenge;
mod guard;
mod machine;
mod permission;

pub use api_key::{ApiKey, KeyAndUser};
pub use guard::{Acting, Bearer, OnBehalf};
pub(crate) use permission::permissions;
pub use permission::{Permission, Required};
