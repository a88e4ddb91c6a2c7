//! What a user proves an identity with beyond the password.

use uuid::Uuid;

use super::session::Amr;

/// Recovery codes that a user has at first.
pub const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 80 bits.
const CODE_CHARACTERS: usize = 16;
/// Characters between two hyphens.
const GROUP: usize = 4;
/// Thirty-two characters that nobody takes for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Longest name of a passkey, in characters.
pub const MAX_PASSKEY_NAME: usize = 60;

/// Passkeys that a user may have.
pub const MAX_PASSKEYS: usize = 20;

/// The authenticator app of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totp {
    /// When it was set up, seconds since the Unix epoch.
    pub created_at: i64,
    /// When a code was last taken, seconds since the Unix epoch.
    pub last_used_at: Option<i64>,
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyView {
    /// Our id of it.
    pub id: Uuid,
    /// What the owner calls it.
    pub name: String,
    /// When it was added, seconds since the Unix epoch.
    pub created_at: i64,
    /// When it was last used, seconds since the Unix epoch.
    pub last_used_at: Option<i64>,
}

/// Everything that a user has beyond the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// The authenticator app.
    pub totp: Option<Totp>,
    /// Passkeys, the oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// Recovery codes that are left.
    pub recovery_codes: usize,
}

impl SecondFactors {
    /// Whether the password alone is not enough.
    pub fn any(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }
}

/// What is left of a sign-in after the right password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// Nothing.
    Nothing,
    /// The user proves a second factor.
    Prove,
    /// The user must have a second factor, and sets one up.
    SetUp,
}

/// How a second factor was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A code of the authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode,
    /// A passkey that lives on one device.
    DevicePasskey,
    /// A passkey that travels between devices.
    SyncedPasskey,
}

impl Proof {
    /// By a passkey.
    pub const fn of_passkey(synced: bool) -> Self {
        if synced {
            Self::SyncedPasskey
        } else {
            Self::DevicePasskey
        }
    }

    /// Its name in tokens (RFC 8176 2).
    pub const fn amr(self) -> Amr {
        match self {
            Self::Totp | Self::RecoveryCode => Amr::Otp,
            Self::DevicePasskey => Amr::Hwk,
            Self::SyncedPasskey => Amr::Swk,
        }
    }

    /// Its name in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "authenticator app",
            Self::RecoveryCode => "recovery code",
            Self::DevicePasskey | Self::SyncedPasskey => "passkey",
        }
    }
}

/// A new recovery code, in groups that are easy to copy.
pub fn new_recovery_code() -> String {
    let random: [u8; CODE_CHARACTERS] = rand::random();
    let mut code = String::new();
    for (place, byte) in random.iter().enumerate() {
        if place > 0 && place % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    code
}

/// The characters of a recovery code that somebody typed; none when it cannot be one.
pub fn recovery_code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let known = code.bytes().all(|byte| ALPHABET.contains(&byte));
    (code.len() == CODE_CHARACTERS && known).then_some(code)
}

/// Says what is wrong with the name of a passkey.
pub fn check_passkey_name(name: &str) -> Result<&str, &'static str> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > MAX_PASSKEY_NAME {
        return Err("a passkey's name has 1 to 60 characters and no control characters");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::{new_recovery_code, recovery_code};

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let code = new_recovery_code();
        assert_eq!(code.len(), 19);
        let plain = code.replace('-', "");
        let spaced = format!(" {} ", code.to_uppercase().replace('-', " "));
        for typed in [&code, &plain, &spaced] {
            assert_eq!(recovery_code(typed).as_ref(), Some(&plain));
        }
        for junk in [
            "",
            "123456",
            &plain[1..],
            &format!("{plain}a"),
            &plain.replace(&plain[..1], "0"),
        ] {
            assert_eq!(recovery_code(junk), None, "{junk}");
        }
        assert_ne!(code, new_recovery_code());
    }
}
