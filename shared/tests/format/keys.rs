//! Keys and their JWK form.

use serde_json::{Value, json};
use token_format::key::{Algorithm, Jwk, JwkSet, KeyError, SigningKey, VerifyingKey};
use token_format::verify::{KeyRing, KeySource as _, VerifyError, verify_access_token};

use crate::support::{NOW, claims, encode, expected, key};

fn refused(jwk: &Value) -> KeyError {
    let jwk: Jwk = serde_json::from_value(jwk.clone()).unwrap();
    VerifyingKey::try_from(&jwk).unwrap_err()
}

/// The JWK of a test key, with one member replaced.
fn changed(algorithm: Algorithm, name: &str, value: Value) -> Value {
    let mut jwk = serde_json::to_value(key(algorithm).public_jwk()).unwrap();
    jwk[name] = value;
    jwk
}

#[test]
fn a_generated_key_survives_storage_and_publication() {
    for algorithm in Algorithm::ALL {
        let made = SigningKey::generate(algorithm).unwrap();
        let read = SigningKey::from_pkcs8(algorithm, made.pkcs8()).unwrap();
        assert_eq!(read.public_jwk(), made.public_jwk());
        assert_eq!(read.kid(), made.public_jwk().thumbprint().unwrap());
        let token = read.sign("at+jwt", &claims()).unwrap();
        drop(read);
        let published = serde_json::to_string(&JwkSet {
            keys: vec![made.public_jwk()],
        })
        .unwrap();
        drop(made);
        let ring = KeyRing::from_jwk_set(&serde_json::from_str(&published).unwrap());
        assert_eq!(verify_access_token(&token, &ring, &expected(), NOW), Ok(claims()));
    }
}

#[test]
fn generated_keys_differ() {
    let kids = [0; 3].map(|_| SigningKey::generate(Algorithm::Es256).unwrap().kid().to_owned());
    assert!(kids[0] != kids[1] && kids[1] != kids[2] && kids[0] != kids[2]);
}

/// H5
#[test]
fn h5_debug_shows_id_and_algorithm_alone() {
    let key = key(Algorithm::Es256);
    let shown = format!("{key:?}");
    let kid = key.kid();
    assert_eq!(
        shown,
        format!("SigningKey {{ kid: \"{kid}\", algorithm: Es256, .. }}")
    );
    let shown = format!("{:?}", key.verifying_key());
    assert_eq!(
        shown,
        format!("VerifyingKey {{ kid: \"{kid}\", algorithm: Es256, .. }}")
    );
}

/// G1
#[test]
fn g1_private_members_are_neither_kept_nor_published() {
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    for algorithm in Algorithm::ALL {
        let mut document = serde_json::to_value(key(algorithm).public_jwk()).unwrap();
        for name in private {
            document[name] = json!("c2VjcmV0");
        }
        let jwk: Jwk = serde_json::from_value(document).unwrap();
        let key = VerifyingKey::try_from(&jwk).unwrap();
        for jwk in [&jwk, key.jwk()] {
            let written = serde_json::to_string(jwk).unwrap();
            assert!(!written.contains("c2VjcmV0") && !format!("{jwk:?}").contains("c2VjcmV0"));
        }
    }
}

#[test]
fn pkcs8_of_another_algorithm_or_garbage_is_refused() {
    for algorithm in Algorithm::ALL {
        for other in Algorithm::ALL {
            let read = SigningKey::from_pkcs8(algorithm, key(other).pkcs8());
            assert_eq!(read.is_ok(), algorithm == other);
        }
        let document = key(algorithm).pkcs8().to_vec();
        for length in [0, 1, document.len() / 2, document.len() - 1] {
            assert!(SigningKey::from_pkcs8(algorithm, &document[..length]).is_err());
        }
        assert!(SigningKey::from_pkcs8(algorithm, b"kept-key\0\0\0\0\0\0\0\0").is_err());
    }
}

#[test]
fn a_jwk_that_is_not_for_our_signatures_is_refused() {
    let es256 = Algorithm::Es256;
    assert_eq!(
        refused(&changed(es256, "use", json!("enc"))),
        KeyError::NotForSignatures
    );
    assert_eq!(
        refused(&changed(es256, "alg", json!("RS256"))),
        KeyError::UnsupportedAlgorithm
    );
    assert_eq!(
        refused(&changed(es256, "alg", json!("none"))),
        KeyError::UnsupportedAlgorithm
    );
    assert_eq!(
        refused(&changed(es256, "kty", json!("oct"))),
        KeyError::UnsupportedKeyType
    );
    assert_eq!(
        refused(&changed(es256, "crv", json!("P-384"))),
        KeyError::UnsupportedKeyType
    );
    assert_eq!(
        refused(&json!({"kty": "oct", "k": "AAAA"})),
        KeyError::UnsupportedKeyType
    );
    let x25519 = changed(Algorithm::EdDsa, "crv", json!("X25519"));
    assert_eq!(refused(&x25519), KeyError::UnsupportedKeyType);
    let pss = changed(Algorithm::Rs256, "alg", json!("PS256"));
    assert_eq!(refused(&pss), KeyError::UnsupportedAlgorithm);
}

#[test]
fn a_malformed_public_key_is_refused() {
    for (algorithm, name) in [
        (Algorithm::Es256, "x"),
        (Algorithm::Es256, "y"),
        (Algorithm::EdDsa, "x"),
        (Algorithm::Rs256, "n"),
        (Algorithm::Rs256, "e"),
    ] {
        for value in [
            json!(null),
            json!("!"),
            json!(""),
            json!("AA=="),
            json!(encode([0, 1])),
        ] {
            let error = refused(&changed(algorithm, name, value));
            assert_eq!(error, KeyError::Member(name), "{algorithm}");
        }
    }
    let off_curve = changed(Algorithm::Es256, "y", json!(encode([1; 32])));
    assert!(matches!(refused(&off_curve), KeyError::Rejected(_)));
    let infinity = changed(Algorithm::Es256, "y", json!(encode([0; 32])));
    assert!(matches!(refused(&infinity), KeyError::Rejected(_)));
}

#[test]
fn rsa_keys_have_2048_to_8192_bits() {
    for length in [1, 128, 255, 1025, 4096] {
        let jwk = changed(Algorithm::Rs256, "n", json!(encode(vec![0xff; length])));
        assert!(matches!(refused(&jwk), KeyError::Rejected(_)), "{length}");
    }
}

#[test]
fn a_ring_leaves_out_unusable_keys_and_keeps_the_first_of_an_id() {
    let (first, second) = (key(Algorithm::Es256), key(Algorithm::EdDsa));
    let clash = Jwk {
        kid: Some(first.kid().into()),
        ..second.public_jwk()
    };
    let foreign = json!({"kty": "AKP", "kid": "x", "alg": "ML-DSA-44", "pub": "AAAA"});
    let set: JwkSet = serde_json::from_value(json!({
        "keys": [foreign, first.public_jwk(), clash, changed(Algorithm::Rs256, "n", json!("AQAB"))]
    }))
    .unwrap();
    let ring = KeyRing::from_jwk_set(&set);
    assert_eq!(ring.len(), 1);
    assert_eq!(
        ring.verifying_key(first.kid()).unwrap().algorithm(),
        Algorithm::Es256
    );
    assert!(ring.verifying_key("x").is_none() && !ring.is_empty());
}

/// G4: a key that was taken out of the set verifies nothing more.
#[test]
fn g4_a_removed_key_is_unknown() {
    let key = key(Algorithm::Es256);
    let token = key.sign("at+jwt", &claims()).unwrap();
    let result = verify_access_token(&token, &KeyRing::default(), &expected(), NOW);
    assert_eq!(
        result,
        Err(VerifyError::UnknownKey {
            kid: key.kid().into()
        })
    );
}

#[test]
fn algorithm_names_are_the_registered_ones() {
    for (algorithm, name) in [
        (Algorithm::Es256, "ES256"),
        (Algorithm::Rs256, "RS256"),
        (Algorithm::EdDsa, "EdDSA"),
    ] {
        assert_eq!(algorithm.to_string(), name);
        assert_eq!(name.parse(), Ok(algorithm));
        assert_eq!(serde_json::to_value(algorithm).unwrap(), json!(name));
    }
    for name in ["none", "HS256", "es256", "ES384", "EDDSA", ""] {
        assert_eq!(
            name.parse::<Algorithm>(),
            Err(KeyError::UnsupportedAlgorithm),
            "{name}"
        );
    }
}
