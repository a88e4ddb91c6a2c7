//! Public keys that encrypt to somebody (RFC 7518 section 4), parsed once.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, UnparsedPublicKey};
use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents};
use serde_json::Value;

use super::{Jwk, JwkSet, KeyError};

/// What precedes the point in the `SubjectPublicKeyInfo` of a P-256 key (RFC 5480 section 2).
const P256_INFO: [u8; 26] = *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// How the key that encrypts the content comes to its reader (RFC 7518 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyManagement {
    /// RSAES-OAEP with SHA-256.
    RsaOaep256,
    /// RSAES-OAEP with SHA-1, which is sound there (RFC 8017 section 7.1) and what many readers expect.
    RsaOaep,
    /// An ephemeral key agrees on P-256 with the reader's.
    EcdhEs,
}

/// Somebody's public key.
pub struct EncryptionKey {
    algorithm: KeyManagement,
    kid: String,
    jwk: Jwk,
    pub(crate) recipient: Recipient,
}

/// A parsed public key.
pub(crate) enum Recipient {
    Rsa(OaepPublicEncryptingKey),
    /// An uncompressed point, known to be on the curve.
    P256(Vec<u8>),
}

impl KeyManagement {
    /// Every way, the preferred one first.
    pub const ALL: [Self; 3] = [Self::RsaOaep256, Self::RsaOaep, Self::EcdhEs];

    /// Its registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::RsaOaep => "RSA-OAEP",
            Self::EcdhEs => "ECDH-ES",
        }
    }

    /// The way a JWK is for: its `alg`, else the preferred one for its type.
    fn of(jwk: &Jwk) -> Result<Self, KeyError> {
        let possible: &[Self] = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => &[Self::RsaOaep256, Self::RsaOaep],
            ("EC", Some("P-256")) => &[Self::EcdhEs],
            _ => return Err(KeyError::UnsupportedKeyType),
        };
        possible
            .iter()
            .find(|way| jwk.alg.as_deref().is_none_or(|alg| alg == way.as_str()))
            .copied()
            .ok_or(KeyError::UnsupportedKeyManagement)
    }
}

impl FromStr for KeyManagement {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        Self::ALL
            .into_iter()
            .find(|way| way.as_str() == name)
            .ok_or(KeyError::UnsupportedKeyManagement)
    }
}

impl fmt::Display for KeyManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EncryptionKey {
    /// Reads what its owner handed out: a JWK, a JWK Set (the first usable key of it), or PEM. A key that
    /// does not name its algorithm is for `algorithm`, else for the preferred one of its type. A text that
    /// holds any private key is refused as a whole.
    pub fn read(text: &str, algorithm: Option<KeyManagement>) -> Result<Self, KeyError> {
        let named = |mut jwk: Jwk| {
            if let (None, Some(algorithm)) = (&jwk.alg, algorithm) {
                jwk.alg = Some(algorithm.as_str().into());
            }
            let key = Self::try_from(&jwk)?;
            match algorithm {
                Some(algorithm) if algorithm != key.algorithm => Err(KeyError::Rejected(
                    "it names another algorithm than the one asked for",
                )),
                _ => Ok(key),
            }
        };
        if text.trim_start().starts_with("-----") {
            return named(public_pem(text)?);
        }
        let malformed = |_| KeyError::Rejected("neither PEM nor a JWK nor a JWK Set");
        let document: Value = serde_json::from_str(text).map_err(malformed)?;
        let set = if document.get("keys").is_some() {
            document
        } else {
            serde_json::json!({ "keys": [document] })
        };
        let keys = set.get("keys").and_then(Value::as_array);
        if keys.into_iter().flatten().any(is_private) {
            return Err(KeyError::Private);
        }
        let set: JwkSet = serde_json::from_value(set).map_err(malformed)?;
        let mut refusal = KeyError::Rejected("there is no key in it");
        for jwk in set.keys {
            match named(jwk) {
                Ok(key) => return Ok(key),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// The key's id: the one its JWK gives, else its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The only algorithm the key is used with.
    pub fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    /// Its JWK, with `kid`, `alg` and `use`.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }
}

/// Private and symmetric members (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
fn is_private(jwk: &Value) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
        .iter()
        .any(|name| jwk.get(name).is_some())
}

fn public_pem(text: &str) -> Result<Jwk, KeyError> {
    let blocks = pem::parse_many(text).map_err(|_| KeyError::Rejected("not PEM"))?;
    if blocks.iter().any(|block| block.tag().ends_with("PRIVATE KEY")) {
        return Err(KeyError::Private);
    }
    match blocks.as_slice() {
        [block] if block.tag() == "PUBLIC KEY" => match block.contents().strip_prefix(&P256_INFO) {
            Some(point) => Jwk::p256(point),
            None => Jwk::rsa(block.contents())
                .map_err(|_| KeyError::Rejected("PEM holds neither an RSA nor a P-256 key")),
        },
        [block] if block.tag() == "RSA PUBLIC KEY" => Jwk::rsa(block.contents()),
        _ => Err(KeyError::Rejected("PEM must be one block: PUBLIC KEY")),
    }
}

impl TryFrom<&Jwk> for EncryptionKey {
    type Error = KeyError;

    fn try_from(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.key_use.as_deref().is_some_and(|key_use| key_use != "enc") {
            return Err(KeyError::NotForEncryption);
        }
        let algorithm = KeyManagement::of(jwk)?;
        let recipient = match algorithm {
            KeyManagement::RsaOaep256 | KeyManagement::RsaOaep => {
                let components = PublicKeyComponents {
                    n: jwk.integer("n")?,
                    e: jwk.integer("e")?,
                };
                let key: Result<PublicEncryptingKey, _> = components.try_into();
                key.and_then(OaepPublicEncryptingKey::new)
                    .map(Recipient::Rsa)
                    .map_err(|_| KeyError::Rejected("not an RSA key of 2048 to 8192 bits"))?
            }
            KeyManagement::EcdhEs => {
                let point = jwk.point()?;
                ParsedPublicKey::try_from(UnparsedPublicKey::new(&ECDH_P256, &point))
                    .map_err(|_| KeyError::Rejected("not a point of P-256"))?;
                Recipient::P256(point)
            }
        };
        let kid = match &jwk.kid {
            Some(kid) => kid.clone(),
            None => jwk.thumbprint()?,
        };
        Ok(Self {
            algorithm,
            jwk: Jwk {
                kid: Some(kid.clone()),
                alg: Some(algorithm.as_str().into()),
                key_use: Some("enc".into()),
                ..jwk.clone()
            },
            kid,
            recipient,
        })
    }
}

impl PartialEq for EncryptionKey {
    fn eq(&self, other: &Self) -> bool {
        self.jwk == other.jwk
    }
}

impl Eq for EncryptionKey {}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
