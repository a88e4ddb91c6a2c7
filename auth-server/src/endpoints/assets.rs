//! `GET /assets/{name}`: style sheet, logo and script of the pages. Their addresses carry a hash of the content.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::http::failure::error_page;
use crate::http::visitor::Visitor;
use crate::pages::{ErrorReason, asset};
use crate::state::AppState;

/// Sends a static file.
pub async fn get(State(state): State<AppState>, visitor: Visitor, Path(name): Path<String>) -> Response {
    let Some(found) = asset(&name) else {
        return error_page(&state, &visitor, ErrorReason::NotFound, None, "no such asset");
    };
    let mut response = found.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(found.content_type));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(etag) = HeaderValue::from_str(&found.etag) {
        headers.insert(ETAG, etag);
    }
    response
}
