//! Pictures of users at `/api/v3/users/{id}/avatar`. A token of a user reads and writes that user's own picture.

pub mod delete;
pub mod image;
mod permission;
pub mod representation;
pub mod retrieve;
pub mod set;

use crate::http::error::ApiError;

fn none() -> ApiError {
    ApiError::not_found("the user has no picture")
}
