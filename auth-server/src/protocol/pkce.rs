//! Shapes of PKCE values (RFC 7636 4.1, 4.2): the engine checks neither length nor characters.

/// Characters that an S256 challenge has: base64url of 32 bytes.
const CHALLENGE_LENGTH: usize = 43;

/// Whether a value can be an S256 challenge.
pub fn is_challenge(value: &str) -> bool {
    value.len() == CHALLENGE_LENGTH
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Whether a value can be a verifier: 43 to 128 unreserved characters.
pub fn is_verifier(value: &str) -> bool {
    (43..=128).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}
