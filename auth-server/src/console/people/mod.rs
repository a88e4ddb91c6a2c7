//! The administration's pages about people, keys and what happened.

mod api_keys;
mod audit;
mod errors;
mod one;
mod signing_keys;
mod users;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::domain::listing::Place;
use crate::flows::registry::RegistryError;
use crate::http::failure::{error_page, flow_page};
use crate::http::visitor::Visitor;
use crate::pages::{ErrorReason, FormProblems, LogLine, Moment};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::audit::AuditRow;

/// Lines on one page of a list.
const LINES: i64 = 50;

/// The routes of these pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::ADMIN_USERS, get(users::list))
        .route(paths::ADMIN_USER_NEW, get(users::new).post(users::create))
        .route(paths::ADMIN_USER, get(one::show).post(one::change))
        .route(
            paths::ADMIN_API_KEYS_PAGE,
            get(api_keys::list).post(api_keys::change),
        )
        .route(
            paths::ADMIN_SIGNING_KEYS,
            get(signing_keys::list).post(signing_keys::rotate),
        )
        .route(paths::ADMIN_AUDIT, get(audit::list))
        .route(paths::ADMIN_AUDIT_FILE, get(audit::download))
        .route(paths::ADMIN_ERRORS, get(errors::look_up))
}

/// A query; what cannot be read asks for nothing.
fn read(query: Option<&str>) -> Params {
    Params::parse(query.unwrap_or_default()).unwrap_or_default()
}

/// A value without the space around it; empty when there is none.
fn value(params: &Params, name: &str) -> String {
    params.get(name).unwrap_or_default().trim().to_owned()
}

/// The same, or none when it is empty.
fn given(params: &Params, name: &str) -> Option<String> {
    Some(value(params, name)).filter(|value| !value.is_empty())
}

/// Where a list goes on; a place that is none is the beginning.
fn after(params: &Params) -> Option<Place> {
    params.get("after")?.parse().ok()
}

/// The address of a page with a query.
fn link(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// What a form shows of an error, where it can be mended there.
fn problems(error: &RegistryError) -> Option<FormProblems> {
    match error {
        RegistryError::Invalid(problems) => Some(FormProblems {
            fields: problems
                .iter()
                .map(|problem| (problem.field, problem.problem.code()))
                .collect(),
            conflict: None,
        }),
        RegistryError::Conflict(conflict) => Some(FormProblems {
            fields: Vec::new(),
            conflict: Some(conflict.code()),
        }),
        _ => None,
    }
}

/// The status of a page that shows what is wrong with its form.
fn status(problems: &FormProblems) -> StatusCode {
    if *problems == FormProblems::default() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// A page for an operation that was not done, and that no form can mend.
fn failed(state: &AppState, visitor: &Visitor, error: RegistryError) -> Response {
    match error {
        RegistryError::NotFound(_) => not_found(state, visitor, &error.to_string()),
        RegistryError::Store(error) | RegistryError::Untold(error) => {
            flow_page(state, visitor, &error.into())
        }
        RegistryError::Password(error) => flow_page(state, visitor, &error.into()),
        RegistryError::Keys(error) => flow_page(state, visitor, &error.into()),
        RegistryError::Invalid(_) | RegistryError::Conflict(_) => {
            error_page(state, visitor, ErrorReason::BadInput, None, error.to_string())
        }
    }
}

fn not_found(state: &AppState, visitor: &Visitor, why: &str) -> Response {
    error_page(state, visitor, ErrorReason::NotFound, None, why)
}

fn audit_line(row: AuditRow) -> LogLine {
    LogLine {
        at: Moment(row.at),
        kind: row.kind,
        user_id: row.user_id,
        client_id: row.client_id,
        address: row.address,
        detail: row.detail,
    }
}
