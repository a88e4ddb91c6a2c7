//! From a failed flow to an answer: JSON for applications, a page for people. The exact reason goes along for
//! the error report, never to the sender.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use super::body::BodyError;
use super::form::FormError;
use super::headers::{PagePolicy, page};
use super::visitor::Visitor;
use crate::flows::FlowError;
use crate::pages::{ErrorPage, ErrorReason};
use crate::passwords::PasswordError;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::state::AppState;

/// The exact reason of a refusal, for the error report.
#[derive(Clone, Debug)]
pub struct Reason(pub String);

/// The error id that an answer already carries.
#[derive(Clone, Copy, Debug)]
pub struct ErrorId(pub Uuid);

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: String,
}

/// The status, the seconds to wait and the text, for what is not the request's fault.
pub fn outage(error: &FlowError) -> (StatusCode, u64, &'static str) {
    match error {
        FlowError::Throttled { retry_after, .. } => (
            StatusCode::TOO_MANY_REQUESTS,
            *retry_after,
            "too many attempts, try again later",
        ),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            1,
            "the server cannot answer now, try again",
        ),
    }
}

/// An answer for an application (RFC 6749 5.2).
pub fn json(error: &FlowError) -> Response {
    match error {
        FlowError::Protocol(error) => protocol_json(error),
        FlowError::Store(_)
        | FlowError::Keys(_)
        | FlowError::Password(_)
        | FlowError::Directory(_)
        | FlowError::Throttled { .. } => {
            let (status, retry_after, text) = outage(error);
