//! The cryptography behind `jsonwebtoken`: aws-lc-rs, with keys that stay parsed.
//!
//! `jsonwebtoken` asks its provider for a signer at every signature and passes the key's bytes,
//! so that its own provider parses the key each time: for RSA more than the signature costs. Here
//! the bytes that this crate's keys pass are not a key but a handle, eight octets that name a
//! parsed key in a table of this module. A key is in the table from its making to its drop, so
//! the table is as large as the number of keys alive, and it holds no bytes of a secret.
//!
//! Keys made with `jsonwebtoken`'s own constructors work as ever.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey, RSA_PKCS1_SHA256, RsaKeyPair};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils, aws_lc};
use jsonwebtoken::errors::{Error, ErrorKind, new_error};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::key::{Algorithm, KeyError};

/// `jsonwebtoken`'s own.
static OWN: &KeyUtils = &aws_lc::DEFAULT_PROVIDER.key_utils;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: OWN.rsa_pub_components_from_private_key,
        rsa_pub_components_from_public_key: OWN.rsa_pub_components_from_public_key,
        ec_pub_components_from_private_key: OWN.ec_pub_components_from_private_key,
        ed_pub_components_from_private_key: OWN.ed_pub_components_from_private_key,
        compute_digest: OWN.compute_digest,
    },
};

/// Private keys in use.
pub(crate) static SIGNERS: Table<KeptSigner> = Table::new();
/// Public keys in use.
pub(crate) static VERIFIERS: Table<KeptVerifier> = Table::new();

/// Makes this module the provider of `jsonwebtoken` in this process. Calling it again does
/// nothing. Making a key calls it too; a program that uses `jsonwebtoken` by itself should call it
/// first thing, since `jsonwebtoken` settles on its own provider at its first use.
pub fn install() {
    installed();
}

fn installed() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| PROVIDER.install_default().is_ok())
}

/// A parsed private key.
pub(crate) enum KeptSigner {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// A parsed public key.
pub(crate) struct KeptVerifier {
    pub(crate) algorithm: Algorithm,
    pub(crate) public_key: ParsedPublicKey,
}

/// Parsed keys by number. Numbers are never used twice in a process.
pub(crate) struct Table<T: 'static> {
    next: AtomicU64,
    keys: RwLock<BTreeMap<u64, Arc<T>>>,
}

/// A key's place in its table; dropping it takes the key out.
pub(crate) struct Kept<T: 'static> {
    table: &'static Table<T>,
    number: u64,
}

/// What a handle starts with. No key is encoded so: DER starts with 0x30, a point with 0x04, and an
/// Ed25519 key has 32 octets. An HMAC secret that looked like a handle would be refused, since no
/// kept key is for HMAC.
const HANDLE_PREFIX: [u8; 8] = *b"kept-key";

impl<T> Table<T> {
    const fn new() -> Self {
        Self {
            next: AtomicU64::new(0),
            keys: RwLock::new(BTreeMap::new()),
        }
    }

    /// Keeps a key for as long as the result lives.
    pub(crate) fn keep(&'static self, key: T) -> Result<Kept<T>, KeyError> {
        if !installed() {
            return Err(KeyError::Provider);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(number, Arc::new(key));
        Ok(Kept { table: self, number })
    }

    fn find(&self, handle: [u8; 8]) -> Option<Arc<T>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&u64::from_be_bytes(handle)).cloned()
    }
}

impl<T> Kept<T> {
    /// The bytes to give to `jsonwebtoken` in place of the key.
    pub(crate) fn handle(&self) -> [u8; 16] {
        let mut handle = [0; 16];
        handle[..8].copy_from_slice(&HANDLE_PREFIX);
        handle[8..].copy_from_slice(&self.number.to_be_bytes());
        handle
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        let mut keys = self.table.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.remove(&self.number);
    }
}

/// The number in a handle, if these bytes are one.
fn handle(bytes: &[u8]) -> Option<[u8; 8]> {
    bytes.strip_prefix(&HANDLE_PREFIX)?.try_into().ok()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of a provider")]
fn signer(algorithm: &jsonwebtoken::Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let Some(number) = handle(key.as_bytes()) else {
        return (aws_lc::DEFAULT_PROVIDER.signer_factory)(algorithm, key);
    };
    match SIGNERS.find(number) {
        Some(kept) if kept.algorithm() == *algorithm => Ok(Box::new(SharedSigner(kept))),
        _ => Err(new_error(ErrorKind::InvalidKeyFormat)),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of a provider")]
fn verifier(algorithm: &jsonwebtoken::Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let Some(number) = key.try_get_as_bytes().ok().and_then(handle) else {
        return (aws_lc::DEFAULT_PROVIDER.verifier_factory)(algorithm, key);
    };
    match VERIFIERS.find(number) {
        Some(kept) if jsonwebtoken::Algorithm::from(kept.algorithm) == *algorithm => {
            Ok(Box::new(SharedVerifier(kept)))
        }
        _ => Err(new_error(ErrorKind::InvalidKeyFormat)),
    }
}

struct SharedSigner(Arc<KeptSigner>);
struct SharedVerifier(Arc<KeptVerifier>);

impl KeptSigner {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256(_) => jsonwebtoken::Algorithm::ES256,
            Self::Rs256(_) => jsonwebtoken::Algorithm::RS256,
            Self::EdDsa(_) => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl Signer<Vec<u8>> for SharedSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let rng = SystemRandom::new();
        match &*self.0 {
            KeptSigner::Es256(pair) => pair.sign(&rng, message).map(|s| s.as_ref().to_vec()),
            KeptSigner::EdDsa(pair) => pair.try_sign(message).map(|s| s.as_ref().to_vec()),
            KeptSigner::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &rng, message, &mut signature)
                    .map(|()| signature)
            }
        }
        .map_err(signature::Error::from_source)
    }
}

impl JwtSigner for SharedSigner {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.0.algorithm()
    }
}

impl Verifier<Vec<u8>> for SharedVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0
            .public_key
            .verify_sig(message, signature)
            .map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for SharedVerifier {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.0.algorithm.into()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::key::SigningKey;
    use crate::sign::SignError;

    #[test]
    fn a_key_is_kept_for_its_life_and_no_longer() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let number = handle(key.encoding_key().as_bytes()).unwrap();
        let public = key.verifying_key();
        let public_number = handle(public.decoding_key().try_get_as_bytes().unwrap()).unwrap();
        assert!(SIGNERS.find(number).is_some() && VERIFIERS.find(public_number).is_some());
        drop(key);
        assert!(SIGNERS.find(number).is_none(), "a private key outlived its owner");
        assert!(
            VERIFIERS.find(public_number).is_some(),
            "a clone holds the public key"
        );
        drop(public);
        assert!(VERIFIERS.find(public_number).is_none());
    }

    #[test]
    fn what_is_handed_to_jsonwebtoken_is_no_secret() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let handed = key.encoding_key().as_bytes();
            assert_eq!(handed.len(), 16);
            assert!(
                !key.pkcs8()
                    .windows(8)
                    .any(|part| handed.windows(8).any(|own| own == part))
            );
        }
    }

    #[test]
    fn a_handle_without_its_key_signs_and_verifies_nothing() {
        let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
        let orphan = key.encoding_key().clone();
        let public = key.verifying_key().decoding_key().clone();
        let token = jsonwebtoken::encode(&header, &"claims", &orphan).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let verified = || jsonwebtoken::crypto::verify(signature, input.as_bytes(), &public, header.alg);
        assert_eq!(verified(), Ok(true));
        drop(key);
        assert!(jsonwebtoken::encode(&header, &"claims", &orphan).is_err());
        assert!(verified().is_err());
    }

    #[test]
    fn a_handle_serves_its_own_algorithm_only() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let handed = key.encoding_key().as_bytes();
        let as_rsa = EncodingKey::from_rsa_der(handed);
        let as_secret = EncodingKey::from_secret(handed);
        assert!(signer(&jsonwebtoken::Algorithm::RS256, &as_rsa).is_err());
        assert!(signer(&jsonwebtoken::Algorithm::HS256, &as_secret).is_err());
        assert!(signer(&jsonwebtoken::Algorithm::ES256, key.encoding_key()).is_ok());

        let public = key.verifying_key();
        let handed = public.decoding_key();
        assert!(verifier(&jsonwebtoken::Algorithm::RS256, handed).is_err());
        assert!(verifier(&jsonwebtoken::Algorithm::ES256, handed).is_ok());
    }

    #[test]
    fn keys_of_jsonwebtokens_own_making_still_work() {
        install();
        install();
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        let token = jsonwebtoken::encode(&header, &"claims", &EncodingKey::from_secret(b"secret")).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let key = DecodingKey::from_secret(b"secret");
        let verified = jsonwebtoken::crypto::verify(signature, input.as_bytes(), &key, header.alg).unwrap();
        assert!(verified);
    }

    #[test]
    fn claims_without_a_json_form_are_not_signed() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let claims = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert_eq!(key.sign("at+jwt", &claims), Err(SignError::Claims));
    }
}
