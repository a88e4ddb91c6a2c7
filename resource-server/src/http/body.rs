//! Request bodies within limits of size and time; JSON ones are an object, or nothing.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::state::{AppState, State};

/// The members of the object; none when the body is empty.
#[derive(Debug)]
pub struct JsonObject(pub Map<String, Value>);

/// Reads a body of `limit` bytes at most, which has to arrive in time.
pub async fn read(request: Request, limit: usize, state: &State) -> Result<(Parts, Bytes), ApiError> {
    let (parts, body) = request.into_parts();
    let too_large = || {
        let detail = format!("The request body may have {limit} bytes at most.");
        ApiError::detail(StatusCode::PAYLOAD_TOO_LARGE, &detail, detail.clone())
    };
    if content_length(&parts.headers).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    // Shorter than the time limit of the whole request: slowness of the client is no fault of ours.
    let Ok(read) = tokio::time::timeout(state.config.server.body_timeout, to_bytes(body, limit)).await else {
        let detail = "The request body did not arrive in time.";
        return Err(ApiError::detail(StatusCode::REQUEST_TIMEOUT, detail, detail));
    };
    let body = read.map_err(|error| {
        let is_limit = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if is_limit {
            too_large()
        } else {
            let detail = "The request body could not be read.";
            ApiError::detail(StatusCode::BAD_REQUEST, detail, format!("{detail} {error}"))
        }
    })?;
    Ok((parts, body))
}

impl FromRequest<AppState> for JsonObject {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = read(request, state.config.server.body_limit, state).await?;
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        if !is_json(&parts.headers) {
            let detail = "The request body must be application/json.";
            return Err(ApiError::detail(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                detail,
                detail,
            ));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => {
                let detail = "The request body must be a JSON object.";
                Err(ApiError::detail(StatusCode::BAD_REQUEST, detail, detail))
            }
            Err(error) => {
                let place = format!("line {}, column {}", error.line(), error.column());
                let detail = format!("JSON parse error at {place}.");
                Err(ApiError::detail(StatusCode::BAD_REQUEST, &detail, detail.clone()))
            }
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Without a content type the body is taken for JSON: the documents' clients send `{}` bare.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let essence = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    essence.eq_ignore_ascii_case("application/json")
}
