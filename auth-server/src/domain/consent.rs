//! What a user allowed an application, remembered so that only new permissions are asked for.

use token_format::scope::ScopeSet;
use uuid::Uuid;

/// A user's standing consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who allowed.
    pub user_id: Uuid,
    /// Whom.
    pub client_id: String,
    /// What.
    pub scope: ScopeSet,
    /// When first, seconds since the Unix epoch.
    pub granted_at: i64,
    /// When last changed, seconds since the Unix epoch.
    pub updated_at: i64,
}

/// What became of a consent that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// What is no longer allowed.
    pub withdrawn: ScopeSet,
    /// What still is; when it is empty, the consent is gone.
    pub left: ScopeSet,
}
