//! Metadata (RFC 8414, RFC 9701 7, OpenID Connect Discovery 1.0): what works today, and nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use token_format::jwe::CONTENT_ENCRYPTION;
use token_format::key::KeyManagement;

use token_format::catalogue::Owner;

use crate::domain::application::AuthMethod;
use crate::domain::policy::GrantType;
use crate::pages::Language;
use crate::paths;
use crate::state::AppState;

/// RFC 8414 2. `revocation_feed` is ours.
#[derive(Serialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    revocation_feed: String,
    scopes_supported: Vec<String>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 2],
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_signing_alg_values_supported: Vec<&'static str>,
    introspection_encryption_alg_values_supported: [&'static str; 3],
    introspection_encryption_enc_values_supported: [&'static str; 1],
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 4],
    ui_locales_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
}

/// Describes this server.
pub async fn get(State(state): State<AppState>) -> Response {
    let issuer = state.services.issuer.to_string();
    let at = |path: &str| format!("{issuer}{path}");
    let secret = [
        AuthMethod::ClientSecretBasic.as_str(),
        AuthMethod::ClientSecretPost.as_str(),
    ];
    let any: Vec<&'static str> = secret.into_iter().chain([AuthMethod::None.as_str()]).collect();
    let keys = state.services.keys.current();
    let signing = keys
        .signing(state.services.clock.now())
        .map(|key| key.key.algorithm().as_str());
    let grants = [
        GrantType::AuthorizationCode,
        GrantType::RefreshToken,
        GrantType::ClientCredentials,
        GrantType::Password,
    ];
    let metadata = Metadata {
        authorization_endpoint: at(paths::AUTHORIZE),
        token_endpoint: at(paths::TOKEN),
        jwks_uri: at(paths::JWKS),
        introspection_endpoint: at(paths::INTROSPECT),
        revocation_endpoint: at(paths::REVOKE),
        revocation_feed: at(paths::REVOCATIONS),
        scopes_supported: state
            .services
            .catalogue
            .iter()
            // Those about the account wait for the UserInfo endpoint.
            .filter(|(_, permission)| permission.of != Owner::Identity)
            .map(|(scope, _)| scope.to_owned())
            .collect(),
        response_types_supported: ["code"],
        response_modes_supported: ["query", "form_post"],
        grant_types_supported: grants.iter().map(|grant| grant.as_str()).collect(),
        introspection_endpoint_auth_methods_supported: secret.to_vec(),
        introspection_signing_alg_values_supported: signing.into_iter().collect(),
        introspection_encryption_alg_values_supported: KeyManagement::ALL.map(KeyManagement::as_str),
        introspection_encryption_enc_values_supported: [CONTENT_ENCRYPTION],
        revocation_endpoint_auth_methods_supported: any.clone(),
        token_endpoint_auth_methods_supported: any,
        code_challenge_methods_supported: ["S256"],
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        ui_locales_supported: Language::ALL.iter().map(|language| language.tag()).collect(),
        authorization_response_iss_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        issuer,
    };
    let mut response = Json(metadata).into_response();
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
