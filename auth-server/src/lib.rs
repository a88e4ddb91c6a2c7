//! Anteroom's authorization server.

pub mod domain;
pub mod store;
