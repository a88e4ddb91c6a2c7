//! Who may come in: the token of a request, checked, with the permission that the route asks for.

mod challenge;
mod guard;
mod machine;

pub use guard::{Bearer, OnBehalf, Permission};
