//! How requests are read and answers written: nothing here decides about OAuth.

pub mod body;
pub mod client_auth;
pub mod cookies;
pub mod csrf;
pub mod failure;
pub mod form;
pub mod headers;
pub mod observe;
pub mod rate_limit;
pub mod serve;
pub mod token;
pub mod visitor;
