//! A token whose claims are beyond doubt.

use token_format::claims::AccessClaims;
use token_format::scope::{ScopePrefix, ScopeSet};
use uuid::Uuid;

use crate::domain::attendee::Email;

/// What a checked token says, in the terms of this server.
#[derive(Clone, Debug)]
pub struct VerifiedToken {
    /// Its id.
    pub jti: String,
    /// Whom it is about: the user, or the application itself.
    pub subject: String,
    /// The application it was issued to.
    pub client_id: String,
    /// The user behind it; none with a server-wide token.
    pub user_id: Option<Uuid>,
    /// The user's address.
    pub email: Option<Email>,
    /// Whether the application named the user itself.
    pub delegated: bool,
    /// What it permits, without this server's prefix; nothing when the mandatory scope is missing.
    pub scope: ScopeSet,
    /// Prefixed scopes are there and the mandatory scope is not (S0.10).
    pub base_scope_missing: bool,
    /// Unix seconds; at this moment it is over.
    pub expires_at: i64,
    /// Unix milliseconds; revocations by user and application compare with it.
    pub issued_at_millis: i64,
    /// How it was checked.
    pub source: Source,
}

/// How a token was checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// Its signature was verified here, with this key.
    Signature {
        /// The key's id.
        kid: String,
    },
    /// The authorization server was asked.
    Introspection,
}

impl VerifiedToken {
    /// Reads claims that were checked as `source` says.
    pub fn new(claims: AccessClaims, prefix: &ScopePrefix, source: Source) -> Self {
        let issued_at_millis = claims.issued_at_millis();
        let (scope, base_scope_missing) = match prefix.strip(&claims.scope) {
            Ok(scope) => (scope, false),
            Err(_) => (ScopeSet::default(), true),
        };
        Self {
            jti: claims.jti,
            subject: claims.sub,
            client_id: claims.client_id,
            user_id: claims.user_id,
            email: claims.email.as_deref().and_then(Email::parse),
            delegated: claims.delegated,
            scope,
            base_scope_missing,
            expires_at: claims.exp,
            issued_at_millis,
            source,
        }
    }
}
