//! oxide-auth's resource guard, driven step by step. Nothing else in this server names the crate.
//!
//! What it does not do right is done around it: a header it cannot read counts as no token there and
//! is refused before; an unknown token never reaches it; its `WWW-Authenticate` is not used; which of
//! its errors means which status is decided here.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use oxide_auth::code_grant::resource::{Error, ErrorCode, Input, Output, Request, Resource};
use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth_axum::OAuthResource;
use url::Url;

use super::permission::Required;
use crate::verification::VerifiedToken;

/// The machine wants the redirect URI of a grant and never looks at it.
static NO_REDIRECT: LazyLock<Option<Url>> = LazyLock::new(|| Url::parse("urn:none").ok());

/// What the machine says no to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Denial {
    /// No `Authorization` header.
    NoToken,
    /// Another scheme, or no token after the word Bearer.
    NotBearer,
    /// The token is over.
    Expired,
    /// The token does not permit this.
    InsufficientScope,
    /// The machine was driven wrongly, or a scope is not one.
    Defect,
}

struct Presented<'a>(&'a OAuthResource);

impl Request for Presented<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn token(&self) -> Option<Cow<'_, str>> {
        self.0.authorization_header().map(Cow::Borrowed)
    }
}

/// A guard that has read the request and waits for the grant behind its token.
pub(super) struct Guard {
    machine: Resource,
    token: String,
}

impl Guard {
    /// Takes the token out of the request, for a route that asks for `required`.
    pub(super) fn read(request: &OAuthResource, required: &Required) -> Result<Self, Denial> {
        let mut machine = Resource::new();
        match machine.advance(Input::Request {
            request: &Presented(request),
        }) {
            Output::DetermineScopes => {}
            Output::Err(Error::NoAuthentication { .. }) => return Err(Denial::NoToken),
            Output::Err(Error::InvalidRequest { .. }) => return Err(Denial::NotBearer),
            _ => return Err(Denial::Defect),
        }
        let token = match machine.advance(Input::Scopes(&required.alternatives)) {
            Output::Recover { token } => token.trim_start_matches(' ').to_owned(),
            _ => return Err(Denial::Defect),
        };
        Ok(Self { machine, token })
    }

    /// The token as it was presented.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Lets the machine decide on the checked token.
    pub(super) fn decide(mut self, token: &VerifiedToken) -> Result<(), Denial> {
        let grant = grant(token).ok_or(Denial::Defect)?;
        match self.machine.advance(Input::Recovered(Some(grant))) {
            Output::Ok(_) => Ok(()),
            Output::Err(Error::AccessDenied { failure, .. }) => Err(match failure.code {
                Some(ErrorCode::InvalidToken) => Denial::Expired,
                Some(ErrorCode::InsufficientScope) => Denial::InsufficientScope,
                Some(ErrorCode::InvalidRequest) | None => Denial::Defect,
            }),
            _ => Err(Denial::Defect),
        }
    }
}

fn grant(token: &VerifiedToken) -> Option<Grant> {
    let until = UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(token.expires_at).ok()?))?;
    Some(Grant {
        owner_id: token.subject.clone(),
        client_id: token.client_id.clone(),
        scope: token.scope.as_str().parse().ok()?,
        redirect_uri: NO_REDIRECT.clone()?,
        until: until.into(),
        extensions: Extensions::new(),
    })
}
