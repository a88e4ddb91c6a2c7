//! Private keys, parsed once.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use jsonwebtoken::EncodingKey;

use super::{Algorithm, Jwk, KeyError, VerifyingKey};
use crate::provider::{Kept, KeptSigner, SIGNERS};

/// A private key for one algorithm. `Debug` shows its id and algorithm, nothing else.
pub struct SigningKey {
    public: VerifyingKey,
    /// Never signs: it holds the PKCS #8 document, and wipes it when dropped.
    document: EncodingKey,
    key: EncodingKey,
    _kept: Kept<KeptSigner>,
}

impl SigningKey {
    /// Makes a new key; RSA keys have 2048 bits and take a while.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let failed = |_| KeyError::Rejected("key generation failed");
        let rng = SystemRandom::new();
        match algorithm {
            Algorithm::Es256 => {
                let document =
                    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).map_err(failed)?;
                Self::from_pkcs8(algorithm, document.as_ref())
            }
            Algorithm::EdDsa => {
                let document = Ed25519KeyPair::generate_pkcs8(&rng).map_err(failed)?;
                Self::from_pkcs8(algorithm, document.as_ref())
            }
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
                let document: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                Self::from_pkcs8(algorithm, document.as_ref())
            }
        }
    }

    /// Reads an unencrypted PKCS #8 document (RFC 5208, RFC 5958).
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Rejected("not a PKCS #8 private key of this algorithm");
        let (signer, public) = match algorithm {
            Algorithm::Es256 => {
                let pair =
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(refused)?;
                let public = Jwk::p256(pair.public_key().as_ref())?;
                (KeptSigner::Es256(pair), public)
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(refused)?;
                let public = Jwk::ed25519(pair.public_key().as_ref());
                (KeptSigner::EdDsa(pair), public)
            }
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(refused)?;
                let public = Jwk::rsa(pair.public_key().as_ref())?;
                (KeptSigner::Rs256(pair), public)
            }
        };
        let public = VerifyingKey::try_from(&public)?;
        let kept = SIGNERS.keep(signer)?;
        let handle = kept.handle();
        let encoding_key = match algorithm {
            Algorithm::Es256 => EncodingKey::from_ec_der,
            Algorithm::Rs256 => EncodingKey::from_rsa_der,
            Algorithm::EdDsa => EncodingKey::from_ed_der,
        };
        Ok(Self {
            public,
            document: encoding_key(pkcs8),
            key: encoding_key(&handle),
            _kept: kept,
        })
    }

    /// The PKCS #8 document, for storage. It is the secret itself.
    pub fn pkcs8(&self) -> &[u8] {
        self.document.as_bytes()
    }

    /// The only algorithm the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The key's id, its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The public half, for the JWK Set.
    pub fn public_jwk(&self) -> Jwk {
        self.public.jwk().clone()
    }

    /// The public half, for verifying.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.public.clone()
    }

    /// What to hand to `jsonwebtoken`.
    pub(crate) fn encoding_key(&self) -> &EncodingKey {
        &self.key
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}
