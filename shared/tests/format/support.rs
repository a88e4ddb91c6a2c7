//! Test keys, good claims, and a forge for tokens that [`SigningKey::sign`] would never make.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use token_format::claims::{AccessClaims, Audience, Confirmation};
use token_format::key::{Algorithm, SigningKey};
use token_format::verify::{Expectations, KeyRing, VerifyError, verify_access_token};

pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const AUDIENCE: &str = "https://rs.example";
pub(crate) const ISSUED_AT: i64 = 1_700_000_000;
pub(crate) const NOW: i64 = ISSUED_AT + 60;

static ES256: LazyLock<SigningKey> =
    LazyLock::new(|| read(Algorithm::Es256, include_bytes!("../keys/es256.pkcs8.der")));
static RS256: LazyLock<SigningKey> =
    LazyLock::new(|| read(Algorithm::Rs256, include_bytes!("../keys/rs256.pkcs8.der")));
static EDDSA: LazyLock<SigningKey> =
    LazyLock::new(|| read(Algorithm::EdDsa, include_bytes!("../keys/eddsa.pkcs8.der")));
static RING: LazyLock<KeyRing> = LazyLock::new(|| {
    Algorithm::ALL
        .into_iter()
        .map(|alg| key(alg).verifying_key())
        .collect()
});

fn read(algorithm: Algorithm, pkcs8: &[u8]) -> SigningKey {
    SigningKey::from_pkcs8(algorithm, pkcs8).unwrap()
}

/// The checked-in key of an algorithm.
pub(crate) fn key(algorithm: Algorithm) -> &'static SigningKey {
    match algorithm {
        Algorithm::Es256 => &ES256,
        Algorithm::Rs256 => &RS256,
        Algorithm::EdDsa => &EDDSA,
    }
}

/// The checked-in keys of all algorithms.
pub(crate) fn ring() -> &'static KeyRing {
    &RING
}

/// What the resource server of these tests accepts.
pub(crate) fn expected() -> Expectations {
    Expectations {
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        algorithms: Algorithm::ALL.to_vec(),
    }
}

/// Claims that are in order at [`NOW`], with every claim there is.
pub(crate) fn claims() -> AccessClaims {
    let user = "0190b6a1-5b7c-4f6e-8a3d-2c1b0a998877";
    AccessClaims {
        iss: ISSUER.into(),
        aud: Audience::One(AUDIENCE.into()),
        sub: user.into(),
        exp: ISSUED_AT + 3600,
        iat: ISSUED_AT,
        jti: "018bcfe5-6800-7abc-8def-0123456789ab".into(),
        client_id: "meeting-app".into(),
        scope: "rooms:create rooms:list".parse().unwrap(),
        auth_time: Some(ISSUED_AT - 1000),
        user_id: Some(user.parse().unwrap()),
        delegated: true,
        email: Some("ada@example.org".into()),
        sid: Some("s-1".into()),
        cnf: Some(Confirmation {
            jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".into(),
        }),
    }
}

/// Checks a token as the resource server of these tests.
pub(crate) fn verify(token: &str) -> Result<AccessClaims, VerifyError> {
    verify_access_token(token, ring(), &expected(), NOW)
}

/// The payload of [`claims`] with some members replaced; `null` takes one out.
pub(crate) fn payload(changes: &Value) -> String {
    changed(serde_json::to_value(claims()).unwrap(), changes)
}

/// The header of an ES256 access token, changed in the same way.
pub(crate) fn header(changes: &Value) -> String {
    let kid = key(Algorithm::Es256).kid().to_owned();
    changed(json!({"typ": "at+jwt", "alg": "ES256", "kid": kid}), changes)
}

fn changed(mut document: Value, changes: &Value) -> String {
    let members = document.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    document.to_string()
}

/// Header and payload as given, truly signed by the key, whatever the header says.
pub(crate) fn forge(key: &SigningKey, header: &str, payload: impl AsRef<[u8]>) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = raw_signature(key, input.as_bytes());
    format!("{input}.{}", encode(signature))
}

/// A token truly signed by the ES256 key, with these changes to a good header and payload.
pub(crate) fn forge_with(header_changes: &Value, payload_changes: &Value) -> String {
    forge(
        key(Algorithm::Es256),
        &header(header_changes),
        payload(payload_changes),
    )
}

/// Signs without the crate under test.
pub(crate) fn raw_signature(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let (rng, pkcs8) = (SystemRandom::new(), key.pkcs8());
    match key.algorithm() {
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).unwrap();
            pair.sign(&rng, message).unwrap().as_ref().to_vec()
        }
        Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8)
            .unwrap()
            .sign(message)
            .as_ref()
            .to_vec(),
        Algorithm::Rs256 => {
            let pair = RsaKeyPair::from_pkcs8(pkcs8).unwrap();
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &rng, message, &mut signature)
                .unwrap();
            signature
        }
    }
}

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
