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
use crate::pages::{ErrorPage, ErrorReason, PageContext};
use crate::passwords::PasswordError;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::state::AppState;

/// The exact reason of a refusal, for the error report.
#[derive(Clone, Debug)]
pub struct Reason(pub String);

/// The registered application that a refused request named, and what was wrong in a word: for its developer.
#[derive(Clone, Debug)]
pub struct Concerns {
    /// The application.
    pub client_id: String,
    /// The OAuth error code, or a word of our own.
    pub code: &'static str,
}

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
        | FlowError::Ldap(_)
        | FlowError::Throttled { .. } => {
            let (status, retry_after, text) = outage(error);
            let error_code = ErrorCode::TemporarilyUnavailable.as_str();
            let body = ErrorBody {
                error: error_code,
                error_description: text.to_owned(),
            };
            let mut response = no_store((status, Json(body)).into_response());
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(retry_after));
            response.extensions_mut().insert(Reason(error.to_string()));
            response
        }
    }
}

/// What a client that is not authenticated is told (RFC 9110 11.6.1).
pub fn client_challenge() -> HeaderValue {
    HeaderValue::from_static("Basic realm=\"Anteroom\", charset=\"UTF-8\"")
}

fn protocol_json(error: &ProtocolError) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = ErrorBody {
        error: error.code.as_str(),
        error_description: error.safe_description(),
    };
    let mut response = no_store((status, Json(body)).into_response());
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, client_challenge());
    }
    response.extensions_mut().insert(Reason(error.reason.clone()));
    response
}

/// Marks an answer as not to be stored (RFC 6749 5.1).
pub fn no_store(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
        .headers_mut()
        .insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// A body that is no form, as an answer for an application.
pub fn form_json(error: FormError) -> Response {
    let mut response = protocol_json(&ProtocolError::new(ErrorCode::InvalidRequest, error.to_string()));
    if error == FormError::TooLarge {
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    }
    response
}

/// A body that is neither a form nor a JSON object of strings, as an answer for an application.
pub fn body_json(error: &BodyError) -> Response {
    let mut refusal = ProtocolError::new(ErrorCode::InvalidRequest, error.to_string());
    if let BodyError::Json { problem } = error {
        refusal = refusal.because(problem);
    }
    let mut response = protocol_json(&refusal);
    *response.status_mut() = body_status(error);
    response
}

/// The status for a body that cannot be read.
pub fn body_status(error: &BodyError) -> StatusCode {
    match error {
        BodyError::MediaType { .. } | BodyError::Form(FormError::MediaType) => {
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        }
        BodyError::Form(FormError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::Form(FormError::Params(_)) | BodyError::Json { .. } | BodyError::Member { .. } => {
            StatusCode::BAD_REQUEST
        }
    }
}

/// A page for a person. `detail` is a hint for the application's developer, `reason` is for administrators.
pub fn error_page(
    state: &AppState,
    visitor: &Visitor,
    reason: ErrorReason,
    detail: Option<String>,
    private: impl Into<String>,
) -> Response {
    error_in(state, visitor.page(None, "/"), reason, detail, private)
}

/// The same in a frame that says who is signed in, and lets them sign out.
pub fn error_in(
    state: &AppState,
    frame: PageContext,
    reason: ErrorReason,
    detail: Option<String>,
    private: impl Into<String>,
) -> Response {
    let id = state.services.clock.new_id();
    let template = ErrorPage {
        page: frame,
        reason,
        error_id: id.to_string(),
        detail,
        back: None,
    };
    let mut response = page(reason.status(), &template, &PagePolicy::default());
    if let ErrorReason::TooManyRequests { retry_after_seconds } = reason {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds));
    }
    if reason == ErrorReason::Unavailable {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response.extensions_mut().insert(ErrorId(id));
    response.extensions_mut().insert(Reason(private.into()));
    response
}

/// A failed flow as a page.
pub fn flow_page(state: &AppState, visitor: &Visitor, error: &FlowError) -> Response {
    let reason = match error {
        FlowError::Throttled { retry_after, .. } => ErrorReason::TooManyRequests {
            retry_after_seconds: *retry_after,
        },
        FlowError::Password(PasswordError::Busy) => ErrorReason::TooManyRequests {
            retry_after_seconds: 1,
        },
        FlowError::Protocol(error) if error.code != ErrorCode::ServerError => ErrorReason::InvalidRequest,
        FlowError::Protocol(_) => ErrorReason::Internal,
        FlowError::Store(_) | FlowError::Keys(_) | FlowError::Password(_) | FlowError::Ldap(_) => {
            ErrorReason::Unavailable
        }
    };
    error_page(state, visitor, reason, None, error.to_string())
}

/// A body that is no form, as a page.
pub fn form_page(state: &AppState, visitor: &Visitor, error: FormError) -> Response {
    let reason = match error {
        FormError::MediaType => ErrorReason::UnsupportedMediaType,
        FormError::TooLarge => ErrorReason::TooLarge,
        FormError::Params(_) => ErrorReason::BadInput,
    };
    error_page(state, visitor, reason, None, error.to_string())
}
