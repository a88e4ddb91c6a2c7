//! Extractors that let a request pass only with a token for the route's permission.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use oxide_auth_axum::OAuthResource;

use super::challenge::Refused;
use super::machine::{Denial, Guard};
use super::permission::{Permission, Required};
use crate::domain::actor::Actor;
use crate::domain::principal::{AuthMethod, Principal};
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::state::{AppState, State};
use crate::verification::{Refusal, VerifiedToken};

/// A request with a valid token for `P`.
pub struct Bearer<P> {
    /// The token.
    pub token: Arc<VerifiedToken>,
    permission: PhantomData<P>,
}

/// A request with a valid token for `P` that has a user behind it.
pub struct OnBehalf<P> {
    /// The user and the application.
    pub principal: Principal,
    permission: PhantomData<P>,
}

/// A request with a valid token for `P`, of a user or of an application for itself.
pub struct Acting<P> {
    /// Who acts.
    pub actor: Actor,
    permission: PhantomData<P>,
}

impl<P> fmt::Debug for Bearer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bearer").field(&self.token).finish()
    }
}

impl<P> fmt::Debug for OnBehalf<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnBehalf").field(&self.principal).finish()
    }
}

impl<P> fmt::Debug for Acting<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Acting").field(&self.actor).finish()
    }
}

impl<P: Permission> FromRequestParts<AppState> for Bearer<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = admit(parts, state, P::required())
            .await
            .map_err(|refused| refused.into_error(state))?;
        Ok(Self {
            token,
            permission: PhantomData,
        })
    }
}

impl<P: Permission> FromRequestParts<AppState> for OnBehalf<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Bearer { token, .. } = Bearer::<P>::from_request_parts(parts, state).await?;
        let principal = principal(&token).ok_or_else(|| Refused::NoUser.into_error(state))?;
        Ok(Self {
            principal,
            permission: PhantomData,
        })
    }
}

impl<P: Permission> FromRequestParts<AppState> for Acting<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Bearer { token, .. } = Bearer::<P>::from_request_parts(parts, state).await?;
        let actor = principal(&token).map_or_else(
            || Actor::Application {
                client_id: token.client_id.clone(),
            },
            Actor::User,
        );
        Ok(Self {
            actor,
            permission: PhantomData,
        })
    }
}

/// The user behind a token, if there is one.
fn principal(token: &VerifiedToken) -> Option<Principal> {
    let auth_method = if token.delegated {
        AuthMethod::ApplicationDelegated
    } else {
        AuthMethod::ResourceServer
    };
    Some(Principal {
        user_id: token.user_id?,
        email: token.email.clone(),
        client_id: token.client_id.clone(),
        auth_method,
    })
}

async fn admit<'a>(
    parts: &mut Parts,
    state: &'a State,
    required: &'static Required,
) -> Result<Arc<VerifiedToken>, Refused<'a>> {
    // OAuth 2.1 section 5.1: no token in a URL, where logs and histories keep it.
    let in_query = parts
        .uri
        .query()
        .is_some_and(|query| Query::parse(query).has("access_token"));
    let in_header = parts.headers.get(header::AUTHORIZATION);
    if in_query && in_header.is_some() {
        return Err(Refused::InvalidRequest {
            reason: "The access token was sent in more than one way.",
        });
    }
    if in_query {
        return Err(Refused::NoToken {
            reason: "the access token was sent in the query",
        });
    }
    if in_header.is_some_and(|value| value.to_str().is_err()) {
        return Err(Refused::Token(Refusal::Invalid(
            "the Authorization header is not ASCII".into(),
        )));
    }
    let request =
        OAuthResource::from_request_parts(parts, &())
            .await
            .map_err(|_| Refused::InvalidRequest {
                reason: "There is more than one Authorization header.",
            })?;

    let guard = Guard::read(&request, required).map_err(|denial| denied(denial, &request))?;
    let token = state
        .verifier
        .verify(guard.token())
        .await
        .map_err(Refused::Token)?;
    if token.base_scope_missing {
        let base = state.config.scope_prefix.as_str();
        return Err(Refused::Scope {
            named: base,
            scope: base,
        });
    }
    guard.decide(&token).map_err(|denial| match denial {
        Denial::InsufficientScope => Refused::Scope {
            named: required.first_missing(&token.scope),
            scope: required.as_str(),
        },
        other => denied(other, &request),
    })?;
    Ok(token)
}

fn denied(denial: Denial, request: &OAuthResource) -> Refused<'static> {
    match denial {
        Denial::NoToken => Refused::NoToken {
            reason: "no Authorization header",
        },
        Denial::NotBearer => {
            let header = request.authorization_header().unwrap_or_default().trim();
            if header.eq_ignore_ascii_case("bearer") {
                Refused::Token(Refusal::Invalid("no token after the word Bearer".into()))
            } else {
                Refused::NoToken {
                    reason: "the Authorization header is of another scheme than Bearer",
                }
            }
        }
        Denial::Expired => Refused::Token(Refusal::Expired),
        Denial::InsufficientScope | Denial::Defect => Refused::Token(Refusal::Invalid(
            "the token cannot be expressed as a grant".into(),
        )),
    }
}
