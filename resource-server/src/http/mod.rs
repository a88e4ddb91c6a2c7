//! HTTP without rooms or tokens in it: errors, bodies, queries, and what surrounds every request.

pub mod body;
pub mod error;
pub mod etag;
pub mod language;
pub mod observe;
pub mod page;
pub mod path;
pub mod query;
