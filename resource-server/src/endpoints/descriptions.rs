//! What this server says about itself.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use crate::state::AppState;

/// Nothing secret, and the same for everybody.
const PUBLIC: &str = "public, max-age=300";

/// OpenAPI 3.0.3 of the Meet API.
pub async fn meet_openapi(State(state): State<AppState>) -> Response {
    json(state.documents.meet_openapi.clone())
}

/// OpenAPI of all other doors, which is made of their routes.
pub fn openapi(document: String) -> MethodRouter<AppState> {
    get(async move || json(document))
}

/// Protected resource metadata (RFC 9728).
pub async fn protected_resource(State(state): State<AppState>) -> Response {
    json(state.documents.protected_resource.clone())
}

/// The public key to which the authorization server encrypts what it says about tokens (RFC 9701 6.1).
pub async fn jwks(State(state): State<AppState>) -> Response {
    (
        [(header::CACHE_CONTROL, PUBLIC)],
        Json(state.verifier.encryption_keys()),
    )
        .into_response()
}

fn json(text: String) -> Response {
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, PUBLIC),
        ],
        text,
    )
        .into_response()
}
