//! A look at a token before trusting it: to choose a key, or to tell a JWT from an opaque token.
//!
//! Nothing here was checked. The types differ from the verified ones, so that the compiler keeps
//! the two apart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::claims::Audience;
use crate::verify::{MAX_TOKEN_LENGTH, VerifyError};

/// A string of the form of a JWS, with its header read.
pub struct UnverifiedToken<'a> {
    segments: Segments<'a>,
    header: UnverifiedHeader,
}

/// Claims that anyone may have written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UnverifiedClaims {
    /// Said to be the issuer.
    pub iss: Option<String>,
    /// Said to be the subject.
    pub sub: Option<String>,
    /// Said to be the audience.
    pub aud: Option<Audience>,
    /// Said to be the end of life, in unix seconds.
    pub exp: Option<i64>,
    /// Said to be the moment of issue, in unix seconds.
    pub iat: Option<i64>,
    /// Said to be the id.
    pub jti: Option<String>,
    /// Said to be the application.
    pub client_id: Option<String>,
}

/// Missing parameters and nulls are the same here.
#[derive(Deserialize)]
struct UnverifiedHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
}

/// The parts of a compact JWS (RFC 7515 section 7.1).
pub(crate) struct Segments<'a> {
    pub(crate) header: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) signature: &'a str,
    /// Header, dot and payload: what is signed.
    pub(crate) signing_input: &'a str,
}

impl<'a> Segments<'a> {
    pub(crate) fn split(token: &'a str) -> Result<Self, VerifyError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(VerifyError::Malformed("too long"));
        }
        let parts = || {
            let (signing_input, signature) = token.rsplit_once('.')?;
            let (header, payload) = signing_input.split_once('.')?;
            (!payload.contains('.')).then_some(Self {
                header,
                payload,
                signature,
                signing_input,
            })
        };
        parts().ok_or(VerifyError::Malformed("not three parts"))
    }
}

impl<'a> UnverifiedToken<'a> {
    /// Reads the header, and checks nothing.
    pub fn parse(token: &'a str) -> Result<Self, VerifyError> {
        let segments = Segments::split(token)?;
        let header = URL_SAFE_NO_PAD
            .decode(segments.header)
            .map_err(|_| VerifyError::Malformed("the header is not base64url"))?;
        let header = serde_json::from_slice(&header)
            .map_err(|_| VerifyError::Malformed("the header is not a JOSE header"))?;
        Ok(Self { segments, header })
    }

    /// The key id.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The algorithm, which may be any string.
    pub fn algorithm(&self) -> &str {
        &self.header.alg
    }

    /// The `typ`.
    pub fn token_type(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// The claims.
    pub fn claims(&self) -> Result<UnverifiedClaims, VerifyError> {
        let payload = URL_SAFE_NO_PAD
            .decode(self.segments.payload)
            .map_err(|_| VerifyError::Malformed("the payload is not base64url"))?;
        serde_json::from_slice(&payload).map_err(|error| VerifyError::Claims(crate::verify::told(&error)))
    }
}
