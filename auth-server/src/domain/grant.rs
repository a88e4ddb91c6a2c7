//! What was authorized: the facts that travel from the authorization to every token that descends from it.

use serde::{Deserialize, Serialize};
use token_format::scope::ScopeSet;
use uuid::Uuid;

/// All tokens that descend from one authorization: the unit of refresh-reuse revocation (RFC 9700 4.14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FamilyId(pub Uuid);

/// One authorization: who allowed which application what, and how the user had signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The application.
    pub client_id: String,
    /// The user behind the grant; none for a server-wide token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// What was allowed.
    pub scope: ScopeSet,
    /// The resource server that the tokens are for (`aud`, RFC 8707).
    pub resource: String,
    /// When the user proved who they are, seconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The session in which the grant was made (`sid`): a public handle, not the cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The user's e-mail address, for tokens of first-party resource servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the application named the user itself (profile meet-delegated).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delegated: bool,
}

/// What the code exchange must match (RFC 6749 4.1.3, RFC 7636 4.6), kept with the code alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeBinding {
    /// The redirect URI the code was sent to, byte for byte.
    pub redirect_uri: String,
    /// Whether the authorization request named it, so that the exchange must repeat it.
    pub redirect_uri_was_sent: bool,
    /// The PKCE challenge as the engine encodes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pkce: Option<String>,
}
