//! People.

use uuid::Uuid;

/// A person with an account.
#[derive(Clone, PartialEq, Eq)]
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
    /// Blocked by an administrator (S3.6).
    pub disabled: bool,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// Brings an e-mail address into the form it is stored and compared in, or says why it is none.
pub fn normalize_email(address: &str) -> Result<String, &'static str> {
    let address = address.trim();
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Err("an e-mail address has an @");
    };
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    if address.len() > 254 || !plain(local) || !plain(domain) || local.contains('@') {
        return Err("this is not an e-mail address");
    }
    Ok(address.to_lowercase())
}

/// Longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 200;
/// Shortest password, in characters.
const MIN_PASSWORD_CHARACTERS: usize = 8;
/// Longest password that is hashed, in bytes: longer ones are wrong without more work.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Says what is wrong with a name that is shown on pages.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() || name.chars().any(char::is_control) || name.len() > MAX_NAME_BYTES {
        return Err("a name has 1 to 200 characters and no control characters");
    }
    Ok(())
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

/// The name of a user who was given none: what stands before the @.
pub fn default_name(email: &str) -> String {
    let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
    local
        .char_indices()
        .take_while(|(at, character)| at + character.len_utf8() <= MAX_NAME_BYTES)
        .map(|(_, character)| character)
        .collect()
}
