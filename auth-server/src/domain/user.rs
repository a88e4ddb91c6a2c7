//! People.

use url::Host;
use uuid::Uuid;

/// A person with an account.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "roles are independent of each other"
)]
pub struct User {
    /// A UUIDv7; `sub` of the tokens that are about this user.
    pub id: Uuid,
    /// Lower case; what the user signs in with.
    pub email: String,
    /// Shown on pages.
    pub name: String,
    /// Argon2id, in PHC format; none for a user who cannot sign in with a password.
    pub password_hash: Option<String>,
    /// May administer the server.
    pub is_admin: bool,
    /// May register applications (S4.3).
    pub is_developer: bool,
    /// May review applications.
    pub is_reviewer: bool,
    /// May look at everything, and change nothing.
    pub is_auditor: bool,
    /// Language of pages and messages; none: the browser's.
    pub language: Option<String>,
    /// Blocked by an administrator (S3.6).
    pub disabled: bool,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
}

impl User {
    /// Whether the user administers, reviews or audits: whoever could set the password would, too.
    pub const fn is_staff(&self) -> bool {
        self.is_admin || self.is_reviewer || self.is_auditor
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// Brings an e-mail address into the form it is stored and compared in, or says why it is none: lower case, with the
/// domain as the DNS has it, so that an address has one form.
pub fn normalize_email(address: &str) -> Result<String, &'static str> {
    const NONE: &str = "this is not an e-mail address";
    let Some((local, domain)) = address.trim().rsplit_once('@') else {
        return Err("an e-mail address has an @");
    };
    let domain = normalize_domain(domain).map_err(|_| NONE)?;
    let address = format!("{}@{domain}", local.to_lowercase());
    if is_local_part(local) && address.len() <= 254 {
        Ok(address)
    } else {
        Err(NONE)
    }
}

/// What may stand before the @ (RFC 5321 `Dot-string`, RFC 6531 with letters of every script). Quoted forms are not
/// read: nobody has them, and every other program reads them differently.
fn is_local_part(local: &str) -> bool {
    let atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    local.len() <= 64 && local.split('.').all(atom)
}

/// Brings the domain of an e-mail address into the form it is compared in (lower case, IDNA), or says why it is none.
pub fn normalize_domain(name: &str) -> Result<String, &'static str> {
    const NONE: &str = "this is not a domain name such as example.com";
    // The parser is one for addresses of the web: it would decode percent signs.
    if name
        .chars()
        .any(|c| c.is_ascii() && !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
    {
        return Err("a domain name has letters, digits, hyphens and dots alone");
    }
    let Ok(Host::Domain(domain)) = Host::parse(name) else {
        return Err(NONE);
    };
    let label =
        |label: &str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    if domain.len() <= 253 && domain.split('.').all(label) {
        Ok(domain)
    } else {
        Err(NONE)
    }
}

/// The name of a user who was given none: what stands before the @.
pub fn default_name(email: &str) -> String {
    email
        .rsplit_once('@')
        .map_or(email, |(local, _)| local)
        .to_owned()
}

/// Longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 200;
/// Shortest password, in characters.
const MIN_PASSWORD_CHARACTERS: usize = 8;
/// Longest password that is hashed, in bytes: longer ones are wrong without more work.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Says what is wrong with a name that is shown on pages.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let is_seen = |c: char| !c.is_whitespace() && !is_joiner(c);
    let is_hidden = |c: char| c.is_control() || is_invisible(c);
    if !name.chars().any(is_seen) || name.chars().any(is_hidden) || name.len() > MAX_NAME_BYTES {
        return Err("a name has 1 to 200 characters, without control characters and invisible ones");
    }
    Ok(())
}

/// Joins letters, or keeps them apart: scripts and emoji need both.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Whether a character turns the direction of what follows, breaks lines, or is not seen at all: with it a name looks
/// like another one, or changes the text around it.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
    )
}

/// Says what is wrong with a password that somebody chooses.
pub fn check_new_password(password: &str) -> Result<(), &'static str> {
    if password.chars().count() < MIN_PASSWORD_CHARACTERS {
        return Err("a password has at least 8 characters");
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err("a password has at most 1024 bytes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_name, normalize_domain, normalize_email};

    /// What is shown of a name is what it is; scripts and emoji that need joiners have them.
    #[test]
    fn names() {
        for good in ["Zoë", "گل‌ها", "👩‍💻", "नमस्ते", "a b"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for hidden in [
            "\u{ad}", "\u{61c}", "\u{180e}", "\u{200b}", "\u{200e}", "\u{200f}", "\u{2028}", "\u{202a}",
            "\u{202e}", "\u{2060}", "\u{2066}", "\u{2069}", "\u{feff}", "\u{fffa}", "\n", "\0",
        ] {
            assert!(check_name(&format!("Cal{hidden}endar")).is_err(), "{hidden:?}");
        }
        for nothing in ["", " ", "\u{200d}", "\u{200c} "] {
            assert!(check_name(nothing).is_err(), "{nothing:?}");
        }
    }

    /// S1.10, S1.31: one form for each address; what is none is refused.
    #[test]
    fn addresses() {
        for (address, normal) in [
            ("user@example.com", "user@example.com"),
            (" User.Name+tag@Example.COM\n", "user.name+tag@example.com"),
            ("a@localhost", "a@localhost"),
            ("andr\u{e9}@example.com", "andr\u{e9}@example.com"),
            ("u@B\u{dc}cher.example", "u@xn--bcher-kva.example"),
            ("u@xn--bcher-kva.example", "u@xn--bcher-kva.example"),
            ("u@\u{ff45}xample.com", "u@example.com"),
        ] {
            assert_eq!(normalize_email(address).as_deref(), Ok(normal), "{address:?}");
        }
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_domain = format!("a@{}com", "a.".repeat(126));
        for address in [
            "",
            "@",
            "user",
            "@example.com",
            "user@",
            "a@b@example.com",
            "us er@example.com",
            "user@exa mple.com",
            "user@example..com",
            "user@.example.com",
            "user@example.com.",
            "user@-example.com",
            "user@exam_ple.com",
            "user@example.com,eve@evil.example",
            "user@[127.0.0.1]",
            "user@127.0.0.1",
            "user@ex%61mple.com",
            "user@example.com/x",
            "<user@example.com>",
            "User <user@example.com>",
            "\"user\"@example.com",
            ".user@example.com",
            "us..er@example.com",
            "user\0@example.com",
            "user\r\nbcc:x@example.com",
            "us\u{200b}er@example.com",
            long_local.as_str(),
            long_domain.as_str(),
        ] {
            assert!(normalize_email(address).is_err(), "{address:?}");
        }
    }

    /// S1.11: the same for the domains an application may act in.
    #[test]
    fn domains() {
        for (name, normal) in [
            ("example.com", "example.com"),
            ("Example.COM", "example.com"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(normalize_domain(name).as_deref(), Ok(normal));
        }
        for name in [
            "",
            ".",
            "@example.com",
            "*.example.com",
            ".example.com",
            "example.com.",
            "a b",
            "10.0.0.1",
            "0x7f.1",
            "[::1]",
            "https://example.com",
            "example.com:25",
            "ex%61mple.com",
            "xn--a",
            "a,b",
        ] {
            assert!(normalize_domain(name).is_err(), "{name:?}");
        }
    }
}
