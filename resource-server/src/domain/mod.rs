//! The nouns of the service and their rules. Knows no HTTP, no SQL and no token format.

pub mod access;
pub mod attendee;
pub mod clock;
pub mod page;
pub mod pin;
pub mod principal;
pub mod room;
pub mod session;
pub mod slug;
