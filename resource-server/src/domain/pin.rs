//! The digits that open a room from a telephone.

use rand::{CryptoRng, RngExt};

/// A new PIN of `length` digits, leading zeros included.
pub fn generate(length: usize, rng: &mut impl CryptoRng) -> String {
    (0..length)
        .map(|_| char::from(rng.random_range(b'0'..=b'9')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::generate;

    #[test]
    fn a_pin_has_the_asked_number_of_digits() {
        for length in 4..=32 {
            let pin = generate(length, &mut rand::rng());
            assert_eq!(pin.len(), length);
            assert!(pin.bytes().all(|byte| byte.is_ascii_digit()), "{pin}");
        }
    }
}
