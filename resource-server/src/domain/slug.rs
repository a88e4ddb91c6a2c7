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

/// Whether a text has the shape of a slug. What has not is no room's, and no business of the database.
pub fn is_slug(text: &str) -> bool {
    let mut groups = text.split('-');
    GROUPS.iter().all(|length| {
        groups.next().is_some_and(|group| {
            group.len() == *length && group.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    }) && groups.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{generate, is_slug};

    /// S0.51
    #[test]
    fn a_slug_is_three_groups_of_lowercase_letters() {
        for _ in 0..1000 {
            let slug = generate(&mut rand::rng());
            assert!(is_slug(&slug), "{slug}");
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
            assert!(is_slug(&slug), "{slug}");
        }
    }

    #[test]
    fn what_only_resembles_a_slug_is_none() {
        for text in [
            "",
            "abc",
            "abc-defg",
            "abc-defg-hij-",
            "-abc-defg-hij",
            "abc-defg-hij-k",
            "abcd-efg-hij",
            "ABC-defg-hij",
            "ab1-defg-hij",
            "abc_defg_hij",
            "abc-defg-hi\u{e9}",
            "abc-defg-hij\n",
        ] {
            assert!(!is_slug(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_slug() {
        for text in [
            "",
            "abc",
            "abc-defg",
            "abc-defg-hi",
            "abc-defg-hij-",
            "abc-defg-hij-k",
            "ABC-defg-hij",
            "ab1-defg-hij",
            "abc-defg-h\0j",
            "abc_defg_hij",
            "\u{e9}a-defg-hij",
        ] {
            assert!(!is_slug(text), "{text:?}");
        }
    }
}
