//! Drives the authorization machine (RFC 6749 4.1.1) on a snapshot of the client.

use std::borrow::Cow;

use oxide_auth::code_grant::authorization::{Authorization, Input, Output, Request};
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::Extensions;
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, PreGrant, RegisteredUrl};
use token_format::scope::ScopeSet;

use super::{engine_refused, from_engine, to_engine};
use crate::domain::application::Application;
use crate::domain::policy::PkceRule;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::pkce::is_challenge;
use crate::protocol::redirect::RedirectTarget;
use crate::protocol::request::Params;
use crate::protocol::scope;

/// What the machine looks at: parameters already read strictly, and the redirect URI already matched.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationFacts<'a> {
    /// The request.
    pub params: &'a Params,
    /// The application it names.
    pub application: &'a Application,
    /// Where the answer goes.
    pub target: &'a RedirectTarget,
    /// The scope it asks for.
    pub requested_scope: Option<&'a ScopeSet>,
}

impl Request for AuthorizationFacts<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.application.client_id))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.requested_scope.map(|scope| Cow::Owned(scope.to_string()))
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.target.uri()))
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        self.params.get("state").map(Cow::Borrowed)
    }

    fn response_type(&self) -> Option<Cow<'_, str>> {
        self.params.get("response_type").map(Cow::Borrowed)
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        self.params.get(key).map(Cow::Borrowed)
    }
}

/// What came out of the negotiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The scope the request is about.
    pub scope: ScopeSet,
    /// The PKCE challenge as the engine encodes it, to be kept with the code.
    pub pkce: Option<String>,
}

/// Checks response type, PKCE and scope of an authorization request whose client and redirect URI are known to
/// be good.
pub fn negotiate_authorization(facts: &AuthorizationFacts<'_>) -> Result<Negotiated, ProtocolError> {
    match facts.params.get("response_type") {
        Some("code") => {}
        None => {
            return Err(ProtocolError::new(
                ErrorCode::InvalidRequest,
                "response_type is missing",
            ));
        }
        Some(other) => {
            return Err(ProtocolError::new(
                ErrorCode::UnsupportedResponseType,
                "the one response_type here is code",
            )
            .because(format!("asked for {other:?}")));
        }
    }
    let mut machine = Authorization::new(facts);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Bind {
                client_id,
                redirect_uri,
            } => {
                let redirect_uri: ExactUrl =
                    redirect_uri.ok_or_else(|| engine_refused("redirect URI", &"it was not read"))?;
                let bound_client = BoundClient {
                    client_id: Cow::Owned(client_id),
                    redirect_uri: Cow::Owned(RegisteredUrl::Exact(redirect_uri)),
                };
                Input::Bound {
                    request: facts,
                    bound_client,
                }
            }
            Output::Extend => {
                let mut extensions = Extensions::new();
                if let Some(challenge) = challenge(facts)? {
                    extensions.set(&Pkce::required(), challenge);
                }
                Input::Extended(extensions)
            }
            Output::Negotiate { bound_client, .. } => {
                let scope = scope::negotiate(facts.requested_scope, facts.application)?;
                let pre_grant = PreGrant {
                    client_id: bound_client.client_id.clone().into_owned(),
                    redirect_uri: bound_client.redirect_uri.clone().into_owned(),
                    scope: to_engine(&scope)?,
                };
                Input::Negotiated {
                    pre_grant,
                    state: None,
                }
            }
            Output::Ok {
                pre_grant,
                mut extensions,
                ..
            } => {
                let pkce = extensions
                    .remove(&Pkce::required())
                    .and_then(|value| value.into_private_value().ok());
                return Ok(Negotiated {
                    scope: from_engine(&pre_grant.scope)?,
                    pkce: pkce.flatten(),
                });
            }
            Output::Err(_) => return Err(engine_refused("authorization request", &"unexpectedly")),
        }
    }
}

/// The PKCE challenge: S256 alone, of the right shape, and present where the policy or the client's kind
/// demands it (RFC 9700 2.1.1).
fn challenge(
    facts: &AuthorizationFacts<'_>,
) -> Result<Option<oxide_auth::primitives::grant::Value>, ProtocolError> {
    let invalid = |text: &'static str| ProtocolError::new(ErrorCode::InvalidRequest, text);
    let challenge = facts.params.get("code_challenge");
    let method = facts.params.get("code_challenge_method");
    let required = facts.application.is_public() || facts.application.policy.pkce == PkceRule::Required;
    match (challenge, method) {
        (None, None) if !required => return Ok(None),
        (None, None) => {
            return Err(invalid(
                "code_challenge is missing: this application must use PKCE (RFC 7636)",
            ));
        }
        (None, Some(_)) => return Err(invalid("code_challenge_method came without a code_challenge")),
        (Some(challenge), Some("S256")) if is_challenge(challenge) => {}
        (Some(_), Some("S256")) => {
            return Err(invalid(
                "code_challenge must be 43 base64url characters (RFC 7636 4.2)",
            ));
        }
        (Some(_), _) => return Err(invalid("code_challenge_method must be S256")),
    }
    Pkce::required()
        .challenge(method.map(Cow::Borrowed), challenge.map(Cow::Borrowed))
        .map_err(|()| invalid("the PKCE challenge is not usable"))
}
