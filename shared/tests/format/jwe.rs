//! JWE: the RFCs' examples, another implementation's, our own, and hostile ones.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents};
use serde_json::{Value, json};
use token_format::jwe::{JweError, MAX_JWE_LENGTH};
use token_format::key::{DecryptionKey, EncryptionKey, KeyManagement};

use crate::support::{decode, encode};

pub(crate) const RSA: &str = include_str!("../keys/rfc7516-a1.jwk.json");
pub(crate) const P256: &str = include_str!("../keys/rfc7518-c.jwk.json");
const CONTENT: &str = "header.payload.signature";

pub(crate) fn reader(algorithm: KeyManagement) -> DecryptionKey {
    let jwk = match algorithm {
        KeyManagement::EcdhEs => P256.to_owned(),
        KeyManagement::RsaOaep => RSA.to_owned(),
        KeyManagement::RsaOaep256 => RSA.replace("RSA-OAEP", "RSA-OAEP-256"),
    };
    let key = DecryptionKey::read(&jwk).unwrap();
    assert_eq!(key.public_key().algorithm(), algorithm);
    key
}

fn refused(jwe: &str, algorithm: KeyManagement) -> JweError {
    reader(algorithm).decrypt(jwe).unwrap_err()
}

fn header_of(jwe: &str) -> Value {
    serde_json::from_slice(&decode(jwe.split('.').next().unwrap())).unwrap()
}

/// RFC 7516 appendix A.1.
#[test]
fn the_example_of_rfc_7516_appendix_a_1() {
    let jwe = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.\
        OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe\
        ipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDb\
        Sv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaV\
        mqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je8\
        1860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi\
        6UklfCpIMfIjf7iGdXKHzg.\
        48V1_ALb6US04U3b.\
        5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji\
        SdiwkIr3ajwQzaBtQD_A.\
        XFBoMYUZodetZdvTiFvSkQ";
    let decrypted = reader(KeyManagement::RsaOaep).decrypt(jwe).unwrap();
    assert_eq!(
        decrypted.plaintext,
        b"The true sign of intelligence is not knowledge but imagination."
    );
    assert_eq!(
        decrypted.nested_jwt(),
        Err(JweError::Malformed("its content is not said to be a JWT"))
    );
}

#[test]
fn what_another_implementation_encrypted_is_read() {
    for (algorithm, jwe) in [
        (KeyManagement::RsaOaep, include_str!("../keys/rsa-oaep.jwe")),
        (
            KeyManagement::RsaOaep256,
            include_str!("../keys/rsa-oaep-256.jwe"),
        ),
        // With apu and apv.
        (KeyManagement::EcdhEs, include_str!("../keys/ecdh-es.jwe")),
    ] {
        let decrypted = reader(algorithm).decrypt(jwe.trim_end()).unwrap();
        assert_eq!(decrypted.nested_jwt().unwrap(), CONTENT, "{algorithm}");
    }
}

#[test]
fn a_nested_jwt_comes_back_and_no_two_are_alike() {
    for algorithm in KeyManagement::ALL {
        let reader = reader(algorithm);
        let key = reader.public_key();
        let [one, other] = [0; 2].map(|_| key.encrypt_jwt("token-introspection+jwt", CONTENT).unwrap());
        for (part, (one, other)) in one.split('.').zip(other.split('.')).enumerate() {
            // The header of RSA and the empty key of ECDH-ES are the only parts without randomness.
            let is_fixed = part == usize::from(algorithm == KeyManagement::EcdhEs);
            assert_eq!(one == other, is_fixed, "{algorithm}, part {part}");
        }
        let header = header_of(&one);
        assert_eq!(
            (&header["alg"], &header["enc"], &header["cty"], &header["typ"]),
            (
                &json!(algorithm.as_str()),
                &json!("A256GCM"),
                &json!("JWT"),
                &json!("token-introspection+jwt")
            )
        );
        assert_eq!(header["kid"], key.kid());
        assert!(!one.contains(&encode(CONTENT)));
        assert_eq!(reader.decrypt(&one).unwrap().nested_jwt().unwrap(), CONTENT);
    }
}

/// Every change beyond the header is the same error, wherever it is: no oracle.
#[test]
fn what_was_changed_on_its_way_is_one_error() {
    for algorithm in KeyManagement::ALL {
        let reader = reader(algorithm);
        let jwe = reader.public_key().encrypt_jwt("JWT", CONTENT).unwrap();
        let parts: Vec<&str> = jwe.split('.').collect();
        for at in 1..5 {
            let mut octets = decode(parts[at]);
            let Some(octet) = octets.first_mut() else {
                assert_eq!((algorithm, at), (KeyManagement::EcdhEs, 1));
                continue;
            };
            *octet ^= 1;
            let changed = encode(&octets);
            let mut parts = parts.clone();
            parts[at] = &changed;
            let error = reader.decrypt(&parts.join(".")).unwrap_err();
            assert_eq!(error, JweError::Decryption, "{algorithm}, part {at}");
        }
        // The header is authenticated as it was written.
        let respelt = format!("{} ", header_of(&jwe));
        let mut parts = parts.clone();
        let respelt = encode(respelt);
        parts[0] = &respelt;
        assert_eq!(
            reader.decrypt(&parts.join(".")).unwrap_err(),
            JweError::Decryption
        );
    }
    for algorithm in [KeyManagement::RsaOaep, KeyManagement::RsaOaep256] {
        let jwe = reader(algorithm)
            .public_key()
            .encrypt_jwt("JWT", CONTENT)
            .unwrap();
        let parts: Vec<&str> = jwe.split('.').collect();
        // Encrypted keys of any length, and one that decrypts to a key that is too short.
        for length in [0, 1, 255, 257, 1024] {
            let key = encode(vec![7; length]);
            let forged = [parts[0], &key, parts[2], parts[3], parts[4]].join(".");
            assert_eq!(
                refused(&forged, algorithm),
                JweError::Decryption,
                "{length} octets"
            );
        }
    }
    let short = encode(wrapped(&[7; 16]));
    let jwe = forge(&json!({"alg": "RSA-OAEP", "enc": "A256GCM"}), &short, &[7; 32]);
    assert_eq!(refused(&jwe, KeyManagement::RsaOaep), JweError::Decryption);
}

/// Of another key, of the same kind.
#[test]
fn what_was_encrypted_to_another_is_refused() {
    let mine = reader(KeyManagement::EcdhEs);
    let other: Value = json!({
        "kty": "EC", "crv": "P-256",
        "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
    });
    let other = EncryptionKey::read(&other.to_string(), None).unwrap();
    let jwe = other.encrypt_jwt("JWT", CONTENT).unwrap();
    assert_eq!(mine.decrypt(&jwe).unwrap_err(), JweError::Decryption);
}

/// An RSA-OAEP encrypted key for the RSA key of these tests.
fn wrapped(content_key: &[u8]) -> Vec<u8> {
    let jwk: Value = serde_json::from_str(RSA).unwrap();
    let member = |name: &str| decode(jwk[name].as_str().unwrap());
    let components = PublicKeyComponents {
        n: member("n"),
        e: member("e"),
    };
    let key: PublicEncryptingKey = components.try_into().unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let mut encrypted = vec![0; key.ciphertext_size()];
    key.encrypt(&OAEP_SHA1_MGF1SHA1, content_key, &mut encrypted, None)
        .unwrap();
    encrypted
}

/// Truly encrypted under the content key, whatever the header says.
fn forge(header: &Value, encrypted_key: &str, content_key: &[u8; 32]) -> String {
    let header = encode(header.to_string());
    let mut content = CONTENT.as_bytes().to_vec();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, content_key).unwrap());
    let tag = cipher
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key([9; 12]),
            Aad::from(header.as_bytes()),
            &mut content,
        )
        .unwrap();
    let (nonce, content, tag) = (encode([9; 12]), encode(content), encode(tag));
    format!("{header}.{encrypted_key}.{nonce}.{content}.{tag}")
}

/// The forged ones would decrypt, so that only the check under test can refuse them.
#[test]
fn hostile_headers_are_refused() {
    let key = encode(wrapped(&[7; 32]));
    let with = |changes: Value| {
        let mut header = json!({"alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT"});
        for (name, value) in changes.as_object().unwrap() {
            header[name] = value.clone();
        }
        reader(KeyManagement::RsaOaep).decrypt(&forge(&header, &key, &[7; 32]))
    };
    assert_eq!(with(json!({})).unwrap().nested_jwt().unwrap(), CONTENT);
    // Unknown parameters are ignored (RFC 7516 section 4), replicated claims among them.
    with(json!({"iss": "https://as.example", "aud": "x", "jku": "https://evil.example"})).unwrap();
    for alg in [
        "RSA-OAEP-256",
        "RSA1_5",
        "dir",
        "A256KW",
        "ECDH-ES",
        "ECDH-ES+A256KW",
        "PBES2-HS256+A128KW",
        "none",
        "rsa-oaep",
        "",
    ] {
        assert_eq!(
            with(json!({"alg": alg})).unwrap_err(),
            JweError::Algorithm,
            "{alg}"
        );
    }
    for enc in ["A128GCM", "A256CBC-HS512", "none", "a256gcm", ""] {
        assert_eq!(
            with(json!({"enc": enc})).unwrap_err(),
            JweError::Algorithm,
            "{enc}"
        );
    }
    for (name, value) in [
        ("zip", json!("DEF")),
        ("zip", json!(1)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("p2c", json!(2_147_483_647)),
        ("p2c", json!("many")),
        ("alg", json!(1)),
        ("enc", json!(["A256GCM"])),
    ] {
        let error = with(json!({name: value})).unwrap_err();
        assert!(matches!(error, JweError::Malformed(_)), "{name}: {error}");
    }
}

#[test]
fn ephemeral_keys_that_are_no_points_are_refused() {
    let good = reader(KeyManagement::EcdhEs)
        .public_key()
        .encrypt_jwt("JWT", CONTENT)
        .unwrap();
    let header = header_of(&good);
    let rest = good.split_once('.').unwrap().1;
    let with = |epk: Value| {
        let mut header = header.clone();
        header["epk"] = epk;
        format!("{}.{rest}", encode(header.to_string()))
    };
    let changed = |name: &str, value: Value| {
        let mut epk = header["epk"].clone();
        epk[name] = value;
        with(epk)
    };
    let other_x = header["epk"]["y"].clone();
    // Not on the curve: nothing can be agreed on, and the content does not open.
    assert_eq!(
        refused(&changed("x", other_x), KeyManagement::EcdhEs),
        JweError::Decryption
    );
    for jwe in [
        with(Value::Null),
        with(json!({})),
        with(json!("key")),
        changed("crv", json!("P-384")),
        changed("crv", json!("X25519")),
        changed("kty", json!("OKP")),
        changed("x", json!("AAAA")),
        changed("y", Value::Null),
        changed("y", json!("*")),
    ] {
        let error = refused(&jwe, KeyManagement::EcdhEs);
        assert!(matches!(error, JweError::Malformed(_)), "{error}");
    }
    // An encrypted key has no place there.
    let (protected, rest) = good.split_once("..").unwrap();
    let error = refused(&format!("{protected}.AAAA.{rest}"), KeyManagement::EcdhEs);
    assert_eq!(error, JweError::Malformed("ECDH-ES has no encrypted key"));
}

#[test]
fn truncated_and_oversized_ones_are_refused() {
    for algorithm in KeyManagement::ALL {
        let reader = reader(algorithm);
        let jwe = reader.public_key().encrypt_jwt("JWT", CONTENT).unwrap();
        for end in 0..jwe.len() {
            assert!(reader.decrypt(&jwe[..end]).is_err(), "{algorithm}, {end}");
        }
        for more in ["A", ".", ".AAAA", "=", "\n", " "] {
            assert!(reader.decrypt(&format!("{jwe}{more}")).is_err(), "{more:?}");
        }
        let parts: Vec<&str> = jwe.split('.').collect();
        for (at, longer) in [(2, encode([0; 16])), (4, encode([0; 32])), (4, encode([0; 12]))] {
            let mut parts = parts.clone();
            parts[at] = &longer;
            let error = reader.decrypt(&parts.join(".")).unwrap_err();
            assert!(matches!(error, JweError::Malformed(_)), "{error}");
        }
        let long = reader
            .public_key()
            .encrypt_jwt("JWT", &"a".repeat(MAX_JWE_LENGTH))
            .unwrap();
        assert_eq!(
            reader.decrypt(&long).unwrap_err(),
            JweError::Malformed("too long")
        );
    }
}
