//! `POST /oauth2/introspect` (RFC 7662), and its answers as JWTs (RFC 9701).

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use token_format::introspection::INTROSPECTION_MEDIA_TYPE;

use crate::domain::api_key::ApiKey;
use crate::domain::token::{AccessRecord, RefreshView};
use crate::flows::Services;
use crate::flows::authenticate::Caller;
use crate::flows::introspect::Introspection;
use crate::http::client_auth;
use crate::http::visitor::ClientAddress;
use crate::http::{failure, rate_limit};
use crate::protocol::accept;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::state::AppState;

/// RFC 7662 2.2, with what RFC 9068 tokens of this server carry.
#[derive(Default, Serialize)]
struct IntrospectionResponse {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    delegated: bool,
    /// `refresh_token` or `api_key`, so that neither is ever taken for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_use: Option<&'static str>,
}

/// Says what a token is worth.
pub async fn post(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    let accepted: Vec<&[u8]> = request
        .headers()
        .get_all(ACCEPT)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let wants_jwt = accept::prefers(&accepted, INTROSPECTION_MEDIA_TYPE, "application/json");
    let (credentials, params) = match client_auth::read(request).await {
        Ok(read) => read,
        Err(error) => return rate_limit::unreadable(&state, address, error),
    };
    let answer = async {
        rate_limit::check_address(&state, address)?;
        let caller = state.services.authenticate_caller(&credentials).await?;
        rate_limit::count_client(
            &state,
            "introspect",
            &credentials.client_id,
            state.web.introspections_per_client,
        )?;
        // RFC 7662 2.1: an application that only has an id proves nothing.
        if matches!(&caller, Caller::Application(application) if application.is_public()) {
            return Err(ProtocolError::new(
                ErrorCode::InvalidClient,
                "introspection needs client authentication",
            )
            .into());
        }
        let token = params
            .get("token")
            .ok_or_else(|| ProtocolError::new(ErrorCode::InvalidRequest, "token is missing"))?;
        if !wants_jwt {
            Services::check_plain_introspection(&caller)?;
        }
        // The hint is needed here: a caller that never heard of API keys must not take one for an access token.
        let found = if params.get("token_type_hint") == Some(API_KEY) {
            state.services.introspect_api_key(&caller, token).await?
        } else {
            state.services.introspect(&caller, token).await?
        };
        let answer = describe(found, &state.services.issuer);
        if !wants_jwt {
            return Ok(Json(answer).into_response());
        }
        let jwt = state.services.sign_introspection(&caller, &answer)?;
        let media_type = HeaderValue::from_static(INTROSPECTION_MEDIA_TYPE);
        Ok(([(CONTENT_TYPE, media_type)], jwt).into_response())
    };
    match answer.await {
        Ok(answer) => failure::no_store(answer),
        Err(error) => rate_limit::failed(&state, address, &error),
    }
}

const API_KEY: &str = "api_key";

fn describe(found: Introspection, issuer: &str) -> IntrospectionResponse {
    match found {
        Introspection::Inactive => IntrospectionResponse::default(),
        Introspection::Access(record) => access(*record, issuer),
        Introspection::Refresh(view) => refresh(*view, issuer),
        Introspection::ApiKey { key, resource } => api_key(&key, resource, issuer),
        Introspection::DisabledApiKey => IntrospectionResponse {
            token_use: Some(API_KEY),
            ..IntrospectionResponse::default()
        },
    }
}

fn access(record: AccessRecord, issuer: &str) -> IntrospectionResponse {
    let grant = record.grant;
    let user_id = grant.user_id.map(|id| id.to_string());
    IntrospectionResponse {
        active: true,
        scope: Some(grant.scope.to_string()),
        username: grant.email.clone(),
        token_type: Some("Bearer"),
        exp: Some(record.expires_at_ms / 1000),
        iat: Some(record.issued_at_ms / 1000),
        sub: Some(user_id.clone().unwrap_or_else(|| grant.client_id.clone())),
        aud: Some(grant.resource),
        iss: Some(issuer.to_owned()),
        jti: Some(record.jti.to_string()),
        user_id,
        email: grant.email,
        auth_time: grant.auth_time,
        sid: grant.sid,
        delegated: grant.delegated,
        client_id: Some(grant.client_id),
        token_use: None,
    }
}

fn refresh(view: RefreshView, issuer: &str) -> IntrospectionResponse {
    IntrospectionResponse {
        active: true,
        scope: Some(view.grant.scope.to_string()),
        client_id: Some(view.grant.client_id),
        exp: Some(view.expires_at_ms / 1000),
        iat: Some(view.issued_at_ms / 1000),
        iss: Some(issuer.to_owned()),
        token_use: Some("refresh_token"),
        ..IntrospectionResponse::default()
    }
}

/// A key has no user, no scope and no end of its own, so there is no `sub`, `scope` or `exp` to be believed.
fn api_key(key: &ApiKey, resource: String, issuer: &str) -> IntrospectionResponse {
    IntrospectionResponse {
        active: true,
        client_id: Some(key.client_id.clone()),
        iat: Some(key.created_at),
        aud: Some(resource),
        iss: Some(issuer.to_owned()),
        jti: Some(key.id.to_string()),
        token_use: Some(API_KEY),
        ..IntrospectionResponse::default()
    }
}
