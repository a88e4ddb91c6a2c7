//! Token policies: everything that differs between applications, as data. A profile presets a policy; each
//! value can be changed for one application.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use token_format::scope::ScopeSet;
use utoipa::ToSchema;

/// How a client may get a token. The names are those of RFC 6749 and RFC 7591.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 4.1, with PKCE.
    AuthorizationCode,
    /// RFC 6749 6.
    RefreshToken,
    /// RFC 6749 4.4: a server-wide token.
    ClientCredentials,
    /// RFC 6749 4.3. Legacy (RFC 9700 2.4 forbids it): off unless a policy turns it on.
    Password,
    /// A trusted application acts for a user that it names by e-mail (profile meet-delegated, on its own
    /// endpoint alone).
    Delegation,
}

impl GrantType {
    /// Every grant, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::Password,
        Self::Delegation,
    ];

    /// The value of the `grant_type` parameter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::Delegation => "delegation",
        }
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for GrantType {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|grant| grant.as_str() == name)
            .ok_or_else(|| {
                let known: Vec<_> = Self::ALL.iter().map(|grant| grant.as_str()).collect();
                format!("unknown grant {name:?}; known: {}", known.join(", "))
            })
    }
}

/// When PKCE (RFC 7636, S256 alone) is demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PkceRule {
    /// Always (RFC 9700 2.1.1).
    Required,
    /// Of public clients; a confidential client may leave it out, but what it began it must finish.
    OptionalForConfidential,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessFormat {
    /// RFC 9068.
    Jwt,
    /// Random, looked up at the introspection endpoint.
    Opaque,
    /// Random, 86 characters without a mark (profile keyed).
    Opaque86,
}

/// What becomes of a refresh token when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshRule {
    /// A successor replaces it; a replay revokes the family (RFC 9700 4.14.2).
    Rotate,
    /// It stays valid and is never issued again.
    Keep,
}

/// Whether the exchange of a code must repeat the redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedirectAtExchange {
    /// Yes, when the authorization request had it (RFC 6749 4.1.3).
    AsRequested,
    /// It may be left out; when sent, it must match all the same.
    Optional,
}

/// An application's token policy. Lives are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Grants the application may use.
    pub grants: Vec<GrantType>,
    /// When PKCE is demanded.
    pub pkce: PkceRule,
    /// Life of an authorization code, at most 600 (RFC 6749 4.1.2).
    pub code_seconds: i64,
    /// Life of an access token.
    pub access_seconds: i64,
    /// Life of an access token that came from a refresh, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_from_refresh_seconds: Option<i64>,
    /// Format of access tokens.
    pub access_format: AccessFormat,
    /// Life of a refresh token since it was issued.
    pub refresh_seconds: i64,
    /// Life of a family, however often it is refreshed.
    pub family_seconds: i64,
    /// What becomes of a used refresh token.
    pub refresh: RefreshRule,
    /// How long a used refresh token gives the same successor again, in seconds; none: the server's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuse_grace_seconds: Option<i64>,
    /// `token_type` as the token response spells it.
    pub token_type: TokenType,
    /// Whether the exchange must repeat the redirect URI.
    pub redirect_uri_at_exchange: RedirectAtExchange,
    /// Scopes that every token must have and no user can untick.
    #[serde(default)]
    #[schema(value_type = String)]
    pub mandatory_scope: ScopeSet,
    /// Whether an administrator must approve the application before its use.
    pub review: bool,
    /// Whether a delegating application may act for users of every e-mail domain. Without it an application that has
    /// no domains may act for nobody (S1.32).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_any_domain: bool,
}

/// Spelling of `token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum TokenType {
    /// As RFC 6750 writes it.
    Bearer,
    /// As the keyed profile writes it.
    #[serde(rename = "bearer")]
    LowerBearer,
}

impl TokenType {
    /// The value in the token response.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::LowerBearer => "bearer",
        }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// The longest an access token may live; the event log is kept for longer than this.
pub const MAX_ACCESS_SECONDS: i64 = 7 * DAY;
/// The longest a family may live; cut-off marks are kept for longer than this.
pub const MAX_FAMILY_SECONDS: i64 = 390 * DAY;
/// The longest an authorization code may live (RFC 6749 4.1.2).
pub const MAX_CODE_SECONDS: i64 = 10 * MINUTE;

/// A preset of a policy, named after the product whose documents it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// RFC 9700 and OAuth 2.1.
    Standard,
    /// La Suite Meet, resource-server variant.
    Meet,
    /// La Suite Meet, application-delegated variant.
    MeetDelegated,
    /// TrueConf Server.
    Trueconf,
    /// JioMeet.
    Jiomeet,
    /// API key and user token.
    Keyed,
}

impl Profile {
    /// Every profile, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Standard,
        Self::Meet,
        Self::MeetDelegated,
        Self::Trueconf,
        Self::Jiomeet,
        Self::Keyed,
    ];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Meet => "meet",
            Self::MeetDelegated => "meet-delegated",
            Self::Trueconf => "trueconf",
            Self::Jiomeet => "jiomeet",
            Self::Keyed => "keyed",
        }
    }

    /// The policy it presets.
    pub fn policy(self) -> Policy {
        use GrantType::{AuthorizationCode, ClientCredentials, Delegation, Password, RefreshToken};
        let standard = Policy {
            grants: vec![AuthorizationCode, RefreshToken, ClientCredentials],
            pkce: PkceRule::Required,
            code_seconds: MINUTE,
            access_seconds: HOUR,
            access_from_refresh_seconds: None,
            access_format: AccessFormat::Jwt,
            refresh_seconds: 30 * DAY,
            family_seconds: MAX_FAMILY_SECONDS,
            refresh: RefreshRule::Rotate,
            reuse_grace_seconds: None,
            token_type: TokenType::Bearer,
            redirect_uri_at_exchange: RedirectAtExchange::AsRequested,
            mandatory_scope: ScopeSet::default(),
            review: false,
            allow_any_domain: false,
        };
        match self {
            Self::Standard => standard,
            Self::Meet => Policy {
                grants: vec![AuthorizationCode, RefreshToken],
                mandatory_scope: ["lasuite_visio"].into_iter().collect(),
                ..standard
            },
            Self::MeetDelegated => Policy {
                grants: vec![Delegation],
                ..standard
            },
            Self::Trueconf => Policy {
                grants: vec![ClientCredentials, Password, AuthorizationCode, RefreshToken],
                pkce: PkceRule::OptionalForConfidential,
                access_from_refresh_seconds: Some(DAY),
                refresh_seconds: 7 * DAY,
                family_seconds: 7 * DAY,
                refresh: RefreshRule::Keep,
                ..standard
            },
            Self::Jiomeet => Policy {
                grants: vec![AuthorizationCode, RefreshToken],
                pkce: PkceRule::OptionalForConfidential,
                code_seconds: 5 * MINUTE,
                access_seconds: DAY,
                refresh_seconds: 60 * DAY,
                redirect_uri_at_exchange: RedirectAtExchange::Optional,
                review: true,
                ..standard
            },
            Self::Keyed => Policy {
                grants: vec![Password, RefreshToken],
                access_seconds: DAY,
                access_format: AccessFormat::Opaque86,
                refresh_seconds: 200 * DAY,
                token_type: TokenType::LowerBearer,
                mandatory_scope: ["user"].into_iter().collect(),
                ..standard
            },
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name)
            .ok_or_else(|| {
                let known: Vec<_> = Self::ALL.iter().map(|profile| profile.as_str()).collect();
                format!("unknown profile {name:?}; known: {}", known.join(", "))
            })
    }
}

impl Policy {
    /// Whether the application may use a grant.
    pub fn allows(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Life of an access token issued by `grant`, in seconds.
    pub fn access_seconds(&self, grant: GrantType) -> i64 {
        match (grant, self.access_from_refresh_seconds) {
            (GrantType::RefreshToken, Some(seconds)) => seconds,
            _ => self.access_seconds,
        }
    }

    /// Says what is wrong with a policy, for the command line and the console.
    pub fn check(&self) -> Result<(), String> {
        let longest = self
            .access_seconds
            .max(self.access_from_refresh_seconds.unwrap_or_default());
        if self.access_seconds < 1 || longest > MAX_ACCESS_SECONDS {
            return Err(format!(
                "access tokens live between 1 and {MAX_ACCESS_SECONDS} seconds"
            ));
        }
        if !(1..=MAX_CODE_SECONDS).contains(&self.code_seconds) {
            return Err(format!("codes live between 1 and {MAX_CODE_SECONDS} seconds"));
        }
        if self.refresh_seconds < 1 || self.family_seconds > MAX_FAMILY_SECONDS {
            return Err(format!(
                "a family of tokens lives at most {MAX_FAMILY_SECONDS} seconds"
            ));
        }
        Ok(())
    }
}
