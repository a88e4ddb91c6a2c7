//! Extractors for the tiers that ask for an API key (header X-API-KEY), alone or beside a user's token.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::challenge::Refused;
use super::guard::OnBehalf;
use super::permission::Permission;
use crate::domain::principal::Principal;
use crate::http::error::ApiError;
use crate::state::{AppState, State};
use crate::verification::{KeyRefusal, Refusal, VerifiedKey};

/// Carries the key (S2.9).
const HEADER: &str = "x-api-key";
const INVALID_KEY: &str = "Invalid API key.";
const CHALLENGE: HeaderValue = HeaderValue::from_static("ApiKey realm=\"Anteroom\", header=\"X-API-KEY\"");

/// A request with a valid API key. A token that it may have as well is not looked at (S2.6).
#[derive(Debug)]
pub struct ApiKey {
    /// The key.
    pub key: Arc<VerifiedKey>,
}

/// A request with a valid API key and a token for `P` of a user of the same application.
pub struct KeyAndUser<P> {
    /// The user and the application.
    pub principal: Principal,
    permission: PhantomData<P>,
}

impl<P> fmt::Debug for KeyAndUser<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyAndUser").field(&self.principal).finish()
    }
}

impl FromRequestParts<AppState> for ApiKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        admit(&parts.headers, state).await.map(|key| Self { key })
    }
}

impl<P: Permission> FromRequestParts<AppState> for KeyAndUser<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let key = admit(&parts.headers, state).await?;
        let OnBehalf { principal, .. } = OnBehalf::<P>::from_request_parts(parts, state).await?;
        if principal.client_id != key.client_id {
            let reason = format!("API key {} and token are of different applications", key.id);
            return Err(Refused::Token(Refusal::Invalid(reason)).into_error(state));
        }
        Ok(Self {
            principal,
            permission: PhantomData,
        })
    }
}

async fn admit(headers: &HeaderMap, state: &State) -> Result<Arc<VerifiedKey>, ApiError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Err(unauthorized("no X-API-KEY"));
    };
    if values.next().is_some() {
        let detail = "There is more than one X-API-KEY header.";
        return Err(ApiError::token(StatusCode::BAD_REQUEST, detail, detail));
    }
    let Ok(key) = value.to_str() else {
        return Err(unauthorized("the X-API-KEY header is not ASCII"));
    };
    match state.verifier.verify_key(key).await {
        Ok(key) => Ok(key),
        Err(KeyRefusal::Disabled) => Err(ApiError::forbidden("This API key is disabled.")),
        Err(KeyRefusal::Refused(refusal @ Refusal::Unavailable { .. })) => {
            Err(Refused::Token(refusal).into_error(state))
        }
        Err(KeyRefusal::Refused(refusal)) => Err(unauthorized(&refusal.to_string())),
    }
}

fn unauthorized(reason: &str) -> ApiError {
    ApiError::token(StatusCode::UNAUTHORIZED, INVALID_KEY, reason)
        .with_header(header::WWW_AUTHENTICATE, CHALLENGE)
}
