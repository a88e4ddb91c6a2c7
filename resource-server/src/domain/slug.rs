//! The name of a room in its URL: three groups of letters, `xxx-xxxx-xxx`.

use rand::{CryptoRng, RngExt};

const GROUPS: [usize; 3] = [3, 4, 3];

/// A new slug out of 26^10. Uniqueness is the database's business: on a collision, ask again.
pub fn generate(rng: &mut impl CryptoRng) -> String {
    let mut slug = String::with_capacity(12);
    for length in GROUPS {
        if !slug.is_empty() {
            slug.push('-');
        }
        for _ in 0..length {
            slug.push(char::from(rng.random_range(b'a'..=b'z')));
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::generate;

    /// S0.51
    #[test]
    fn a_slug_is_three_groups_of_lowercase_letters() {
        for _ in 0..1000 {
            let slug = generate(&mut rand::rng());
            let groups: Vec<&str> = slug.split('-').collect();
            assert_eq!(
                groups.iter().map(|group| group.len()).collect::<Vec<_>>(),
                [3, 4, 3],
                "{slug}"
            );
            assert!(
                slug.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()),
                "{slug}"
            );
        }
    }
}
