//! Conferences at `/api/v3/conferences`: the same rooms under finer permissions, for users and for
//! applications that act for themselves.

pub mod create;
pub mod list;
mod permission;
pub mod representation;
pub mod retrieve;
