//! Public keys as JSON (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc;
use serde::{Deserialize, Serialize};

use super::{Algorithm, KeyError};

/// The public members of a JSON Web Key. There is no field for a private one, so none can be
/// published, and none is kept when a document that has one is read.
///
/// Any key type can be read, so that one foreign key does not spoil a set; whether it can be used
/// is decided by [`VerifyingKey::try_from`](super::VerifyingKey) or
/// [`EncryptionKey::try_from`](super::EncryptionKey).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Key type: `EC`, `RSA` or `OKP`.
    pub kty: String,
    /// Key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The one algorithm the key is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// What the key is for: `sig` or `enc`.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub key_use: Option<String>,
    /// Curve: `P-256` or `Ed25519`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// First coordinate or, for `OKP`, the public key; base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Second coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// RSA modulus, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

/// A JWK Set (RFC 7517 section 5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl Jwk {
    /// A P-256 key from its uncompressed point: 4, then two coordinates of 32 octets.
    pub(crate) fn p256(point: &[u8]) -> Result<Self, KeyError> {
        match point.split_first() {
            Some((4, coordinates)) if coordinates.len() == 64 => {
                let (x, y) = coordinates.split_at(32);
                Ok(Self {
                    crv: Some("P-256".into()),
                    x: encoded(x),
                    y: encoded(y),
                    ..Self::of("EC")
                })
            }
            _ => Err(KeyError::Rejected("not a P-256 key")),
        }
    }

    /// An RSA key from its `RSAPublicKey` (RFC 8017 appendix A.1.1).
    pub(super) fn rsa(public_key: &[u8]) -> Result<Self, KeyError> {
        let components = aws_lc::DEFAULT_PROVIDER
            .key_utils
            .rsa_pub_components_from_public_key;
        let (n, e) = components(public_key).map_err(|_| KeyError::Rejected("not an RSA key"))?;
        Ok(Self {
            n: encoded(&n),
            e: encoded(&e),
            ..Self::of("RSA")
        })
    }

    /// An Ed25519 key.
    pub(super) fn ed25519(x: &[u8]) -> Self {
        Self {
            crv: Some("Ed25519".into()),
            x: encoded(x),
            ..Self::of("OKP")
        }
    }

    fn of(kty: &str) -> Self {
        Self {
            kty: kty.into(),
            kid: None,
            alg: None,
            key_use: None,
            crv: None,
            x: None,
            y: None,
            n: None,
            e: None,
        }
    }

    /// The algorithm the key is for: its type says which, and its `alg` must not say otherwise.
    pub fn algorithm(&self) -> Result<Algorithm, KeyError> {
        let algorithm = match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => Algorithm::Es256,
            ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
            ("RSA", _) => Algorithm::Rs256,
            _ => return Err(KeyError::UnsupportedKeyType),
        };
        match self.alg.as_deref() {
            Some(alg) if alg != algorithm.as_str() => Err(KeyError::UnsupportedAlgorithm),
            _ => Ok(algorithm),
        }
    }

    /// The SHA-256 thumbprint of the key, base64url (RFC 7638; RFC 8037 for Ed25519). It is over
    /// the members as written, and depends on nothing but the key itself.
    pub fn thumbprint(&self) -> Result<String, KeyError> {
        let names: &[&'static str] = match self.kty.as_str() {
            "EC" => &["crv", "x", "y"],
            "OKP" => &["crv", "x"],
            "RSA" => &["e", "n"],
            _ => return Err(KeyError::UnsupportedKeyType),
        };
        let mut members = BTreeMap::from([("kty", self.kty.as_str())]);
        for &name in names {
            members.insert(name, self.member(name).ok_or(KeyError::Member(name))?);
        }
        let canonical = serde_json::to_vec(&members).map_err(|_| KeyError::Member("kty"))?;
        let hash = digest::digest(&digest::SHA256, &canonical);
        Ok(URL_SAFE_NO_PAD.encode(hash))
    }

    /// A member of 32 octets, leading zeros included (RFC 7518 section 6.2.1.2, RFC 8037 section 2).
    pub(super) fn coordinate(&self, name: &'static str) -> Result<Vec<u8>, KeyError> {
        let octets = octets(self.member(name), name)?;
        if octets.len() == 32 {
            Ok(octets)
        } else {
            Err(KeyError::Member(name))
        }
    }

    /// Both coordinates of a P-256 key as an uncompressed point.
    pub(crate) fn point(&self) -> Result<Vec<u8>, KeyError> {
        let mut point = vec![0x04];
        point.extend(self.coordinate("x")?);
        point.extend(self.coordinate("y")?);
        Ok(point)
    }

    /// The fewest octets that hold a member's value (RFC 7518 section 2, Base64urlUInt).
    pub(super) fn integer(&self, name: &'static str) -> Result<Vec<u8>, KeyError> {
        let octets = octets(self.member(name), name)?;
        match octets.first() {
            None | Some(0) => Err(KeyError::Member(name)),
            Some(_) => Ok(octets),
        }
    }

    fn member(&self, name: &str) -> Option<&str> {
        match name {
            "crv" => self.crv.as_deref(),
            "x" => self.x.as_deref(),
            "y" => self.y.as_deref(),
            "n" => self.n.as_deref(),
            "e" => self.e.as_deref(),
            _ => None,
        }
    }
}

/// The octets of a base64url member.
pub(super) fn octets(member: Option<&str>, name: &'static str) -> Result<Vec<u8>, KeyError> {
    member
        .and_then(|value| URL_SAFE_NO_PAD.decode(value).ok())
        .ok_or(KeyError::Member(name))
}

#[expect(clippy::unnecessary_wraps, reason = "fills optional members")]
fn encoded(octets: &[u8]) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(octets))
}
