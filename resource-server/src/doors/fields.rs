//! The fields that a client may set, read from the members of a JSON object. Others are ignored:
//! everything else is made by the server.

use chrono::DateTime;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::access::{MAX_PARTICIPANTS, Participant, Role};
use crate::domain::attendee::Email;
use crate::domain::change::Change;
use crate::domain::room::{
    AccessLevel, MAX_ATTENDEES, MAX_DESCRIPTION, MAX_DURATION, MAX_NAME, Schedule, TextError, parse_line,
    parse_text,
};
use crate::http::error::ApiError;
use crate::http::path::parse_id;

pub(super) type Members = Map<String, Value>;

/// The end of the year 9999: RFC 3339 has four digits for a year.
const LAST_SECOND: i64 = 253_402_300_799;

const MINUTES: &str = "A whole number from 1 to 10080 is required.";
const REQUIRED: &str = "This field is required.";
pub(super) const NOT_A_STRING: &str = "Not a valid string.";

/// `name`: null or blank is no name.
pub(super) fn name(members: &Members) -> Result<Change<String>, ApiError> {
    line(members, "name", MAX_NAME)
}

/// `description`: null or blank is none.
pub(super) fn description(members: &Members) -> Result<Change<String>, ApiError> {
    text(members, "description", MAX_DESCRIPTION, parse_text)
}

/// A text of one line, of `limit` characters at most: null or blank is none.
pub(super) fn line(members: &Members, field: &str, limit: usize) -> Result<Change<String>, ApiError> {
    text(members, field, limit, parse_line)
}

/// A text that `parse` understands, of `limit` characters at most: null or blank is none.
pub(super) fn text(
    members: &Members,
    field: &str,
    limit: usize,
    parse: fn(&str, usize) -> Result<Option<String>, TextError>,
) -> Result<Change<String>, ApiError> {
    let text = match members.get(field) {
        None => return Ok(Change::Keep),
        Some(Value::Null) => return Ok(Change::Remove),
        Some(Value::String(text)) => text,
        Some(_) => return Err(ApiError::field(field, NOT_A_STRING)),
    };
    parse(text, limit)
        .map(|text| text.map_or(Change::Remove, Change::Set))
        .map_err(|error| match error {
            TextError::TooLong(limit) => ApiError::field(
                field,
                &format!("Ensure this field has no more than {limit} characters."),
            ),
            TextError::ControlCharacter => ApiError::field(field, "Control characters are not allowed."),
        })
}

/// Yes or no.
pub(super) fn flag(members: &Members, field: &str) -> Result<Option<bool>, ApiError> {
    match members.get(field) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(ApiError::field(field, "Must be a valid boolean.")),
    }
}

/// An id: null is none.
pub(super) fn id(members: &Members, field: &str) -> Result<Change<Uuid>, ApiError> {
    match members.get(field) {
        None => Ok(Change::Keep),
        Some(Value::Null) => Ok(Change::Remove),
        Some(value) => value
            .as_str()
            .and_then(parse_id)
            .map(Change::Set)
            .ok_or_else(|| ApiError::field(field, "Must be a valid UUID.")),
    }
}

/// A field that must be there and say something.
pub(super) fn required<T>(field: &str, change: Change<T>) -> Result<T, ApiError> {
    change.apply(None).ok_or_else(|| missing(field))
}

/// A field that must be there is not.
pub(super) fn missing(field: &str) -> ApiError {
    ApiError::field(field, REQUIRED)
}

/// `schedule`: `{"starts_at": RFC 3339, "duration_minutes": number}`, or null for none. Without a duration
/// of its own it has the usual one, if there is a usual one.
pub(super) fn schedule(members: &Members, usual: Option<i64>) -> Result<Change<Schedule>, ApiError> {
    match members.get("schedule") {
        None => Ok(Change::Keep),
        Some(Value::Null) => Ok(Change::Remove),
        Some(Value::Object(schedule)) => {
            let starts_at = schedule
                .get("starts_at")
                .and_then(Value::as_str)
                .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
                .map(|time| time.timestamp())
                .filter(|seconds| (0..=LAST_SECOND).contains(seconds))
                .ok_or_else(|| {
                    ApiError::field(
                        "schedule",
                        "starts_at: a time such as 2030-01-31T09:30:00Z is required.",
                    )
                })?;
            let duration_minutes = match minutes(schedule.get("duration_minutes")) {
                Some(Change::Set(minutes)) => Some(minutes),
                Some(Change::Keep) => usual,
                Some(Change::Remove) | None => None,
            }
            .ok_or_else(|| ApiError::field("schedule", &format!("duration_minutes: {MINUTES}")))?;
            Ok(Change::Set(Schedule {
                starts_at,
                duration_minutes,
            }))
        }
        Some(_) => Err(ApiError::field(
            "schedule",
            "Expected an object with starts_at and duration_minutes.",
        )),
    }
}

/// A number of minutes: null is none.
pub(super) fn duration(members: &Members, field: &str) -> Result<Change<i64>, ApiError> {
    minutes(members.get(field)).ok_or_else(|| ApiError::field(field, MINUTES))
}

/// `None` when it is no number of minutes.
fn minutes(value: Option<&Value>) -> Option<Change<i64>> {
    match value {
        None => Some(Change::Keep),
        Some(Value::Null) => Some(Change::Remove),
        Some(value) => value
            .as_i64()
            .filter(|minutes| (1..=MAX_DURATION).contains(minutes))
            .map(Change::Set),
    }
}

/// `role`: what a user is to be in a room.
pub(super) fn role(members: &Members) -> Result<Option<Role>, ApiError> {
    members.get("role").map(parse_role).transpose()
}

fn parse_role(value: &Value) -> Result<Role, ApiError> {
    value
        .as_str()
        .and_then(Role::parse_given)
        .ok_or_else(|| ApiError::field("role", "Must be one of: owner, administrator, member."))
}

/// `participants`: a list of `{"user_id": ..., "role": ...}`, each user once; without a role they are members.
pub(super) fn participants(members: &Members) -> Result<Option<Vec<Participant>>, ApiError> {
    const FIELD: &str = "participants";
    let Some(value) = members.get(FIELD) else {
        return Ok(None);
    };
    let items = list(value, FIELD, MAX_PARTICIPANTS, "Expected a list of participants.")?;
    let mut participants: Vec<Participant> = Vec::with_capacity(items.len());
    for item in items {
        let user_id = item.get("user_id").and_then(Value::as_str).and_then(parse_id);
        let role = item.get("role").map_or(Ok(Role::Member), parse_role);
        let (Some(user_id), Ok(role)) = (user_id, role) else {
            return Err(ApiError::field(
                FIELD,
                "Each needs a user_id (UUID) and may have a role (owner, administrator, member).",
            ));
        };
        participants.push(Participant { user_id, role });
    }
    participants.sort_by_key(|participant| participant.user_id);
    if participants
        .windows(2)
        .any(|pair| pair[0].user_id == pair[1].user_id)
    {
        return Err(ApiError::field(FIELD, "Each user may be there only once."));
    }
    Ok(Some(participants))
}

fn list<'a>(value: &'a Value, field: &str, limit: usize, what: &str) -> Result<&'a [Value], ApiError> {
    let items = value.as_array().ok_or_else(|| ApiError::field(field, what))?;
    if items.len() > limit {
        let message = format!("Ensure this field has no more than {limit} elements.");
        return Err(ApiError::field(field, &message));
    }
    Ok(items)
}

/// `access_level`, as far as an API may give it.
pub(super) fn access_level(members: &Members) -> Result<Option<AccessLevel>, ApiError> {
    let Some(value) = members.get("access_level") else {
        return Ok(None);
    };
    match value.as_str().and_then(AccessLevel::parse) {
        Some(AccessLevel::Public) => Err(ApiError::field(
            "access_level",
            "A room cannot be made public through this API.",
        )),
        Some(level) => Ok(Some(level)),
        None => Err(ApiError::field(
            "access_level",
            "Must be one of: trusted, restricted.",
        )),
    }
}

/// Addresses, each bare or as `{"email": ...}`; the same one twice counts once.
pub(super) fn attendees(members: &Members) -> Result<Option<Vec<Email>>, ApiError> {
    let Some(value) = members.get("attendees") else {
        return Ok(None);
    };
    let items = list(
        value,
        "attendees",
        MAX_ATTENDEES,
        "Expected a list of email addresses.",
    )?;
    let mut emails = items
        .iter()
        .map(|item| email(item.as_str().or_else(|| item.get("email")?.as_str()), "attendees"))
        .collect::<Result<Vec<_>, _>>()?;
    emails.sort();
    emails.dedup();
    Ok(Some(emails))
}

/// One address.
pub(super) fn email(text: Option<&str>, field: &str) -> Result<Email, ApiError> {
    text.and_then(Email::parse)
        .ok_or_else(|| ApiError::field(field, "Enter a valid email address."))
}
