//! Drives the refresh machine (RFC 6749 6). The client was authenticated before, public ones included: the
//! machine itself would take another public client's id, and ignores a secret in the body.

use std::borrow::Cow;

use oxide_auth::code_grant::refresh::{Error, Input, Output, Refresh, Request};
use oxide_auth::primitives::grant::{Extensions, Grant as EngineGrant};
use token_format::scope::ScopeSet;

use super::{NEVER, engine_refused, from_engine, no_redirect_uri, to_engine};
use crate::domain::grant::Grant;
use crate::domain::policy::GrantType;
use crate::protocol::error::{ErrorCode, ProtocolError};

struct Facts<'a> {
    client_id: &'a str,
    token: &'a str,
}

impl Request for Facts<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.token))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(GrantType::RefreshToken.as_str()))
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(self.client_id), Cow::Borrowed(&[])))
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// A refresh that waits for the store's answer.
#[derive(Debug)]
pub struct Refreshing {
    machine: Refresh,
}

impl Refreshing {
    /// Starts the machine, up to its question for the grant.
    pub fn begin(client_id: &str, token: &str) -> Result<Self, ProtocolError> {
        let mut machine = Refresh::new(&Facts { client_id, token });
        match machine.advance(Input::None) {
            Output::Unauthenticated { .. } => {}
            _ => return Err(engine_refused("refresh", &"no question for the client")),
        }
        match machine.advance(Input::Authenticated { scope: None }) {
            Output::RecoverRefresh { .. } => Ok(Self { machine }),
            _ => Err(engine_refused("refresh", &"no question for the grant")),
        }
    }

    /// Answers the machine with the grant, and lets it check client and scope. Returns the access token's
    /// scope: the one asked for, or the whole of the grant's. The grant itself stays as wide as it was.
    pub fn complete(
        mut self,
        grant: &Grant,
        requested: Option<&ScopeSet>,
    ) -> Result<ScopeSet, ProtocolError> {
        // The engine knows no implication: what the grant covers is spelled out for it.
        let covered = requested.map(|scope| {
            scope
                .iter()
                .filter(|name| grant.scope.covers(name))
                .collect::<ScopeSet>()
        });
        let grantable = covered.map_or_else(|| grant.scope.clone(), |covered| grant.scope.union(&covered));
        let engine_grant = EngineGrant {
            owner_id: grant.user_id.map(|id| id.to_string()).unwrap_or_default(),
            client_id: grant.client_id.clone(),
            scope: to_engine(&grantable)?,
            redirect_uri: no_redirect_uri()?,
            until: NEVER,
            extensions: Extensions::new(),
        };
        let requested = requested.map(|scope| Cow::Owned(scope.to_string()));
        match self.machine.advance(Input::Recovered {
            scope: requested,
            grant: Some(Box::new(engine_grant)),
        }) {
            Output::Refresh { grant, .. } => from_engine(&grant.scope),
            Output::Err(Error::Invalid(mut description)) => Err(match description.description().kind() {
                oxide_auth::code_grant::error::AccessTokenErrorType::InvalidScope => ProtocolError::new(
                    ErrorCode::InvalidScope,
                    "the scope asked for is wider than what was granted",
                ),
                _ => ProtocolError::new(
                    ErrorCode::InvalidGrant,
                    "the refresh token was issued to another application",
                ),
            }),
            _ => Err(engine_refused("refresh", &"unexpectedly")),
        }
    }
}
