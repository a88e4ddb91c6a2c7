//! ES256 with a key that is parsed once: through the token crate, and by aws-lc-rs alone.

use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use token_format::claims::{AccessClaims, Audience};
use token_format::key::{Algorithm, SigningKey};
use token_format::scope::ScopeSet;
use token_format::sign::ACCESS_TOKEN_TYPE;
use token_format::verify::{Expectations, KeyRing, verify_access_token};
use uuid::Uuid;

use crate::Broken;

const ISSUER: &str = "http://localhost:8080";
const AUDIENCE: &str = "http://localhost:8081";

/// Signs and verifies.
pub(crate) struct Signer {
    key: SigningKey,
    ring: KeyRing,
    expected: Expectations,
    raw: EcdsaKeyPair,
    random: SystemRandom,
    /// The header, encoded, with its full stop.
    raw_header: String,
}

impl Signer {
    /// Makes a key.
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let key = SigningKey::generate(Algorithm::Es256)?;
        let raw = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.pkcs8())?;
        let header = format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{}"}}"#, key.kid());
        Ok(Self {
            ring: [key.verifying_key()].into_iter().collect(),
            key,
            expected: Expectations {
                issuer: ISSUER.to_owned(),
                audience: AUDIENCE.to_owned(),
                algorithms: vec![Algorithm::Es256],
            },
            raw,
            random: SystemRandom::new(),
            raw_header: format!("{}.", URL_SAFE_NO_PAD.encode(header)),
        })
    }

    /// A JWT through the token crate.
    pub(crate) fn sign(&self, client_id: &str) -> Result<String, Broken> {
        Ok(self.key.sign(ACCESS_TOKEN_TYPE, &claims(client_id))?)
    }

    /// The same JWT without it.
    pub(crate) fn sign_raw(&self, client_id: &str) -> Result<String, Broken> {
        let payload = serde_json::to_vec(&claims(client_id))?;
        let mut token = self.raw_header.clone();
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.raw.sign(&self.random, token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }

    /// The claims of a JWT that [`Self::sign`] made.
    pub(crate) fn verify(&self, token: &str) -> Result<AccessClaims, Broken> {
        Ok(verify_access_token(token, &self.ring, &self.expected, now())?)
    }
}

/// Unix time in seconds.
#[expect(
    clippy::disallowed_methods,
    reason = "this program measures, and nobody moves its clock"
)]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn claims(client_id: &str) -> AccessClaims {
    let iat = now();
    AccessClaims {
        iss: ISSUER.to_owned(),
        aud: Audience::One(AUDIENCE.to_owned()),
        sub: client_id.to_owned(),
        exp: iat + 3600,
        iat,
        jti: Uuid::new_v4().to_string(),
        client_id: client_id.to_owned(),
        scope: ["rooms:list", "rooms:retrieve"].into_iter().collect::<ScopeSet>(),
        auth_time: None,
        user_id: None,
        delegated: false,
        email: None,
        sid: None,
        cnf: None,
    }
}
