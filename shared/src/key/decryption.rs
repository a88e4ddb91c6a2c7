//! Private keys that read what was encrypted to them.

use std::fmt;

use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    KeyPair as RsaKeyPair, KeyPairComponents, OaepPrivateDecryptingKey, PrivateDecryptingKey,
    PublicKeyComponents,
};
use aws_lc_rs::signature::KeyPair as _;
use serde::Deserialize;

use super::jwk::octets;
use super::{EncryptionKey, Jwk, KeyError, KeyManagement};

/// A private key for one algorithm. `Debug` shows its id and algorithm, nothing else.
pub struct DecryptionKey {
    public: EncryptionKey,
    pub(crate) reader: Reader,
}

/// A parsed private key.
pub(crate) enum Reader {
    Rsa(OaepPrivateDecryptingKey),
    P256(agreement::PrivateKey),
}

/// A JWK with its private members (RFC 7518 sections 6.2.2 and 6.3.2).
#[derive(Deserialize)]
struct PrivateJwk {
    #[serde(flatten)]
    public: Jwk,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

impl DecryptionKey {
    /// Reads an unencrypted private key: a JWK, or PEM of PKCS #8, SEC 1 (P-256) or PKCS #1 (RSA). A key
    /// that does not name its algorithm is for the preferred one of its type.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        if text.trim_start().starts_with("-----") {
            return Self::from_pem(text);
        }
        let jwk: PrivateJwk =
            serde_json::from_str(text).map_err(|_| KeyError::Rejected("neither PEM nor a JWK"))?;
        let d = octets(jwk.d.as_deref(), "d")?;
        let named = EncryptionKey::try_from(&jwk.public)?;
        match named.algorithm() {
            KeyManagement::EcdhEs => {
                let key = agreement::PrivateKey::from_private_key(&ECDH_P256, &d);
                Self::from_p256(key.map_err(|_| KeyError::Member("d"))?, Some(named))
            }
            KeyManagement::RsaOaep256 | KeyManagement::RsaOaep => {
                let pair = RsaKeyPair::from_components(&KeyPairComponents {
                    public_key: PublicKeyComponents {
                        n: jwk.public.integer("n")?,
                        e: jwk.public.integer("e")?,
                    },
                    d,
                    p: octets(jwk.p.as_deref(), "p")?,
                    q: octets(jwk.q.as_deref(), "q")?,
                    dP: octets(jwk.dp.as_deref(), "dp")?,
                    dQ: octets(jwk.dq.as_deref(), "dq")?,
                    qInv: octets(jwk.qi.as_deref(), "qi")?,
                });
                let pair =
                    pair.map_err(|_| KeyError::Rejected("the members of the JWK do not make an RSA key"))?;
                Self::from_rsa(&pair, Some(named))
            }
        }
    }

    fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem::parse_many(text).map_err(|_| KeyError::Rejected("not PEM"))?;
        // OpenSSL writes the curve's name in a block of its own before a SEC 1 key.
        let mut keys = blocks.iter().filter(|block| block.tag() != "EC PARAMETERS");
        let (Some(block), None) = (keys.next(), keys.next()) else {
            return Err(KeyError::Rejected("PEM must hold one private key"));
        };
        let der = block.contents();
        let p256 = || agreement::PrivateKey::from_private_key_der(&ECDH_P256, der);
        match block.tag() {
            "PRIVATE KEY" => match p256() {
                Ok(key) => Self::from_p256(key, None),
                Err(_) => RsaKeyPair::from_pkcs8(der)
                    .map_err(|_| KeyError::Rejected("PEM holds neither an RSA nor a P-256 key"))
                    .and_then(|pair| Self::from_rsa(&pair, None)),
            },
            "EC PRIVATE KEY" => p256()
                .map_err(|_| KeyError::Rejected("PEM does not hold a P-256 key"))
                .and_then(|key| Self::from_p256(key, None)),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(der)
                .map_err(|_| KeyError::Rejected("PEM does not hold an RSA key of 2048 to 8192 bits"))
                .and_then(|pair| Self::from_rsa(&pair, None)),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Rejected("the private key is protected by a password")),
            _ => Err(KeyError::Rejected("PEM must hold one private key")),
        }
    }

    fn from_rsa(pair: &RsaKeyPair, named: Option<EncryptionKey>) -> Result<Self, KeyError> {
        let refused = || KeyError::Rejected("not an RSA key of 2048 to 8192 bits");
        let document: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| refused())?;
        let key = PrivateDecryptingKey::from_pkcs8(document.as_ref()).map_err(|_| refused())?;
        let reader = OaepPrivateDecryptingKey::new(key).map_err(|_| refused())?;
        let public = Jwk::rsa(pair.public_key().as_ref())?;
        Self::with_public(Reader::Rsa(reader), &public, named)
    }

    fn from_p256(key: agreement::PrivateKey, named: Option<EncryptionKey>) -> Result<Self, KeyError> {
        let point = key.compute_public_key();
        let point = point.map_err(|_| KeyError::Rejected("not a P-256 key"))?;
        let public = Jwk::p256(point.as_ref())?;
        Self::with_public(Reader::P256(key), &public, named)
    }

    /// `public` follows from the private key. A JWK names the key besides, and must be about the same one.
    fn with_public(reader: Reader, public: &Jwk, named: Option<EncryptionKey>) -> Result<Self, KeyError> {
        let public = match named {
            None => EncryptionKey::try_from(public)?,
            Some(named) if named.jwk().thumbprint()? == public.thumbprint()? => named,
            Some(_) => return Err(KeyError::Rejected("its public members are of another key")),
        };
        Ok(Self { public, reader })
    }

    /// The public half, for those who encrypt.
    pub fn public_key(&self) -> &EncryptionKey {
        &self.public
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey")
            .field("kid", &self.public.kid())
            .field("algorithm", &self.public.algorithm())
            .finish_non_exhaustive()
    }
}
