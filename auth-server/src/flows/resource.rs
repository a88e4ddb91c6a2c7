//! Which resource server a token is for (RFC 8707).

use super::Services;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::request::Params;

/// The resource server of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The `aud`.
    pub url: String,
    /// Whether its tokens carry the user's e-mail address.
    pub first_party: bool,
}

impl Services {
    /// The resource server that a request asks for, else the one registered first. Before any is registered,
    /// tokens are for this server itself.
    pub fn target(&self, params: &Params) -> Result<Target, ProtocolError> {
        let resources = self.clients.resources();
        let mut usable = resources.iter().filter(|resource| !resource.disabled);
        let mut asked = params.all("resource");
        let found = match (asked.next(), asked.next()) {
            (None, _) => usable.next(),
            (Some(url), None) => Some(
                usable
                    .find(|resource| same_resource(&resource.url, url))
                    .ok_or_else(|| invalid_target(url))?,
            ),
            (Some(_), Some(second)) => {
                return Err(
                    invalid_target(second).because("a token is for one resource server: send one resource")
                );
            }
        };
        Ok(found.map_or_else(
            || Target {
                url: self.issuer.to_string(),
                first_party: false,
            },
            |resource| Target {
                url: resource.url.clone(),
                first_party: resource.first_party,
            },
        ))
    }

    /// Refuses a later request for another resource than the one that was granted.
    pub fn check_target(params: &Params, granted: &str) -> Result<(), ProtocolError> {
        params
            .all("resource")
            .find(|asked| !same_resource(granted, asked))
            .map_or(Ok(()), |other| {
                Err(invalid_target(other).because(format!("granted for {granted}")))
            })
    }
}

/// A final slash on an address without path does not make another resource: URL libraries add it unasked.
fn same_resource(registered: &str, asked: &str) -> bool {
    registered.trim_end_matches('/') == asked.trim_end_matches('/')
}

fn invalid_target(asked: &str) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::InvalidTarget,
        "the resource is not one that this application can get tokens for",
    )
    .because(format!("asked for {asked:?}"))
}
