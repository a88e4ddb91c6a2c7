//! Reads a client's credentials: HTTP Basic (form-decoded, RFC 6749 2.3.1) or the body, never both, never the
//! query. Real clients repeat their id in the body beside Basic: allowed when it is the same.

use axum::extract::Request;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::body::{self, BodyError};
use super::form::{self, FormError};
use crate::domain::application::AuthMethod;
use crate::domain::secret::PlainToken;
use crate::engine::authorization_header;
use crate::flows::authenticate::Credentials;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::request::{Params, decode};

/// Why credentials could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// The body is no form.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The body is neither a form nor a JSON object of strings.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The request breaks a rule.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
}

/// The credentials and parameters of a request to an endpoint that clients call directly.
pub async fn read(request: Request) -> Result<(Credentials, Params), ClientAuthError> {
    let (mut parts, body) = request.into_parts();
    let header = authorization_header(&mut parts).await?;
    let params = form::read(&parts.headers, body).await?;
    credentials(&parts, header, params)
}

/// The same at a dialect's endpoint, where the body may be JSON.
pub async fn read_form_or_json(request: Request) -> Result<(Credentials, Params), ClientAuthError> {
    let (mut parts, body) = request.into_parts();
    let header = authorization_header(&mut parts).await?;
    let params = body::read(&parts.headers, body).await?;
    credentials(&parts, header, params)
}

fn credentials(
    parts: &Parts,
    header: Option<String>,
    params: Params,
) -> Result<(Credentials, Params), ClientAuthError> {
    check_query(parts)?;
    if let Some(name) = params.duplicate() {
        return Err(invalid("a parameter is repeated").because(name).into());
    }
    let credentials = match header {
        Some(header) => basic(&header, &params)?,
        None => from_body(&params)?,
    };
    Ok((credentials, params))
}

/// Refuses parameters in the query: addresses end up in logs.
pub fn check_query(parts: &Parts) -> Result<(), ProtocolError> {
    if parts.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(invalid(
            "parameters belong in the body, not in the query (RFC 6749 2.3.1)",
        ));
    }
    Ok(())
}

/// The credentials of a request that has no body: Basic alone.
pub async fn read_header(parts: &mut Parts) -> Result<Credentials, ProtocolError> {
    let header = authorization_header(parts).await?.ok_or_else(|| {
        ProtocolError::new(ErrorCode::InvalidClient, "the request has no client credentials")
    })?;
    basic(&header, &Params::default())
}

fn invalid(text: &'static str) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidRequest, text)
}

fn basic(header: &str, params: &Params) -> Result<Credentials, ProtocolError> {
    let refused = |text: &'static str| ProtocolError::new(ErrorCode::InvalidClient, text);
    let (scheme, encoded) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(
            refused("clients authenticate by Basic or in the body").because(format!("scheme {scheme:?}"))
        );
    }
    if params.get("client_secret").is_some() {
        return Err(invalid(
            "two ways of client authentication at once (RFC 6749 2.3)",
        ));
    }
    let decoded = STANDARD
        .decode(encoded.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((id, secret)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) else {
        return Err(refused("the Basic credentials cannot be read"));
    };
    let (Ok(id), Ok(secret)) = (decode(id), decode(secret)) else {
        return Err(refused(
            "the Basic credentials must be form-encoded UTF-8 (RFC 6749 2.3.1)",
        ));
    };
    if params.get("client_id").is_some_and(|repeated| repeated != id) {
        return Err(invalid(
            "client_id in the body is not the one of the Authorization header",
        ));
    }
    Ok(Credentials {
        client_id: id,
        secret: Some(PlainToken::presented(secret)),
        method: AuthMethod::ClientSecretBasic,
    })
}

fn from_body(params: &Params) -> Result<Credentials, ProtocolError> {
    let client_id = params.get("client_id").ok_or_else(|| {
        ProtocolError::new(ErrorCode::InvalidClient, "the request has no client credentials")
    })?;
    let secret = params.get("client_secret").map(PlainToken::presented);
    let method = if secret.is_some() {
        AuthMethod::ClientSecretPost
    } else {
        AuthMethod::None
    };
    Ok(Credentials {
        client_id: client_id.to_owned(),
        secret,
        method,
    })
}
