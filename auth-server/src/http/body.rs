//! Bodies of the dialects: a form, or a JSON object of strings; both are read as the same parameters.

use std::fmt;

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::failure;
use super::form::{self, FormError, MAX_BODY_BYTES};
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::request::{MAX_PARAMETERS, Params};

/// Why a body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Neither a form nor JSON.
    #[error("the body must be application/json or application/x-www-form-urlencoded")]
    MediaType,
    /// A form that cannot be read, or a body that is too large.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Not a JSON object of strings; says where, never what.
    #[error("the body must be a JSON object of strings: line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
}

/// Reads a form or a JSON object.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Params, BodyError> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return match form::read(headers, body).await {
            Err(FormError::MediaType) => Err(BodyError::MediaType),
            read => Ok(read?),
        };
    }
    let bytes = to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| FormError::TooLarge)?;
    let Members(members) = serde_json::from_slice(&bytes).map_err(|error| BodyError::Json {
        line: error.line(),
        column: error.column(),
    })?;
    Ok(Params::from_pairs(members))
}

/// The answer for an application (RFC 6749 5.2).
pub fn json(error: &BodyError) -> Response {
    let status = match error {
        BodyError::Form(error) => return failure::form_json(*error),
        BodyError::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BodyError::Json { .. } => StatusCode::BAD_REQUEST,
    };
    let error = ProtocolError::new(ErrorCode::InvalidRequest, error.to_string());
    let mut response = failure::json(&error.into());
    *response.status_mut() = status;
    response
}

/// The members in their order, repeated ones included: which of two counts is nothing to guess at.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            if name.contains('\0') || value.contains('\0') {
                return Err(Error::custom("NUL"));
            }
            if members.len() == MAX_PARAMETERS {
                return Err(Error::custom("too many members"));
            }
            members.push((name, value));
        }
        Ok(Members(members))
    }
}
