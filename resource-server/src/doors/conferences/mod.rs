//! Conferences at `/api/v3/conferences`: the same rooms under finer permissions, for users and for
//! applications that act for themselves.

pub mod create;
pub mod delete;
pub mod invitations;
pub mod list;
pub mod participants;
mod permission;
pub mod records;
pub mod representation;
pub mod retrieve;
pub mod templates;
pub mod update;
