//! The claims of an access token (RFC 9068 section 2.2) and Anteroom's own.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::scope::ScopeSet;

/// What an access token says. Unknown claims are ignored, a repeated one is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer's URL.
    pub iss: String,
    /// The resource servers the token is for (RFC 8707).
    pub aud: Audience,
    /// The user's id, or the client id of a server-wide token.
    pub sub: String,
    /// The end of the token's life, in unix seconds: at this moment it is over.
    pub exp: i64,
    /// The moment of issue, in unix seconds.
    pub iat: i64,
    /// The token's own id.
    pub jti: String,
    /// The application the token was issued to.
    pub client_id: String,
    /// What it may do. Without the claim: nothing.
    #[serde(default, skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
    /// When the user signed in, in unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The user behind the token, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// Whether an application acts for a user whom it named.
    #[serde(default, skip_serializing_if = "is_false")]
    pub delegated: bool,
    /// The user's e-mail address; only first-party resource servers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The session in which the token was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The key that the presenter must prove to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// The `aud` claim: one string or several (RFC 7519 section 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One audience.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// The `cnf` claim of a DPoP-bound token (RFC 9449 section 6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// RFC 7638 thumbprint of the presenter's public key.
    pub jkt: String,
}

impl Audience {
    /// Whether this audience is among them, compared byte for byte.
    pub fn contains(&self, audience: &str) -> bool {
        self.iter().any(|own| own == audience)
    }

    /// The audiences.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

impl AccessClaims {
    /// The moment of issue in unix milliseconds: from the `jti` when it is a version 7 UUID, else
    /// the whole second of `iat`. Revocations by user or by application compare with it, so that a
    /// token issued later in the same second is not hit.
    pub fn issued_at_millis(&self) -> i64 {
        Uuid::try_parse(&self.jti)
            .ok()
            .filter(|jti| jti.get_version_num() == 7)
            .and_then(|jti| jti.get_timestamp())
            .and_then(|time| {
                let (seconds, nanoseconds) = time.to_unix();
                let millis = i64::try_from(seconds).ok()?.checked_mul(1000)?;
                millis.checked_add(i64::from(nanoseconds / 1_000_000))
            })
            .unwrap_or_else(|| self.iat.saturating_mul(1000))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}
