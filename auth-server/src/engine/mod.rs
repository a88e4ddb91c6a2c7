//! The only place that knows oxide-auth. Its sans-IO machines decide the order of each grant's checks; we load
//! the client first, answer the machines' questions from our own stores between two steps, and cover the
//! engine's defects: each has a test of ours.
//!
//! Times: the store has already refused what is expired by our clock, so grants are handed to the machines as
//! never ending.

mod authorization;
mod authorization_header;
mod client_credentials;
mod code_exchange;
mod refresh;

pub use authorization::{AuthorizationFacts, Negotiated, negotiate_authorization};
pub use authorization_header::authorization_header;
pub use client_credentials::negotiate_client_credentials;
pub use code_exchange::{CodeExchange, ExchangeFacts};
pub use refresh::Refreshing;

use chrono::{DateTime, Utc};
use oxide_auth::primitives::scope::Scope;
use token_format::scope::ScopeSet;
use url::Url;

use crate::protocol::error::{ErrorCode, ProtocolError};

/// Stands where the engine wants a redirect URI and the protocol has none.
const NO_REDIRECT_URI: &str = "anteroom:none";

const NEVER: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;

fn to_engine(scope: &ScopeSet) -> Result<Scope, ProtocolError> {
    scope
        .to_string()
        .parse()
        .map_err(|error| engine_refused("scope", &error))
}

fn from_engine(scope: &Scope) -> Result<ScopeSet, ProtocolError> {
    scope
        .to_string()
        .parse()
        .map_err(|error| engine_refused("scope", &error))
}

fn no_redirect_uri() -> Result<Url, ProtocolError> {
    NO_REDIRECT_URI
        .parse()
        .map_err(|error| engine_refused("redirect URI", &error))
}

/// The engine said no to something that our own checks had passed: a defect, never the client's fault.
fn engine_refused(what: &str, error: &dyn std::fmt::Display) -> ProtocolError {
    ProtocolError::new(ErrorCode::ServerError, "the request could not be processed")
        .because(format!("the engine refused the {what}: {error}"))
}
