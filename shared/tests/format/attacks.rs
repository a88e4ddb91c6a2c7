//! RFC 8725: every known way to pass off a token. F4, F6, F9 of the checklist.
//!
//! The tokens are truly signed wherever that is possible, so that only the check under test can
//! refuse them.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use token_format::key::{Algorithm, SigningKey};
use token_format::verify::{Expectations, MAX_TOKEN_LENGTH, VerifyError, verify_access_token};

use crate::support::{
    NOW, claims, decode, encode, expected, forge, forge_with, header, key, payload, raw_signature, ring,
    verify,
};

fn good() -> String {
    forge_with(&json!({}), &json!({}))
}

/// A good token with another signature.
fn with_signature(signature: impl AsRef<[u8]>) -> String {
    let token = good();
    let (input, _) = token.rsplit_once('.').unwrap();
    format!("{input}.{}", encode(signature))
}

#[test]
fn f4_the_forge_makes_good_tokens() {
    assert_eq!(verify(&good()), Ok(claims()));
}

#[test]
fn f4_alg_none_is_refused_with_and_without_signature() {
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let signed = forge_with(&json!({"alg": name}), &json!({}));
        assert_eq!(verify(&signed), Err(VerifyError::Algorithm), "{name}");
        let (input, _) = signed.rsplit_once('.').unwrap();
        assert_eq!(
            verify(&format!("{input}.")),
            Err(VerifyError::Algorithm),
            "{name}"
        );
    }
}

#[test]
fn f4_hmac_keyed_with_the_public_key_is_refused() {
    for algorithm in Algorithm::ALL {
        let jwk = key(algorithm).public_jwk();
        let secrets = [
            serde_json::to_vec(&jwk).unwrap(),
            decode(jwk.x.as_deref().or(jwk.n.as_deref()).unwrap()),
        ];
        for secret in secrets {
            let header = header(&json!({"alg": "HS256", "kid": jwk.kid}));
            let input = format!("{}.{}", encode(header), encode(payload(&json!({}))));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
            let token = format!("{input}.{}", encode(tag));
            assert_eq!(verify(&token), Err(VerifyError::Algorithm));
        }
    }
}

#[test]
fn f4_an_algorithm_other_than_the_keys_is_refused() {
    for own in Algorithm::ALL {
        for named in Algorithm::ALL {
            let (signer, kid) = (key(own), key(named).kid().to_owned());
            // The header names the signer's key and another algorithm,
            let by_alg = header(&json!({"alg": named.as_str(), "kid": signer.kid()}));
            // or the signer's algorithm and another key.
            let by_kid = header(&json!({"alg": own.as_str(), "kid": kid}));
            for header in [by_alg, by_kid] {
                let result = verify(&forge(signer, &header, payload(&json!({}))));
                if own == named {
                    assert_eq!(result, Ok(claims()));
                } else {
                    assert_eq!(result, Err(VerifyError::Algorithm), "{own} as {named}");
                }
            }
        }
    }
}

#[test]
fn f4_an_algorithm_that_is_not_allowed_is_refused() {
    for algorithm in Algorithm::ALL {
        let token = key(algorithm).sign("at+jwt", &claims()).unwrap();
        let others = Algorithm::ALL
            .into_iter()
            .filter(|&other| other != algorithm)
            .collect();
        let expected = Expectations {
            algorithms: others,
            ..expected()
        };
        let result = verify_access_token(&token, ring(), &expected, NOW);
        assert_eq!(result, Err(VerifyError::Algorithm));
    }
    for name in ["ES384", "PS256", "HS512", "es256", "ES256 ", "ES999"] {
        let token = forge_with(&json!({"alg": name}), &json!({}));
        assert_eq!(verify(&token), Err(VerifyError::Algorithm), "{name}");
    }
    for not_a_name in [json!(5), json!(["ES256"]), Value::Null] {
        let token = forge_with(&json!({"alg": not_a_name}), &json!({}));
        assert!(matches!(verify(&token), Err(VerifyError::Malformed(_))));
    }
}

#[test]
fn f4_a_missing_or_unknown_key_id_is_refused() {
    let missing = forge_with(&json!({"kid": null}), &json!({}));
    assert_eq!(verify(&missing), Err(VerifyError::Malformed("no key id")));
    let number = forge_with(&json!({"kid": 1}), &json!({}));
    assert!(matches!(verify(&number), Err(VerifyError::Malformed(_))));
    let hostile = [
        "",
        "unknown",
        "../../../../dev/null",
        "' OR 1=1 --",
        "a\u{0}b",
        "k\r\nInjected: line",
    ];
    for kid in hostile {
        let error = verify(&forge_with(&json!({"kid": kid}), &json!({}))).unwrap_err();
        assert_eq!(error, VerifyError::UnknownKey { kid: kid.into() });
        let message = error.to_string();
        assert!(
            message.chars().all(|c| !c.is_control()) && !message.contains(".."),
            "{message}"
        );
    }
    let long = "k".repeat(5000);
    let cut = VerifyError::UnknownKey {
        kid: long[..256].into(),
    };
    assert_eq!(verify(&forge_with(&json!({"kid": long}), &json!({}))), Err(cut));
}

/// F6, F9: an id token, a logout token, a client's assertion are no access tokens.
#[test]
fn f6_f9_only_access_token_types_are_accepted() {
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert_eq!(
            verify(&forge_with(&json!({"typ": typ}), &json!({}))),
            Ok(claims()),
            "{typ}"
        );
    }
    let others = [
        "JWT",
        "jwt",
        "",
        "logout+jwt",
        "dpop+jwt",
        "at+jwt ",
        "at",
        "application/",
        "x/at+jwt",
        "a-dozen-abc/at+jwt",
        "application/application/at+jwt",
        "applicationé/at+jwt",
    ];
    for typ in others {
        let token = forge_with(&json!({"typ": typ}), &json!({}));
        assert_eq!(verify(&token), Err(VerifyError::Type), "{typ}");
    }
    assert_eq!(
        verify(&forge_with(&json!({"typ": null}), &json!({}))),
        Err(VerifyError::Type)
    );
}

#[test]
fn f4_critical_header_parameters_are_refused() {
    for critical in [json!(["exp"]), json!(["b64"]), json!([])] {
        let token = forge_with(&json!({"crit": critical, "b64": false, "exp": 1}), &json!({}));
        let refused = VerifyError::Malformed("a critical header parameter is not understood");
        assert_eq!(verify(&token), Err(refused));
    }
}

/// Keys that the token brings along are never used.
#[test]
fn f4_keys_in_the_header_are_ignored() {
    let attacker = SigningKey::generate(Algorithm::Es256).unwrap();
    let own = json!({
        "jwk": attacker.public_jwk(), "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x5u",
    });
    let under_our_kid = forge(&attacker, &header(&own), payload(&json!({})));
    assert_eq!(verify(&under_our_kid), Err(VerifyError::Signature));
    let mut under_own_kid = own.clone();
    under_own_kid["kid"] = json!(attacker.kid());
    let unknown = VerifyError::UnknownKey {
        kid: attacker.kid().into(),
    };
    let token = forge(&attacker, &header(&under_own_kid), payload(&json!({})));
    assert_eq!(verify(&token), Err(unknown));
    assert_eq!(verify(&forge_with(&own, &json!({}))), Ok(claims()));
}

#[test]
fn f4_a_truncated_token_is_refused_at_every_length() {
    let token = good();
    for length in 0..token.len() {
        assert!(verify(&token[..length]).is_err(), "{length}");
        assert!(verify(&token[token.len() - length..]).is_err(), "{length}");
    }
}

#[test]
fn f4_other_than_three_segments_are_refused() {
    let token = good();
    let cases = [
        String::new(),
        ".".into(),
        "..".into(),
        "opaque-token".into(),
        token.replace('.', ""),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{}", encode("more")),
        format!("{token}.."),
        token.replacen('.', "..", 1),
    ];
    for case in cases {
        assert!(matches!(verify(&case), Err(VerifyError::Malformed(_))), "{case}");
    }
}

#[test]
fn f4_what_is_not_exactly_base64url_is_refused() {
    let token = good();
    let parts: Vec<&str> = token.split('.').collect();
    for segment in 0..3 {
        for junk in ["=", "==", "+", "/", " ", "\n", "\u{0}", "%41", "é", "\u{feff}"] {
            for at_end in [true, false] {
                let mut changed: Vec<String> = parts.iter().map(ToString::to_string).collect();
                changed[segment] = if at_end {
                    format!("{}{junk}", parts[segment])
                } else {
                    format!("{junk}{}", parts[segment])
                };
                let result = verify(&changed.join("."));
                // What stands in the payload is covered by the signature before it is decoded.
                let malformed = matches!(result, Err(VerifyError::Malformed(_)));
                let signature = segment == 1 && result == Err(VerifyError::Signature);
                assert!(malformed || signature, "{segment} {junk:?} {result:?}");
            }
        }
    }
    let padded = format!("{}=", payload_not_base64url());
    let signature = raw_signature(key(Algorithm::Es256), padded.as_bytes());
    let signed = format!("{padded}.{}", encode(signature));
    assert_eq!(
        verify(&signed),
        Err(VerifyError::Malformed("the payload is not base64url"))
    );
}

fn payload_not_base64url() -> String {
    format!("{}.{}", encode(header(&json!({}))), encode(payload(&json!({}))))
}

/// 64 octets leave four bits of the last character over; they must be zero, or one token would
/// have several spellings, and revocation by hash would miss some.
#[test]
fn f4_surplus_bits_of_the_last_character_are_refused() {
    let token = good();
    let (rest, last) = token.split_at(token.len() - 1);
    assert!("AQgw".contains(last));
    let other = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        _ => "x",
    };
    let refused = VerifyError::Malformed("the signature is not base64url");
    assert_eq!(verify(&format!("{rest}{other}")), Err(refused));
}

#[test]
fn f4_repeated_claims_and_parameters_are_refused() {
    let payload_once = payload(&json!({}));
    for (name, value) in [
        ("sub", "\"other\""),
        ("iss", "\"https://as.example\""),
        ("exp", "9999999999"),
    ] {
        for twice in [
            format!("{{\"{name}\":{value},{}", &payload_once[1..]),
            format!("{},\"{name}\":{value}}}", &payload_once[..payload_once.len() - 1]),
        ] {
            let token = forge(key(Algorithm::Es256), &header(&json!({})), twice);
            let result = verify(&token);
            let named = |why: &str| why.starts_with("duplicate field") && why.contains(name);
            assert!(
                matches!(&result, Err(VerifyError::Claims(why)) if named(why)),
                "{result:?}"
            );
        }
    }
    let header_once = header(&json!({}));
    for (name, value) in [
        ("alg", "none"),
        ("alg", "ES256"),
        ("kid", "other"),
        ("typ", "at+jwt"),
    ] {
        let twice = format!("{{\"{name}\":\"{value}\",{}", &header_once[1..]);
        let token = forge(key(Algorithm::Es256), &twice, payload(&json!({})));
        assert!(matches!(verify(&token), Err(VerifyError::Malformed(_))), "{name}");
    }
}

#[test]
fn f4_huge_tokens_are_refused_unread() {
    let refused = Err(VerifyError::Malformed("too long"));
    assert_eq!(verify(&"a".repeat(1 << 20)), refused);
    assert_eq!(verify(&".".repeat(1 << 20)), refused);
    let filled = |length: usize| forge_with(&json!({}), &json!({"padding": "x".repeat(length)}));
    let longest = (MAX_TOKEN_LENGTH - good().len()) / 4 * 3 - 20;
    assert_eq!(verify(&filled(longest)), Ok(claims()));
    assert_eq!(verify(&filled(longest + 60)), refused);
}

#[test]
fn f4_deeply_nested_json_is_refused() {
    let deep = "[".repeat(5000);
    let token = forge(
        key(Algorithm::Es256),
        &header(&json!({})),
        format!("{{\"x\":{deep}"),
    );
    assert!(matches!(verify(&token), Err(VerifyError::Claims(_))));
    let token = forge(
        key(Algorithm::Es256),
        &format!("{{\"x\":{deep}"),
        payload(&json!({})),
    );
    assert!(matches!(verify(&token), Err(VerifyError::Malformed(_))));
}

#[test]
fn f4_nul_characters_do_not_end_a_string_early() {
    let issuer = forge_with(&json!({}), &json!({"iss": "https://as.example\u{0}.evil"}));
    assert_eq!(verify(&issuer), Err(VerifyError::Issuer));
    let audience = forge_with(&json!({}), &json!({"aud": "https://rs.example\u{0}"}));
    assert_eq!(verify(&audience), Err(VerifyError::Audience));
    let typ = forge_with(&json!({"typ": "at+jwt\u{0}"}), &json!({}));
    assert_eq!(verify(&typ), Err(VerifyError::Type));
    for token in [format!("{}\u{0}", good()), format!("\u{0}{}", good())] {
        assert!(matches!(verify(&token), Err(VerifyError::Malformed(_))));
    }
}

#[test]
fn f4_signatures_of_the_wrong_form_are_refused() {
    let right = decode(good().rsplit_once('.').unwrap().1);
    let (r, s) = right.split_at(32);
    let zero = [0; 32];
    let cases: [(&str, Vec<u8>); 7] = [
        ("empty", Vec::new()),
        ("short", right[..63].to_vec()),
        ("long", [right.as_slice(), &[0]].concat()),
        ("zero", vec![0; 64]),
        ("r = 0", [&zero, s].concat()),
        ("s = 0", [r, &zero].concat()),
        ("ones", vec![0xff; 64]),
    ];
    for (name, signature) in cases {
        assert_eq!(
            verify(&with_signature(signature)),
            Err(VerifyError::Signature),
            "{name}"
        );
    }
}

/// RFC 7518 3.4: R and S side by side, never DER.
#[test]
fn f4_an_ecdsa_signature_in_der_is_refused() {
    let signer = key(Algorithm::Es256);
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, signer.pkcs8()).unwrap();
    let input = payload_not_base64url();
    let der = pair
        .sign(&aws_lc_rs::rand::SystemRandom::new(), input.as_bytes())
        .unwrap();
    let token = format!("{input}.{}", encode(der));
    assert_eq!(verify(&token), Err(VerifyError::Signature));
}

/// JWS has no rule for the smaller S: both are right.
#[test]
fn an_ecdsa_signature_is_right_with_either_s() {
    let order = decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
    let token = good();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut other = decode(signature);
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(order[at]) - i16::from(other[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        other[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    assert_ne!(decode(signature), other);
    assert_eq!(verify(&format!("{input}.{}", encode(other))), Ok(claims()));
}

#[test]
fn f4_payload_and_signature_of_different_tokens_do_not_mix() {
    let (one, other) = (good(), forge_with(&json!({}), &json!({"sub": "admin"})));
    let (_, signature) = one.rsplit_once('.').unwrap();
    let (input, _) = other.rsplit_once('.').unwrap();
    assert_eq!(
        verify(&format!("{input}.{signature}")),
        Err(VerifyError::Signature)
    );
}

#[test]
fn f4_payloads_that_are_no_claims_are_refused() {
    let header = header(&json!({}));
    let cases: [&[u8]; 8] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\"claims\"",
        b"5",
        b"\xff\xfe",
        b"{\"iss\":\"\xff\"}",
    ];
    for payload in cases {
        let token = forge(key(Algorithm::Es256), &header, payload);
        assert!(
            matches!(verify(&token), Err(VerifyError::Claims(_))),
            "{payload:?}"
        );
    }
}

/// H5: whatever is wrong, the message shows nothing of the token.
#[test]
fn h5_errors_do_not_show_the_token() {
    let secret = "ada-secret";
    let changes = [
        json!({"sub": [secret]}),
        json!({"exp": secret}),
        json!({"aud": {secret: secret}}),
        json!({"scope": format!("{secret}\"")}),
        json!({"delegated": secret}),
        json!({"user_id": secret}),
        json!({"iss": secret}),
        json!({"aud": secret}),
        json!({"cnf": secret}),
        json!({"client_id": null, "email": secret}),
        json!({"exp": 1, "email": secret}),
    ];
    for change in changes {
        let error = verify(&forge_with(&json!({}), &change)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    let header = forge_with(&json!({"alg": secret}), &json!({}));
    let error = verify(&header).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret));
}
