//! Live tokens of applications and users.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadTokens, WriteTokens};
use super::answer::{ApiError, done, plain};
use super::documents::{Guarded, Missing};
use super::request::{Ids, Query};
use crate::domain::token::{RevocationTarget, TokenFilter, TokenSummary};
use crate::paths;

/// Live tokens that descend from one authorization, or a token that stands alone. Times are seconds since the Unix
/// epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenBody {
    /// By which it is removed; worth nothing as a credential.
    id: String,
    /// The application.
    client_id: String,
    /// The user; null for a server-wide one.
    user_id: Option<Uuid>,
    /// What it allows, separated by spaces.
    scope: String,
    /// When the first was issued.
    issued_at: i64,
    /// When the last was issued.
    last_used_at: i64,
    /// When the last of it ends.
    expires_at: i64,
}

impl From<TokenSummary> for TokenBody {
    fn from(token: TokenSummary) -> Self {
        Self {
            id: token.id,
            client_id: token.client_id,
            user_id: token.user_id,
            scope: token.scope.to_string(),
            issued_at: token.issued_at_ms / 1000,
            last_used_at: token.last_used_at_ms / 1000,
            expires_at: token.expires_at_ms / 1000,
        }
    }
}

/// A part of a list of tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenList {
    /// Newest first.
    items: Vec<TokenBody>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
}

async fn found(
    caller: &Allowed<ReadTokens>,
    query: &Query,
    filter: TokenFilter,
) -> Result<Response, ApiError> {
    let after = query.after()?;
    let limit = u32::try_from(query.limit()?).unwrap_or(1);
    let tokens = caller
        .registry()
        .live_tokens(&filter, after.as_ref(), limit)
        .await?;
    let list = TokenList {
        next: tokens.next.map(|place| place.to_string()),
        items: tokens.items.into_iter().map(TokenBody::from).collect(),
    };
    Ok(plain(StatusCode::OK, list))
}

/// List the live tokens of an application
#[utoipa::path(
    get, path = paths::ADMIN_API_APPLICATION_TOKENS, operation_id = "listApplicationTokens", tag = "Tokens",
    params(
        ("client_id" = String, Path, description = "The application"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:tokens:read"])),
    responses((status = 200, description = "A part of the list", body = TokenList), Guarded, Missing),
)]
pub async fn of_application(
    caller: Allowed<ReadTokens>,
    Ids(client_id): Ids<String>,
    query: Query,
) -> Result<Response, ApiError> {
    caller.registry().application(&client_id).await?;
    found(&caller, &query, TokenFilter::Client(client_id)).await
}

/// Remove every token of an application
#[utoipa::path(
    delete, path = paths::ADMIN_API_APPLICATION_TOKENS, operation_id = "removeApplicationTokens", tag = "Tokens",
    params(("client_id" = String, Path, description = "The application")),
    security(("bearer" = ["admin:tokens:write"])),
    responses((status = 204, description = "They are worth nothing any more"), Guarded, Missing),
)]
pub async fn remove_of_application(
    caller: Allowed<WriteTokens>,
    Ids(client_id): Ids<String>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    registry.application(&client_id).await?;
    registry
        .remove_tokens(&RevocationTarget::Client(client_id))
        .await?;
    Ok(done())
}

/// List the live tokens of a user
#[utoipa::path(
    get, path = paths::ADMIN_API_USER_TOKENS, operation_id = "listUserTokens", tag = "Tokens",
    params(
        ("user_id" = Uuid, Path, description = "The user"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:tokens:read"])),
    responses((status = 200, description = "A part of the list", body = TokenList), Guarded, Missing),
)]
pub async fn of_user(
    caller: Allowed<ReadTokens>,
    Ids(user_id): Ids<Uuid>,
    query: Query,
) -> Result<Response, ApiError> {
    caller.registry().user(user_id).await?;
    found(&caller, &query, TokenFilter::User(user_id)).await
}

/// Remove every token of a user
#[utoipa::path(
    delete, path = paths::ADMIN_API_USER_TOKENS, operation_id = "removeUserTokens", tag = "Tokens",
    params(("user_id" = Uuid, Path, description = "The user")),
    security(("bearer" = ["admin:tokens:write"])),
    responses((status = 204, description = "They are worth nothing any more"), Guarded, Missing),
)]
pub async fn remove_of_user(
    caller: Allowed<WriteTokens>,
    Ids(user_id): Ids<Uuid>,
) -> Result<Response, ApiError> {
    let registry = caller.registry();
    registry.user(user_id).await?;
    registry.remove_tokens(&RevocationTarget::User(user_id)).await?;
    Ok(done())
}

/// Remove a token
///
/// The next request with it fails, and no other token comes from it. Again, or of one that is over: changes nothing.
#[utoipa::path(
    delete, path = paths::ADMIN_API_TOKEN, operation_id = "removeToken", tag = "Tokens",
    params(("token_id" = String, Path, description = "`id` of a list")),
    security(("bearer" = ["admin:tokens:write"])),
    responses((status = 204, description = "It is worth nothing any more"), Guarded, Missing),
)]
pub async fn remove(caller: Allowed<WriteTokens>, Ids(id): Ids<String>) -> Result<Response, ApiError> {
    caller.registry().remove_token(&id).await?;
    Ok(done())
}
