//! The JSON of the claims.

use serde_json::json;
use token_format::claims::{AccessClaims, Audience};
use uuid::Uuid;

use crate::support::{claims, forge_with, verify};

#[test]
fn absent_claims_are_not_written() {
    let bare = AccessClaims {
        scope: "".parse().unwrap(),
        auth_time: None,
        user_id: None,
        delegated: false,
        email: None,
        sid: None,
        cnf: None,
        ..claims()
    };
    let written = serde_json::to_value(&bare).unwrap();
    let names: Vec<&String> = written.as_object().unwrap().keys().collect();
    assert_eq!(names, ["aud", "client_id", "exp", "iat", "iss", "jti", "sub"]);
    assert_eq!(serde_json::from_value::<AccessClaims>(written).unwrap(), bare);
}

#[test]
fn scope_is_the_rfcs_string_and_delegated_a_boolean() {
    let written = serde_json::to_value(claims()).unwrap();
    assert_eq!(written["scope"], json!("rooms:create rooms:list"));
    assert_eq!(written["delegated"], json!(true));
    assert_eq!(
        written["cnf"]["jkt"],
        json!("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
    );
}

#[test]
fn unknown_claims_are_ignored() {
    let token = forge_with(
        &json!({}),
        &json!({"https://example.org/x": {"deep": [1, 2]}, "nonce": 1}),
    );
    assert_eq!(verify(&token), Ok(claims()));
}

#[test]
fn audience_is_one_string_or_several() {
    let one: Audience = serde_json::from_value(json!("a")).unwrap();
    let many: Audience = serde_json::from_value(json!(["a", "b"])).unwrap();
    assert_eq!((one.iter().count(), many.iter().count()), (1, 2));
    assert!(one.contains("a") && many.contains("b") && !one.contains("b") && !many.contains("c"));
    assert!(!many.contains("a b") && !many.contains(""));
}

#[test]
fn the_moment_of_issue_is_the_jtis_to_the_millisecond() {
    let claims = claims();
    assert_eq!(claims.issued_at_millis(), 0x018b_cfe5_6800);
    let timestamp = uuid::Timestamp::from_unix_time(1_700_000_123, 987_000_000, 0, 0);
    let claims = AccessClaims {
        jti: Uuid::new_v7(timestamp).to_string(),
        ..claims
    };
    assert_eq!(claims.issued_at_millis(), 1_700_000_123_987);
}

#[test]
fn without_a_version_7_jti_the_moment_of_issue_is_the_second() {
    for jti in [
        "",
        "opaque",
        "c232ab00-9414-11ec-b3c8-9f6bdeced846",
        &Uuid::new_v4().to_string(),
    ] {
        let claims = AccessClaims {
            jti: jti.into(),
            iat: 1_700_000_000,
            ..claims()
        };
        assert_eq!(claims.issued_at_millis(), 1_700_000_000_000, "{jti}");
    }
    let claims = AccessClaims {
        jti: String::new(),
        iat: i64::MAX,
        ..claims()
    };
    assert_eq!(claims.issued_at_millis(), i64::MAX);
}
