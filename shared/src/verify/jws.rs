//! The signature layer: compact JWS (RFC 7515), whatever its payload.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Header;
use jsonwebtoken::errors::ErrorKind;
use serde::de::DeserializeOwned;

use super::VerifyError;
use crate::key::VerifyingKey;
use crate::unverified::{Segments, UnverifiedToken};

/// The longest token, in characters, that is looked at.
pub const MAX_TOKEN_LENGTH: usize = 16 * 1024;

/// A JWS whose signature was right. `Debug` does not show the payload.
pub struct VerifiedJws {
    /// The header; only its `typ` and `kid` should matter to a caller.
    pub header: Header,
    /// The payload.
    pub payload: Vec<u8>,
}

impl VerifyingKey {
    /// Checks the signature of any compact JWS: the algorithm is the key's, nothing is critical,
    /// the signature is right. The `typ`, the `kid` and the claims are the caller's to check, so
    /// for access tokens use [`verify_access_token`](super::verify_access_token).
    pub fn verify_jws(&self, token: &str) -> Result<VerifiedJws, VerifyError> {
        verified(token, header(token)?, self)
    }
}

impl fmt::Debug for VerifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedJws")
            .field("typ", &self.header.typ)
            .field("kid", &self.header.kid)
            .finish_non_exhaustive()
    }
}

impl VerifiedJws {
    /// The payload as claims.
    pub fn claims<C: DeserializeOwned>(&self) -> Result<C, VerifyError> {
        serde_json::from_slice(&self.payload).map_err(|error| VerifyError::Claims(told(&error)))
    }
}

/// The header of a token that has the form of a JWS.
pub(super) fn header(token: &str) -> Result<Header, VerifyError> {
    Segments::split(token)?;
    jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
        ErrorKind::Base64(_) => VerifyError::Malformed("the header is not base64url"),
        // An algorithm that jsonwebtoken does not know, such as none, fails its parser, too.
        _ => match UnverifiedToken::parse(token) {
            Ok(token) if token.algorithm().parse::<jsonwebtoken::Algorithm>().is_err() => {
                VerifyError::Algorithm
            }
            _ => VerifyError::Malformed("the header is not a JOSE header"),
        },
    })
}

/// Checks the signature of the token whose header this is.
pub(super) fn verified(token: &str, header: Header, key: &VerifyingKey) -> Result<VerifiedJws, VerifyError> {
    if header.alg != key.algorithm().into() {
        return Err(VerifyError::Algorithm);
    }
    // RFC 7515 4.1.11: no extension is understood here. Keys named in the header (jwk, jku, x5c,
    // x5u) are never looked at: only `key` decides.
    if header.crit.is_some() {
        return Err(VerifyError::Malformed(
            "a critical header parameter is not understood",
        ));
    }
    let segments = Segments::split(token)?;
    let signed = segments.signing_input.as_bytes();
    match jsonwebtoken::crypto::verify(segments.signature, signed, key.decoding_key(), header.alg) {
        Ok(true) => {}
        Ok(false) => return Err(VerifyError::Signature),
        Err(error) => {
            return Err(match error.kind() {
                ErrorKind::Base64(_) => VerifyError::Malformed("the signature is not base64url"),
                _ => VerifyError::Signature,
            });
        }
    }
    let payload = URL_SAFE_NO_PAD
        .decode(segments.payload)
        .map_err(|_| VerifyError::Malformed("the payload is not base64url"))?;
    Ok(VerifiedJws { header, payload })
}

/// What is wrong with a JSON document, without quoting it. Only of missing and repeated members
/// does serde give names that come from our types alone.
pub(crate) fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() {
        return "not a JSON document".into();
    }
    if text.starts_with("missing field `") || text.starts_with("duplicate field `") {
        return text;
    }
    format!("a value of the wrong type or form at column {}", error.column())
}
