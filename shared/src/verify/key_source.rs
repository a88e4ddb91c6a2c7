//! Where verifying keys come from: only from the caller, never from a token.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::key::{JwkSet, VerifyingKey};

/// Finds a key by its id.
pub trait KeySource {
    /// The key with exactly this id.
    fn verifying_key(&self, kid: &str) -> Option<Arc<VerifyingKey>>;
}

impl<S: BuildHasher> KeySource for HashMap<String, Arc<VerifyingKey>, S> {
    fn verifying_key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.get(kid).cloned()
    }
}

impl<T: KeySource + ?Sized> KeySource for Arc<T> {
    fn verifying_key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        (**self).verifying_key(kid)
    }
}

/// A fixed set of keys.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    keys: HashMap<String, Arc<VerifyingKey>>,
}

impl KeyRing {
    /// The usable keys of a JWK Set; others are left out (RFC 7517 section 5).
    pub fn from_jwk_set(set: &JwkSet) -> Self {
        set.keys
            .iter()
            .filter_map(|jwk| VerifyingKey::try_from(jwk).ok())
            .collect()
    }

    /// Adds a key. One of the same id that is already there stays.
    pub fn insert(&mut self, key: VerifyingKey) {
        self.keys
            .entry(key.kid().to_owned())
            .or_insert_with(|| Arc::new(key));
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl FromIterator<VerifyingKey> for KeyRing {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        let mut ring = Self::default();
        for key in keys {
            ring.insert(key);
        }
        ring
    }
}

impl KeySource for KeyRing {
    fn verifying_key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.keys.verifying_key(kid)
    }
}
