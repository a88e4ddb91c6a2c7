//! A token of each algorithm is issued and checked.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use token_format::claims::{AccessClaims, Audience};
use token_format::key::{Algorithm, JwkSet, SigningKey};
use token_format::sign::ACCESS_TOKEN_TYPE;
use token_format::verify::{Expectations, KeyRing, verify_access_token};

#[test]
fn issued_tokens_verify_through_the_published_key_set() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let claims = AccessClaims {
            iss: "https://as.example".into(),
            aud: Audience::One("https://rs.example".into()),
            sub: "user".into(),
            exp: 2000,
            iat: 1000,
            jti: "id".into(),
            client_id: "client".into(),
            scope: "rooms:list rooms:create".parse().unwrap(),
            auth_time: None,
            user_id: None,
            delegated: false,
            email: None,
            sid: None,
            cnf: None,
        };
        let token = key.sign(ACCESS_TOKEN_TYPE, &claims).unwrap();
        let published = serde_json::to_string(&JwkSet {
            keys: vec![key.public_jwk()],
        })
        .unwrap();
        let ring = KeyRing::from_jwk_set(&serde_json::from_str(&published).unwrap());
        let expected = Expectations {
            issuer: claims.iss.clone(),
            audience: "https://rs.example".into(),
            algorithms: vec![algorithm],
        };
        assert_eq!(verify_access_token(&token, &ring, &expected, 1500), Ok(claims));
    }
}
