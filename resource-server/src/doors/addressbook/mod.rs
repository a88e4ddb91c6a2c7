//! Address books at `/api/v3/users/{id}/addressbook`. A token of a user reads and writes that user's own book; to it,
//! there are no others.

pub mod create;
pub mod delete;
pub mod input;
pub mod list;
mod permission;
pub mod representation;
pub mod retrieve;
pub mod update;

use crate::http::error::ApiError;
use crate::store::ContactOutcome;

/// Nothing, or why the contact was not stored.
fn stored(outcome: ContactOutcome) -> Result<(), ApiError> {
    match outcome {
        ContactOutcome::Stored => Ok(()),
        ContactOutcome::Taken => Err(ApiError::field(
            "email",
            "A contact with this email address exists already.",
        )),
        ContactOutcome::Full => Err(ApiError::field(
            "non_field_errors",
            "The address book is full: delete a contact first.",
        )),
        ContactOutcome::Gone => Err(gone()),
    }
}

fn gone() -> ApiError {
    ApiError::not_found("no such contact in the address book")
}
