//! What the server says of itself (RFC 7644 4), and what it does not do.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::access::Reader;
use super::answer::{self, Refusal};
use super::request::Query;
use crate::protocol::request::Params;
use crate::protocol::scim::error::{ScimError, ScimErrorKind};
use crate::protocol::scim::schemas;
use crate::state::AppState;

/// `/ServiceProviderConfig`
pub async fn config(State(state): State<AppState>, _: Reader) -> Response {
    let base = super::base(&state.services.issuer);
    answer::document(StatusCode::OK, &schemas::service_provider_config(&base))
}

/// `/ResourceTypes`
pub async fn resource_types(
    State(state): State<AppState>,
    _: Reader,
    Query(params): Query,
) -> Result<Response, Refusal> {
    all(
        &params,
        &schemas::resource_types(&super::base(&state.services.issuer)),
    )
}

/// `/ResourceTypes/{id}`
pub async fn resource_type(
    State(state): State<AppState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    one(&id, schemas::resource_types(&super::base(&state.services.issuer)))
}

/// `/Schemas`
pub async fn schemas(
    State(state): State<AppState>,
    _: Reader,
    Query(params): Query,
) -> Result<Response, Refusal> {
    all(&params, &schemas::schemas(&super::base(&state.services.issuer)))
}

/// `/Schemas/{id}`
pub async fn schema(
    State(state): State<AppState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    one(&id, schemas::schemas(&super::base(&state.services.issuer)))
}

/// All of them, whatever part is asked for; a filter is forbidden (RFC 7644 4).
fn all(params: &Params, documents: &[Value]) -> Result<Response, Refusal> {
    if params.get("filter").is_some() {
        return Err(ScimError::new(ScimErrorKind::Forbidden, "nothing can be filtered here").into());
    }
    let total = i64::try_from(documents.len()).unwrap_or(i64::MAX);
    Ok(answer::list(total, 1, documents))
}

fn one(id: &str, documents: Vec<Value>) -> Result<Response, Refusal> {
    documents
        .into_iter()
        .find(|document| document["id"] == *id)
        .map(|document| answer::document(StatusCode::OK, &document))
        .ok_or_else(|| ScimError::new(ScimErrorKind::NotFound, "there is no such resource").into())
}

/// An address below `/scim/v2` where nothing is.
pub async fn not_found() -> Refusal {
    ScimError::new(ScimErrorKind::NotFound, "there is nothing at this address").into()
}

/// A method that a resource does not have.
pub async fn method_not_allowed() -> Refusal {
    ScimError::new(
        ScimErrorKind::MethodNotAllowed,
        "the resource does not have this method",
    )
    .into()
}

/// Bulk requests, `/Me`, and searches over all types at once.
pub async fn not_implemented() -> Refusal {
    ScimError::new(
        ScimErrorKind::NotImplemented,
        "this part of SCIM is not offered; see ServiceProviderConfig",
    )
    .into()
}
