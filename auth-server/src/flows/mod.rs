//! One file per grant, and one per step of a user's way: the order of the checks. Decisions are values; nothing
//! here knows HTTP.

pub mod accounts;
pub mod admin_access;
pub mod api_key;
pub mod audit;
pub mod authenticate;
pub mod authorization_code;
pub mod authorize;
pub mod change_password;
pub mod client_credentials;
pub mod consents;
pub mod delegation;
pub mod deliver_mail;
pub mod directory;
pub mod findings;
pub mod introspect;
pub mod logo;
pub mod new_sign_in;
pub mod notices;
pub mod own_account;
pub mod password;
pub mod password_reset;
pub mod post;
pub mod refresh_token;
pub mod registry;
pub mod resource;
pub mod revoke;
pub mod second_factor;
pub mod sign_in;
mod throttle;
pub mod token;
pub mod webhooks;

use std::sync::Arc;

use findings::BlocklistFile;
use token_format::catalogue::Catalogue;
use token_format::key::Algorithm;
use token_format::scope::ScopeSet;
use tokio::sync::Notify;

use crate::config::Requirement;
use crate::domain::application::Application;
use crate::domain::clock::Clock;
use crate::domain::grant::Grant;
use crate::domain::policy::GrantType;
use crate::domain::secret::PlainToken;
use crate::keys::{Keys, KeysError, ServerMac};
use crate::ldap::{Directory, LdapError};
use crate::mint::AccessDraft;
use crate::outbound::Outbound;
use crate::passkeys::RelyingParty;
use crate::passwords::{PasswordError, Passwords};
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::store::StoreError;
use crate::store::api_keys::ApiKeys;
use crate::store::clients::Clients;
use crate::store::database::Database;
use crate::store::secret_uses::SecretUses;
use crate::store::tokens::TokenStore;

/// What the flows work with.
#[derive(Clone, Debug)]
pub struct Services {
    /// The time.
    pub clock: Clock,
    /// `iss` of every token.
    pub issuer: Arc<str>,
    /// Records.
    pub database: Database,
    /// Short-lived credentials.
    pub tokens: Arc<dyn TokenStore>,
    /// Applications and resource servers, cached.
    pub clients: Arc<Clients>,
    /// When secrets were used last.
    pub secret_uses: Arc<SecretUses>,
    /// API keys, cached.
    pub api_keys: Arc<ApiKeys>,
    /// Signing keys.
    pub keys: Arc<Keys>,
    /// Keyed hashes under the server's secret.
    pub mac: Arc<ServerMac>,
    /// Where users live.
    pub directory: Directory,
    /// Every permission there is.
    pub catalogue: Arc<Catalogue>,
    /// The pool that hashes passwords.
    pub passwords: Passwords,
    /// Requests to addresses that other people chose.
    pub outbound: Outbound,
    /// Hosts that nobody may register.
    pub blocklist: Arc<BlocklistFile>,
    /// Wakes the tasks that send.
    pub wake: Arc<Wake>,
    /// This server to authenticators of passkeys.
    pub relying_party: Arc<RelyingParty>,
    /// Settings the flows read.
    pub settings: Arc<Settings>,
}

/// Wakes the tasks that send, so that nobody waits for their next round.
#[derive(Debug, Default)]
pub struct Wake {
    /// There is a message.
    pub mail: Notify,
    /// There is an event to deliver.
    pub webhooks: Notify,
}

/// Settings the flows read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `reuse_grace` where the application's policy has none, seconds.
    pub reuse_grace_seconds: i64,
    /// Life of a session, seconds.
    pub session_seconds: i64,
    /// Failed sign-ins per minute for one account from one address; 0: no limit.
    pub failures_per_account_and_address: u64,
    /// Failed sign-ins per minute for one account; 0: no limit.
    pub failures_per_account: u64,
    /// Failed sign-ins per minute from one address; 0: no limit.
    pub failures_per_address: u64,
    /// What the next signing key signs with.
    pub signing_algorithm: Algorithm,
    /// How long a signing key is published before it signs, seconds.
    pub key_wait_seconds: i64,
    /// Wrong codes per hour for one account; 0: no limit.
    pub second_factor_failures_per_hour: u64,
    /// Who must have a second factor.
    pub require_second_factor: Requirement,
    /// Whether delegation for an unknown address makes a provisional user.
    pub delegation_creates_users: bool,
    /// Whether a mail server is configured.
    pub sends_mail: bool,
}

/// Why a flow did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The request's fault: told to the application.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A store is out of reach: 503, and nothing is lost.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No token can be signed.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Too much at once, or a broken password hash.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The LDAP directory is out of reach.
    #[error(transparent)]
    Ldap(#[from] LdapError),
    /// Too many attempts; seconds to wait.
    #[error("too many attempts: {limit}")]
    Throttled {
        /// Seconds until it is worth trying again.
        retry_after: u64,
        /// Which limit.
        limit: &'static str,
    },
}

/// What a token request gets (RFC 6749 5.1).
#[derive(Debug)]
pub struct Issued {
    /// The access token.
    pub access: PlainToken,
    /// Spelling of `token_type`.
    pub token_type: &'static str,
    /// Life of the access token, seconds.
    pub expires_in: i64,
    /// The refresh token, if one comes with it.
    pub refresh: Option<PlainToken>,
    /// What the access token allows.
    pub scope: ScopeSet,
}

impl Services {
    /// Refuses a grant that the application's policy does not allow.
    fn check_grant(application: &Application, grant: GrantType) -> Result<(), ProtocolError> {
        if application.may_use(grant) {
            return Ok(());
        }
        Err(ProtocolError::new(
            ErrorCode::UnauthorizedClient,
            format!("this application may not use the grant {grant}"),
        )
        .because(format!(
            "profile {}, grants {:?}",
            application.profile, application.policy.grants
        )))
    }

    /// Writes out an access token that the store has recorded.
    fn issue(
        &self,
        application: &Application,
        grant: &Grant,
        access: &AccessDraft,
        refresh: Option<PlainToken>,
    ) -> Result<Issued, FlowError> {
        Ok(Issued {
            access: access.write(grant, &self.issuer, &self.keys.current())?,
            token_type: application.policy.token_type.as_str(),
            expires_in: access.expires_in(),
            refresh,
            scope: access.record.scope.as_ref().unwrap_or(&grant.scope).clone(),
        })
    }
}
