//! Answers that say no. One table from the kind of error to its status and body.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::directory::DirectoryError;
use crate::store::StoreError;

/// A refusal: what the client reads, and what the log says.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Value,
    headers: Vec<(HeaderName, HeaderValue)>,
    reason: String,
}

/// The exact reason of a refusal, on its way to the log. Never part of the answer.
#[derive(Clone, Debug)]
pub struct Reason(pub String);

/// The error id that a page already shows.
#[derive(Clone, Debug)]
pub struct ErrorId(pub String);

impl ApiError {
    /// `{"detail": ...}`
    pub fn detail(status: StatusCode, detail: &str, reason: impl Into<String>) -> Self {
        Self {
            status,
            body: json!({ "detail": detail }),
            headers: Vec::new(),
            reason: reason.into(),
        }
    }

    /// 400 with `{"<field>": ["<message>"]}`.
    pub fn field(field: &str, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({ field: [message] }),
            headers: Vec::new(),
            reason: format!("{field}: {message}"),
        }
    }

    /// A token is missing or refused: `error` and `detail` say the same, for readers of either.
    pub fn token(status: StatusCode, text: &str, reason: impl Into<String>) -> Self {
        Self {
            status,
            body: json!({ "error": text, "detail": text }),
            headers: Vec::new(),
            reason: reason.into(),
        }
    }

    /// 404, the same for what is not there and what is nobody's business.
    pub fn not_found(reason: impl Into<String>) -> Self {
        Self::detail(StatusCode::NOT_FOUND, "Not found.", reason)
    }

    /// 403
    pub fn forbidden(detail: &str) -> Self {
        Self::detail(StatusCode::FORBIDDEN, detail, detail)
    }

    /// 409: as things stand, it cannot be done.
    pub fn conflict(detail: &str) -> Self {
        Self::detail(StatusCode::CONFLICT, detail, detail)
    }

    /// 503: the same request may work later.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::detail(
            StatusCode::SERVICE_UNAVAILABLE,
            "Service temporarily unavailable, try again later.",
            reason,
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The same, at the time that the server which is away asks for, if it does.
    #[must_use]
    pub fn retry_after(self, moment: Option<String>) -> Self {
        match moment.and_then(|value| HeaderValue::try_from(value).ok()) {
            Some(value) => self.with_header(header::RETRY_AFTER, value),
            None => self,
        }
    }

    /// 500: a defect of this server.
    pub fn internal(reason: impl Into<String>) -> Self {
        Self::detail(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal server error.",
            reason,
        )
    }

    /// What it is answered with.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The exact reason, for the log.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Adds a header, or replaces it.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() {
            Self::unavailable(error.to_string())
        } else {
            Self::internal(error.to_string())
        }
    }
}

impl From<DirectoryError> for ApiError {
    fn from(error: DirectoryError) -> Self {
        let reason = error.to_string();
        match error {
            DirectoryError::Unavailable { retry_after, .. } => {
                Self::unavailable(reason).retry_after(retry_after)
            }
            DirectoryError::Misconfigured { .. } => Self::unavailable(reason),
            DirectoryError::Forbidden { detail } => Self::forbidden(&detail),
            DirectoryError::Field { field, message } => Self::field(field, &message),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(Reason(self.reason));
        response
    }
}
