//! What a request brings: the resource's id, the query, the versions it is meant for, and a JSON body.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::HeaderName;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use uuid::Uuid;

use super::answer::Refusal;
use crate::http::form::{self, MAX_BODY_BYTES};
use crate::protocol::request::Params;
use crate::protocol::scim::MEDIA_TYPE;
use crate::protocol::scim::error::{ScimError, ScimErrorKind};
use crate::protocol::scim::values::Object;
use crate::state::AppState;

/// The id in the path; what is no id leads to nothing.
pub struct ResourceId(pub Uuid);

impl FromRequestParts<AppState> for ResourceId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let id = Path::<Uuid>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id))
            .map_err(|_| ScimError::new(ScimErrorKind::NotFound, "there is no such resource").into())
    }
}

/// The URL's query.
pub struct Query(pub Params);

impl FromRequestParts<AppState> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        let params = Params::parse(parts.uri.query().unwrap_or_default())
            .map_err(|error| ScimError::invalid_value(error.to_string()))?;
        match params.duplicate() {
            Some(name) => Err(ScimError::invalid_value(format!("the parameter {name} is repeated")).into()),
            None => Ok(Self(params)),
        }
    }
}

/// The headers that name versions (RFC 7644 3.14).
pub struct Versions {
    /// `If-Match`
    pub if_match: Option<String>,
    /// `If-None-Match`
    pub if_none_match: Option<String>,
}

impl FromRequestParts<AppState> for Versions {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        let read = |name: HeaderName| {
            let tags: Vec<String> = parts
                .headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            (!tags.is_empty()).then(|| tags.join(","))
        };
        Ok(Self {
            if_match: read(IF_MATCH),
            if_none_match: read(IF_NONE_MATCH),
        })
    }
}

/// A JSON object of at most 64 KiB.
pub struct Body(pub Object);

impl FromRequest<AppState> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Refusal> {
        let essence = form::media_type(request.headers());
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) && !essence.eq_ignore_ascii_case("application/json") {
            return Err(ScimError::new(
                ScimErrorKind::MediaType,
                "the body must be application/scim+json or application/json",
            )
            .into());
        }
        let bytes = to_bytes(request.into_body(), MAX_BODY_BYTES).await.map_err(|_| {
            ScimError::new(
                ScimErrorKind::TooLarge,
                format!("the body is larger than {MAX_BODY_BYTES} bytes"),
            )
        })?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|_| ScimError::invalid_syntax("the body is no JSON object").into())
    }
}
