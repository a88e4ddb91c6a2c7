//! Signing keys: where they stand, and the next one.

use serde::Serialize;
use token_format::key::Algorithm;

use super::Registry;
use super::problem::RegistryError;
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::keys::{KeyState, Keys};

/// A published signing key. Times are seconds since the Unix epoch.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct KeyStatus {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// JWS algorithm.
    pub algorithm: String,
    /// Where it stands.
    pub state: KeyState,
    /// When it begins to sign.
    pub active_from: i64,
    /// When it is no longer published.
    pub retires_at: Option<i64>,
}

/// A signing key that was made.
#[derive(Clone, Debug)]
pub struct NewSigningKey {
    /// Its id.
    pub kid: String,
    /// When it begins to sign, seconds since the Unix epoch.
    pub active_from: i64,
}

impl Registry<'_> {
    /// The published keys, in the order they sign.
    pub fn signing_keys(&self, keys: &Keys) -> Vec<KeyStatus> {
        keys.current()
            .states(self.clock.now())
            .map(|(key, state)| KeyStatus {
                kid: key.key.kid().to_owned(),
                algorithm: key.key.algorithm().to_string(),
                state,
                active_from: key.active_from,
                retires_at: key.retires_at,
            })
            .collect()
    }

    /// Makes the next key, which is published now and signs after `wait_seconds`.
    pub async fn rotate_signing_key(
        &self,
        keys: &Keys,
        algorithm: Algorithm,
        wait_seconds: i64,
    ) -> Result<NewSigningKey, RegistryError> {
        let now = self.clock.now();
        let active_from = now + wait_seconds;
        let kid = keys.rotate(algorithm, active_from, now).await?;
        self.announce(&Event::KeysChanged).await?;
        self.notices().keys_rotated().await?;
        let detail = format!("signing key {kid} made");
        self.audit(AuditKind::AdminCommand, None, None, detail).await?;
        Ok(NewSigningKey { kid, active_from })
    }
}
