//! Form bodies: `application/x-www-form-urlencoded` alone, bounded, read strictly.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::protocol::request::{Params, ParamsError};

/// Largest body that is read.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The media type of forms.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

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
    if !media_type(headers).eq_ignore_ascii_case(FORM) {
        return Err(FormError::MediaType);
    }
    parse(&bytes(body).await?)
}

/// The media type of a body, without its parameters; empty when there is none.
pub fn media_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Reads a body up to the limit.
pub(super) async fn bytes(body: Body) -> Result<Bytes, FormError> {
    to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| FormError::TooLarge)
}

/// Reads the text of a form.
pub(super) fn parse(bytes: &[u8]) -> Result<Params, FormError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParamsError::Encoding)?;
    Ok(Params::parse(text)?)
}
