//! Secrets of an approved application. A value is in the answer to the form that made it, and nowhere else (H3).

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::app::refused;
use super::{app_path, below, failed};
use crate::console::guard::{Area, SignedIn};
use crate::domain::application::ReviewStatus;
use crate::domain::secret::PlainToken;
use crate::flows::registry::{Conflict, Problem, Registry, RegistryError, Thing};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::NewSecretPage;
use crate::protocol::request::Params;
use crate::state::AppState;

const DAY: i64 = 86_400;

/// Where only forms lead: back to the application.
pub(super) async fn back(Path(client_id): Path<String>) -> Response {
    see_other(&app_path(&client_id))
}

/// Makes, replaces or revokes a secret.
pub(super) async fn post(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(client_id): Path<String>,
    request: Request,
) -> Response {
    let here = below(&client_id, "secrets");
    let submitted = SignedIn::submit(&state, &visitor, Area::Developer, &here, request).await;
    let (signed_in, params) = match submitted {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed_in.actor());
    // Whose it is comes before what is done with it.
    let application = match registry.own_application(signed_in.user.id, &client_id).await {
        Ok(registration) => registration.application,
        Err(error) => return failed(&state, &visitor, &error),
    };
    let approved = application.review == ReviewStatus::Approved;
    let outcome = match params.get("action") {
        Some("revoke") => revoke(&registry, &client_id, &params).await.map(|()| None),
        Some("add" | "rotate") if !approved => Err(Conflict::NotApproved.into()),
        Some("add") => {
            let now = state.services.clock.now();
            add(&registry, &client_id, &params, now).await.map(Some)
        }
        Some("rotate") => rotate(&registry, &client_id, &params).await.map(Some),
        _ => Err(RegistryError::NotFound(Thing::Secret)),
    };
    match outcome {
        Ok(Some(secret)) => {
            let template = NewSecretPage {
                page: signed_in.page(&visitor, &app_path(&client_id)),
                client_id,
                secret: secret.reveal().to_owned(),
            };
            page(StatusCode::OK, &template, &PagePolicy::default())
        }
        Ok(None) => see_other(&format!("{}?done=secret-revoked", app_path(&client_id))),
        Err(error) => refused(&state, &visitor, &signed_in, &client_id, error).await,
    }
}

async fn add(
    registry: &Registry<'_>,
    client_id: &str,
    params: &Params,
    now: i64,
) -> Result<PlainToken, RegistryError> {
    let days = number(params, "days")?;
    let expires_at = days.map(|days| now.saturating_add(days.saturating_mul(DAY)));
    let made = registry.add_secret(client_id, label(params), expires_at).await?;
    Ok(made.secret)
}

async fn rotate(
    registry: &Registry<'_>,
    client_id: &str,
    params: &Params,
) -> Result<PlainToken, RegistryError> {
    let overlap = number(params, "overlap")?;
    let made = registry
        .rotate_secret(client_id, overlap.unwrap_or(0), label(params))
        .await?;
    Ok(made.secret)
}

async fn revoke(registry: &Registry<'_>, client_id: &str, params: &Params) -> Result<(), RegistryError> {
    let id = params.get("secret").and_then(|id| id.parse().ok());
    let id = id.ok_or(RegistryError::NotFound(Thing::Secret))?;
    registry.revoke_secret(client_id, id).await
}

/// A number of the form. One that cannot be read is none: neither a secret without end nor an overlap of nothing.
fn number(params: &Params, field: &'static str) -> Result<Option<i64>, RegistryError> {
    let number = params.get(field).map(str::parse).transpose();
    number.map_err(|_| Problem::Choice.of(field).into())
}

fn label(params: &Params) -> Option<&str> {
    params
        .get("label")
        .map(str::trim)
        .filter(|label| !label.is_empty())
}
