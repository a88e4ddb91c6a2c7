//! Time-based one-time passwords (RFC 6238), as authenticator apps make them: SHA-1, 30 seconds, 6 digits.
//!
//! Written out, since it is one HMAC and a truncation: the crates that do it bring a second family of hash functions
//! along.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

/// Seconds that a code is shown for (RFC 6238 4.1, `X`).
pub const STEP_SECONDS: i64 = 30;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Ten to the power of that.
const MODULUS: u32 = 1_000_000;
/// Steps that a clock may be off by, either way (RFC 6238 5.2).
const SKEW: i64 = 1;
/// Bytes of a secret: as long as the hash is (RFC 4226 4, R6).
const SECRET_BYTES: usize = 20;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What this server and the user's app share. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Vec<u8>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

impl TotpSecret {
    /// A random one.
    pub fn generate() -> Self {
        let bytes: [u8; SECRET_BYTES] = rand::random();
        Self(bytes.to_vec())
    }

    /// Takes a secret as it was stored.
    pub fn stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The secret itself, to be sealed.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The secret as people type it: base32 without padding (RFC 4648 6).
    pub fn base32(&self) -> String {
        let mut text = String::new();
        let (mut buffer, mut bits) = (0_u32, 0_u32);
        for byte in &self.0 {
            buffer = (buffer << 8) | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(char::from(BASE32[(buffer >> bits) as usize & 31]));
            }
        }
        if bits > 0 {
            text.push(char::from(BASE32[(buffer << (5 - bits)) as usize & 31]));
        }
        text
    }

    /// The address that a QR code carries to the app (Key Uri Format): who the account is with, and whose it is.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let (issuer, account) = (encode(issuer), encode(account));
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            self.base32()
        )
    }

    /// The code of a time step (RFC 4226 5.3).
    fn code(&self, step: i64) -> String {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes[bytes.len() - 1] & 15);
        let number = bytes[offset..offset + 4]
            .iter()
            .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
        format!("{:0width$}", (number & 0x7fff_ffff) % MODULUS, width = DIGITS)
    }

    /// The step that a code belongs to, if it is of this moment or next to it; the latest when it is of several.
    /// Whether that step was used before is the caller's to see.
    pub fn step_of(&self, code: &str, now: i64) -> Option<i64> {
        let current = now.div_euclid(STEP_SECONDS);
        // All are compared, so that the time taken does not tell which.
        (current - SKEW..=current + SKEW).fold(None, |found, step| {
            let fits = verify_slices_are_equal(self.code(step).as_bytes(), code.as_bytes()).is_ok();
            if fits { Some(step) } else { found }
        })
    }
}

/// The digits of what somebody typed: apps show a space in the middle.
pub fn digits(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    (code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::{TotpSecret, digits};

    /// RFC 6238 appendix B, SHA-1: its codes have eight digits, of which these are the last six.
    #[test]
    fn codes_of_the_rfc() {
        let secret = TotpSecret::stored(b"12345678901234567890".to_vec());
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(secret.code(time / 30), code[2..], "{time}");
            assert_eq!(secret.step_of(&code[2..], time), Some(time / 30));
        }
    }

    #[test]
    fn clocks_may_be_off_by_one_step() {
        let secret = TotpSecret::stored(b"12345678901234567890".to_vec());
        let now = 1_111_111_111;
        let step = now / 30;
        for (off, fits) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = secret.step_of(&secret.code(step + off), now);
            assert_eq!(found, fits.then_some(step + off), "{off}");
        }
    }

    /// RFC 4648 10, without padding.
    #[test]
    fn base32_of_the_rfc() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(TotpSecret::stored(plain.as_bytes().to_vec()).base32(), text);
        }
        assert_eq!(TotpSecret::generate().base32().len(), 32);
        assert_ne!(TotpSecret::generate(), TotpSecret::generate());
    }

    #[test]
    fn the_address_for_apps() {
        let secret = TotpSecret::stored(b"foobar".to_vec());
        assert_eq!(
            secret.uri("sign-in.example.org", "a+b@example.com"),
            "otpauth://totp/sign%2Din%2Eexample%2Eorg:a%2Bb%40example%2Ecom?secret=MZXW6YTBOI&\
             issuer=sign%2Din%2Eexample%2Eorg&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn codes_are_typed_with_spaces() {
        assert_eq!(digits(" 123 456 ").as_deref(), Some("123456"));
        for junk in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(digits(junk), None, "{junk}");
        }
    }
}
