//! Address books.

use uuid::Uuid;

use super::attendee::Email;

/// The most contacts in one address book.
pub const MAX_CONTACTS: i64 = 5000;
/// The longest name of a contact, in characters.
pub const MAX_NAME: usize = 200;
/// The longest telephone number, in characters.
pub const MAX_PHONE: usize = 40;

/// Somebody in a user's address book.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// Names the contact in the API.
    pub id: Uuid,
    /// What people call them.
    pub name: String,
    /// Their address; each one is in a book once.
    pub email: Email,
    /// The user they are, where that is known.
    pub user_id: Option<Uuid>,
    /// Their telephone number, as it was written.
    pub phone: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
}

/// Whether the text can be a telephone number: digits with a `+` before and what people write between.
pub fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.chars().any(|c| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || " -./()#*,".contains(c))
}

#[cfg(test)]
mod tests {
    use super::is_phone;

    #[test]
    fn telephone_numbers_are_told_from_other_texts() {
        for text in ["+33 1 23 45 67 89", "(020) 7946-0018", "112", "5551234,,42#"] {
            assert!(is_phone(text), "{text}");
        }
        for text in ["", "+", "- -", "call me", "12a", "1+2", "12\n3", "١٢٣"] {
            assert!(!is_phone(text), "{text}");
        }
    }
}
