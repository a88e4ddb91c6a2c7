//! Keys to encrypt to, and their private halves: every form they come in.

use serde_json::{Value, json};
use token_format::key::{DecryptionKey, EncryptionKey, KeyError, KeyManagement};

use crate::jwe::{P256, RSA};

const RSA_PEM: &str = include_str!("../keys/enc-rsa.public.pem");
const P256_PEM: &str = include_str!("../keys/enc-p256.public.pem");

/// The public members of a JWK, with changes; `null` takes one out.
fn public(jwk: &str, changes: &Value) -> Value {
    let mut jwk: Value = serde_json::from_str(jwk).unwrap();
    let members = jwk.as_object_mut().unwrap();
    members.retain(|name, _| ["kty", "alg", "use", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    jwk
}

fn read(document: &Value) -> Result<EncryptionKey, KeyError> {
    EncryptionKey::read(&document.to_string(), None)
}

#[test]
fn the_same_key_in_every_form() {
    let rsa = read(&public(RSA, &json!({}))).unwrap();
    let p256 = read(&public(P256, &json!({}))).unwrap();
    assert_eq!(
        (rsa.algorithm(), p256.algorithm()),
        (KeyManagement::RsaOaep, KeyManagement::EcdhEs)
    );
    assert_eq!(
        EncryptionKey::read(RSA_PEM, Some(KeyManagement::RsaOaep)).unwrap(),
        rsa
    );
    assert_eq!(
        EncryptionKey::read(
            include_str!("../keys/enc-rsa.pkcs1-public.pem"),
            Some(KeyManagement::RsaOaep)
        )
        .unwrap(),
        rsa
    );
    assert_eq!(EncryptionKey::read(P256_PEM, None).unwrap(), p256);
    // Without a word about the algorithm it is the stronger one.
    assert_eq!(
        EncryptionKey::read(RSA_PEM, None).unwrap().algorithm(),
        KeyManagement::RsaOaep256
    );
    for private in [
        include_str!("../keys/enc-p256.pkcs8.pem"),
        include_str!("../keys/enc-p256.traditional.pem"),
        P256,
    ] {
        assert_eq!(*DecryptionKey::read(private).unwrap().public_key(), p256);
    }
    for private in [
        include_str!("../keys/enc-rsa.pkcs8.pem"),
        include_str!("../keys/enc-rsa.traditional.pem"),
    ] {
        let key = DecryptionKey::read(private).unwrap();
        assert_eq!(key.public_key().algorithm(), KeyManagement::RsaOaep256);
        assert_eq!(key.public_key().kid(), rsa.kid());
    }
    assert_eq!(*DecryptionKey::read(RSA).unwrap().public_key(), rsa);
}

#[test]
fn the_usable_key_of_a_set_is_taken() {
    let signing = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "x": "AA", "y": "AA"});
    let set = json!({"keys": [signing, {"kty": "oct"}, public(P256, &json!({"kid": "second"}))]});
    assert_eq!(read(&set).unwrap().kid(), "second");
    assert_eq!(
        read(&json!({"keys": [signing]})).unwrap_err(),
        KeyError::NotForEncryption
    );
    assert_eq!(
        read(&json!({"keys": []})).unwrap_err(),
        KeyError::Rejected("there is no key in it")
    );
}

/// A private key that somebody is about to hand out is refused as such, wherever it hides.
#[test]
fn private_keys_are_not_taken_for_public_ones() {
    let p256: Value = serde_json::from_str(P256).unwrap();
    for text in [
        RSA.to_owned(),
        P256.to_owned(),
        json!({"keys": [public(P256, &json!({})), p256]}).to_string(),
        json!({"kty": "oct", "k": "c2VjcmV0"}).to_string(),
        include_str!("../keys/enc-p256.pkcs8.pem").to_owned(),
        include_str!("../keys/enc-p256.traditional.pem").to_owned(),
        include_str!("../keys/enc-rsa.pkcs8.pem").to_owned(),
        include_str!("../keys/enc-rsa.traditional.pem").to_owned(),
        include_str!("../keys/enc-rsa.locked.pem").to_owned(),
        format!("{P256_PEM}{}", include_str!("../keys/enc-p256.pkcs8.pem")),
    ] {
        assert_eq!(
            EncryptionKey::read(&text, None).unwrap_err(),
            KeyError::Private,
            "{text}"
        );
    }
}

#[test]
fn unusable_keys_are_refused() {
    for (jwk, expected) in [
        (public(RSA, &json!({"use": "sig"})), KeyError::NotForEncryption),
        (
            public(RSA, &json!({"alg": "RSA1_5"})),
            KeyError::UnsupportedKeyManagement,
        ),
        (
            public(RSA, &json!({"alg": "ECDH-ES"})),
            KeyError::UnsupportedKeyManagement,
        ),
        (
            public(P256, &json!({"alg": "RSA-OAEP"})),
            KeyError::UnsupportedKeyManagement,
        ),
        (
            public(P256, &json!({"alg": "ES256"})),
            KeyError::UnsupportedKeyManagement,
        ),
        (
            public(P256, &json!({"crv": "P-384"})),
            KeyError::UnsupportedKeyType,
        ),
        (
            json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
            KeyError::UnsupportedKeyType,
        ),
        (public(RSA, &json!({"n": null})), KeyError::Member("n")),
        (public(RSA, &json!({"e": "AAEAAQ"})), KeyError::Member("e")),
        (public(P256, &json!({"y": "AAAA"})), KeyError::Member("y")),
        (
            public(RSA, &json!({"n": "0vx7agoebGcQSuuP"})),
            KeyError::Rejected("not an RSA key of 2048 to 8192 bits"),
        ),
        (
            public(P256, &json!({"y": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"})),
            KeyError::Rejected("not a point of P-256"),
        ),
    ] {
        assert_eq!(read(&jwk).unwrap_err(), expected, "{jwk}");
    }
    for text in ["", "key", "[]", "{\"kty\": 1}", "-----BEGIN", "{\"keys\": 1}"] {
        assert!(EncryptionKey::read(text, None).is_err(), "{text}");
    }
    let certificate = P256_PEM.replace("PUBLIC KEY", "CERTIFICATE");
    assert!(EncryptionKey::read(&certificate, None).is_err());
    let other = EncryptionKey::read(
        &public(RSA, &json!({})).to_string(),
        Some(KeyManagement::RsaOaep256),
    );
    assert!(other.is_err(), "the key says RSA-OAEP");
    assert_eq!(
        EncryptionKey::read(P256_PEM, Some(KeyManagement::RsaOaep)).unwrap_err(),
        KeyError::UnsupportedKeyManagement
    );
}

#[test]
fn unusable_private_keys_are_refused() {
    for text in [
        RSA_PEM,
        P256_PEM,
        include_str!("../keys/enc-rsa.locked.pem"),
        include_str!("../keys/enc-p256.locked.pem"),
        &public(RSA, &json!({})).to_string(),
        // Its public members are another's.
        &P256.replace(
            "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
            "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
        ),
        &RSA.replace("\"p\"", "\"no\""),
        "",
        "{}",
    ] {
        assert!(DecryptionKey::read(text).is_err(), "{text}");
    }
}

/// H5
#[test]
fn h5_debug_shows_id_and_algorithm_alone() {
    let key = DecryptionKey::read(P256).unwrap();
    let kid = key.public_key().kid();
    assert_eq!(
        format!("{key:?}"),
        format!("DecryptionKey {{ kid: \"{kid}\", algorithm: EcdhEs, .. }}")
    );
}
