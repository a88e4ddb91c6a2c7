//! Form bodies: `application/x-www-form-urlencoded` alone, bounded, each field at most once.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};

use super::failure::Failure;
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::state::AppState;

/// The fields, and the headers they came with.
#[derive(Debug)]
pub struct Form {
    pub(super) fields: Query,
    pub(super) headers: HeaderMap,
}

impl FromRequest<AppState> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let refused = |status, reason: &str| Failure::from(ApiError::detail(status, reason, reason));
        if !is_form(request.headers()) {
            let reason = "the body is not application/x-www-form-urlencoded";
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
        }
        let (parts, body) = body::read(request, state.config.server.body_limit, state).await?;
        let text = std::str::from_utf8(&body)
            .map_err(|_| refused(StatusCode::BAD_REQUEST, "the form is not UTF-8"))?;
        Ok(Self {
            fields: Query::parse(text),
            headers: parts.headers,
        })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
