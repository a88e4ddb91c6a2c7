//! The nouns of the authorization server and their states. Nothing here knows HTTP, SQL or Redis.

pub mod api_key;
pub mod application;
pub mod audit;
pub mod clock;
pub mod consent;
pub mod directory;
pub mod event;
pub mod grant;
pub mod policy;
pub mod secret;
pub mod session;
pub mod token;
pub mod user;
