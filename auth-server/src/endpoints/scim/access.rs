//! Who asks: [`Reader`] and [`Writer`] exist only after the check.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::answer::Refusal;
use crate::domain::secret::PlainToken;
use crate::engine::authorization_header;
use crate::flows::FlowError;
use crate::flows::directory::{Caller, Credentials, DirectoryError, Right};
use crate::http::visitor::ClientAddress;
use crate::http::{client_auth, rate_limit};
use crate::protocol::error::ErrorCode;
use crate::protocol::scim::error::ScimError;
use crate::state::AppState;

/// May read.
pub struct Reader;

/// May make, change and delete.
pub struct Writer(pub Caller);

impl FromRequestParts<AppState> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        check(parts, state, Right::Read).await.map(|_| Self)
    }
}

impl FromRequestParts<AppState> for Writer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        check(parts, state, Right::Write).await.map(Self)
    }
}

async fn check(parts: &mut Parts, state: &AppState, right: Right) -> Result<Caller, Refusal> {
    let Ok(address) = ClientAddress::from_request_parts(parts, state).await;
    rate_limit::check_address(state, address).map_err(DirectoryError::from)?;
    let caller = async {
        let credentials = credentials(parts).await?;
        state.services.directory_caller(&credentials, right).await
    };
    caller.await.map_err(|error| {
        if matches!(error, DirectoryError::Unauthenticated(_)) {
            rate_limit::count_failure(state, address);
        }
        error.into()
    })
}

async fn credentials(parts: &mut Parts) -> Result<Credentials, DirectoryError> {
    let unreadable = |error: FlowError| match error {
        FlowError::Protocol(error) if error.code == ErrorCode::InvalidClient => {
            DirectoryError::Unauthenticated(error.reason)
        }
        FlowError::Protocol(error) => ScimError::invalid_syntax(error.description).into(),
        other => other.into(),
    };
    let header = authorization_header(parts)
        .await
        .map_err(|error| unreadable(error.into()))?
        .ok_or_else(|| DirectoryError::Unauthenticated("the request has no credentials".to_owned()))?;
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Credentials::Token(PlainToken::presented(token.trim())))
        }
        _ => client_auth::read_header(parts)
            .await
            .map(Credentials::Client)
            .map_err(|error| unreadable(error.into())),
    }
}
