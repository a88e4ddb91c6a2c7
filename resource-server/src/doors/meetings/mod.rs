//! Meetings at `/api/meetings` and the user's profile beside them: the same rooms as those whom a user authorized
//! see them. Nobody comes in without a user.

pub mod create;
pub mod delete;
pub mod join;
pub mod list;
mod permission;
pub mod profile;
pub mod representation;
pub mod retrieve;
pub mod update;
