//! Which resource server a token is for (RFC 8707). This server is one, too: for its own permissions alone, which
//! no other resource server ever sees.

use token_format::catalogue::Owner;
use token_format::scope::ScopeSet;

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
    permissions: Permissions,
}

/// Which permissions mean something to a resource server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Permissions {
    /// This server's own.
    Own,
    /// All but this server's own.
    Others,
    /// No resource server is registered yet: nobody could take one for the other.
    All,
}

impl Services {
    /// The resource server that a request asks for, else the one registered first. Before any is registered,
    /// tokens are for this server itself. The scope goes through [`Self::narrow`].
    pub fn target(&self, params: &Params) -> Result<Target, ProtocolError> {
        let resources = self.clients.resources();
        let mut usable = resources.iter().filter(|resource| !resource.disabled);
        let mut asked = params.all("resource");
        let found = match (asked.next(), asked.next()) {
            (None, _) => usable.next(),
            (Some(url), None) if same_resource(&self.issuer, url) => {
                return Ok(self.itself(Permissions::Own));
            }
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
            || self.itself(Permissions::All),
            |resource| Target {
                url: resource.url.clone(),
                first_party: resource.first_party,
                permissions: Permissions::Others,
            },
        ))
    }

    /// What of a negotiated scope a token for this resource server may carry. To ask for what it may not is an
    /// error; what merely came with the registration is left out.
    pub(super) fn narrow(
        &self,
        target: &Target,
        requested: Option<&ScopeSet>,
        negotiated: &ScopeSet,
    ) -> Result<ScopeSet, ProtocolError> {
        let admitted = |value: &str| match target.permissions {
            Permissions::Own => self.is_own(value),
            Permissions::Others => !self.is_own(value),
            Permissions::All => true,
        };
        if let Some(foreign) = requested.and_then(|asked| asked.iter().find(|value| !admitted(value))) {
            return Err(ProtocolError::new(
                ErrorCode::InvalidScope,
                format!("the scope {foreign} means nothing to the resource {}", target.url),
            ));
        }
        let narrowed: ScopeSet = negotiated.iter().filter(|value| admitted(value)).collect();
        if narrowed.is_empty() && target.permissions == Permissions::Own {
            return Err(
                invalid_target(&target.url).because("it is registered for no permission of this server")
            );
        }
        Ok(narrowed)
    }

    /// Whether a permission is for this server itself, as `scim:read` is; what a general permission implies is,
    /// when that is.
    fn is_own(&self, scope: &str) -> bool {
        let general = scope.split(':').next().unwrap_or_default();
        [scope, general]
            .into_iter()
            .find_map(|name| self.catalogue.find(name))
            .is_some_and(|permission| permission.of == Owner::Server)
    }

    fn itself(&self, permissions: Permissions) -> Target {
        Target {
            url: self.issuer.to_string(),
            first_party: false,
            permissions,
        }
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
