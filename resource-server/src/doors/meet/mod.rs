//! The Meet API: rooms at `/external-api/v1.0/rooms`.

pub mod create;
pub mod delete;
pub mod list;
mod permission;
mod representation;
pub mod retrieve;
pub mod update;
