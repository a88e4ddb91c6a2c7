//! `POST /oauth2/token` (RFC 6749 3.2): strict; form bodies alone.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::policy::GrantType;
use crate::flows::{FlowError, Issued};
use crate::http::client_auth::{self, ClientAuthError};
use crate::http::visitor::ClientAddress;
use crate::http::{failure, rate_limit};
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::state::AppState;
use crate::telemetry::METRICS;

/// RFC 6749 5.1.
#[derive(Serialize)]
struct TokenResponse<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    scope: String,
}

/// Issues tokens.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    match issue(&state, address, request).await {
        Ok(issued) => failure::no_store(
            Json(TokenResponse {
                access_token: issued.access.reveal(),
                token_type: issued.token_type,
                expires_in: issued.expires_in,
                refresh_token: issued
                    .refresh
                    .as_ref()
                    .map(crate::domain::secret::PlainToken::reveal),
                scope: issued.scope.to_string(),
            })
            .into_response(),
        ),
        Err(Refusal::Unreadable(error)) => rate_limit::unreadable(&state, address, error),
        Err(Refusal::Flow(error)) => rate_limit::failed(&state, address, &error),
    }
}

enum Refusal {
    Unreadable(ClientAuthError),
    Flow(FlowError),
}

impl<E: Into<FlowError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Flow(error.into())
    }
}

async fn issue(state: &AppState, address: ClientAddress, request: Request) -> Result<Issued, Refusal> {
    rate_limit::check_address(state, address)?;
    let (credentials, params) = client_auth::read(request).await.map_err(Refusal::Unreadable)?;
    let services = &state.services;
    let application = services.authenticate_application(&credentials).await?;
    rate_limit::count_client(
        state,
        "token",
        &application.client_id,
        state.web.token_requests_per_client,
    )?;
    let unsupported = |text: &'static str| ProtocolError::new(ErrorCode::UnsupportedGrantType, text);
    let name = params
        .get("grant_type")
        .ok_or_else(|| ProtocolError::new(ErrorCode::InvalidRequest, "grant_type is missing"))?;
    let (grant, issued) = match name {
        "client_credentials" => (
            GrantType::ClientCredentials,
            services.client_credentials(&application, &params).await,
        ),
        "authorization_code" => (
            GrantType::AuthorizationCode,
            services.authorization_code(&application, &params).await,
        ),
        "refresh_token" => (
            GrantType::RefreshToken,
            services.refresh_token(&application, &params).await,
        ),
        "password" => (
            GrantType::Password,
            services.password(&application, &params, &address.network()).await,
        ),
        other => {
            let error = unsupported("this grant_type is not supported").because(format!("{other:?}"));
            return Err(error.into());
        }
    };
    let issued = issued?;
    METRICS.tokens_issued.with_label_values(&[grant.as_str()]).inc();
    Ok(issued)
}
