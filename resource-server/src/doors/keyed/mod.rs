//! Four tiers, told apart by what a request must show: nothing (`/ext`), an API key (`/public`), a key and a user's
//! token (`/user`, `/pro`). What a tier does not ask for is not looked at, however wrong it is.

pub mod establishment;
pub mod ext;
pub mod feeds;
mod permission;
pub mod public;
pub mod representation;
pub mod user;
