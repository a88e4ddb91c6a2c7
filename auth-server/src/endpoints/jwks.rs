//! `GET /oauth2/jwks` (RFC 7517): the public keys, the next one included.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;

/// Shows the public keys.
pub async fn get(State(state): State<AppState>) -> Response {
    let keys = state.services.keys.current().jwks(state.services.clock.now());
    let mut response = Json(keys).into_response();
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
