//! Random secrets and what is kept of them.
//!
//! A [`PlainToken`] exists on its way to the client that it was issued to or from the request that presents
//! it; a [`HashedToken`] is all that is ever stored. Both are 256 bits of randomness, so a fast hash is
//! enough (slow hashes are for people's passwords alone).

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A code, token or client secret in the clear. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainToken(String);

impl PlainToken {
    /// 256 random bits in base64url with a leading mark that says what it is (`ac-` code, `rt-` refresh
    /// token, ...): secret scanners can find it, and it can never be taken for a JWT.
    pub fn generate(mark: &str) -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(format!("{mark}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The 86 characters of the keyed profile: unpadded base64 of 64 hexadecimal digits.
    pub fn generate_86() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(URL_SAFE_NO_PAD.encode(hex(&bytes)))
    }

    /// Wraps a value that a request presented.
    pub fn presented(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, to be sent to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What may be stored of it.
    pub fn hashed(&self) -> HashedToken {
        HashedToken::of(self.0.as_bytes())
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(..)")
    }
}

/// SHA-256 of a token, in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HashedToken(String);

impl HashedToken {
    /// Hashes `value`.
    pub fn of(value: &[u8]) -> Self {
        Self(hex(digest(&SHA256, value).as_ref()))
    }

    /// Takes a hash as read from a store.
    pub fn stored(hex: impl Into<String>) -> Self {
        Self(hex.into())
    }

    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    pub fn matches(&self, presented: &PlainToken) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), presented.hashed().0.as_bytes()).is_ok()
    }
}

impl fmt::Debug for HashedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedToken(..)")
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}
