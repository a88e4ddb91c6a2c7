//! Applications: the OAuth clients, with their secrets and states.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use token_format::key::EncryptionKey;
use token_format::scope::ScopeSet;
use utoipa::ToSchema;
use uuid::Uuid;

use super::policy::{GrantType, Policy, Profile};
use super::secret::{HashedToken, PlainToken};

/// Where an application stands in its review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStatus {
    /// Not yet submitted.
    Draft,
    /// Submitted, not yet looked at.
    Pending,
    /// Waiting for something; the reason says what.
    OnHold,
    /// Refused; the reason says why.
    Rejected,
    /// May be used.
    Approved,
}

impl ReviewStatus {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Draft, "draft"),
        (Self::Pending, "pending"),
        (Self::OnHold, "on_hold"),
        (Self::Rejected, "rejected"),
        (Self::Approved, "approved"),
    ];

    /// Its stored name.
    pub fn as_str(self) -> &'static str {
        Self::NAMES
            .into_iter()
            .find(|(status, _)| *status == self)
            .map_or("", |(_, name)| name)
    }
}

impl FromStr for ReviewStatus {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::NAMES
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(status, _)| status)
            .ok_or_else(|| format!("unknown review status {name:?}"))
    }
}

/// How a client proves who it is (RFC 7591 `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client: it has no secret.
    None,
    /// HTTP Basic (RFC 6749 2.3.1).
    ClientSecretBasic,
    /// In the body (RFC 6749 2.3.1).
    ClientSecretPost,
}

impl AuthMethod {
    /// Its registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of an application's or resource server's secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// Its id, for the command line.
    pub id: Uuid,
    /// What is kept of it.
    pub hash: HashedToken,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    /// When it stops working (the overlap of a rotation), seconds since the Unix epoch.
    pub expires_at: Option<i64>,
    /// What people call it.
    pub label: Option<String>,
    /// When it was used last, a few seconds late, seconds since the Unix epoch.
    pub last_used_at: Option<i64>,
}

/// What people say about an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it is for, in its developer's words (S4.11).
    pub description: Option<String>,
    /// What it is for, of a list (S4.10).
    pub use_case: Option<String>,
    /// Where its logo is fetched from (S4.9).
    pub logo_url: Option<String>,
    /// Hash of the logo that was fetched; none before that.
    pub logo: Option<String>,
}

/// Whether `presented` is one of `secrets` and still valid. Looks at all of them, so that the time taken does
/// not tell which.
pub fn secret_matches(secrets: &[ClientSecret], presented: &PlainToken, now: i64) -> bool {
    matching_secret(secrets, presented, now).is_some()
}

/// Which of `secrets` that are still valid is `presented`. Looks at all of them.
pub fn matching_secret(secrets: &[ClientSecret], presented: &PlainToken, now: i64) -> Option<Uuid> {
    secrets.iter().fold(None, |found, secret| {
        let live = secret.expires_at.is_none_or(|end| now < end);
        let matches = secret.hash.matches(presented) & live;
        if matches { Some(secret.id) } else { found }
    })
}

/// Says what is wrong with a name of an application or API key: people's names have the same rules.
pub use super::user::check_name;

/// A registered application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Made at registration, never changed (S3.21). A UUIDv4, while users' ids are UUIDv7: neither can be
    /// taken for the other (RFC 9700 4.15).
    pub client_id: String,
    /// Shown to users.
    pub name: String,
    /// The preset it began with.
    pub profile: Profile,
    /// Its token policy.
    pub policy: Policy,
    /// Ways of authentication it may use.
    pub auth_methods: Vec<AuthMethod>,
    /// Hashes of its secrets.
    pub secrets: Vec<ClientSecret>,
    /// Registered redirect URIs, byte for byte.
    pub redirect_uris: Vec<String>,
    /// Permissions it may ask for.
    pub scope: ScopeSet,
    /// E-mail domains of users it may act for (profile meet-delegated), as `normalize_domain` writes them.
    pub domains: Vec<String>,
    /// The user who registered it.
    pub owner_id: Option<Uuid>,
    /// Where it stands in its review.
    pub review: ReviewStatus,
    /// Why, where a reviewer said so.
    pub review_reason: Option<String>,
    /// Blocked by an administrator (S3.5).
    pub disabled: bool,
    /// The application's home page.
    pub homepage_url: Option<String>,
    /// Its privacy policy.
    pub policy_url: Option<String>,
    /// What people say about it.
    pub about: About,
    /// When it was submitted for review the last time, seconds since the Unix epoch.
    pub submitted_at: Option<i64>,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
}

impl Application {
    /// Whether it has no secret (RFC 6749 2.1).
    pub fn is_public(&self) -> bool {
        self.auth_methods == [AuthMethod::None]
    }

    /// Whether it proves itself by a secret. One made for API keys alone has none.
    pub fn has_secret(&self) -> bool {
        self.auth_methods.iter().any(|method| *method != AuthMethod::None)
    }

    /// Whether it may be used at all.
    pub fn is_usable(&self) -> bool {
        !self.disabled && self.review == ReviewStatus::Approved
    }

    /// Whether its policy allows a grant, and the grant is one for its kind: a public client cannot act on its
    /// own credentials (RFC 6749 4.4).
    pub fn may_use(&self, grant: GrantType) -> bool {
        let needs_secret = matches!(grant, GrantType::ClientCredentials | GrantType::Delegation);
        self.policy.allows(grant) && !(needs_secret && self.is_public())
    }
}

/// A registered resource server: an audience, and the right to introspect tokens made out to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceServer {
    /// Its id when it introspects.
    pub client_id: String,
    /// Shown to administrators.
    pub name: String,
    /// Its address, the `aud` of its tokens.
    pub url: String,
    /// Prefix its scopes may carry.
    pub scope_prefix: Option<String>,
    /// Run by the same operator: its tokens carry the user's e-mail address.
    pub first_party: bool,
    /// Blocked by an administrator.
    pub disabled: bool,
    /// To whom signed answers of introspection are encrypted (RFC 9701).
    pub encryption_key: Option<Arc<EncryptionKey>>,
    /// Introspection answers it in signed form or not at all.
    pub requires_signed_introspection: bool,
    /// Hashes of its secrets.
    pub secrets: Vec<ClientSecret>,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
}
