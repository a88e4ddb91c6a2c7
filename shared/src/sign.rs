//! Issuing: compact JWS (RFC 7515) signed with a kept key.

use jsonwebtoken::errors::ErrorKind;
use serde::Serialize;

use crate::key::SigningKey;

/// The `typ` of an access token (RFC 9068 section 2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// A token could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The claims have no JSON form.
    #[error("the claims cannot be written as JSON")]
    Claims,
    /// The cryptographic library failed.
    #[error("signing failed")]
    Signature,
}

impl SigningKey {
    /// Signs claims as a token of type `typ` ([`ACCESS_TOKEN_TYPE`], `JWT`, `logout+jwt`...). The
    /// header has `typ`, `alg` and `kid`.
    pub fn sign<C: Serialize>(&self, typ: &str, claims: &C) -> Result<String, SignError> {
        let mut header = jsonwebtoken::Header::new(self.algorithm().into());
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.kid().to_owned());
        jsonwebtoken::encode(&header, claims, self.encoding_key()).map_err(|error| match error.kind() {
            ErrorKind::Json(_) => SignError::Claims,
            _ => SignError::Signature,
        })
    }
}
