//! `/developer`: users with the developer's role register applications, follow their review, and keep their secrets
//! (S4.3 to S4.28). Whose application it is, the registry checks: somebody else's is not there.

mod app;
mod fields;
mod form;
mod list;
mod secrets;
mod view;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::application::ReviewStatus;
use crate::domain::registration::Registration;
use crate::flows::FlowError;
use crate::flows::registry::RegistryError;
use crate::http::failure::error_page;
use crate::http::visitor::Visitor;
use crate::pages::{ErrorReason, Moment};
use crate::paths;
use crate::state::AppState;

/// The pages of developers.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::DEVELOPER, get(list::get))
        .route(paths::DEVELOPER_NEW, get(form::new).post(form::create))
        .route(paths::DEVELOPER_CHECK, get(form::back).post(form::check))
        .route(paths::DEVELOPER_APP, get(app::get))
        .route(paths::DEVELOPER_APP_EDIT, get(form::edit).post(form::change))
        .route(paths::DEVELOPER_APP_SUBMIT, get(secrets::back).post(app::submit))
        .route(
            paths::DEVELOPER_APP_WITHDRAW,
            get(secrets::back).post(app::withdraw),
        )
        .route(
            paths::DEVELOPER_APP_SECRETS,
            get(secrets::back).post(secrets::post),
        )
}

/// What a segment of a path holds only encoded: all but the unreserved characters (RFC 3986 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The page of an application. The id may be anything that somebody wrote into an address.
fn app_path(client_id: &str) -> String {
    let segment = utf8_percent_encode(client_id, SEGMENT).to_string();
    paths::DEVELOPER_APP.replace("{client_id}", &segment)
}

/// A page or form below it.
fn below(client_id: &str, rest: &str) -> String {
    format!("{}/{rest}", app_path(client_id))
}

/// A moment for people and programs.
fn when(seconds: i64) -> Moment {
    Moment(seconds)
}

/// Seconds since a moment.
fn since(state: &AppState, at: i64) -> u64 {
    u64::try_from(state.services.clock.now() - at).unwrap_or_default()
}

/// Has a submission examined: an application's own, or that of the change that waits.
async fn examine(state: &AppState, registration: &Registration) -> Result<(), FlowError> {
    let submission = registration.submission();
    // What is edited while it is on hold, or after a rejection, is what a reviewer may approve next.
    let is_reviewed = |status| {
        matches!(
            status,
            ReviewStatus::Pending | ReviewStatus::OnHold | ReviewStatus::Rejected
        )
    };
    if let Some(submission) = submission.filter(|submission| is_reviewed(submission.status)) {
        state.services.examine_submission(&submission).await?;
    }
    Ok(())
}

/// The answer to what no field of a form can mend.
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
