//! Tokens: issued, refreshed, introspected.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::{Form, Json};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use token_format::claims::AccessClaims;

use crate::store::Store;
use crate::{Bound, Broken, Server};

/// What a record says, in the length of a small grant.
const RECORD: &str = r#"{"client_id":"bound","scope":"rooms:list rooms:retrieve","aud":"http://localhost:8081","exp":4102444800}"#;

/// The registered clients: SHA-256 of each secret.
pub(crate) struct Clients(HashMap<String, [u8; 32]>);

impl Clients {
    /// One client, `bound`, with the secret `secret`, among a thousand.
    pub(crate) fn new() -> Self {
        let others = (0..1000).map(|number| (format!("client-{number}"), sha256(b"other")));
        Self(others.chain([("bound".to_owned(), sha256(b"secret"))]).collect())
    }

    /// The client of an HTTP Basic header.
    fn authenticate(&self, headers: &HeaderMap) -> Result<String, Broken> {
        let refused = || Broken("refused".to_owned());
        let header = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(refused)?;
        let encoded = header.strip_prefix("Basic ").ok_or_else(refused)?;
        let text = String::from_utf8(STANDARD.decode(encoded)?)?;
        let (id, secret) = text.split_once(':').ok_or_else(refused)?;
        let stored = self.0.get(id).ok_or_else(refused)?;
        verify_slices_are_equal(stored, &sha256(secret.as_bytes()))?;
        Ok(id.to_owned())
    }
}

fn sha256(value: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, value).as_ref());
    hash
}

/// The key of a token's record.
pub(crate) fn hashed(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()))
}

fn fresh() -> Result<String, Broken> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// A request's form.
#[derive(Deserialize)]
pub(crate) struct TokenForm {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    scope: String,
    refresh_token: Option<String>,
    token: Option<String>,
}

/// RFC 6749 5.1.
#[derive(Serialize)]
pub(crate) struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
}

impl TokenResponse {
    /// With an access token alone.
    pub(crate) fn new(access_token: String, scope: String) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in: 3600,
            refresh_token: None,
            scope,
        }
    }
}

/// RFC 7662 2.2.
#[derive(Serialize)]
pub(crate) struct Introspection {
    active: bool,
    #[serde(flatten)]
    claims: Option<AccessClaims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<serde_json::Value>,
}

fn client_of(server: &Server, headers: &HeaderMap, form: &TokenForm) -> Result<String, Broken> {
    if form.grant_type.is_empty() && form.token.is_none() {
        return Err(Broken("no grant_type".to_owned()));
    }
    server.clients.authenticate(headers)
}

/// Client, secret, JWT.
pub(crate) async fn issued(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<Json<TokenResponse>, Broken> {
    let client = client_of(&server, &headers, &form)?;
    Ok(Json(TokenResponse::new(server.signer.sign(&client)?, form.scope)))
}

/// The same, around the token crate.
pub(crate) async fn issued_raw(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<Json<TokenResponse>, Broken> {
    let client = client_of(&server, &headers, &form)?;
    Ok(Json(TokenResponse::new(
        server.signer.sign_raw(&client)?,
        form.scope,
    )))
}

/// Client, secret, one write, JWT.
pub(crate) async fn recorded<S: Store>(
    State(bound): State<Bound<S>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<Json<TokenResponse>, Broken> {
    let client = client_of(&bound.server, &headers, &form)?;
    bound.store.write(&hashed(&fresh()?), RECORD).await?;
    Ok(Json(TokenResponse::new(
        bound.server.signer.sign(&client)?,
        form.scope,
    )))
}

/// Client, secret, one rotation, JWT.
pub(crate) async fn refreshed<S: Store>(
    State(bound): State<Bound<S>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<Json<TokenResponse>, Broken> {
    let client = client_of(&bound.server, &headers, &form)?;
    let presented = form.refresh_token.ok_or_else(|| Broken("no token".to_owned()))?;
    let successor = fresh()?;
    if !bound
        .store
        .rotate(&hashed(&presented), &hashed(&successor))
        .await?
    {
        return Err(Broken("unknown token".to_owned()));
    }
    let mut response = TokenResponse::new(bound.server.signer.sign(&client)?, form.scope);
    response.refresh_token = Some(successor);
    Ok(Json(response))
}

/// Client, secret, one read.
pub(crate) async fn introspected<S: Store>(
    State(bound): State<Bound<S>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<Json<Introspection>, Broken> {
    client_of(&bound.server, &headers, &form)?;
    let token = form.token.unwrap_or_default();
    let record = bound
        .store
        .read(&hashed(&token))
        .await?
        .ok_or_else(|| Broken("unknown token".to_owned()))?;
    Ok(Json(Introspection {
        active: true,
        claims: None,
        record: Some(serde_json::from_str(&record)?),
    }))
}

/// Client, secret, signature, one read.
pub(crate) async fn introspected_jwt<S: Store>(
    State(bound): State<Bound<S>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<Json<Introspection>, Broken> {
    client_of(&bound.server, &headers, &form)?;
    let claims = bound.server.signer.verify(&form.token.unwrap_or_default())?;
    if bound.store.read(&claims.jti).await?.is_some() {
        return Err(Broken("revoked".to_owned()));
    }
    Ok(Json(Introspection {
        active: true,
        claims: Some(claims),
        record: None,
    }))
}

/// Makes refresh tokens to begin chains with, one a line; the body says how many.
pub(crate) async fn seed<S: Store>(State(bound): State<Bound<S>>, body: String) -> Result<String, Broken> {
    let count: usize = body.trim().parse()?;
    let mut tokens = String::new();
    for _ in 0..count {
        let token = fresh()?;
        bound.store.write(&hashed(&token), RECORD).await?;
        tokens.push_str(&token);
        tokens.push('\n');
    }
    Ok(tokens)
}
