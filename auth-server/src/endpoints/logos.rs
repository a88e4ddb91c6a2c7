//! `GET /logos/{hash}`: the logo of an application, as it was when it was reviewed.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::http::failure::{error_page, flow_page};
use crate::http::visitor::Visitor;
use crate::pages::ErrorReason;
use crate::state::AppState;

/// Sends a logo. It came from elsewhere, so that browsers are told to treat it as nothing but a picture.
pub async fn get(State(state): State<AppState>, visitor: Visitor, Path(hash): Path<String>) -> Response {
    let found = match state.services.logo(&hash).await {
        Ok(found) => found,
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    let Some((media_type, bytes)) = found else {
        return error_page(&state, &visitor, ErrorReason::NotFound, None, "no such logo");
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&media_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    for (name, value) in [
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
