//! The page of an application, and its submission.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::form::query;
use super::view::render;
use super::{app_path, below, examine, failed};
use crate::console::guard::{Area, SignedIn};
use crate::flows::registry::{RegistryError, Thing};
use crate::http::failure::{Reason, flow_page};
use crate::http::headers::see_other;
use crate::http::visitor::Visitor;
use crate::pages::DeveloperNotice;
use crate::state::AppState;

/// Shows an application of the developer.
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(client_id): Path<String>,
    RawQuery(text): RawQuery,
) -> Response {
    let here = app_path(&client_id);
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Developer, &here).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    let notice = query(text.as_deref()).get("done").and_then(DeveloperNotice::done);
    render(&state, &visitor, &signed_in, &client_id, notice).await
}

/// Submits an application, or the change of an approved one.
pub(super) async fn submit(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(client_id): Path<String>,
    request: Request,
) -> Response {
    let here = below(&client_id, "submit");
    let signed_in = match SignedIn::submit(&state, &visitor, Area::Developer, &here, request).await {
        Ok((signed_in, _)) => signed_in,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed_in.actor());
    match registry.submit(signed_in.user.id, &client_id).await {
        Ok(registration) => match examine(&state, &registration).await {
            Ok(()) => see_other(&format!("{}?done=submitted", app_path(&client_id))),
            Err(error) => flow_page(&state, &visitor, &error),
        },
        Err(error) => refused(&state, &visitor, &signed_in, &client_id, error).await,
    }
}

/// Takes back what was proposed.
pub(super) async fn withdraw(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(client_id): Path<String>,
    request: Request,
) -> Response {
    let here = below(&client_id, "withdraw");
    let signed_in = match SignedIn::submit(&state, &visitor, Area::Developer, &here, request).await {
        Ok((signed_in, _)) => signed_in,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed_in.actor());
    match registry.withdraw_proposal(signed_in.user.id, &client_id).await {
        Ok(_) => see_other(&format!("{}?done=withdrawn", app_path(&client_id))),
        Err(error) => refused(&state, &visitor, &signed_in, &client_id, error).await,
    }
}

/// The page again, with why something was not done.
pub(super) async fn refused(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    client_id: &str,
    error: RegistryError,
) -> Response {
    let (status, notice) = match &error {
        RegistryError::Invalid(problems) => {
            let notice = match problems.first().map(|problem| problem.field) {
                Some("label") => DeveloperNotice::Label,
                Some("days" | "expires_at" | "overlap" | "overlap_seconds") => DeveloperNotice::Choice,
                _ => DeveloperNotice::Incomplete,
            };
            (StatusCode::UNPROCESSABLE_ENTITY, notice)
        }
        RegistryError::NotFound(Thing::Secret) => (StatusCode::NOT_FOUND, DeveloperNotice::SecretGone),
        RegistryError::Conflict(conflict) => (StatusCode::CONFLICT, DeveloperNotice::Conflict(*conflict)),
        error => return failed(state, visitor, error),
    };
    let mut response = render(state, visitor, signed_in, client_id, Some(notice)).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
        response.extensions_mut().insert(Reason(error.to_string()));
    }
    response
}
