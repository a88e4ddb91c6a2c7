//! A contact as clients write it.

use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::attendee::Email;
use crate::domain::change::Change;
use crate::domain::contact::{MAX_NAME, MAX_PHONE, is_phone};
use crate::doors::fields::{self, Members};
use crate::http::error::ApiError;

/// A contact that is to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewContact)]
pub struct NewContactBody {
    /// What people call them.
    #[schema(min_length = 1, max_length = 200, example = "Ann Lee")]
    pub name: String,
    /// Their address; each one is in a book once.
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    /// The user they are, where that is known.
    pub user_id: Option<Uuid>,
    /// Their telephone number.
    #[schema(max_length = 40, example = "+33 1 23 45 67 89")]
    pub phone: Option<String>,
}

/// What is to be changed about a contact; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = ContactChange)]
pub struct ContactChangeBody {
    /// What people call them.
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    pub name: Option<String>,
    /// Their address; each one is in a book once.
    #[schema(format = "email", max_length = 254, nullable = false)]
    pub email: Option<String>,
    /// The user they are; null when that is not known.
    pub user_id: Option<Uuid>,
    /// Their telephone number; null for none.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
}

/// The fields of either.
pub(super) struct ContactInput {
    pub(super) name: Change<String>,
    pub(super) email: Option<Email>,
    pub(super) user_id: Change<Uuid>,
    pub(super) phone: Change<String>,
}

/// Whether the user exists is not looked up: a user's token would learn who else is there.
pub(super) fn read(members: &Members) -> Result<ContactInput, ApiError> {
    let email = members.get("email");
    let phone = fields::line(members, "phone", MAX_PHONE)?;
    if phone.value().is_some_and(|phone| !is_phone(phone)) {
        return Err(ApiError::field("phone", "Enter a valid telephone number."));
    }
    Ok(ContactInput {
        name: fields::line(members, "name", MAX_NAME)?,
        email: email
            .map(|email| fields::email(email.as_str(), "email"))
            .transpose()?,
        user_id: fields::id(members, "user_id")?,
        phone,
    })
}
