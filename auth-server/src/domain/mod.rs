//! The nouns of the authorization server and their states. Nothing here knows HTTP, SQL or Redis.

pub mod api_key;
pub mod application;
pub mod audit;
pub mod clock;
pub mod consent;
pub mod device;
pub mod directory;
pub mod event;
pub mod finding;
pub mod grant;
pub mod listing;
pub mod mail;
pub mod policy;
pub mod policy_change;
pub mod registration;
pub mod role;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod token;
pub mod totp;
pub mod user;
pub mod webhook;
