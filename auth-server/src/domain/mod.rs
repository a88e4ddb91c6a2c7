//! The nouns of the authorization server and their states. Nothing here knows HTTP, SQL or Redis.

pub mod clock;
pub mod event;
pub mod grant;
pub mod secret;
pub mod session;
pub mod token;
