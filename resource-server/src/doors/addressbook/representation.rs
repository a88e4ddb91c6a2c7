//! A contact as `/api/v3` writes it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::contact::Contact;
use crate::doors::conferences::representation::rfc3339;

/// Somebody in an address book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactBody {
    /// Names the contact in this API.
    id: Uuid,
    /// What people call them.
    #[schema(example = "Ann Lee")]
    name: String,
    /// Their address, in lower case.
    #[schema(format = "email")]
    email: String,
    /// The user they are, where that is known.
    #[schema(required)]
    user_id: Option<Uuid>,
    /// Their telephone number.
    #[schema(required, example = "+33 1 23 45 67 89")]
    phone: Option<String>,
    /// When the contact was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was changed last.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Contact> for ContactBody {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.id,
            name: contact.name,
            email: contact.email.to_string(),
            user_id: contact.user_id,
            phone: contact.phone,
            created_at: rfc3339(contact.created_at),
            updated_at: rfc3339(contact.updated_at),
        }
    }
}
