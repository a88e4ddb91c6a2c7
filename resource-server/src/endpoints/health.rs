//! Probes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::state::AppState;

/// The process runs and answers.
pub async fn live() -> Response {
    Json(json!({ "status": "live" })).into_response()
}

/// Requests can be served: the database answers and tokens can be judged. While the revocation feed
/// is silent and introspection stands in for it, that is so, only slower ("degraded").
pub async fn ready(State(state): State<AppState>) -> Response {
    let (database, tokens) = tokio::join!(state.database.ping(), state.verifier.health());
    if let Err(error) = &database {
        tracing::warn!(%error, "not ready");
    }
    let is_ready = database.is_ok() && tokens.keys && tokens.can_judge;
    let status = match (is_ready, tokens.feed_live) {
        (false, _) => "not ready",
        (true, false) => "degraded",
        (true, true) => "ready",
    };
    let body = json!({
        "status": status,
        "database": database.is_ok(),
        "keys": tokens.keys,
        "revocation_feed": if tokens.feed_live { "live" } else { "silent" },
    });
    let code = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(body)).into_response()
}
