//! `GET /assets/{name}`: style sheet and logo of the pages. Pages use their addresses with the hash of the
//! content; the answer to any other hash may change.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::pages::asset;

const FOREVER: &str = "public, max-age=31536000, immutable";
const SHORT: &str = "public, max-age=60";

/// Sends a static file.
pub async fn get(Path(name): Path<String>, query: Query) -> Result<Response, ApiError> {
    let asset = asset(&name).ok_or_else(|| ApiError::not_found("no such asset"))?;
    let is_current = query.get("v")? == Some(asset.version());
    let cache = if is_current { FOREVER } else { SHORT };
    Ok((
        [
            (header::CONTENT_TYPE, asset.content_type),
            (header::CACHE_CONTROL, cache),
        ],
        asset.bytes,
    )
        .into_response())
}
