//! `/admin`: the applications of this server (S3.2) and their review.

mod application;
mod applications;
mod forms;
mod review;

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use uuid::Uuid;

use super::guard::{Area, SignedIn, home_of_administration};
use crate::flows::registry::{Registry, RegistryError};
use crate::http::failure::{Reason, error_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{AdminOverviewPage, AdminTabs, ErrorReason};
use crate::paths;
use crate::state::AppState;

/// Pages with permission boxes, whose script ticks what a general permission stands for.
const WITH_SCRIPT: PagePolicy = PagePolicy {
    form_leads_to: None,
    script: true,
    script_asks: false,
};

/// Lines of a part of a list.
const LINES: i64 = 50;

/// The pages of administrators and reviewers about applications.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::ADMIN, get(overview))
        .route(paths::ADMIN_APPLICATIONS, get(applications::list))
        .route(
            paths::ADMIN_APPLICATION_NEW,
            get(applications::new).post(applications::create),
        )
        .route(
            paths::ADMIN_APPLICATION,
            get(application::show).post(application::change),
        )
        .route(paths::ADMIN_REVIEW, get(review::list))
        .route(paths::ADMIN_REVIEW_ONE, get(review::show).post(review::decide))
}

/// Shows what there is, in numbers.
async fn overview(State(state): State<AppState>, visitor: Visitor) -> Response {
    let signed = match SignedIn::enter(&state, &visitor, Area::Administration, paths::ADMIN).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    if let Some(home) = home_of_administration(&signed.user).filter(|home| *home != paths::ADMIN) {
        return see_other(home);
    }
    match state.services.registry(signed.actor()).overview().await {
        Ok(counts) => {
            let template = AdminOverviewPage {
                page: signed.page(&visitor, paths::ADMIN),
                tabs: AdminTabs::of(&signed.user, None),
                counts,
                reviews: signed.user.is_admin || signed.user.is_reviewer,
            };
            page(StatusCode::OK, &template, &PagePolicy::default())
        }
        Err(error) => failed(&state, &visitor, &error),
    }
}

/// A page for an operation that was not done, where no form can say it.
fn failed(state: &AppState, visitor: &Visitor, error: &RegistryError) -> Response {
    let reason = match error {
        RegistryError::NotFound(_) => ErrorReason::NotFound,
        RegistryError::Invalid(_) | RegistryError::Conflict(_) => ErrorReason::BadInput,
        RegistryError::Store(_)
        | RegistryError::Untold(_)
        | RegistryError::Password(_)
        | RegistryError::Keys(_) => ErrorReason::Unavailable,
    };
    error_page(state, visitor, reason, None, error.to_string())
}

/// An answer that shows a form again, with why in the log.
fn refused(mut response: Response, status: StatusCode, error: impl std::fmt::Display) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
        response.extensions_mut().insert(Reason(error.to_string()));
    }
    response
}

/// The addresses of users, each looked up once.
async fn addresses(registry: &Registry<'_>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, RegistryError> {
    let mut known = HashMap::new();
    for id in ids {
        if known.contains_key(&id) {
            continue;
        }
        match registry.user(id).await {
            Ok(person) => known.insert(id, person.user.email),
            Err(RegistryError::NotFound(_)) => known.insert(id, id.to_string()),
            Err(error) => return Err(error),
        };
    }
    Ok(known)
}
