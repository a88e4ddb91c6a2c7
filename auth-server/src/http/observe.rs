//! Around every request: one line in the log, metrics, and an error id on every 4xx and 5xx under which an
//! administrator finds the exact reason. Neither query nor body is ever written.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::failure::{Concerns, ErrorId, Reason};
use super::visitor::ClientAddress;
use crate::domain::audit::ErrorReport;
use crate::state::AppState;
use crate::telemetry::METRICS;

/// The header that carries the error id.
pub const ERROR_ID_HEADER: &str = "x-error-id";

/// A method as logs and metrics name it: clients may invent methods, and each would be a time series of its own.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The layer.
pub async fn observe(
    State(state): State<AppState>,
    address: ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let method = method_name(request.method());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let mut response = next.run(request).await;
    let status = response.status();
    let elapsed = start.elapsed();
    METRICS
        .requests
        .with_label_values(&[method, route, status.as_str()])
        .inc();
    METRICS
        .latency
        .with_label_values(&[route])
        .observe(elapsed.as_secs_f64());
    let milliseconds = elapsed.as_secs_f64() * 1000.0;
    if status.is_client_error() || status.is_server_error() {
        let id = response
            .extensions()
            .get::<ErrorId>()
            .map_or_else(|| state.services.clock.new_id(), |id| id.0);
        let reason = response.extensions_mut().remove::<Reason>().map_or_else(
            || status.canonical_reason().unwrap_or_default().to_owned(),
            |reason| reason.0,
        );
        let concerns = response.extensions_mut().remove::<Concerns>();
        let (client_id, code) = concerns.map_or((None, None), |concerns| {
            (Some(concerns.client_id), Some(concerns.code.to_owned()))
        });
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(ERROR_ID_HEADER, value);
        }
        // Debug formatting keeps line breaks in what a client sent from making lines of their own.
        if status.is_server_error() {
            tracing::error!(method, route, status = status.as_u16(), milliseconds, error_id = %id, ?reason, "answered");
        } else {
            tracing::info!(method, route, status = status.as_u16(), milliseconds, error_id = %id, ?reason, "answered");
        }
        state.reports.push(ErrorReport {
            id,
            at: state.services.clock.now(),
            status: status.as_u16(),
            route: format!("{method} {route}"),
            reason,
            address: Some(address.to_string()),
            client_id,
            code,
        });
    } else {
        tracing::debug!(method, route, status = status.as_u16(), milliseconds, "answered");
    }
    response
}
