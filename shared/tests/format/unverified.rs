//! A look before trusting.

use serde_json::json;
use token_format::claims::Audience;
use token_format::key::Algorithm;
use token_format::unverified::UnverifiedToken;
use token_format::verify::VerifyError;

use crate::support::{claims, encode, forge, header, key};

#[test]
fn header_and_claims_are_told_without_any_check() {
    let input = format!(
        "{}.{}",
        encode(r#"{"alg":"none","kid":"k","typ":"JWT"}"#),
        encode(r#"{"iss":"joe","aud":["a"],"exp":1,"more":true}"#),
    );
    let token = format!("{input}.");
    let token = UnverifiedToken::parse(&token).unwrap();
    assert_eq!(token.algorithm(), "none");
    assert_eq!((token.kid(), token.token_type()), (Some("k"), Some("JWT")));
    let told = token.claims().unwrap();
    assert_eq!((told.iss.as_deref(), told.exp), (Some("joe"), Some(1)));
    assert_eq!(told.aud, Some(Audience::Many(vec!["a".into()])));
    assert_eq!(
        (told.sub, told.iat, told.jti, told.client_id),
        (None, None, None, None)
    );
}

#[test]
fn our_tokens_are_readable() {
    let (key, claims) = (key(Algorithm::Es256), claims());
    let token = key.sign("at+jwt", &claims).unwrap();
    let token = UnverifiedToken::parse(&token).unwrap();
    assert_eq!(token.kid(), Some(key.kid()));
    assert_eq!((token.algorithm(), token.token_type()), ("ES256", Some("at+jwt")));
    let told = token.claims().unwrap();
    assert_eq!(told.jti, Some(claims.jti));
    assert_eq!(told.client_id, Some(claims.client_id));
}

#[test]
fn opaque_tokens_are_told_from_jwts() {
    let four_parts = format!("{}.e30.e30.AA", encode(r#"{"alg":"ES256"}"#));
    for opaque in [
        &four_parts,
        "",
        "abc",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "e30.e30.",
        "bnVsbA.e30.AA",
    ] {
        let told = UnverifiedToken::parse(opaque);
        assert!(
            matches!(told.map(|_| ()), Err(VerifyError::Malformed(_))),
            "{opaque}"
        );
    }
}

#[test]
fn unreadable_claims_are_an_error() {
    for payload in ["", "null", "[]", r#"{"exp":"soon"}"#] {
        let token = forge(key(Algorithm::EdDsa), &header(&json!({})), payload);
        let told = UnverifiedToken::parse(&token).unwrap().claims();
        assert!(matches!(told, Err(VerifyError::Claims(_))), "{payload}");
    }
}
