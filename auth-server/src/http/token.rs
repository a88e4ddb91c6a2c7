//! What the token endpoints share, the core's and the dialects': the way from a request to tokens, and the answer
//! that RFC 6749 5.1 wants.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::client_auth::ClientAuthError;
use super::failure::Concerns;
use super::visitor::ClientAddress;
use super::{failure, rate_limit};
use crate::domain::application::Application;
use crate::domain::policy::Profile;
use crate::domain::secret::PlainToken;
use crate::flows::authenticate::Credentials;
use crate::flows::{FlowError, Issued};
use crate::protocol::request::Params;
use crate::state::AppState;

/// RFC 6749 5.1.
#[derive(Serialize)]
struct TokenResponse<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    scope: &'a str,
}

/// Answers a token request. `read` reads its credentials and parameters once its address may ask; `profile` is the
/// one that a dialect's endpoint serves, none at the core's.
pub async fn answer(
    state: &AppState,
    address: ClientAddress,
    profile: Option<Profile>,
    read: impl Future<Output = Result<(Credentials, Params), ClientAuthError>>,
) -> Response {
    if let Err(error) = rate_limit::check_address(state, address) {
        return rate_limit::failed(state, address, &error);
    }
    let (credentials, params) = match read.await {
        Ok(read) => read,
        Err(error) => return rate_limit::unreadable(state, address, error),
    };
    match issue(state, address, profile, &credentials, &params).await {
        Ok(issued) => respond(&issued),
        Err(error) => {
            let response = rate_limit::failed(state, address, &error);
            concerning(state, response, &credentials.client_id, &error).await
        }
    }
}

/// Notes on a refusal which application it is about, for the application's developer. An id that nobody registered is
/// not noted: anybody can send one.
async fn concerning(
    state: &AppState,
    mut response: Response,
    client_id: &str,
    error: &FlowError,
) -> Response {
    let known = state.services.clients.application(client_id).await;
    if let Ok(Some(application)) = known {
        let code = match error {
            FlowError::Protocol(error) => error.code.as_str(),
            FlowError::Throttled { .. } => "throttled",
            _ => "outage",
        };
        let client_id = application.client_id.clone();
        response.extensions_mut().insert(Concerns { client_id, code });
    }
    response
}

/// From credentials and parameters to tokens.
async fn issue(
    state: &AppState,
    address: ClientAddress,
    profile: Option<Profile>,
    credentials: &Credentials,
    params: &Params,
) -> Result<Issued, FlowError> {
    let services = &state.services;
    let application = match profile {
        Some(profile) => services.authenticate_at_dialect(credentials, profile).await?,
        None => services.authenticate_application(credentials).await?,
    };
    grant(state, address, &application, params).await
}

/// From an authenticated application's parameters to tokens, counted against its limit.
pub async fn grant(
    state: &AppState,
    address: ClientAddress,
    application: &Application,
    params: &Params,
) -> Result<Issued, FlowError> {
    count(state, application)?;
    state
        .services
        .token(application, params, &address.network())
        .await
}

/// Counts a token request against the limit of its application.
pub fn count(state: &AppState, application: &Application) -> Result<(), FlowError> {
    let limit = state.web.token_requests_per_client;
    rate_limit::count_client(state, "token", &application.client_id, limit)
}

/// The tokens as an answer (RFC 6749 5.1).
pub fn respond(issued: &Issued) -> Response {
    let body = TokenResponse {
        access_token: issued.access.reveal(),
        token_type: issued.token_type,
        expires_in: issued.expires_in,
        refresh_token: issued.refresh.as_ref().map(PlainToken::reveal),
        scope: issued.scope.as_str(),
    };
    failure::no_store(Json(body).into_response())
}
