//! Which scope a request gets (RFC 6749 3.3).

use token_format::scope::ScopeSet;

use super::error::{ErrorCode, ProtocolError};
use crate::domain::application::Application;

/// Reads a scope parameter.
pub fn parse(value: &str) -> Result<ScopeSet, ProtocolError> {
    value.parse().map_err(|error| {
        ProtocolError::new(
            ErrorCode::InvalidScope,
            "the scope has a character that scopes cannot have",
        )
        .because(error)
    })
}

/// The scope that an application's request is about: what it asks for, or all it has registered, and always
/// what its policy makes mandatory. Asking for more than is registered is an error, never a silent cut.
pub fn negotiate(requested: Option<&ScopeSet>, application: &Application) -> Result<ScopeSet, ProtocolError> {
    let mandatory = &application.policy.mandatory_scope;
    let Some(requested) = requested else {
        return Ok(application.scope.union(mandatory));
    };
    let refused = requested
        .iter()
        .find(|scope| !application.scope.covers(scope) && !mandatory.contains(scope));
    match refused {
        Some(scope) => Err(ProtocolError::new(
            ErrorCode::InvalidScope,
            format!("the scope {scope} is not among those this application may ask for"),
        )
        .because(format!("registered: {}", application.scope))),
        None => Ok(requested.union(mandatory)),
    }
}
