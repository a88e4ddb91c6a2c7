//! The rules of the RFCs as pure functions: no HTTP framework, no store, no clock.

pub mod accept;
pub mod error;
pub mod hosts;
pub mod pictures;
pub mod pkce;
pub mod redirect;
pub mod request;
pub mod scim;
pub mod scope;
