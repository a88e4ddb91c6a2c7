//! Requests that this server sends to addresses other people chose: pages and logos of applications, receivers of
//! webhooks. None of them reaches the operator's own network (server-side request forgery).

mod addresses;
mod client;
mod error;
mod names;

pub use addresses::{Refused, Rules};
pub use client::{Answer, Body, Outbound, Schemes};
pub use error::OutboundError;
pub use reqwest::header;

pub use names::{Lookup, Resolved, system_lookup};
