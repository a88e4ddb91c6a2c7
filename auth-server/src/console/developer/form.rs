//! The form of an application: new, edited, and checked while it is filled in.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{app_path, below, examine, failed, fields};
use crate::console::guard::{Area, SignedIn};
use crate::domain::application::ReviewStatus;
use crate::domain::registration::Registration;
use crate::flows::registry::{Conflict, FieldProblem, MAX_REDIRECT_URIS, RegistryError};
use crate::http::failure::{Reason, flow_page, no_store};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{AppFields, AppFormNotice, AppFormPage, problem_text};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// What the form is shown with.
struct Shown<'a> {
    registration: Option<&'a Registration>,
    fields: AppFields,
    notice: Option<AppFormNotice>,
    problems: Vec<FieldProblem>,
    added: bool,
}

/// Shows the form of a new application.
pub(super) async fn new(State(state): State<AppState>, visitor: Visitor) -> Response {
    match SignedIn::enter(&state, &visitor, Area::Developer, paths::DEVELOPER_NEW).await {
        Ok(signed_in) => show(&state, &visitor, &signed_in, blank(AppFields::default())),
        Err(response) => *response,
    }
}

/// Registers an application: as a draft, or submitted at once.
pub(super) async fn create(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let here = paths::DEVELOPER_NEW;
    let submitted = SignedIn::submit(&state, &visitor, Area::Developer, here, request).await;
    let (signed_in, params) = match submitted {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let fields = fields::read(&params);
    let draft = fields::draft(&fields);
    let registry = state.services.registry(signed_in.actor());
    let owner = signed_in.user.id;
    let action = params.get("action");
    let created = match action {
        Some("save") => registry.create_draft(owner, &draft).await,
        Some("submit") => match registry.check_draft("", &draft).await {
            Ok(problems) if problems.is_empty() => registry.create_draft(owner, &draft).await,
            Ok(problems) => Err(RegistryError::Invalid(problems)),
            Err(error) => Err(error),
        },
        _ => {
            let checked = registry.check_draft("", &draft).await;
            return help(&state, &visitor, &signed_in, action, blank(fields), checked);
        }
    };
    let client_id = match created {
        Ok(registration) => registration.application.client_id,
        Err(error) => return refused(&state, &visitor, &signed_in, blank(fields), error),
    };
    if action == Some("save") {
        return see_other(&format!("{}?done=draft", app_path(&client_id)));
    }
    submit(&state, &visitor, &signed_in, &client_id).await
}

/// Shows the form of an application that is there.
pub(super) async fn edit(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(client_id): Path<String>,
) -> Response {
    let here = below(&client_id, "edit");
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Developer, &here).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed_in.actor());
    match registry.own_application(signed_in.user.id, &client_id).await {
        Ok(registration) => {
            let fields = fields::of(&registration);
            show(&state, &visitor, &signed_in, of(&registration, fields))
        }
        Err(error) => failed(&state, &visitor, &error),
    }
}

/// Changes an application, and submits it if that is wanted.
pub(super) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(client_id): Path<String>,
    request: Request,
) -> Response {
    let here = below(&client_id, "edit");
    let submitted = SignedIn::submit(&state, &visitor, Area::Developer, &here, request).await;
    let (signed_in, params) = match submitted {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed_in.actor());
    let owner = signed_in.user.id;
    let before = match registry.own_application(owner, &client_id).await {
        Ok(registration) => registration,
        Err(error) => return failed(&state, &visitor, &error),
    };
    let fields = AppFields {
        public: before.application.is_public(),
        ..fields::read(&params)
    };
    let draft = fields::draft(&fields);
    let action = params.get("action");
    let version = params.get("version").and_then(|version| version.parse().ok());
    let edited = match action {
        Some("save") => registry.edit_own(owner, &client_id, &draft, version).await,
        Some("submit") => match registry.check_draft(&client_id, &draft).await {
            Ok(problems) if problems.is_empty() => {
                registry.edit_own(owner, &client_id, &draft, version).await
            }
            Ok(problems) => Err(RegistryError::Invalid(problems)),
            Err(error) => Err(error),
        },
        _ => {
            let checked = registry.check_draft(&client_id, &draft).await;
            return help(&state, &visitor, &signed_in, action, of(&before, fields), checked);
        }
    };
    let after = match edited {
        Ok(registration) => registration,
        Err(error) => return refused(&state, &visitor, &signed_in, of(&before, fields), error),
    };
    // A submission that waits goes on waiting, and is looked at again as it is now.
    if action == Some("save") || after.application.review == ReviewStatus::Pending {
        if let Err(error) = examine(&state, &after).await {
            return flow_page(&state, &visitor, &error);
        }
        return see_other(&format!("{}?done=saved", app_path(&client_id)));
    }
    submit(&state, &visitor, &signed_in, &client_id).await
}

/// Submits what was saved just now.
async fn submit(state: &AppState, visitor: &Visitor, signed_in: &SignedIn, client_id: &str) -> Response {
    let registry = state.services.registry(signed_in.actor());
    let done = match registry.submit(signed_in.user.id, client_id).await {
        Ok(registration) => match examine(state, &registration).await {
            Ok(()) => "submitted",
            Err(error) => return flow_page(state, visitor, &error),
        },
        // Words alone were changed, or it waits already.
        Err(RegistryError::Conflict(Conflict::NothingToSubmit | Conflict::Already)) => "saved",
        Err(error) => return failed(state, visitor, &error),
    };
    see_other(&format!("{}?done={done}", app_path(client_id)))
}

#[derive(Serialize)]
struct Checked {
    problems: Vec<CheckedField>,
}

#[derive(Serialize)]
struct CheckedField {
    field: &'static str,
    index: Option<usize>,
    code: &'static str,
    message: String,
}

/// Where the form's script alone leads: back to the applications.
pub(super) async fn back() -> Response {
    see_other(paths::DEVELOPER)
}

/// Says what is wrong with the fields, for the form's script. Changes nothing.
pub(super) async fn check(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let here = paths::DEVELOPER_CHECK;
    let submitted = SignedIn::submit(&state, &visitor, Area::Developer, here, request).await;
    let (signed_in, params) = match submitted {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let draft = fields::draft(&fields::read(&params));
    let registry = state.services.registry(signed_in.actor());
    let client_id = params.get("client_id").unwrap_or_default();
    let problems = match registry.check_draft(client_id, &draft).await {
        Ok(problems) => problems,
        Err(error) => return failed(&state, &visitor, &error),
    };
    let language = visitor.language(None);
    let said = |problem: &FieldProblem| CheckedField {
        field: problem.field,
        index: problem.index,
        code: problem.problem.code(),
        message: problem_text(language, problem),
    };
    let problems = problems.iter().map(said).collect();
    no_store(Json(Checked { problems }).into_response())
}

fn blank<'a>(fields: AppFields) -> Shown<'a> {
    Shown {
        registration: None,
        fields,
        notice: None,
        problems: Vec::new(),
        added: false,
    }
}

fn of(registration: &Registration, fields: AppFields) -> Shown<'_> {
    Shown {
        registration: Some(registration),
        ..blank(fields)
    }
}

/// The form again, with another field or with what a check found: nothing is saved.
fn help(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    action: Option<&str>,
    mut shown: Shown<'_>,
    checked: Result<Vec<FieldProblem>, RegistryError>,
) -> Response {
    if action == Some("add") {
        if shown.fields.redirect_uris.len() < MAX_REDIRECT_URIS {
            shown.fields.redirect_uris.push(String::new());
        }
        shown.added = true;
        return show(state, visitor, signed_in, shown);
    }
    match checked {
        Ok(problems) => {
            shown.notice = Some(if problems.is_empty() {
                AppFormNotice::CheckedFine
            } else {
                AppFormNotice::CheckedWithProblems
            });
            shown.problems = problems;
            show(state, visitor, signed_in, shown)
        }
        Err(error) => failed(state, visitor, &error),
    }
}

/// The form again, with what keeps it from being saved.
fn refused(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    mut shown: Shown<'_>,
    error: RegistryError,
) -> Response {
    let reason = Reason(error.to_string());
    let status = match error {
        RegistryError::Invalid(problems) => {
            shown.problems = problems;
            shown.notice = Some(AppFormNotice::Problems);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        RegistryError::Conflict(Conflict::Changed) => {
            shown.notice = Some(AppFormNotice::Changed);
            StatusCode::CONFLICT
        }
        error => return failed(state, visitor, &error),
    };
    let mut response = show(state, visitor, signed_in, shown);
    *response.status_mut() = status;
    response.extensions_mut().insert(reason);
    response
}

fn show(state: &AppState, visitor: &Visitor, signed_in: &SignedIn, shown: Shown<'_>) -> Response {
    let registration = shown.registration;
    let application = registration.map(|registration| &registration.application);
    let action = application.map_or_else(
        || paths::DEVELOPER_NEW.to_owned(),
        |application| below(&application.client_id, "edit"),
    );
    let mut fields = shown.fields;
    if fields.redirect_uris.is_empty() {
        fields.redirect_uris.push(String::new());
    }
    let (permissions, more_permissions) = fields::permissions(state, visitor.language(None), &fields.scope);
    let review = application.map(|application| application.review);
    let template = AppFormPage {
        page: signed_in.page(visitor, &action),
        csrf: signed_in.csrf(state, &action),
        check_csrf: signed_in.csrf(state, paths::DEVELOPER_CHECK),
        action,
        app: application.map(|application| (application.client_id.clone(), application.name.clone())),
        version: registration.map_or(0, |registration| registration.version),
        approved: review == Some(ReviewStatus::Approved),
        pending: review == Some(ReviewStatus::Pending),
        fields,
        permissions,
        more_permissions,
        notice: shown.notice,
        problems: shown.problems,
        added: shown.added,
    };
    let policy = PagePolicy {
        script: true,
        script_asks: true,
        ..PagePolicy::default()
    };
    page(StatusCode::OK, &template, &policy)
}

/// The parameters of a page's query.
pub(super) fn query(text: Option<&str>) -> Params {
    Params::parse(text.unwrap_or_default()).unwrap_or_default()
}
