//! Encryption to one reader: compact JWE (RFC 7516) with RSA-OAEP, RSA-OAEP-256 or ECDH-ES on P-256, the
//! content always with A256GCM.
//!
//! What is wrong with a header, which anybody can read, is told. Everything beyond it that fails is one
//! error, and takes the same steps: whoever sends made-up JWEs learns nothing about the key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, UnparsedPublicKey};
use aws_lc_rs::kdf::{SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::key::{DecryptionKey, EncryptionKey, Jwk, KeyManagement, Reader, Recipient};

/// The longest JWE, in characters, that is looked at.
pub const MAX_JWE_LENGTH: usize = 64 * 1024;

/// The one way in which content is encrypted (RFC 7518 section 5.3).
pub const CONTENT_ENCRYPTION: &str = "A256GCM";

const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;

/// A JWE could not be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// Not a compact JWE, or its header is not acceptable; says what is wrong with it.
    #[error("malformed JWE: {0}")]
    Malformed(&'static str),
    /// Not the key's algorithm, or not A256GCM.
    #[error("the JWE's algorithms are not the key's")]
    Algorithm,
    /// It was not encrypted to this key, or was changed on its way.
    #[error("the JWE cannot be decrypted")]
    Decryption,
    /// The cryptographic library failed.
    #[error("encryption failed")]
    Encryption,
}

/// What a JWE held. `Debug` does not show the plaintext.
pub struct Decrypted {
    /// Its `cty`.
    pub content_type: Option<String>,
    /// Its content.
    pub plaintext: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    enc: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cty: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epk: Option<Jwk>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apu: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apv: Option<String>,
    /// Compression tells about the plaintext by its length, and unpacks without bound (RFC 8725 section 3.6).
    #[serde(default, skip_serializing)]
    zip: Option<Value>,
    /// No extension is understood here (RFC 7516 section 4.1.13).
    #[serde(default, skip_serializing)]
    crit: Option<Value>,
    /// Of password-based encryption, whose sender says how long the reader has to compute.
    #[serde(default, skip_serializing)]
    p2c: Option<Value>,
}

type ContentKey = [u8; 32];

impl EncryptionKey {
    /// Encrypts a signed JWT of type `typ` (RFC 7519 section 5.2: a nested JWT).
    pub fn encrypt_jwt(&self, typ: &str, jwt: &str) -> Result<String, JweError> {
        let mut header = Header {
            alg: self.algorithm().as_str().to_owned(),
            enc: CONTENT_ENCRYPTION.to_owned(),
            kid: Some(self.kid().to_owned()),
            typ: Some(typ.to_owned()),
            cty: Some("JWT".to_owned()),
            epk: None,
            apu: None,
            apv: None,
            zip: None,
            crit: None,
            p2c: None,
        };
        let (content_key, encrypted_key) = match &self.recipient {
            Recipient::Rsa(recipient) => {
                let content_key: ContentKey = random()?;
                let mut encrypted = vec![0; recipient.ciphertext_size()];
                recipient
                    .encrypt(oaep(self.algorithm()), &content_key, &mut encrypted, None)
                    .map_err(|_| JweError::Encryption)?;
                (content_key, encrypted)
            }
            Recipient::P256(point) => {
                let ephemeral =
                    agreement::PrivateKey::generate(&ECDH_P256).map_err(|_| JweError::Encryption)?;
                let public = ephemeral.compute_public_key().map_err(|_| JweError::Encryption)?;
                header.epk = Some(Jwk::p256(public.as_ref()).map_err(|_| JweError::Encryption)?);
                let content_key = agreed(&ephemeral, point, &[], &[]).ok_or(JweError::Encryption)?;
                (content_key, Vec::new())
            }
        };
        let header = serde_json::to_vec(&header).map_err(|_| JweError::Encryption)?;
        let header = URL_SAFE_NO_PAD.encode(header);
        let nonce: [u8; NONCE_LENGTH] = random()?;
        let mut content = jwt.as_bytes().to_vec();
        let tag = content_cipher(&content_key)
            .ok_or(JweError::Encryption)?
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(header.as_bytes()),
                &mut content,
            )
            .map_err(|_| JweError::Encryption)?;
        Ok(format!(
            "{header}.{}.{}.{}.{}",
            URL_SAFE_NO_PAD.encode(encrypted_key),
            URL_SAFE_NO_PAD.encode(nonce),
            URL_SAFE_NO_PAD.encode(content),
            URL_SAFE_NO_PAD.encode(tag)
        ))
    }
}

impl DecryptionKey {
    /// Reads a JWE that was encrypted to this key.
    pub fn decrypt(&self, jwe: &str) -> Result<Decrypted, JweError> {
        if jwe.len() > MAX_JWE_LENGTH {
            return Err(JweError::Malformed("too long"));
        }
        let mut parts = jwe.split('.');
        let mut part = || parts.next().ok_or(JweError::Malformed("not five parts"));
        let (protected, encrypted_key, nonce, content, tag) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(JweError::Malformed("not five parts"));
        }
        let header = read_header(protected)?;
        if header.alg != self.public_key().algorithm().as_str() || header.enc != CONTENT_ENCRYPTION {
            return Err(JweError::Algorithm);
        }
        let encrypted_key = decoded(encrypted_key)?;
        let nonce: [u8; NONCE_LENGTH] = decoded(nonce)?
            .try_into()
            .map_err(|_| JweError::Malformed("the initialization vector has not 96 bits"))?;
        let tag = decoded(tag)?;
        if tag.len() != TAG_LENGTH {
            return Err(JweError::Malformed("the authentication tag has not 128 bits"));
        }
        let mut content = decoded(content)?;
        // RFC 7516 section 11.5: with a key of chance in place of one that cannot be read, the next step
        // fails in the same way and after the same time.
        let chance: ContentKey = random()?;
        let content_key = self.content_key(&header, &encrypted_key)?.unwrap_or(chance);
        content_cipher(&content_key)
            .ok_or(JweError::Decryption)?
            .open_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(protected.as_bytes()),
                &tag,
                &mut content,
            )
            .map_err(|_| JweError::Decryption)?;
        Ok(Decrypted {
            content_type: header.cty,
            plaintext: content,
        })
    }

    /// The key of the content; none when it cannot be read.
    fn content_key(&self, header: &Header, encrypted_key: &[u8]) -> Result<Option<ContentKey>, JweError> {
        match &self.reader {
            Reader::Rsa(reader) => {
                let mut plaintext = vec![0; reader.min_output_size()];
                let opened = reader.decrypt(
                    oaep(self.public_key().algorithm()),
                    encrypted_key,
                    &mut plaintext,
                    None,
                );
                Ok(opened.ok().and_then(|key| ContentKey::try_from(&*key).ok()))
            }
            Reader::P256(reader) => {
                if !encrypted_key.is_empty() {
                    return Err(JweError::Malformed("ECDH-ES has no encrypted key"));
                }
                let epk = header.epk.as_ref().filter(|epk| epk.kty == "EC");
                let epk = epk.filter(|epk| epk.crv.as_deref() == Some("P-256"));
                let point = epk
                    .and_then(|epk| epk.point().ok())
                    .ok_or(JweError::Malformed("the ephemeral key is none of P-256"))?;
                let party = |info: &Option<String>| info.as_deref().map_or(Ok(Vec::new()), decoded);
                Ok(agreed(reader, &point, &party(&header.apu)?, &party(&header.apv)?))
            }
        }
    }
}

impl Decrypted {
    /// The JWT in a nested one: its `cty` must say so (RFC 7519 section 5.2).
    pub fn nested_jwt(self) -> Result<String, JweError> {
        if !self
            .content_type
            .is_some_and(|content_type| content_type.eq_ignore_ascii_case("JWT"))
        {
            return Err(JweError::Malformed("its content is not said to be a JWT"));
        }
        String::from_utf8(self.plaintext).map_err(|_| JweError::Malformed("its content is no JWT"))
    }
}

impl std::fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decrypted")
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

fn read_header(protected: &str) -> Result<Header, JweError> {
    let header = decoded(protected)?;
    let header: Header = serde_json::from_slice(&header)
        .map_err(|_| JweError::Malformed("the header is not a JOSE header"))?;
    if header.zip.is_some() {
        return Err(JweError::Malformed("compressed content is not accepted"));
    }
    if header.crit.is_some() {
        return Err(JweError::Malformed(
            "a critical header parameter is not understood",
        ));
    }
    if header.p2c.is_some() {
        return Err(JweError::Malformed("password-based encryption is not accepted"));
    }
    Ok(header)
}

fn decoded(part: &str) -> Result<Vec<u8>, JweError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JweError::Malformed("a part is not base64url"))
}

fn random<const N: usize>() -> Result<[u8; N], JweError> {
    let mut octets = [0; N];
    rand::fill(&mut octets).map_err(|_| JweError::Encryption)?;
    Ok(octets)
}

fn oaep(algorithm: KeyManagement) -> &'static OaepAlgorithm {
    match algorithm {
        KeyManagement::RsaOaep => &OAEP_SHA1_MGF1SHA1,
        KeyManagement::RsaOaep256 | KeyManagement::EcdhEs => &OAEP_SHA256_MGF1SHA256,
    }
}

fn content_cipher(key: &ContentKey) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

/// Direct key agreement (RFC 7518 section 4.6): none when the point is not on the curve.
fn agreed(own: &agreement::PrivateKey, point: &[u8], apu: &[u8], apv: &[u8]) -> Option<ContentKey> {
    let peer = UnparsedPublicKey::new(&ECDH_P256, point);
    agreement::agree(own, peer, (), |secret| {
        let mut key = ContentKey::default();
        derive(secret, CONTENT_ENCRYPTION, apu, apv, &mut key).ok_or(())?;
        Ok(key)
    })
    .ok()
}

/// The Concat KDF of RFC 7518 section 4.6.2.
fn derive(secret: &[u8], algorithm: &str, apu: &[u8], apv: &[u8], key: &mut [u8]) -> Option<()> {
    let mut info = Vec::new();
    for part in [algorithm.as_bytes(), apu, apv] {
        info.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
        info.extend(part);
    }
    info.extend(u32::try_from(key.len() * 8).ok()?.to_be_bytes());
    let sha256 = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256)?;
    sskdf_digest(sha256, secret, &info, key).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// RFC 7518 appendix C, whose key is for A128GCM: both sides derive it.
    #[test]
    fn the_agreement_of_rfc_7518_appendix_c() {
        let decode = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
        let point = |x, y| [vec![4], decode(x), decode(y)].concat();
        let alice = (
            "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
            point(
                "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
                "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
            ),
        );
        let bob = (
            "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
            point(
                "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
                "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            ),
        );
        for (own, peer) in [(&alice, &bob), (&bob, &alice)] {
            let own = agreement::PrivateKey::from_private_key(&ECDH_P256, &decode(own.0)).unwrap();
            let peer = UnparsedPublicKey::new(&ECDH_P256, &peer.1);
            let mut key = [0; 16];
            agreement::agree(&own, peer, (), |secret| {
                derive(secret, "A128GCM", b"Alice", b"Bob", &mut key).ok_or(())
            })
            .unwrap();
            assert_eq!(URL_SAFE_NO_PAD.encode(key), "VqqN6vgjbSBcIijNcacQGg");
        }
    }
}
