//! Answers: refusals as problem details (RFC 9457), versions as entity tags, and what the document says of them.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::flows::FlowError;
use crate::flows::admin_access::AdminAccessError;
use crate::flows::registry::{Conflict, FieldProblem, Problem, RegistryError};
use crate::http::failure::{self, Reason, no_store};
use crate::passwords::PasswordError;
use crate::protocol::error::ErrorCode;

/// The media type of refusals (RFC 9457).
pub(super) const PROBLEM: &str = "application/problem+json";

/// A request that was refused (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`: the status and `code` say what it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, in a sentence for developers.
    detail: String,
    /// What is wrong, for programs.
    code: &'static str,
    /// For each field that is wrong, why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldBody>,
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldBody {
    /// The field.
    field: &'static str,
    /// Which of its values, counted from 0, where it has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// What is wrong, for programs.
    code: &'static str,
    /// What is wrong, in a sentence.
    detail: String,
    /// What the sentence names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<&'static str, String>,
}

impl From<&FieldProblem> for FieldBody {
    fn from(problem: &FieldProblem) -> Self {
        Self {
            field: problem.field,
            index: problem.index,
            code: problem.problem.code(),
            detail: problem.problem.to_string(),
            params: problem.problem.params().into_iter().collect(),
        }
    }
}

/// Why a request was refused.
#[derive(Debug)]
pub enum ApiError {
    /// Who asks may not.
    Access(AdminAccessError),
    /// The operation was not done.
    Registry(RegistryError),
    /// The body or the query cannot be read.
    Request {
        /// The HTTP status.
        status: StatusCode,
        /// For programs.
        code: &'static str,
        /// For developers.
        detail: String,
    },
    /// The thing has another version than `If-Match` names.
    Precondition,
    /// The thing is there, and `If-None-Match` wants that it is not.
    Exists,
}

impl ApiError {
    /// A query or body that is not as it must be.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::Request {
            status: StatusCode::BAD_REQUEST,
            code: "invalid_request",
            detail: detail.into(),
        }
    }

    /// Nothing is at the address.
    pub(super) fn not_found() -> Self {
        Self::Request {
            status: StatusCode::NOT_FOUND,
            code: "not_found",
            detail: "there is no such thing".to_owned(),
        }
    }
}

impl From<AdminAccessError> for ApiError {
    fn from(error: AdminAccessError) -> Self {
        Self::Access(error)
    }
}

impl From<FlowError> for ApiError {
    fn from(error: FlowError) -> Self {
        Self::Access(error.into())
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let reason = match &self {
            Self::Access(error) => error.to_string(),
            Self::Registry(error) => error.to_string(),
            Self::Request { detail, .. } => detail.clone(),
            Self::Precondition => "the version differs".to_owned(),
            Self::Exists => "it exists".to_owned(),
        };
        let mut response = match self {
            Self::Access(error) => access(&error),
            Self::Registry(error) => registry(error),
            Self::Request { status, code, detail } => problem(status, code, detail, Vec::new()),
            Self::Precondition => problem(
                StatusCode::PRECONDITION_FAILED,
                "changed",
                Conflict::Changed.to_string(),
                Vec::new(),
            ),
            Self::Exists => problem(
                StatusCode::PRECONDITION_FAILED,
                "exists",
                "it exists already".to_owned(),
                Vec::new(),
            ),
        };
        response.extensions_mut().insert(Reason(reason));
        response
    }
}

fn problem(status: StatusCode, code: &'static str, detail: String, fields: Vec<FieldBody>) -> Response {
    let body = ProblemBody {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
        code,
        fields,
    };
    let mut response = no_store((status, Json(body)).into_response());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    response
}

/// Which part of the credentials is wrong is nobody's business.
fn access(error: &AdminAccessError) -> Response {
    let (status, code, detail, challenge) = match error {
        AdminAccessError::Unauthenticated(_) => (
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "the access token is missing or not valid".to_owned(),
            "Bearer realm=\"Anteroom\", error=\"invalid_token\"".to_owned(),
        ),
        AdminAccessError::Insufficient(right) => forbidden(error.to_string(), right.scope()),
        AdminAccessError::Beyond(scope) => forbidden(error.to_string(), scope),
        AdminAccessError::Role { right, .. } => {
            let detail = "the user behind the token has no role that allows this";
            forbidden(detail.to_owned(), right.scope())
        }
        AdminAccessError::Flow(error) => return flow(error),
    };
    let mut response = problem(status, code, detail, Vec::new());
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// What a token that lacks a permission is told (RFC 6750 3.1).
fn forbidden(detail: String, scope: &str) -> (StatusCode, &'static str, String, String) {
    let challenge = format!("Bearer realm=\"Anteroom\", error=\"insufficient_scope\", scope=\"{scope}\"");
    (StatusCode::FORBIDDEN, "forbidden", detail, challenge)
}

fn flow(failed: &FlowError) -> Response {
    if let FlowError::Protocol(refused) = failed
        && refused.code != ErrorCode::ServerError
    {
        return problem(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            refused.safe_description(),
            Vec::new(),
        );
    }
    let (status, retry_after, text) = failure::outage(failed);
    let mut response = problem(status, "unavailable", text.to_owned(), Vec::new());
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(retry_after));
    response
}

fn registry(error: RegistryError) -> Response {
    match error {
        RegistryError::Invalid(problems) => problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "fields are not as they must be".to_owned(),
            problems.iter().map(FieldBody::from).collect(),
        ),
        RegistryError::NotFound(_) => {
            problem(StatusCode::NOT_FOUND, "not_found", error.to_string(), Vec::new())
        }
        RegistryError::Conflict(conflict) => problem(
            StatusCode::CONFLICT,
            conflict.code(),
            conflict.to_string(),
            Vec::new(),
        ),
        RegistryError::Store(error) | RegistryError::Untold(error) => flow(&error.into()),
        RegistryError::Password(PasswordError::Busy) => flow(&PasswordError::Busy.into()),
        RegistryError::Password(error) => flow(&error.into()),
        RegistryError::Keys(error) => flow(&error.into()),
    }
}

/// A field whose value something else has.
pub(super) fn taken(field: &'static str) -> ApiError {
    ApiError::Registry(RegistryError::from(Problem::Taken.of(field)))
}

/// A field that is decided when a thing is made, and not changed.
pub(super) fn kept(field: &'static str) -> ApiError {
    let reason = "this is decided when the application is made";
    ApiError::Registry(RegistryError::from(Problem::Kind { reason }.of(field)))
}

/// A body with its version as entity tag.
pub(super) fn versioned<T: Serialize>(status: StatusCode, version: i64, body: T) -> Response {
    let mut response = no_store((status, Json(body)).into_response());
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// A body that nobody may keep.
pub(super) fn plain<T: Serialize>(status: StatusCode, body: T) -> Response {
    no_store((status, Json(body)).into_response())
}

/// Done, and nothing to say about it.
pub(super) fn done() -> Response {
    no_store(StatusCode::NO_CONTENT.into_response())
}

/// Adds where the new thing is.
pub(super) fn located(mut response: Response, path: &str) -> Response {
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
