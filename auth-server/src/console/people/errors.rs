//! `/admin/errors`: the exact reason behind an error id.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::super::guard::{Area, SignedIn};
use super::{failed, given, link, read};
use crate::domain::audit::ErrorReport;
use crate::flows::registry::RegistryError;
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::{AdminTab, AdminTabs, ErrorLookupPage, FormProblems, FoundReport, Moment};
use crate::paths;
use crate::state::AppState;

/// Shows the form, and what is behind the id in the query.
pub(super) async fn look_up(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let id = given(&read(query.as_deref()), "id");
    let text = id.clone().unwrap_or_default();
    let here = link(paths::ADMIN_ERRORS, &[("id", &text)]);
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let mut status = StatusCode::OK;
    let (mut report, mut problems) = (None, FormProblems::default());
    match id.map(|id| id.parse::<Uuid>()) {
        None => {}
        Some(Err(_)) => {
            status = StatusCode::UNPROCESSABLE_ENTITY;
            problems = FormProblems::field("id", "error_id");
        }
        Some(Ok(id)) => match state
            .error_report(&state.services.registry(signed.actor()), id)
            .await
        {
            Ok(found) => report = Some(as_found(found)),
            Err(RegistryError::NotFound(_)) => {
                status = StatusCode::NOT_FOUND;
                problems = FormProblems::field("id", "no_report");
            }
            Err(error) => return failed(&state, &visitor, error),
        },
    }
    let template = ErrorLookupPage {
        page: signed.page(&visitor, &here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Errors),
        id: text,
        problems,
        report,
    };
    page(status, &template, &PagePolicy::default())
}

fn as_found(report: ErrorReport) -> FoundReport {
    FoundReport {
        at: Moment(report.at),
        status: report.status,
        route: report.route,
        reason: report.reason,
        address: report.address,
    }
}
