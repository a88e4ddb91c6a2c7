//! Where tokens are made: access tokens in the application's format, refresh tokens and their successors; and
//! the signed answers about them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use token_format::claims::{AccessClaims, Audience};
use token_format::introspection::{INTROSPECTION_TYPE, IntrospectionClaims};
use token_format::key::EncryptionKey;
use token_format::scope::ScopeSet;
use token_format::sign::ACCESS_TOKEN_TYPE;

use crate::domain::clock::Clock;
use crate::domain::grant::Grant;
use crate::domain::policy::{AccessFormat, GrantType, Policy};
use crate::domain::secret::{HashedToken, PlainToken};
use crate::domain::token::{AccessKey, NewAccess, NewRefresh, Opening};
use crate::keys::{KeySet, KeysError, ServerMac};

/// Mark of authorization codes.
pub const CODE_MARK: &str = "ac-";
/// Mark of opaque access tokens.
pub const ACCESS_MARK: &str = "at-";
/// Mark of refresh tokens.
pub const REFRESH_MARK: &str = "rt-";
/// Mark of client secrets.
pub const SECRET_MARK: &str = "cs-";
/// Mark of API keys.
pub const API_KEY_MARK: &str = "ak-";

/// An access token whose id and times are settled, to be recorded first and then written out. A JWT is signed
/// after the store has said yes, so that a refused request costs no signature.
#[derive(Debug)]
pub struct AccessDraft {
    /// What the store records.
    pub record: NewAccess,
    opaque: Option<PlainToken>,
}

impl AccessDraft {
    /// Settles id and times of a token that `grant_type` issues.
    pub fn new(policy: &Policy, grant_type: GrantType, clock: &Clock) -> Self {
        let jti = clock.new_id();
        let now_ms = clock.now_millis();
        let opaque = match policy.access_format {
            AccessFormat::Jwt => None,
            AccessFormat::Opaque => Some(PlainToken::generate(ACCESS_MARK)),
            AccessFormat::Opaque86 => Some(PlainToken::generate_86()),
        };
        let key = opaque
            .as_ref()
            .map_or(AccessKey::Jti(jti), |token| AccessKey::Opaque(token.hashed()));
        let record = NewAccess {
            key,
            jti,
            issued_at_ms: now_ms,
            expires_at_ms: now_ms + policy.access_seconds(grant_type) * 1000,
            scope: None,
        };
        Self { record, opaque }
    }

    /// Narrows the token's scope below its grant's.
    #[must_use]
    pub fn narrowed(mut self, scope: Option<ScopeSet>) -> Self {
        self.record.scope = scope;
        self
    }

    /// Life of the token in seconds, for `expires_in`.
    pub fn expires_in(&self) -> i64 {
        (self.record.expires_at_ms - self.record.issued_at_ms) / 1000
    }

    /// The token itself: RFC 9068 claims signed by the active key, or the opaque value.
    pub fn write(&self, grant: &Grant, issuer: &str, keys: &KeySet) -> Result<PlainToken, KeysError> {
        if let Some(token) = &self.opaque {
            return Ok(token.clone());
        }
        let issued_at = self.record.issued_at_ms / 1000;
        let claims = AccessClaims {
            iss: issuer.to_owned(),
            aud: Audience::One(grant.resource.clone()),
            sub: grant
                .user_id
                .map_or_else(|| grant.client_id.clone(), |user| user.to_string()),
            exp: issued_at + self.expires_in(),
            iat: issued_at,
            jti: self.record.jti.to_string(),
            client_id: grant.client_id.clone(),
            scope: self.record.scope.as_ref().unwrap_or(&grant.scope).clone(),
            auth_time: grant.auth_time,
            user_id: grant.user_id,
            delegated: grant.delegated,
            email: grant.email.clone(),
            sid: grant.sid.clone(),
            cnf: None,
        };
        let key = keys.signing(issued_at).ok_or(KeysError::None)?;
        key.key
            .sign(ACCESS_TOKEN_TYPE, &claims)
            .map(PlainToken::presented)
            .map_err(|error| KeysError::Key {
                kid: key.key.kid().to_owned(),
                reason: error.to_string(),
            })
    }
}

/// The first tokens of a family.
#[derive(Debug)]
pub struct OpeningDraft {
    /// The access token.
    pub access: AccessDraft,
    /// The refresh token, when the policy gives one.
    pub refresh: Option<PlainToken>,
    /// What the store records.
    pub opening: Opening,
}

impl OpeningDraft {
    /// Settles the first tokens that `grant_type` issues under a policy.
    pub fn new(policy: &Policy, grant_type: GrantType, clock: &Clock) -> Self {
        let access = AccessDraft::new(policy, grant_type, clock);
        let refresh = policy
            .allows(GrantType::RefreshToken)
            .then(|| match policy.access_format {
                AccessFormat::Opaque86 => PlainToken::generate_86(),
                AccessFormat::Jwt | AccessFormat::Opaque => PlainToken::generate(REFRESH_MARK),
            });
        let now_ms = access.record.issued_at_ms;
        let opening = Opening {
            access: access.record.clone(),
            refresh: refresh.as_ref().map(|token| NewRefresh {
                hash: token.hashed(),
                expires_at_ms: now_ms + policy.refresh_seconds * 1000,
            }),
            family_ends_at_ms: now_ms + policy.family_seconds.max(policy.access_seconds) * 1000,
        };
        Self {
            access,
            refresh,
            opening,
        }
    }
}

/// An answer of introspection as a JWT for `audience` alone (RFC 9701 5): signed by the active key, and then
/// encrypted if the asker has a key for that.
pub fn introspection_answer<T: Serialize>(
    token_introspection: T,
    issuer: &str,
    audience: &str,
    now: i64,
    keys: &KeySet,
    reader: Option<&EncryptionKey>,
) -> Result<String, KeysError> {
    let claims = IntrospectionClaims {
        iss: issuer.to_owned(),
        aud: Audience::One(audience.to_owned()),
        iat: now,
        token_introspection,
    };
    let key = &keys.signing(now).ok_or(KeysError::None)?.key;
    let signed = key
        .sign(INTROSPECTION_TYPE, &claims)
        .map_err(|error| KeysError::Key {
            kid: key.kid().to_owned(),
            reason: error.to_string(),
        })?;
    match reader {
        None => Ok(signed),
        Some(reader) => {
            reader
                .encrypt_jwt(INTROSPECTION_TYPE, &signed)
                .map_err(|error| KeysError::Encryption {
                    kid: reader.kid().to_owned(),
                    reason: error.to_string(),
                })
        }
    }
}

/// The successor of a refresh token: derived from it under the server's secret, so that every instance gives
/// the same one again within the grace without its ever being stored.
pub fn successor(presented: &PlainToken, policy: &Policy, mac: &ServerMac) -> PlainToken {
    const LABEL: &str = "refresh successor";
    match policy.access_format {
        AccessFormat::Opaque86 => {
            let digits = mac.hex(LABEL, &[presented.reveal()]);
            PlainToken::presented(URL_SAFE_NO_PAD.encode(digits))
        }
        AccessFormat::Jwt | AccessFormat::Opaque => PlainToken::presented(format!(
            "{REFRESH_MARK}{}",
            mac.base64url(LABEL, &[presented.reveal()])
        )),
    }
}

/// What the store records of a successor.
pub fn successor_record(successor: &PlainToken, policy: &Policy, now_ms: i64) -> NewRefresh {
    NewRefresh {
        hash: HashedToken::of(successor.reveal().as_bytes()),
        expires_at_ms: now_ms + policy.refresh_seconds * 1000,
    }
}
