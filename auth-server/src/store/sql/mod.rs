//! Records in SQL, one file per noun. Each query is written once for both databases.

pub mod api_keys;
pub mod applications;
pub mod applied;
pub mod audit;
pub mod audit_log;
pub mod client_secrets;
mod condition;
pub mod consents;
pub mod devices;
pub mod findings;
pub mod groups;
pub mod hosts;
pub mod keys;
pub mod logos;
pub mod mail_links;
#[cfg(test)]
mod many_rows;
pub mod outbox;
pub mod passkeys;
pub mod people;
pub mod provisional;
pub mod recovery_codes;
pub mod registrations;
pub mod resources;
pub mod reviews;
pub mod second_factors;
mod secrets;
mod select;
pub mod totp;
pub mod users;
pub mod webhooks;

use std::fmt::Display;
use std::str::FromStr;

use super::StoreError;

/// Reads a stored text as a value, or says which column is broken.
fn parse<T: FromStr<Err: Display>>(text: &str, column: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| corrupt(column, &error))
}

/// Reads a stored JSON text, or says which column is broken.
fn parse_json<T: serde::de::DeserializeOwned>(text: &str, column: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(column, &error))
}

/// Writes a value as JSON text.
fn to_json<T: serde::Serialize>(value: &T, column: &str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(column, &error))
}

fn corrupt(column: &str, error: &dyn Display) -> StoreError {
    StoreError::Corrupt {
        store: "SQL",
        what: column.to_owned(),
        reason: error.to_string(),
    }
}
