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

#[cfg(test)]
mod tests {
    use super::{is_challenge, is_verifier};

    /// A18, C18: lengths and alphabets of RFC 7636 4.1 and 4.2.
    #[test]
    fn shapes() {
        for length in 0..200 {
            let value = "a".repeat(length);
            assert_eq!(is_challenge(&value), length == 43, "{length}");
            assert_eq!(is_verifier(&value), (43..=128).contains(&length), "{length}");
        }
        for character in (0..=255_u8).map(char::from).chain(['\u{212a}', '\u{ff21}']) {
            let value = format!("{}{character}", "a".repeat(43 - character.len_utf8()));
            let base64url = character.is_ascii_alphanumeric() || "-_".contains(character);
            let unreserved = character.is_ascii_alphanumeric() || "-._~".contains(character);
            assert_eq!(is_challenge(&value), base64url, "{character:?}");
            assert_eq!(is_verifier(&value), unreserved, "{character:?}");
        }
    }
}
