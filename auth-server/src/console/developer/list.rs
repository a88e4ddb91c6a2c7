//! `/developer`: the applications of a developer.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{failed, when};
use crate::console::guard::{Area, SignedIn};
use crate::domain::listing::Place;
use crate::domain::registration::Registration;
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::{AppLine, DeveloperAppsPage};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

const LINES: i64 = 50;

/// Shows the list.
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let here = paths::DEVELOPER;
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Developer, here).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let after: Option<Place> = params.get("after").and_then(|place| place.parse().ok());
    let is_later = after.is_some();
    let registry = state.services.registry(signed_in.actor());
    match registry.own_applications(signed_in.user.id, after, LINES).await {
        Ok(listed) => {
            let template = DeveloperAppsPage {
                page: signed_in.page(&visitor, here),
                apps: listed.items.into_iter().map(line).collect(),
                is_later,
                older: listed.next.map(|place| format!("{here}?after={place}")),
            };
            page(StatusCode::OK, &template, &PagePolicy::default())
        }
        Err(error) => failed(&state, &visitor, &error),
    }
}

fn line(registration: Registration) -> AppLine {
    let application = registration.application;
    AppLine {
        client_id: application.client_id,
        name: application.name,
        status: application.review,
        disabled: application.disabled,
        registered: when(application.created_at),
    }
}
