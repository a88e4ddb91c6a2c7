//! Probes and metrics.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::failure::Reason;
use crate::state::AppState;
use crate::telemetry::METRICS;

/// The process answers.
pub async fn live() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// The process can do its work: database, token store and signing key are there.
pub async fn ready(State(state): State<AppState>) -> Response {
    let services = &state.services;
    let database = services.database.ping().await;
    let tokens = services.tokens.ping().await;
    let key = services.keys.current().signing(services.clock.now()).is_some();
    let word = |ok: bool| if ok { "ok" } else { "down" };
    let ready = database.is_ok() && tokens.is_ok() && key;
    let body = json!({
        "status": word(ready),
        "database": word(database.is_ok()),
        "token_store": word(tokens.is_ok()),
        "signing_key": word(key),
    });
    if ready {
        return Json(body).into_response();
    }
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    response
        .headers_mut()
        .insert("retry-after", HeaderValue::from_static("1"));
    let reasons: Vec<String> = [database.err(), tokens.err()]
        .into_iter()
        .flatten()
        .map(|error| error.to_string())
        .collect();
    response
        .extensions_mut()
        .insert(Reason(format!("not ready: {}", reasons.join("; "))));
    response
}

/// What Prometheus scrapes.
pub async fn metrics(State(state): State<AppState>) -> Response {
    let (size, idle) = state.services.database.pool_use();
    METRICS.pool_size.set(i64::from(size));
    METRICS.pool_idle.set(i64::try_from(idle).unwrap_or(i64::MAX));
    let mut response = METRICS.render().into_response();
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    );
    response
}
