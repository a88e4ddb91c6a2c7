//! The Authorization header of a request, read by the engine's axum glue: more than one is an error.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use oxide_auth_axum::OAuthResource;

use crate::protocol::error::{ErrorCode, ProtocolError};

/// The header's value, if there is one.
pub async fn authorization_header(parts: &mut Parts) -> Result<Option<String>, ProtocolError> {
    let resource = OAuthResource::from_request_parts(parts, &())
        .await
        .map_err(|error| {
            ProtocolError::new(
                ErrorCode::InvalidRequest,
                "the request has more than one Authorization header",
            )
            .because(error)
        })?;
    Ok(resource.authorization_header().map(str::to_owned))
}
