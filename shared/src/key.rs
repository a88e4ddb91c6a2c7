//! Keys: private ones that sign or decrypt, public ones that verify or encrypt, and their JWK form
//! (RFC 7517).

mod decryption;
mod encryption;
mod jwk;
mod signing;
mod verifying;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::decryption::DecryptionKey;
pub(crate) use self::decryption::Reader;
pub(crate) use self::encryption::Recipient;
pub use self::encryption::{EncryptionKey, KeyManagement};
pub use self::jwk::{Jwk, JwkSet};
pub use self::signing::SigningKey;
pub use self::verifying::VerifyingKey;

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1). Only asymmetric ones exist
/// here, so a public key can never be taken for a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 to 8192 bits.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A key cannot be used. No variant holds key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the name of an algorithm that is supported.
    #[error("unsupported algorithm; supported are ES256, RS256 and EdDSA")]
    UnsupportedAlgorithm,
    /// The key type or curve is not supported.
    #[error("unsupported key type or curve")]
    UnsupportedKeyType,
    /// A member of a JWK is missing or not of its form.
    #[error("JWK member '{0}' is missing or malformed")]
    Member(&'static str),
    /// The `use` of a JWK is not `sig`.
    #[error("the JWK is not for signatures")]
    NotForSignatures,
    /// Not the name of a way of key management that is supported, or not one for this type of key.
    #[error("unsupported key management; supported are RSA-OAEP-256 and RSA-OAEP (RSA), ECDH-ES (P-256)")]
    UnsupportedKeyManagement,
    /// The `use` of a JWK is not `enc`.
    #[error("the JWK is not for encryption")]
    NotForEncryption,
    /// A public key was asked for. Whoever handed out the private one should make a new pair.
    #[error("this is a private key: keep it to yourself and give the public one")]
    Private,
    /// The key is malformed, too weak, or of another algorithm.
    #[error("the key was refused: {0}")]
    Rejected(&'static str),
    /// Another cryptography provider was installed in the process before this crate's.
    #[error("another jsonwebtoken provider is installed; call provider::install() first")]
    Provider,
}

impl Algorithm {
    /// Every algorithm, the preferred one first.
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::EdDsa];

    /// Its registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or(KeyError::UnsupportedAlgorithm)
    }
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::ES256,
            Algorithm::Rs256 => Self::RS256,
            Algorithm::EdDsa => Self::EdDSA,
        }
    }
}
