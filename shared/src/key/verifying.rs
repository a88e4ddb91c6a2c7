//! Public keys, parsed once.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use jsonwebtoken::DecodingKey;

use super::{Algorithm, Jwk, KeyError};
use crate::provider::{Kept, KeptVerifier, VERIFIERS};

/// A public key that verifies signatures of one algorithm. Clones share the parsed key.
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    kid: String,
    jwk: Jwk,
    key: DecodingKey,
    _kept: Arc<Kept<KeptVerifier>>,
}

impl VerifyingKey {
    /// The key's id: the one its JWK gives, else its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The only algorithm the key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its JWK, with `kid`, `alg` and `use`.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// What to hand to `jsonwebtoken`.
    pub(crate) fn decoding_key(&self) -> &DecodingKey {
        &self.key
    }
}

impl TryFrom<&Jwk> for VerifyingKey {
    type Error = KeyError;

    fn try_from(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.key_use.as_deref().is_some_and(|key_use| key_use != "sig") {
            return Err(KeyError::NotForSignatures);
        }
        let algorithm = jwk.algorithm()?;
        let public_key = parse(algorithm, jwk)?;
        let kid = match &jwk.kid {
            Some(kid) => kid.clone(),
            None => jwk.thumbprint()?,
        };
        let kept = VERIFIERS.keep(KeptVerifier {
            algorithm,
            public_key,
        })?;
        let handle = kept.handle();
        let key = match algorithm {
            Algorithm::Es256 => DecodingKey::from_ec_der(&handle),
            Algorithm::Rs256 => DecodingKey::from_rsa_der(&handle),
            Algorithm::EdDsa => DecodingKey::from_ed_der(&handle),
        };
        let jwk = Jwk {
            kid: Some(kid.clone()),
            alg: Some(algorithm.as_str().into()),
            key_use: Some("sig".into()),
            ..jwk.clone()
        };
        Ok(Self {
            algorithm,
            kid,
            jwk,
            key,
            _kept: Arc::new(kept),
        })
    }
}

fn parse(algorithm: Algorithm, jwk: &Jwk) -> Result<ParsedPublicKey, KeyError> {
    let parsed = match algorithm {
        Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, jwk.point()?),
        Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, jwk.coordinate("x")?),
        Algorithm::Rs256 => {
            let components = RsaPublicKeyComponents {
                n: jwk.integer("n")?,
                e: jwk.integer("e")?,
            };
            if !(256..=1024).contains(&components.n.len()) {
                return Err(KeyError::Rejected("an RSA key must have 2048 to 8192 bits"));
            }
            components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        }
    };
    parsed.map_err(|_| KeyError::Rejected("not a valid public key"))
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
