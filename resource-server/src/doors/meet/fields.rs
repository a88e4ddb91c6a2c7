//! The fields that a client may set, read from the members of a JSON object. Others are ignored:
//! everything else about a room is made by the server.

use serde_json::{Map, Value};

use crate::domain::attendee::Email;
use crate::domain::room::{
    AccessLevel, MAX_ATTENDEES, MAX_NAME, NameChange, NameError, RoomChange, parse_name,
};
use crate::http::error::ApiError;

type Members = Map<String, Value>;

/// `name`: null or blank is no name.
pub(super) fn name(members: &Members) -> Result<NameChange, ApiError> {
    let text = match members.get("name") {
        None => return Ok(NameChange::Keep),
        Some(Value::Null) => return Ok(NameChange::Remove),
        Some(Value::String(text)) => text,
        Some(_) => return Err(ApiError::field("name", "Not a valid string.")),
    };
    parse_name(text)
        .map(|name| name.map_or(NameChange::Remove, NameChange::Set))
        .map_err(|error| match error {
            NameError::TooLong => ApiError::field(
                "name",
                &format!("Ensure this field has no more than {MAX_NAME} characters."),
            ),
            NameError::ControlCharacter => ApiError::field("name", "Control characters are not allowed."),
        })
}

/// The fields of an update.
pub(super) fn change(members: &Members) -> Result<RoomChange, ApiError> {
    Ok(RoomChange {
        name: name(members)?,
        access_level: members.get("access_level").map(access_level).transpose()?,
        attendees: members.get("attendees").map(attendees).transpose()?,
    })
}

fn access_level(value: &Value) -> Result<AccessLevel, ApiError> {
    match value.as_str().and_then(AccessLevel::parse) {
        Some(AccessLevel::Public) => Err(ApiError::field(
            "access_level",
            "A room cannot be made public through this API.",
        )),
        Some(level) => Ok(level),
        None => Err(ApiError::field(
            "access_level",
            "Must be one of: trusted, restricted.",
        )),
    }
}

/// Addresses, each bare or as `{"email": ...}`; the same one twice counts once.
fn attendees(value: &Value) -> Result<Vec<Email>, ApiError> {
    let items = value
        .as_array()
        .ok_or_else(|| ApiError::field("attendees", "Expected a list of email addresses."))?;
    if items.len() > MAX_ATTENDEES {
        let message = format!("Ensure this field has no more than {MAX_ATTENDEES} elements.");
        return Err(ApiError::field("attendees", &message));
    }
    let mut emails = items
        .iter()
        .map(|item| {
            item.as_str()
                .or_else(|| item.get("email")?.as_str())
                .and_then(Email::parse)
                .ok_or_else(|| ApiError::field("attendees", "Enter a valid email address."))
        })
        .collect::<Result<Vec<_>, _>>()?;
    emails.sort();
    emails.dedup();
    Ok(emails)
}
