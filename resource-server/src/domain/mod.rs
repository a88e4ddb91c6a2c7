//! The nouns of the service and their rules. Knows no HTTP, no SQL and no token format.

pub mod access;
pub mod actor;
pub mod attendee;
pub mod avatar;
pub mod call;
pub mod change;
pub mod clock;
pub mod contact;
pub mod directory;
pub mod establishment;
pub mod id;
pub mod page;
pub mod pin;
pub mod principal;
pub mod record;
pub mod room;
pub mod session;
pub mod slug;
pub mod template;
