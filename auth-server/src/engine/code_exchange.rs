//! Drives the code-exchange machine (RFC 6749 4.1.3) around one question to the token store.

use std::borrow::Cow;
use std::mem;

use oxide_auth::code_grant::accesstoken::{AccessToken, Authorization, Error, Input, Output, Request};
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::{Extensions, Grant as EngineGrant, Value};

use super::{NEVER, engine_refused, no_redirect_uri, to_engine};
use crate::domain::policy::{GrantType, RedirectAtExchange};
use crate::domain::token::CodeRecord;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::pkce::is_verifier;

/// What the client sent, its authentication done.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeFacts<'a> {
    /// The authenticated application.
    pub client_id: &'a str,
    /// The code.
    pub code: &'a str,
    /// The redirect URI, if sent.
    pub redirect_uri: Option<&'a str>,
    /// The PKCE verifier, if sent.
    pub code_verifier: Option<&'a str>,
    /// Whether the redirect URI must be repeated.
    pub redirect_rule: RedirectAtExchange,
}

impl Request for ExchangeFacts<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.code))
    }

    fn authorization(&self) -> Authorization<'_> {
        Authorization::Username(Cow::Borrowed(self.client_id))
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The engine insists on one and compares it parsed; ours is compared byte for byte in `redirect_matches`.
    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(super::NO_REDIRECT_URI))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(GrantType::AuthorizationCode.as_str()))
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// A code exchange that waits for the store's answer.
pub struct CodeExchange {
    machine: AccessToken,
}

impl CodeExchange {
    /// Starts the machine, up to its question for the code.
    pub fn begin(facts: &ExchangeFacts<'_>) -> Result<Self, ProtocolError> {
        if facts.code_verifier.is_some_and(|verifier| !is_verifier(verifier)) {
            return Err(ProtocolError::new(
                ErrorCode::InvalidGrant,
                "code_verifier must be 43 to 128 unreserved characters (RFC 7636 4.1)",
            ));
        }
        let mut machine = AccessToken::new(facts);
        match machine.advance(Input::None) {
            Output::Authenticate { .. } => {}
            _ => return Err(engine_refused("code exchange", &"no question for the client")),
        }
        match machine.advance(Input::Authenticated) {
            Output::Recover { .. } => Ok(Self { machine }),
            _ => Err(engine_refused("code exchange", &"no question for the code")),
        }
    }

    /// Answers the machine with what the store had, and lets it check client, redirect URI and PKCE. On an error
    /// the code is burnt, and the caller revokes the family that was opened for it.
    pub fn complete(mut self, facts: &ExchangeFacts<'_>, record: &CodeRecord) -> Result<(), ProtocolError> {
        let invalid = |text: &'static str| ProtocolError::new(ErrorCode::InvalidGrant, text);
        if !redirect_matches(facts, record) {
            return Err(
                invalid("redirect_uri is not the one of the authorization request").because(format!(
                    "sent {:?}, authorized {:?}",
                    facts.redirect_uri, record.binding.redirect_uri
                )),
            );
        }
        let mut extensions = Extensions::new();
        if let Some(challenge) = &record.binding.pkce {
            extensions.set(&Pkce::required(), Value::private(Some(challenge.clone())));
        }
        let grant = EngineGrant {
            owner_id: record.grant.user_id.map(|id| id.to_string()).unwrap_or_default(),
            client_id: record.grant.client_id.clone(),
            scope: to_engine(&record.grant.scope)?,
            redirect_uri: no_redirect_uri()?,
            until: NEVER,
            extensions,
        };
        let mut output = self.machine.advance(Input::Recovered(Some(Box::new(grant))));
        if let Output::Extend { extensions } = &mut output {
            let challenge = extensions.remove(&Pkce::required());
            if challenge.is_none() && facts.code_verifier.is_some() {
                // RFC 9700 4.8.2: else an attacker could strip the challenge from the authorization request.
                return Err(invalid(
                    "code_verifier was sent, but the authorization request had no code_challenge",
                ));
            }
            Pkce::optional()
                .verify(challenge, facts.code_verifier.map(Cow::Borrowed))
                .map_err(|()| invalid("code_verifier does not match the code_challenge"))?;
            let access_extensions = mem::take(*extensions);
            output = self.machine.advance(Input::Extended { access_extensions });
        }
        match output {
            Output::Issue { .. } => Ok(()),
            Output::Err(error) if matches!(*error, Error::Invalid(_)) => {
                Err(invalid("the code was issued to another application"))
            }
            _ => Err(engine_refused("code exchange", &"unexpectedly")),
        }
    }
}

/// RFC 6749 4.1.3: what the authorization request named, the exchange must repeat, byte for byte; S4.49 and S4.50
/// let it be left out but not differ.
fn redirect_matches(facts: &ExchangeFacts<'_>, record: &CodeRecord) -> bool {
    match facts.redirect_uri {
        Some(sent) => sent == record.binding.redirect_uri,
        None => facts.redirect_rule == RedirectAtExchange::Optional || !record.binding.redirect_uri_was_sent,
    }
}
