//! Checking: a token is what it says (RFC 9068 section 4, RFC 8725).

mod jws;
mod key_source;

use serde::Deserialize;

pub(crate) use self::jws::told;
pub use self::jws::{MAX_TOKEN_LENGTH, VerifiedJws};
pub use self::key_source::{KeyRing, KeySource};
use crate::claims::AccessClaims;
use crate::key::Algorithm;
use crate::sign::ACCESS_TOKEN_TYPE;

/// By how many seconds the clocks of issuer and verifier may differ.
///
/// A token dated at most this far ahead (`iat`, `nbf`) is accepted. `exp` gets no leeway: at
/// `exp`, by the verifier's clock, the token is over. A verifier whose clock is late by up to this
/// much therefore accepts it until `exp + LEEWAY_SECONDS` by the issuer's clock, so **whatever must
/// outlive a token – a revocation, a replay record, a published key – is kept until
/// `exp + LEEWAY_SECONDS`**.
pub const LEEWAY_SECONDS: i64 = 5;

/// A token is refused. Nothing of the token is in the error but the key id of
/// [`VerifyError::UnknownKey`], which the message shows only if it looks like one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Not a compact JWS, or its header is not acceptable; says what is wrong with it.
    #[error("malformed token: {0}")]
    Malformed(&'static str),
    /// The algorithm is unknown, not allowed, or not the key's.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// The `typ` is not that of the tokens wanted.
    #[error("the token is of another type")]
    Type,
    /// No key has the token's key id; the key set may be out of date.
    #[error("no key has the token's key id {}", shown(kid))]
    UnknownKey {
        /// The key id, as the token has it (at most 256 characters).
        kid: String,
    },
    /// The signature is not the key's.
    #[error("the signature is wrong")]
    Signature,
    /// Issued by another.
    #[error("the token is of another issuer")]
    Issuer,
    /// Issued for another resource server.
    #[error("the token is for another audience")]
    Audience,
    /// Over. Everything else about the token is in order.
    #[error("the token expired at {since}")]
    Expired {
        /// Its `exp`, in unix seconds.
        since: i64,
    },
    /// Dated further ahead than [`LEEWAY_SECONDS`].
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The payload is not the claims of a token; says which, not what it holds.
    #[error("the token's claims are unusable: {0}")]
    Claims(String),
}

/// What a resource server accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations {
    /// The issuer, compared byte for byte.
    pub issuer: String,
    /// The resource server's own identifier, which `aud` must name.
    pub audience: String,
    /// The algorithms allowed.
    pub algorithms: Vec<Algorithm>,
}

/// Checks an access token for a resource server, at the time `now` in unix seconds: signed with an
/// allowed algorithm by one of the keys, of type `at+jwt`, of the issuer, for the audience, not
/// expired, not of the future.
pub fn verify_access_token(
    token: &str,
    keys: &impl KeySource,
    expected: &Expectations,
    now: i64,
) -> Result<AccessClaims, VerifyError> {
    let claims = signed_claims(token, keys, &expected.issuer, &expected.algorithms)?;
    if !claims.access.aud.contains(&expected.audience) {
        return Err(VerifyError::Audience);
    }
    claims.at(now)
}

/// The same without the audience, for the issuer's own use: introspection, revocation, userinfo.
pub fn verify_issued_token(
    token: &str,
    keys: &impl KeySource,
    issuer: &str,
    algorithms: &[Algorithm],
    now: i64,
) -> Result<AccessClaims, VerifyError> {
    signed_claims(token, keys, issuer, algorithms)?.at(now)
}

/// Claims whose signature, type and issuer are right, and whose time is still to be looked at.
struct SignedClaims {
    access: AccessClaims,
    not_before: Option<i64>,
}

#[derive(Deserialize)]
struct NotBefore {
    nbf: Option<i64>,
}

fn signed_claims(
    token: &str,
    keys: &impl KeySource,
    issuer: &str,
    algorithms: &[Algorithm],
) -> Result<SignedClaims, VerifyError> {
    let jws = signed(token, ACCESS_TOKEN_TYPE, keys, algorithms)?;
    let claims = SignedClaims {
        access: jws.claims()?,
        not_before: jws.claims::<NotBefore>()?.nbf,
    };
    if claims.access.iss != issuer {
        return Err(VerifyError::Issuer);
    }
    Ok(claims)
}

/// A JWS of type `typ`, signed with an allowed algorithm by the one of the keys that its `kid` names.
pub(crate) fn signed(
    token: &str,
    typ: &str,
    keys: &impl KeySource,
    algorithms: &[Algorithm],
) -> Result<VerifiedJws, VerifyError> {
    let header = jws::header(token)?;
    if !algorithms
        .iter()
        .any(|&allowed| jsonwebtoken::Algorithm::from(allowed) == header.alg)
    {
        return Err(VerifyError::Algorithm);
    }
    if !header.typ.as_deref().is_some_and(|own| is_type(own, typ)) {
        return Err(VerifyError::Type);
    }
    let kid = header.kid.as_deref().ok_or(VerifyError::Malformed("no key id"))?;
    let key = keys.verifying_key(kid).ok_or_else(|| VerifyError::UnknownKey {
        kid: kid.chars().take(256).collect(),
    })?;
    jws::verified(token, header, &key)
}

impl SignedClaims {
    fn at(self, now: i64) -> Result<AccessClaims, VerifyError> {
        let soon = now.saturating_add(LEEWAY_SECONDS);
        if self.access.iat > soon || self.not_before.is_some_and(|not_before| not_before > soon) {
            return Err(VerifyError::NotYetValid);
        }
        if now >= self.access.exp {
            return Err(VerifyError::Expired {
                since: self.access.exp,
            });
        }
        Ok(self.access)
    }
}

/// Whether `typ` is the type wanted, as such or with the prefix that RFC 7515 4.1.9 leaves out; media
/// types have no case.
fn is_type(typ: &str, wanted: &str) -> bool {
    const PREFIX: &str = "application/";
    let name = match typ.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => &typ[PREFIX.len()..],
        _ => typ,
    };
    name.eq_ignore_ascii_case(wanted)
}

/// A key id fit for a log: ours are base64url, and short.
fn shown(kid: &str) -> &str {
    let ours = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if kid.len() <= 64 && kid.bytes().all(ours) {
        kid
    } else {
        "(not shown)"
    }
}
