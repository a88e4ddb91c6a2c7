//! Reading JSON as SCIM wants it: attribute names in any case (RFC 7643 2.1), every text bounded.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value};

use super::error::{ScimError, ScimErrorKind};

/// Longest `externalId`, in bytes.
const MAX_EXTERNAL_ID_BYTES: usize = 255;

/// A JSON object.
pub type Object = Map<String, Value>;

/// An attribute of an object; `null` counts as absent (RFC 7643 2.5).
pub fn find<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object
        .iter()
        .find(|(known, value)| known.eq_ignore_ascii_case(name) && !value.is_null())
        .map(|(_, value)| value)
}

/// Refuses a body that does not name the schema it is written in (RFC 7643 3).
pub fn check_schema(body: &Object, urn: &str) -> Result<(), ScimError> {
    let named = find(body, "schemas")
        .and_then(Value::as_array)
        .is_some_and(|schemas| {
            schemas
                .iter()
                .filter_map(Value::as_str)
                .any(|schema| schema.eq_ignore_ascii_case(urn))
        });
    if named {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!("schemas must contain {urn}")))
}

/// A text.
pub fn text<'a>(value: &'a Value, attribute: &str) -> Result<&'a str, ScimError> {
    value
        .as_str()
        .ok_or_else(|| ScimError::invalid_value(format!("{attribute} must be a string")))
}

/// A flag; some clients write it as a string.
pub fn flag(value: &Value, attribute: &str) -> Result<bool, ScimError> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(ScimError::invalid_value(format!(
            "{attribute} must be true or false"
        ))),
    }
}

/// An `externalId`; an empty one is none.
pub fn external_id(value: Option<&Value>) -> Result<Option<String>, ScimError> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let id = text(value, "externalId")?;
    if id.len() > MAX_EXTERNAL_ID_BYTES || id.chars().any(char::is_control) {
        return Err(ScimError::invalid_value(
            "externalId has at most 255 bytes and no control characters",
        ));
    }
    Ok((!id.is_empty()).then(|| id.to_owned()))
}

/// What cannot be taken away.
pub fn cannot_be_removed(attribute: &str) -> ScimError {
    ScimError::new(
        ScimErrorKind::Mutability,
        format!("{attribute} always has a value: replace it"),
    )
}

/// Seconds since the Unix epoch as RFC 7643 2.3.5 writes them.
pub fn moment(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A version as an ETag (RFC 7644 3.14).
pub fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// Whether a resource's version is among the ETags of an `If-Match` or `If-None-Match` header.
pub fn names_version(header: &str, version: i64) -> bool {
    let ours = version.to_string();
    header.split(',').map(str::trim).any(|tag| {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(&ours)
    })
}
