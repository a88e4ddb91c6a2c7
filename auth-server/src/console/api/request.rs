//! What a request brings: the ids in its path, its query, the version it is meant for, and a JSON body.

use std::str::FromStr;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::ApiError;
use crate::domain::listing::Place;
use crate::flows::registry::{Conflict, RegistryError};
use crate::http::form::{self, MAX_BODY_BYTES};
use crate::protocol::request::Params;
use crate::state::AppState;

/// Rows of a part of a list when nothing is said.
const USUAL: i64 = 50;
/// Rows of a part of a list at most.
const MOST: i64 = 500;

/// The ids in the path; what is no id leads to nothing.
pub struct Ids<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Ids<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let ids = Path::<T>::from_request_parts(parts, state).await;
        ids.map(|Path(ids)| Self(ids)).map_err(|_| ApiError::not_found())
    }
}

/// The URL's query.
pub struct Query(Params);

impl FromRequestParts<AppState> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let params = Params::parse(parts.uri.query().unwrap_or_default())
            .map_err(|error| ApiError::bad(error.to_string()))?;
        match params.duplicate() {
            Some(name) => Err(ApiError::bad(format!("the parameter {name} is repeated"))),
            None => Ok(Self(params)),
        }
    }
}

impl Query {
    /// A parameter as text; empty counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(str::to_owned)
    }

    /// A parameter as a value.
    pub(super) fn value<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, ApiError> {
        self.0
            .get(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| ApiError::bad(format!("the parameter {name} cannot be read")))
            })
            .transpose()
    }

    /// Where the part of the list begins.
    pub(super) fn after(&self) -> Result<Option<Place>, ApiError> {
        self.value("after")
    }

    /// How many rows.
    pub(super) fn limit(&self) -> Result<i64, ApiError> {
        let limit = self.value("limit")?.unwrap_or(USUAL);
        if (1..=MOST).contains(&limit) {
            Ok(limit)
        } else {
            Err(ApiError::bad(format!("limit is between 1 and {MOST}")))
        }
    }
}

/// The headers that name versions (RFC 9110 13.1).
pub struct Versions {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl FromRequestParts<AppState> for Versions {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let read = |name| {
            let tags: Vec<&str> = parts
                .headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().unwrap_or("?"))
                .collect();
            (!tags.is_empty()).then(|| tags.join(","))
        };
        Ok(Self {
            if_match: read(IF_MATCH),
            if_none_match: read(IF_NONE_MATCH),
        })
    }
}

impl Versions {
    /// The version that the change of a thing is for. `now` is the thing's version; none: it is not there.
    pub(super) fn check(&self, now: Option<i64>) -> Result<Option<i64>, ApiError> {
        if self.if_none_match.as_deref().is_some_and(|tags| names(tags, now)) {
            return Err(ApiError::Exists);
        }
        match &self.if_match {
            None => Ok(None),
            Some(tags) if names(tags, now) => Ok(now),
            Some(_) => Err(ApiError::Precondition),
        }
    }

    /// An operation that found another version than the request's.
    pub(super) fn told(&self, error: RegistryError) -> ApiError {
        match error {
            RegistryError::Conflict(Conflict::Changed) if self.if_match.is_some() => ApiError::Precondition,
            other => other.into(),
        }
    }
}

fn names(tags: &str, version: Option<i64>) -> bool {
    let Some(version) = version else { return false };
    tags.split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || tag == format!("\"{version}\"")
    })
}

/// A JSON body of at most 64 KiB, and nothing but JSON.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        if !form::media_type(request.headers()).eq_ignore_ascii_case("application/json") {
            return Err(ApiError::Request {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                code: "media_type",
                detail: "the body must be application/json".to_owned(),
            });
        }
        let bytes = to_bytes(request.into_body(), MAX_BODY_BYTES)
            .await
            .map_err(|_| ApiError::Request {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                code: "too_large",
                detail: format!("the body is larger than {MAX_BODY_BYTES} bytes"),
            })?;
        // The parser would take a list of the members' values, too.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(ApiError::bad("the body is not a JSON object"));
        }
        let body = serde_json::from_slice(&bytes).map_err(|error| ApiError::bad(said(&error)))?;
        let anything: Value = serde_json::from_slice(&bytes).map_err(|error| ApiError::bad(said(&error)))?;
        if has_nul(&anything) {
            return Err(ApiError::bad("a text has a NUL"));
        }
        Ok(Self(body))
    }
}

/// PostgreSQL takes no NUL in a text. Names of members are ours, or were refused.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.values().any(has_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What the parser said, without what it quotes of the body, which may be a password.
fn said(error: &serde_json::Error) -> String {
    let place = format!("line {} column {}", error.line(), error.column());
    let text = error.to_string();
    let names_a_field = ["missing field `", "duplicate field `", "unknown field `"]
        .into_iter()
        .any(|start| text.starts_with(start));
    if names_a_field && error.is_data() {
        return format!("the body is not as it must be: {text}");
    }
    if error.is_data() {
        return format!("the body is JSON, but a value at {place} is of another type");
    }
    format!("the body is not JSON: {place}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{names, said};

    #[test]
    fn entity_tags() {
        for (tags, version, named) in [
            ("\"5\"", Some(5), true),
            ("W/\"5\"", Some(5), true),
            ("\"4\", \"5\"", Some(5), true),
            ("*", Some(5), true),
            ("*", None, false),
            ("\"4\"", Some(5), false),
            ("5", Some(5), false),
            ("", Some(5), false),
        ] {
            assert_eq!(names(tags, version), named, "{tags}");
        }
    }

    /// H5: the complaint repeats no value of the body.
    #[test]
    fn complaints_quote_nothing() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Example {
            #[serde(rename = "number")]
            _number: i64,
        }
        for text in [
            r#"{"number":"geheim"}"#,
            r#"{"number":geheim}"#,
            r#""geheim""#,
            r#"{"number":1,"other":"geheim"}"#,
        ] {
            let error = serde_json::from_str::<Example>(text).unwrap_err();
            assert!(!said(&error).contains("geheim"), "{}", said(&error));
        }
        let error = serde_json::from_str::<Example>(r#"{"other":1}"#).unwrap_err();
        assert!(said(&error).contains("`other`"));
    }
}
