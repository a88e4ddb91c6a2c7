//! Encryption of private keys at rest, when the operator configured a key for it: AES-256-GCM.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};

use super::{KeysError, base64_decode, base64_encode};

const NONCE_BYTES: usize = 12;

/// Seals and opens what is stored.
#[derive(Debug)]
pub struct Sealer {
    key: Option<RandomizedNonceKey>,
}

impl Sealer {
    /// Takes the configured key: 32 bytes in base64, or empty for none.
    pub fn new(configured: &str) -> Result<Self, KeysError> {
        if configured.is_empty() {
            return Ok(Self { key: None });
        }
        let problem = || KeysError::Sealed("key_encryption_key must be 32 bytes in base64".to_owned());
        let bytes = base64_decode(configured)
            .filter(|bytes| bytes.len() == 32)
            .ok_or_else(problem)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| problem())?;
        Ok(Self { key: Some(key) })
    }

    /// Text to store, and whether it is encrypted.
    pub(super) fn seal(&self, plain: &[u8]) -> Result<(String, bool), KeysError> {
        let Some(key) = &self.key else {
            return Ok((base64_encode(plain), false));
        };
        let mut sealed = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::empty(), &mut sealed)
            .map_err(|_| KeysError::Sealed("a key could not be encrypted".to_owned()))?;
        let mut stored = nonce.as_ref().to_vec();
        stored.append(&mut sealed);
        Ok((base64_encode(&stored), true))
    }

    /// The bytes behind a stored text.
    pub(super) fn open(&self, stored: &str, encrypted: bool) -> Result<Vec<u8>, KeysError> {
        let unreadable = || KeysError::Sealed("a stored key is not base64".to_owned());
        let mut bytes = base64_decode(stored).ok_or_else(unreadable)?;
        if !encrypted {
            return Ok(bytes);
        }
        let Some(key) = &self.key else {
            return Err(KeysError::Sealed(
                "stored keys are encrypted: set KEY_ENCRYPTION_KEY".to_owned(),
            ));
        };
        if bytes.len() < NONCE_BYTES {
            return Err(unreadable());
        }
        let mut sealed = bytes.split_off(NONCE_BYTES);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| unreadable())?;
        let plain = key.open_in_place(nonce, Aad::empty(), &mut sealed).map_err(|_| {
            KeysError::Sealed("stored keys were encrypted with another KEY_ENCRYPTION_KEY".to_owned())
        })?;
        Ok(plain.to_vec())
    }
}
