//! Form bodies: `application/x-www-form-urlencoded` alone, bounded, read strictly.

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::protocol::request::{Params, ParamsError};

/// Largest body that is read.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Why a body is not a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Another media type, or none.
    #[error("the body must be application/x-www-form-urlencoded")]
    MediaType,
    /// More than 64 KiB.
    #[error("the body is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    /// Not decodable.
    #[error(transparent)]
    Params(#[from] ParamsError),
}

/// Reads a form.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Params, FormError> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(FormError::MediaType);
    }
    let bytes = to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| FormError::TooLarge)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| ParamsError::Encoding)?;
    Ok(Params::parse(text)?)
}
