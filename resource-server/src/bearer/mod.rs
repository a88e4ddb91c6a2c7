//! Who may come in: the token of a request, checked, with the permission that the route asks for.

mod api_key;
mod challenge;
mod guard;
mod machine;

pub use api_key::{ApiKey, KeyAndUser};
pub use guard::{Bearer, OnBehalf, Permission};
