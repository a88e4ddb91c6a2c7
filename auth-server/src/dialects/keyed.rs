//! `POST /public/token`: users' tokens for applications that show an API key (S2.12 to S2.21). The key alone says
//! which application asks; other credentials of the request are not looked at (S2.6).

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::secret::PlainToken;
use crate::flows::api_key::KeyCheck;
use crate::flows::{FlowError, Issued};
use crate::http::body::{self, BodyError};
use crate::http::visitor::ClientAddress;
use crate::http::{client_auth, failure, rate_limit, token};
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::state::AppState;

/// Carries the API key (S2.9).
const HEADER: &str = "x-api-key";
/// The document's grants, whatever else the application's policy allows at the core.
const GRANTS: [&str; 2] = ["password", "refresh_token"];
const CHALLENGE: &str = "ApiKey realm=\"Anteroom\", header=\"X-API-KEY\"";

/// The documented answer, its members in the documented order.
#[derive(Serialize)]
struct TokenResponse<'a> {
    access_token: &'a str,
    expires_in: i64,
    token_type: &'a str,
    scope: String,
    refresh_token: Option<&'a str>,
}

enum Refusal {
    Body(BodyError),
    /// The key, or its application, is blocked.
    Disabled(String),
    Flow(FlowError),
}

impl<E: Into<FlowError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Flow(error.into())
    }
}

/// Issues tokens.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    match issue(&state, address, request).await {
        Ok(issued) => failure::no_store(
            Json(TokenResponse {
                access_token: issued.access.reveal(),
                expires_in: issued.expires_in,
                token_type: issued.token_type,
                scope: issued.scope.to_string(),
                refresh_token: issued.refresh.as_ref().map(PlainToken::reveal),
            })
            .into_response(),
        ),
        Err(Refusal::Body(error)) => failure::body_json(&error),
        Err(Refusal::Disabled(reason)) => {
            let error =
                ProtocolError::new(ErrorCode::AccessDenied, "the API key is disabled").because(reason);
            let mut response = failure::json(&error.into());
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
        Err(Refusal::Flow(error)) => {
            let mut response = rate_limit::failed(&state, address, &error);
            if response.status() == StatusCode::UNAUTHORIZED {
                let challenge = HeaderValue::from_static(CHALLENGE);
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

async fn issue(state: &AppState, address: ClientAddress, request: Request) -> Result<Issued, Refusal> {
    rate_limit::check_address(state, address)?;
    let (parts, body) = request.into_parts();
    let services = &state.services;
    let application = match services.check_api_key(&presented_key(&parts.headers)?).await? {
        KeyCheck::Live(_, application) => application,
        KeyCheck::Disabled(key) => return Err(Refusal::Disabled(format!("key {}", key.id))),
        KeyCheck::Unknown => return Err(refused("the API key is unknown").into()),
    };
    client_auth::check_query(&parts)?;
    let params = body::read(&parts.headers, body).await.map_err(Refusal::Body)?;
    if let Some(name) = params.duplicate() {
        let error = ProtocolError::new(ErrorCode::InvalidRequest, "a parameter is repeated");
        return Err(error.because(name).into());
    }
    if let Some(grant) = params.get("grant_type").filter(|grant| !GRANTS.contains(grant)) {
        let text = "the grant_type must be password or refresh_token";
        let error = ProtocolError::new(ErrorCode::UnsupportedGrantType, text);
        return Err(error.because(format!("{grant:?}")).into());
    }
    Ok(token::grant(state, address, &application, &params).await?)
}

fn refused(text: &'static str) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidClient, text)
}

fn presented_key(headers: &HeaderMap) -> Result<PlainToken, ProtocolError> {
    let mut values = headers.get_all(HEADER).iter();
    let value = values
        .next()
        .ok_or_else(|| refused("the header X-API-KEY is missing"))?;
    if values.next().is_some() {
        return Err(ProtocolError::new(
            ErrorCode::InvalidRequest,
            "the request has more than one X-API-KEY",
        ));
    }
    let key = value.to_str().map_err(|_| refused("the API key is unknown"))?;
    Ok(PlainToken::presented(key))
}
