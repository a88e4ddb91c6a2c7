//! Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, with a secret written as `whsec_` and base64.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const MARK: &str = "whsec_";

/// A signing secret.
#[derive(Clone)]
pub(super) struct SigningSecret(Vec<u8>);

impl SigningSecret {
    pub(super) fn generate() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(bytes.to_vec())
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the receiver is given it.
    pub(super) fn reveal(&self) -> String {
        format!("{MARK}{}", STANDARD.encode(&self.0))
    }

    /// The value of `webhook-signature`.
    pub(super) fn sign(&self, id: &str, timestamp: i64, payload: &str) -> String {
        let key = Key::new(HMAC_SHA256, &self.0);
        let signed = sign(&key, format!("{id}.{timestamp}.{payload}").as_bytes());
        format!("v1,{}", STANDARD.encode(signed.as_ref()))
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn known_answer() {
        let bytes = STANDARD
            .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .expect("base64");
        let secret = SigningSecret::from_bytes(bytes);
        assert_eq!(
            secret.sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                "{\"test\": 2432232314}"
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert!(secret.reveal().starts_with("whsec_MfKQ"));
    }
}
