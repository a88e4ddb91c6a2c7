//! Issuer, audience and time (RFC 9068 section 4).

use serde_json::json;
use token_format::claims::{AccessClaims, Audience};
use token_format::key::Algorithm;
use token_format::verify::{LEEWAY_SECONDS, VerifyError, verify_access_token, verify_issued_token};

use crate::support::{AUDIENCE, ISSUED_AT, ISSUER, NOW, claims, expected, forge_with, key, ring, verify};

fn signed(claims: &AccessClaims) -> String {
    key(Algorithm::Es256).sign("at+jwt", claims).unwrap()
}

fn at(claims: &AccessClaims, now: i64) -> Result<AccessClaims, VerifyError> {
    let token = signed(claims);
    let issued = verify_issued_token(&token, ring(), ISSUER, &Algorithm::ALL, now);
    let accessed = verify_access_token(&token, ring(), &expected(), now);
    assert_eq!(issued, accessed);
    accessed
}

#[test]
fn another_issuer_is_refused() {
    for iss in [
        "https://as.example/",
        "https://AS.example",
        "http://as.example",
        "",
        "https://as",
    ] {
        let token = signed(&AccessClaims {
            iss: iss.into(),
            ..claims()
        });
        assert_eq!(verify(&token), Err(VerifyError::Issuer), "{iss}");
        let issued = verify_issued_token(&token, ring(), ISSUER, &Algorithm::ALL, NOW);
        assert_eq!(issued, Err(VerifyError::Issuer), "{iss}");
    }
}

/// F5
#[test]
fn f5_a_token_for_another_resource_server_is_refused() {
    let others = [
        Audience::One("https://other.example".into()),
        Audience::One("https://rs.example/".into()),
        Audience::One("https://rs.exampl".into()),
        Audience::One(String::new()),
        Audience::Many(Vec::new()),
        Audience::Many(vec![
            "https://other.example".into(),
            "https://third.example".into(),
        ]),
    ];
    for aud in others {
        let claims = AccessClaims { aud, ..claims() };
        assert_eq!(verify(&signed(&claims)), Err(VerifyError::Audience));
        let token = signed(&claims);
        let issued = verify_issued_token(&token, ring(), ISSUER, &Algorithm::ALL, NOW);
        assert_eq!(issued, Ok(claims), "the issuer looks at tokens for all audiences");
    }
}

#[test]
fn f5_a_token_for_several_resource_servers_is_accepted_by_each() {
    let aud = Audience::Many(vec!["https://other.example".into(), AUDIENCE.into()]);
    let claims = AccessClaims { aud, ..claims() };
    assert_eq!(verify(&signed(&claims)), Ok(claims));
}

#[test]
fn a_token_is_over_at_its_exp() {
    let claims = claims();
    assert_eq!(at(&claims, claims.exp - 1), Ok(claims.clone()));
    for now in [claims.exp, claims.exp + 1, claims.exp + LEEWAY_SECONDS, i64::MAX] {
        assert_eq!(at(&claims, now), Err(VerifyError::Expired { since: claims.exp }));
    }
}

#[test]
fn a_token_of_the_future_is_refused_beyond_the_leeway() {
    let claims = claims();
    assert_eq!(at(&claims, ISSUED_AT - LEEWAY_SECONDS), Ok(claims.clone()));
    for now in [ISSUED_AT - LEEWAY_SECONDS - 1, 0, i64::MIN] {
        assert_eq!(at(&claims, now), Err(VerifyError::NotYetValid));
    }
    let soon = forge_with(&json!({}), &json!({"nbf": NOW + LEEWAY_SECONDS}));
    assert_eq!(verify(&soon), Ok(claims));
    let later = forge_with(&json!({}), &json!({"nbf": NOW + LEEWAY_SECONDS + 1}));
    assert_eq!(verify(&later), Err(VerifyError::NotYetValid));
}

#[test]
fn times_at_the_ends_of_the_range_do_not_overflow() {
    for time in [i64::MIN, -1, 0, i64::MAX] {
        for now in [i64::MIN, 0, i64::MAX] {
            let claims = AccessClaims {
                iat: time,
                exp: time,
                ..claims()
            };
            assert!(at(&claims, now).is_err());
        }
    }
    let eternal = AccessClaims {
        iat: i64::MIN,
        exp: i64::MAX,
        ..claims()
    };
    assert_eq!(at(&eternal, i64::MAX - 1), Ok(eternal));
}

/// A caller may tell "expired" from "invalid" only because everything else was in order.
#[test]
fn s1_27_expired_is_said_only_of_a_token_that_is_otherwise_good() {
    let long_ago = json!({"exp": 2, "iat": 1});
    let expired = forge_with(&json!({}), &long_ago);
    assert_eq!(verify(&expired), Err(VerifyError::Expired { since: 2 }));
    let mut also = long_ago.clone();
    also["iss"] = json!("https://evil.example");
    assert_eq!(verify(&forge_with(&json!({}), &also)), Err(VerifyError::Issuer));
    let mut also = long_ago;
    also["aud"] = json!("https://evil.example");
    assert_eq!(verify(&forge_with(&json!({}), &also)), Err(VerifyError::Audience));
}

#[test]
fn a_missing_or_mistyped_claim_is_refused_by_name() {
    for name in ["iss", "aud", "sub", "exp", "iat", "jti", "client_id"] {
        let missing = format!("missing field `{name}`");
        let result = verify(&forge_with(&json!({}), &json!({name: null})));
        let told = |why: &String| why.starts_with(&missing);
        assert!(
            matches!(&result, Err(VerifyError::Claims(why)) if told(why)),
            "{result:?}"
        );
    }
    let mistyped = [
        json!({"exp": "1700003600"}),
        json!({"exp": 1_700_003_600.5}),
        json!({"exp": 1e300}),
        json!({"exp": true}),
        json!({"aud": 5}),
        json!({"aud": [5]}),
        json!({"scope": ["rooms:list"]}),
        json!({"scope": "rooms:list\u{1}"}),
        json!({"user_id": "ada"}),
        json!({"delegated": "true"}),
        json!({"cnf": {}}),
        json!({"nbf": "soon"}),
    ];
    for change in mistyped {
        let result = verify(&forge_with(&json!({}), &change));
        assert!(matches!(result, Err(VerifyError::Claims(_))), "{change}");
    }
}
