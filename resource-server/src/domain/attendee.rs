//! The e-mail address of somebody who is invited to a room.

use std::fmt;

/// An address in lower case: addresses that differ in case alone are the same person.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Email(String);

impl Email {
    /// Takes `local@domain` with a dot-separated domain. Refuses what no mail system delivers:
    /// white space, control characters, a second `@`, more than 254 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || "@,;<>()[]\\\"".contains(c);
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let fits = text.len() <= 254 && (1..=64).contains(&local.len());
        let dots = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
        (fits && dots && !local.contains(forbidden) && domain.contains('.') && domain.split('.').all(label))
            .then(|| Self(text.to_lowercase()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why somebody is not invited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InvitationRefusal {
    /// They are already.
    AlreadyThere,
    /// The room has as many invitations as it may.
    Full,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::Email;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(
            Email::parse(" Ann.Lee+x@Example.ORG ").unwrap().as_str(),
            "ann.lee+x@example.org"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "@",
            "ann",
            "ann@",
            "@example.org",
            "ann@localhost",
            "a b@example.org",
            "ann@exa mple.org",
            "ann@@example.org",
            "ann@-example.org",
            "ann@example..org",
            ".ann@example.org",
            "a..b@example.org",
            "ann\0@example.org",
            "ann@example.org\nbob@example.org",
            "<ann@example.org>",
        ] {
            assert_eq!(Email::parse(text), None, "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@example.org", "a".repeat(65))), None);
    }
}
