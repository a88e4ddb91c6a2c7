//! Answers: resources with their version and address, lists, and errors (RFC 7644 3.12).

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::flows::FlowError;
use crate::flows::directory::{DirectoryError, Right};
use crate::http::failure::{self, Reason, no_store};
use crate::protocol::error::ErrorCode;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::{ERROR_SCHEMA, LIST_SCHEMA, MEDIA_TYPE};

/// A request that was refused, as the answer to it.
#[derive(Debug)]
pub struct Refusal(DirectoryError);

impl<E: Into<DirectoryError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let reason = self.0.to_string();
        let mut response = match &self.0 {
            DirectoryError::Scim(error) => scim(error),
            DirectoryError::Unauthenticated(_) => unauthenticated(),
            DirectoryError::Insufficient(right) => insufficient(*right),
            DirectoryError::Flow(error) => flow(error),
        };
        response.extensions_mut().insert(Reason(reason));
        response
    }
}

/// An answer in SCIM's media type, which nobody may keep.
pub(super) fn document(status: StatusCode, body: &Value) -> Response {
    let mut response = no_store((status, body.to_string()).into_response());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// One resource. Its version and its address, which the body has too, become headers.
pub(super) fn resource(status: StatusCode, body: &Value, version: &str, location: &str) -> Response {
    let mut response = document(status, body);
    for (name, value) in [(ETAG, version), (LOCATION, location)] {
        set(&mut response, name, value);
    }
    response
}

/// The resource is the one that the sender has.
pub(super) fn not_modified(version: &str) -> Response {
    let mut response = no_store(StatusCode::NOT_MODIFIED.into_response());
    set(&mut response, ETAG, version);
    response
}

/// A part of a list (RFC 7644 3.4.2).
pub(super) fn list(total: i64, start_index: i64, resources: &[Value]) -> Response {
    let body = json!({
        "schemas": [LIST_SCHEMA],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    document(StatusCode::OK, &body)
}

fn error(status: StatusCode, scim_type: Option<&str>, detail: &str) -> Response {
    let mut body = json!({
        "schemas": [ERROR_SCHEMA],
        "status": status.as_str(),
        "detail": detail,
    });
    if let Some(scim_type) = scim_type {
        body["scimType"] = json!(scim_type);
    }
    document(status, &body)
}

fn scim(refused: &ScimError) -> Response {
    let status = StatusCode::from_u16(refused.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
    error(status, refused.kind.scim_type(), &refused.detail)
}

/// Which of the credentials is wrong, and why, is nobody's business.
fn unauthenticated() -> Response {
    let mut response = error(
        StatusCode::UNAUTHORIZED,
        None,
        "the credentials are missing or not valid",
    );
    for challenge in [
        "Bearer realm=\"Anteroom\", error=\"invalid_token\"",
        "Basic realm=\"Anteroom\", charset=\"UTF-8\"",
    ] {
        response
            .headers_mut()
            .append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

fn insufficient(right: Right) -> Response {
    let scope = right.scope();
    let mut response = error(
        StatusCode::FORBIDDEN,
        None,
        &format!("the token lacks the permission {scope}"),
    );
    let challenge = format!("Bearer realm=\"Anteroom\", error=\"insufficient_scope\", scope=\"{scope}\"");
    set(&mut response, WWW_AUTHENTICATE, &challenge);
    response
}

fn flow(failed: &FlowError) -> Response {
    if let FlowError::Protocol(refused) = failed
        && refused.code != ErrorCode::ServerError
    {
        return scim(&ScimError::invalid_syntax(refused.safe_description()));
    }
    let (status, retry_after, text) = failure::outage(failed);
    let mut response = error(status, None, text);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(retry_after));
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
