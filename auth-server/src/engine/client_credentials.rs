//! Drives the client-credentials machine (RFC 6749 4.4). Its refresh token is never asked for, and a scope that
//! is not allowed is a 400 instead of the engine's 500.

use std::borrow::Cow;

use oxide_auth::code_grant::client_credentials::{ClientCredentials, Input, Output, Request};
use oxide_auth::primitives::grant::Extensions;
use oxide_auth::primitives::registrar::{BoundClient, PreGrant, RegisteredUrl};
use token_format::scope::ScopeSet;

use super::{engine_refused, from_engine, no_redirect_uri, to_engine};
use crate::domain::application::Application;
use crate::domain::policy::GrantType;
use crate::protocol::error::ProtocolError;
use crate::protocol::scope;

struct Facts<'a> {
    application: &'a Application,
    requested_scope: Option<&'a ScopeSet>,
}

impl Request for Facts<'_> {
    fn valid(&self) -> bool {
        true
    }

    /// The client was authenticated before; the machine is told who it is.
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(&self.application.client_id), Cow::Borrowed(&[])))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.requested_scope.map(|scope| Cow::Owned(scope.to_string()))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(GrantType::ClientCredentials.as_str()))
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// The scope that an authenticated application gets on its own behalf.
pub fn negotiate_client_credentials(
    application: &Application,
    requested_scope: Option<&ScopeSet>,
) -> Result<ScopeSet, ProtocolError> {
    let facts = Facts {
        application,
        requested_scope,
    };
    let mut machine = ClientCredentials::new(&facts);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Binding { client_id } => Input::Bound {
                bound_client: BoundClient {
                    client_id: Cow::Owned(client_id.to_owned()),
                    redirect_uri: Cow::Owned(RegisteredUrl::Semantic(no_redirect_uri()?)),
                },
            },
            Output::Extend => Input::Extended {
                extensions: Extensions::new(),
            },
            Output::Negotiate { bound_client, .. } => {
                let scope = scope::negotiate(requested_scope, application)?;
                Input::Negotiated {
                    pre_grant: PreGrant {
                        client_id: bound_client.client_id.clone().into_owned(),
                        redirect_uri: bound_client.redirect_uri.clone().into_owned(),
                        scope: to_engine(&scope)?,
                    },
                }
            }
            Output::Ok { pre_grant, .. } => return from_engine(&pre_grant.scope),
            Output::Err(_) => return Err(engine_refused("client credentials", &"unexpectedly")),
        }
    }
}
