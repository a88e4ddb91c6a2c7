//! RFC 9701: an answer of introspection is believed by its asker alone, and is never a token.

use serde_json::{Value, json};
use token_format::introspection::{INTROSPECTION_TYPE, MAX_ANSWER_AGE_SECONDS, verify_introspection};
use token_format::key::Algorithm;
use token_format::verify::{LEEWAY_SECONDS, VerifyError, verify_issued_token};

use crate::support::{AUDIENCE, ISSUER, NOW, claims, expected, forge, header, key, ring, verify};

fn answer(changes: &Value) -> String {
    let mut answer = json!({
        "iss": ISSUER, "aud": AUDIENCE, "iat": NOW, "token_introspection": {"active": true},
    });
    for (name, value) in changes.as_object().unwrap() {
        answer[name] = value.clone();
    }
    forge(
        key(Algorithm::Es256),
        &header(&json!({"typ": INTROSPECTION_TYPE})),
        answer.to_string(),
    )
}

fn checked(jwt: &str) -> Result<Value, VerifyError> {
    verify_introspection(jwt, ring(), &expected(), NOW)
}

#[test]
fn a_good_answer_is_read() {
    assert_eq!(checked(&answer(&json!({}))), Ok(json!({"active": true})));
    for algorithm in Algorithm::ALL {
        let claims: Value =
            json!({"iss": ISSUER, "aud": [AUDIENCE], "iat": NOW, "token_introspection": {"active": false}});
        let jwt = key(algorithm).sign(INTROSPECTION_TYPE, &claims).unwrap();
        assert_eq!(checked(&jwt), Ok(json!({"active": false})), "{algorithm}");
    }
}

#[test]
fn answers_of_others_for_others_and_of_other_times_are_refused() {
    assert_eq!(
        checked(&answer(&json!({"iss": "https://other.example"}))),
        Err(VerifyError::Issuer)
    );
    assert_eq!(
        checked(&answer(&json!({"aud": "https://other.example"}))),
        Err(VerifyError::Audience)
    );
    assert_eq!(checked(&answer(&json!({"aud": []}))), Err(VerifyError::Audience));
    for (age, accepted) in [
        (-LEEWAY_SECONDS, true),
        (-LEEWAY_SECONDS - 1, false),
        (MAX_ANSWER_AGE_SECONDS, true),
        (MAX_ANSWER_AGE_SECONDS + 1, false),
    ] {
        assert_eq!(
            checked(&answer(&json!({"iat": NOW - age}))).is_ok(),
            accepted,
            "{age}"
        );
    }
    for member in ["iss", "aud", "iat", "token_introspection"] {
        let refused = checked(&answer(&json!({member: null})));
        assert!(
            matches!(refused, Err(VerifyError::Claims(_))) || member == "token_introspection",
            "{member}"
        );
    }
    let bare = forge(
        key(Algorithm::Es256),
        &header(&json!({"typ": INTROSPECTION_TYPE})),
        json!({"iss": ISSUER, "aud": AUDIENCE, "iat": NOW, "active": true}).to_string(),
    );
    assert!(matches!(checked(&bare), Err(VerifyError::Claims(_))));
    let (input, _) = bare.rsplit_once('.').unwrap();
    assert!(checked(input).is_err() && checked(&format!("{input}.")).is_err());
    assert!(checked("{\"active\":true}").is_err());
}

/// F6, RFC 9701 8.1: neither serves for the other, even with every claim the other has.
#[test]
fn f6_an_answer_is_no_access_token_and_an_access_token_no_answer() {
    let mut both = serde_json::to_value(claims()).unwrap();
    both["token_introspection"] = json!({"active": true});
    both["iat"] = json!(NOW);
    let sign = |typ: &str| {
        forge(
            key(Algorithm::Es256),
            &header(&json!({"typ": typ})),
            both.to_string(),
        )
    };
    let (as_answer, as_token) = (sign(INTROSPECTION_TYPE), sign("at+jwt"));
    assert!(checked(&as_answer).is_ok() && verify(&as_token).is_ok());
    assert_eq!(verify(&as_answer), Err(VerifyError::Type));
    assert_eq!(
        verify_issued_token(&as_answer, ring(), ISSUER, &Algorithm::ALL, NOW),
        Err(VerifyError::Type)
    );
    assert_eq!(checked(&as_token), Err(VerifyError::Type));
    assert_eq!(checked(&sign("JWT")), Err(VerifyError::Type));
}
