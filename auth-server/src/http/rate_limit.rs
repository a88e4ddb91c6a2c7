//! Rate limits of the endpoints that clients call: failures by address, requests by client.

use axum::response::Response;

use super::client_auth::ClientAuthError;
use super::failure;
use super::visitor::ClientAddress;
use crate::flows::FlowError;
use crate::protocol::error::ErrorCode;
use crate::state::AppState;

/// Refuses a request from an address that has failed too often this minute.
pub fn check_address(state: &AppState, address: ClientAddress) -> Result<(), FlowError> {
    check(
        state,
        &failures_key(address),
        state.web.failures_per_address,
        "failed requests from this address",
    )
}

/// Counts a request of a client, and refuses it past the limit.
pub fn count_client(state: &AppState, kind: &str, client_id: &str, limit: u64) -> Result<(), FlowError> {
    if limit == 0 {
        return Ok(());
    }
    let key = format!("{kind}:{client_id}");
    check(state, &key, limit, "requests of this client")?;
    state.limiter.count(&key, state.services.clock.now_millis());
    Ok(())
}

/// Answers a failure, and counts it against the address when it can be a guess.
pub fn failed(state: &AppState, address: ClientAddress, error: &FlowError) -> Response {
    if let FlowError::Protocol(protocol) = error
        && matches!(protocol.code, ErrorCode::InvalidClient | ErrorCode::InvalidGrant)
    {
        count_failure(state, address);
    }
    failure::json(error)
}

/// Counts a failure that can be a guess against its address.
pub fn count_failure(state: &AppState, address: ClientAddress) {
    state
        .limiter
        .count(&failures_key(address), state.services.clock.now_millis());
}

/// Answers a request whose credentials could not be read.
pub fn unreadable(state: &AppState, address: ClientAddress, error: ClientAuthError) -> Response {
    match error {
        ClientAuthError::Form(error) => failure::form_json(error),
        ClientAuthError::Body(error) => failure::body_json(&error),
        ClientAuthError::Protocol(error) => failed(state, address, &error.into()),
    }
}

fn failures_key(address: ClientAddress) -> String {
    format!("failures:{}", address.network())
}

fn check(state: &AppState, key: &str, limit: u64, what: &'static str) -> Result<(), FlowError> {
    match state.limiter.wait(key, limit, state.services.clock.now_millis()) {
        Some(retry_after) => Err(FlowError::Throttled {
            retry_after,
            limit: what,
        }),
        None => Ok(()),
    }
}
