//! Signing keys and the server's own secrets.
//!
//! A key's life is a matter of time alone: published when it is made, signing from `active_from` until its
//! successor does, published until the last token it can have signed has expired. Every instance reads the
//! same rows, so all agree without talking to each other.

mod sealed;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use token_format::key::{Algorithm, Jwk, JwkSet, SigningKey, VerifyingKey};
use token_format::verify::{KeySource, LEEWAY_SECONDS};

use crate::domain::clock::Clock;
use crate::domain::policy::MAX_ACCESS_SECONDS;
use crate::domain::secret::hex;
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::snapshot::Snapshot;
use crate::store::sql::keys as rows;

pub use sealed::Sealer;

/// Why keys could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key that cannot be parsed or made.
    #[error("signing key {kid}: {reason}")]
    Key {
        /// Its id.
        kid: String,
        /// What is wrong.
        reason: String,
    },
    /// The configured encryption key is missing, malformed or another one.
    #[error("{0}")]
    Sealed(String),
    /// Nothing can be encrypted to a resource server.
    #[error("encryption key {kid}: {reason}")]
    Encryption {
        /// The key's id.
        kid: String,
        /// What is wrong.
        reason: String,
    },
    /// No key signs at this time.
    #[error("no signing key is active")]
    None,
}

/// Where a key stands at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, not yet signing.
    Published,
    /// Signing.
    Active,
    /// No longer signing; its tokens still live.
    Retiring,
}

/// A key with its times, seconds since the Unix epoch.
#[derive(Debug)]
pub struct TimedKey {
    /// The key.
    pub key: SigningKey,
    verifying: Arc<VerifyingKey>,
    jwk: Jwk,
    /// When it begins to sign.
    pub active_from: i64,
    /// When it is no longer published.
    pub retires_at: Option<i64>,
}

/// The keys at one moment, in the order they sign.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<TimedKey>,
}

impl KeySet {
    /// The key that signs now: the latest that has begun to.
    pub fn signing(&self, now: i64) -> Option<&TimedKey> {
        self.keys.iter().rev().find(|key| key.active_from <= now)
    }

    /// Published keys with their states.
    pub fn states(&self, now: i64) -> impl Iterator<Item = (&TimedKey, KeyState)> {
        let active = self.signing(now).map(|key| key.key.kid().to_owned());
        self.keys
            .iter()
            .filter(move |key| key.retires_at.is_none_or(|end| now < end))
            .map(move |key| {
                let state = match &active {
                    Some(kid) if kid == key.key.kid() => KeyState::Active,
                    _ if now < key.active_from => KeyState::Published,
                    _ => KeyState::Retiring,
                };
                (key, state)
            })
    }

    /// The public keys, RFC 7517.
    pub fn jwks(&self, now: i64) -> JwkSet {
        JwkSet {
            keys: self.states(now).map(|(key, _)| key.jwk.clone()).collect(),
        }
    }

    /// Algorithms that tokens of this server may be signed with.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms: Vec<Algorithm> = Vec::new();
        for key in &self.keys {
            if !algorithms.contains(&key.key.algorithm()) {
                algorithms.push(key.key.algorithm());
            }
        }
        algorithms
    }
}

impl KeySource for KeySet {
    fn verifying_key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.keys
            .iter()
            .find(|key| key.key.kid() == kid)
            .map(|key| Arc::clone(&key.verifying))
    }
}

/// The keys of this instance, reloaded when they change.
#[derive(Debug)]
pub struct Keys {
    database: Database,
    sealer: Sealer,
    current: Snapshot<KeySet>,
}

impl Keys {
    /// Reads the keys, making the first one of `algorithm` if there is none.
    pub async fn open(
        database: Database,
        sealer: Sealer,
        algorithm: Algorithm,
        clock: &Clock,
    ) -> Result<Self, KeysError> {
        let keys = Self {
            database,
            sealer,
            current: Snapshot::default(),
        };
        keys.reload().await?;
        if keys.current().signing(clock.now()).is_none() {
            keys.make(algorithm, clock.now(), clock.now(), true).await?;
        }
        Ok(keys)
    }

    /// The keys as last read.
    pub fn current(&self) -> Arc<KeySet> {
        self.current.get()
    }

    /// Reads the keys anew.
    pub async fn reload(&self) -> Result<(), KeysError> {
        let reading = self.current.begin();
        let mut keys = Vec::new();
        for row in rows::all(&self.database).await? {
            let der = self.sealer.open(&row.private_key, row.encrypted)?;
            let broken = |reason: String| KeysError::Key {
                kid: row.kid.clone(),
                reason,
            };
            let algorithm = row
                .algorithm
                .parse()
                .map_err(|_| broken("unknown algorithm".to_owned()))?;
            let key = SigningKey::from_pkcs8(algorithm, &der).map_err(|error| broken(error.to_string()))?;
            keys.push(TimedKey {
                verifying: Arc::new(key.verifying_key()),
                jwk: key.public_jwk(),
                active_from: row.active_from,
                retires_at: row.retires_at,
                key,
            });
        }
        self.current.put(&reading, KeySet { keys });
        Ok(())
    }

    /// Makes a key that signs from `active_from`; the ones before it retire when the last token they can have
    /// signed has expired. Returns the new key's id.
    pub async fn rotate(
        &self,
        algorithm: Algorithm,
        active_from: i64,
        now: i64,
    ) -> Result<String, KeysError> {
        self.make(algorithm, active_from, now, false).await
    }

    async fn make(
        &self,
        algorithm: Algorithm,
        active_from: i64,
        now: i64,
        only_if_none: bool,
    ) -> Result<String, KeysError> {
        let key = SigningKey::generate(algorithm).map_err(|error| KeysError::Key {
            kid: "new".to_owned(),
            reason: error.to_string(),
        })?;
        let (private_key, encrypted) = self.sealer.seal(key.pkcs8())?;
        let row = rows::KeyRow {
            kid: key.kid().to_owned(),
            algorithm: algorithm.to_string(),
            private_key,
            encrypted,
            created_at: now,
            active_from,
            retires_at: None,
        };
        let kept_for = MAX_ACCESS_SECONDS + LEEWAY_SECONDS;
        rows::insert(&self.database, &row, kept_for, only_if_none).await?;
        self.reload().await?;
        Ok(row.kid)
    }

    /// Rotates if the active key has signed for `rotate_after` seconds and no successor waits; true if it did.
    pub async fn rotate_when_due(
        &self,
        algorithm: Algorithm,
        rotate_after: i64,
        publish_before_use: i64,
        now: i64,
    ) -> Result<bool, KeysError> {
        let keys = self.current();
        let waits = keys.keys.iter().any(|key| key.active_from > now);
        let due = keys
            .signing(now)
            .is_some_and(|key| key.active_from + rotate_after <= now + publish_before_use);
        if rotate_after == 0 || waits || !due {
            return Ok(false);
        }
        self.rotate(algorithm, now + publish_before_use, now).await?;
        Ok(true)
    }

    /// Deletes keys whose last token has expired; returns how many.
    pub async fn delete_retired(&self, now: i64) -> Result<u64, KeysError> {
        Ok(rows::delete_retired(&self.database, now).await?)
    }

    /// Text to store of a secret of a user's, and whether it is encrypted.
    pub fn seal(&self, plain: &[u8]) -> Result<(String, bool), KeysError> {
        self.sealer.seal(plain)
    }

    /// The secret behind a stored text.
    pub fn unseal(&self, stored: &str, encrypted: bool) -> Result<Vec<u8>, KeysError> {
        self.sealer.open(stored, encrypted)
    }

    /// The secret that every instance derives its HMAC keys from, made at the first start.
    pub async fn server_secret(&self) -> Result<Vec<u8>, KeysError> {
        let fresh: [u8; 32] = rand::random();
        let (value, encrypted) = self.sealer.seal(&fresh)?;
        let (value, encrypted) = rows::server_secret(&self.database, "hmac", &value, encrypted).await?;
        self.sealer.open(&value, encrypted)
    }
}

/// Keyed hashes under the server's secret: each purpose has a label of its own, so that no value of one can
/// serve another.
pub struct ServerMac {
    key: aws_lc_rs::hmac::Key,
}

impl std::fmt::Debug for ServerMac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerMac(..)")
    }
}

impl ServerMac {
    /// Takes the server's secret.
    pub fn new(secret: &[u8]) -> Self {
        Self {
            key: aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret),
        }
    }

    fn tag(&self, label: &str, parts: &[&str]) -> aws_lc_rs::hmac::Tag {
        let mut context = aws_lc_rs::hmac::Context::with_key(&self.key);
        for part in std::iter::once(&label).chain(parts) {
            // The length goes first, so that no two lists of parts are hashed alike.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign()
    }

    /// HMAC-SHA-256 over a label and parts, in hexadecimal.
    pub fn hex(&self, label: &str, parts: &[&str]) -> String {
        hex(self.tag(label, parts).as_ref())
    }

    /// The same in base64url.
    pub fn base64url(&self, label: &str, parts: &[&str]) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.tag(label, parts).as_ref())
    }

    /// Whether `presented` is the hexadecimal HMAC of label and parts; takes the same time either way.
    pub fn verify_hex(&self, label: &str, parts: &[&str], presented: &str) -> bool {
        let expected = self.hex(label, parts);
        aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), presented.as_bytes()).is_ok()
    }
}

pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(crate) fn base64_encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
