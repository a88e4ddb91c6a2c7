//! Fixed vectors: those of the RFCs, and tokens that another implementation made (`tests/keys`).

use token_format::key::{Algorithm, Jwk, VerifyingKey};
use token_format::verify::VerifyError;

use crate::support::{claims, key, verify};

const RFC7515_A3_KEY: &str = r#"{"kty":"EC","crv":"P-256",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const RFC7515_A3: &str = concat!(
    "eyJhbGciOiJFUzI1NiJ9.",
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
);
const RFC8037_A2_KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const RFC8037_A4: &str = concat!(
    "eyJhbGciOiJFZERTQSJ9.",
    "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.",
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
);
const RFC7638_3_1_KEY: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

fn jwk(json: &str) -> Jwk {
    serde_json::from_str(json).unwrap()
}

#[test]
fn rfc7515_a3_es256() {
    let key = VerifyingKey::try_from(&jwk(RFC7515_A3_KEY)).unwrap();
    let claims: serde_json::Value = key.verify_jws(RFC7515_A3).unwrap().claims().unwrap();
    assert_eq!(claims["iss"], "joe");
    assert_eq!(claims["exp"], 1_300_819_380);
    let changed = RFC7515_A3.replace("DtEh", "DtEi");
    assert_eq!(key.verify_jws(&changed).unwrap_err(), VerifyError::Signature);
}

#[test]
fn rfc8037_a4_ed25519() {
    let key = VerifyingKey::try_from(&jwk(RFC8037_A2_KEY)).unwrap();
    assert_eq!(
        key.verify_jws(RFC8037_A4).unwrap().payload,
        b"Example of Ed25519 signing"
    );
    let changed = RFC8037_A4.replace("hgyY", "hgyZ");
    assert_eq!(key.verify_jws(&changed).unwrap_err(), VerifyError::Signature);
}

#[test]
fn rfc7638_3_1_thumbprint() {
    let thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    let rsa = jwk(RFC7638_3_1_KEY);
    assert_eq!(rsa.thumbprint().unwrap(), thumbprint);
    assert_eq!(VerifyingKey::try_from(&rsa).unwrap().kid(), "2011-04-29");
    let anonymous = Jwk { kid: None, ..rsa };
    assert_eq!(VerifyingKey::try_from(&anonymous).unwrap().kid(), thumbprint);
}

#[test]
fn rfc8037_a3_thumbprint() {
    let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    assert_eq!(jwk(RFC8037_A2_KEY).thumbprint().unwrap(), thumbprint);
}

#[test]
fn tokens_of_another_implementation_verify() {
    for token in [
        include_str!("../keys/es256.token"),
        include_str!("../keys/rs256.token"),
        include_str!("../keys/eddsa.token"),
    ] {
        assert_eq!(verify(token.trim_end()), Ok(claims()));
    }
}

/// ES256 signatures are random, so only what is signed can be compared.
#[test]
fn our_tokens_are_the_other_implementations_to_the_byte() {
    for (algorithm, token) in [
        (Algorithm::Es256, include_str!("../keys/es256.token")),
        (Algorithm::Rs256, include_str!("../keys/rs256.token")),
        (Algorithm::EdDsa, include_str!("../keys/eddsa.token")),
    ] {
        let ours = key(algorithm).sign("at+jwt", &claims()).unwrap();
        if algorithm == Algorithm::Es256 {
            let signed = |token: &str| token.rsplit_once('.').unwrap().0.to_owned();
            assert_eq!(signed(&ours), signed(token));
        } else {
            assert_eq!(ours, token.trim_end());
        }
    }
}

#[test]
fn our_public_keys_are_the_other_implementations() {
    for (algorithm, published) in [
        (Algorithm::Es256, include_str!("../keys/es256.jwk.json")),
        (Algorithm::Rs256, include_str!("../keys/rs256.jwk.json")),
        (Algorithm::EdDsa, include_str!("../keys/eddsa.jwk.json")),
    ] {
        assert_eq!(key(algorithm).public_jwk(), jwk(published));
    }
}
