//! Answers of introspection as signed JWTs (RFC 9701).
//!
//! Such an answer is about a token and is none: its type differs from an access token's, it has neither
//! `sub` nor `exp`, and each side demands the type it expects.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::claims::Audience;
use crate::verify::{Expectations, KeySource, LEEWAY_SECONDS, VerifyError, signed};

/// The `typ` of an answer (RFC 9701 section 5).
pub const INTROSPECTION_TYPE: &str = "token-introspection+jwt";

/// What a resource server names in `Accept` (RFC 9701 section 4), and the answer in `Content-Type`.
pub const INTROSPECTION_MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// Over how many seconds an answer is to the question that was just asked. An older one is a replay: what
/// it says may have been revoked since.
pub const MAX_ANSWER_AGE_SECONDS: i64 = 60;

/// The claims of an answer (RFC 9701 section 5).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IntrospectionClaims<T> {
    /// The issuer's URL.
    pub iss: String,
    /// Who asked.
    pub aud: Audience,
    /// The moment of the answer, in unix seconds.
    pub iat: i64,
    /// What RFC 7662 section 2.2 would answer.
    pub token_introspection: T,
}

/// Checks an answer for the resource server that asked, `expected.audience` by its client id, at the time
/// `now` in unix seconds: signed with an allowed algorithm by one of the keys, of its type, of the issuer,
/// for the asker, made just now.
pub fn verify_introspection<T: DeserializeOwned>(
    jwt: &str,
    keys: &impl KeySource,
    expected: &Expectations,
    now: i64,
) -> Result<T, VerifyError> {
    let jws = signed(jwt, INTROSPECTION_TYPE, keys, &expected.algorithms)?;
    let claims: IntrospectionClaims<T> = jws.claims()?;
    if claims.iss != expected.issuer {
        return Err(VerifyError::Issuer);
    }
    if !claims.aud.contains(&expected.audience) {
        return Err(VerifyError::Audience);
    }
    if claims.iat > now.saturating_add(LEEWAY_SECONDS) {
        return Err(VerifyError::NotYetValid);
    }
    let since = claims.iat.saturating_add(MAX_ANSWER_AGE_SECONDS);
    if now > since {
        return Err(VerifyError::Expired { since });
    }
    Ok(claims.token_introspection)
}
