//! API keys: what an application of the profile keyed shows with each request to say who it is.

use uuid::Uuid;

use super::secret::HashedToken;

/// A registered API key; the key itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// A UUIDv7, public: commands and resource servers know the key by it.
    pub id: Uuid,
    /// The application that it belongs to.
    pub client_id: String,
    /// Shown to administrators.
    pub name: String,
    /// What is kept of it.
    pub hash: HashedToken,
    /// Blocked by an administrator (S2.25).
    pub disabled: bool,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
}
