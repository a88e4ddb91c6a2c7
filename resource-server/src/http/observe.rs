//! What surrounds every request: a time limit, a net for panics, figures, and for each refusal an
//! error id with a line in the log.

use std::any::Any;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::error::{ApiError, ErrorId, Reason};
use crate::state::AppState;

/// Leads from a refusal to its line in the log.
pub const ERROR_ID: HeaderName = HeaderName::from_static("x-error-id");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Runs the request and looks at its answer.
pub async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let limit = state.config.server.request_timeout;
    let mut response = match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::unavailable(format!("no answer within {limit:?}")).into_response(),
    };

    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let status = response.status();
    let elapsed = started.elapsed();
    // A method is any word the client likes; only the known ones become labels.
    let label = if STANDARD_METHODS.contains(&method.as_str()) {
        method.as_str()
    } else {
        "other"
    };
    state
        .metrics
        .requests
        .with_label_values(&[route, label, status.as_str()])
        .inc();
    state
        .metrics
        .request_seconds
        .with_label_values(&[route])
        .observe(elapsed.as_secs_f64());

    let reason = response.extensions_mut().remove::<Reason>();
    let shown_id = response.extensions_mut().remove::<ErrorId>();
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if status.is_client_error() || status.is_server_error() {
        let id = shown_id.map_or_else(new_error_id, |ErrorId(id)| id);
        let reason = reason.as_ref().map_or("", |Reason(reason)| reason);
        let status = status.as_u16();
        if status >= 500 {
            tracing::error!(
                error_id = id,
                status,
                method = label,
                route,
                ?elapsed,
                reason,
                "refused"
            );
        } else {
            tracing::info!(
                error_id = id,
                status,
                method = label,
                route,
                ?elapsed,
                reason,
                "refused"
            );
        }
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(ERROR_ID, id);
        }
    } else {
        tracing::debug!(
            status = status.as_u16(),
            method = label,
            route,
            ?elapsed,
            "answered"
        );
    }
    response
}

/// Random: it tells nothing about the server.
pub fn new_error_id() -> String {
    Uuid::new_v4().simple().to_string()
}

const STANDARD_METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A panic is a defect; the client learns no more than that there is one.
#[expect(clippy::needless_pass_by_value, reason = "the signature tower-http asks for")]
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    ApiError::internal(format!("panic: {text}")).into_response()
}

/// There is no such route.
pub async fn no_route() -> ApiError {
    ApiError::not_found("no such route")
}

/// There is such a route, for other methods; axum adds `Allow`.
pub async fn no_method(request: Request) -> ApiError {
    let detail = format!("Method \"{}\" not allowed.", request.method());
    ApiError::detail(StatusCode::METHOD_NOT_ALLOWED, &detail, detail.clone())
}
