//! `POST /oauth2/revoke` (RFC 7009).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::http::client_auth;
use crate::http::visitor::ClientAddress;
use crate::http::{failure, rate_limit};
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::state::AppState;

/// Revokes a token of the client that asks.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    let (credentials, params) = match client_auth::read(request).await {
        Ok(read) => read,
        Err(error) => return rate_limit::unreadable(&state, address, error),
    };
    let answer = async {
        rate_limit::check_address(&state, address)?;
        let application = state.services.authenticate_application(&credentials).await?;
        let token = params
            .get("token")
            .ok_or_else(|| ProtocolError::new(ErrorCode::InvalidRequest, "token is missing"))?;
        state.services.revoke(&application, token).await
    };
    match answer.await {
        Ok(()) => failure::no_store(StatusCode::OK.into_response()),
        Err(error) => rate_limit::failed(&state, address, &error),
    }
}
