//! Changes of a token policy, value by value.

use serde::{Deserialize, Serialize};
use token_format::scope::ScopeSet;
use utoipa::ToSchema;

use super::policy::{AccessFormat, GrantType, PkceRule, Policy, RedirectAtExchange, RefreshRule, TokenType};

/// What to change of a policy; what is absent stays as it is. Lives are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyChange {
    /// Grants the application may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<GrantType>>,
    /// When PKCE is demanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pkce: Option<PkceRule>,
    /// Life of an authorization code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_seconds: Option<i64>,
    /// Life of an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_seconds: Option<i64>,
    /// Life of an access token that came from a refresh; 0: as any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_from_refresh_seconds: Option<i64>,
    /// Format of access tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_format: Option<AccessFormat>,
    /// Life of a refresh token since it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_seconds: Option<i64>,
    /// Life of a family, however often it is refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_seconds: Option<i64>,
    /// What becomes of a used refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RefreshRule>,
    /// How long a used refresh token gives the same successor again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reuse_grace_seconds: Option<i64>,
    /// `token_type` as the token response spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<TokenType>,
    /// Whether the exchange must repeat the redirect URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri_at_exchange: Option<RedirectAtExchange>,
    /// Permissions that every token must have, separated by spaces.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandatory_scope: Option<ScopeSet>,
    /// Whether an administrator must approve the application before its use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,
    /// Whether a delegating application may act for users of every e-mail domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_any_domain: Option<bool>,
}

impl PolicyChange {
    /// The policy with the change.
    #[must_use]
    pub fn applied_to(&self, policy: Policy) -> Policy {
        Policy {
            grants: self.grants.clone().unwrap_or(policy.grants),
            pkce: self.pkce.unwrap_or(policy.pkce),
            code_seconds: self.code_seconds.unwrap_or(policy.code_seconds),
            access_seconds: self.access_seconds.unwrap_or(policy.access_seconds),
            access_from_refresh_seconds: match self.access_from_refresh_seconds {
                Some(0) => None,
                Some(seconds) => Some(seconds),
                None => policy.access_from_refresh_seconds,
            },
            access_format: self.access_format.unwrap_or(policy.access_format),
            refresh_seconds: self.refresh_seconds.unwrap_or(policy.refresh_seconds),
            family_seconds: self.family_seconds.unwrap_or(policy.family_seconds),
            refresh: self.refresh.unwrap_or(policy.refresh),
            reuse_grace_seconds: self.reuse_grace_seconds.or(policy.reuse_grace_seconds),
            token_type: self.token_type.unwrap_or(policy.token_type),
            redirect_uri_at_exchange: self
                .redirect_uri_at_exchange
                .unwrap_or(policy.redirect_uri_at_exchange),
            mandatory_scope: self.mandatory_scope.clone().unwrap_or(policy.mandatory_scope),
            review: self.review.unwrap_or(policy.review),
            allow_any_domain: self.allow_any_domain.unwrap_or(policy.allow_any_domain),
        }
    }
}
