//! `/admin/applications`: the list, and registering one (S3.51).

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use token_format::scope::ScopeSet;

use super::super::guard::{Area, SignedIn};
use super::super::moment;
use super::{LINES, WITH_SCRIPT, failed, forms, refused};
use crate::domain::application::check_name;
use crate::domain::listing::Place;
use crate::domain::policy::GrantType;
use crate::domain::registration::Registration;
use crate::flows::registry::{Created, FieldProblem, NewApplication, Problem, RegistryError};
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::{
    AdminTab, AdminTabs, ApplicationFields, ApplicationFilter, ApplicationLine, ApplicationSecretPage,
    ApplicationsPage, NewApplicationPage, PageContext, PermissionBox, PermissionTexts, permission_boxes,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::registrations::ApplicationQuery;

/// Lists applications, the one registered last first.
pub(super) async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let here = paths::ADMIN_APPLICATIONS;
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let search = params.get("search").unwrap_or_default().trim().to_owned();
    let named = params.get("state").unwrap_or_default();
    let filter = ApplicationFilter::ALL
        .into_iter()
        .find(|filter| filter.as_str() == named);
    let after: Option<Place> = params.get("after").and_then(|place| place.parse().ok());
    let wanted = ApplicationQuery {
        search: forms::optional(&search),
        review: match filter {
            Some(ApplicationFilter::Review(status)) => Some(status),
            _ => None,
        },
        disabled: (filter == Some(ApplicationFilter::Disabled)).then_some(true),
        owner: None,
        after: after.clone(),
        limit: LINES,
    };
    let found = match state
        .services
        .registry(signed.actor())
        .applications(&wanted)
        .await
    {
        Ok(found) => found,
        Err(error) => return failed(&state, &visitor, &error),
    };
    let next = found.next.map(|place| {
        let mut query = url::form_urlencoded::Serializer::new(format!("{here}?"));
        for (name, value) in [
            ("search", search.as_str()),
            ("state", filter.map_or("", ApplicationFilter::as_str)),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", &place.to_string()).finish()
    });
    let template = ApplicationsPage {
        page: signed.page(&visitor, here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Applications),
        may_change: signed.user.is_admin,
        search,
        filter,
        lines: found.items.into_iter().map(line).collect(),
        next,
        is_later: after.is_some(),
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

fn line(registration: Registration) -> ApplicationLine {
    let application = registration.application;
    ApplicationLine {
        id: application.client_id,
        name: application.name,
        profile: application.profile,
        created: moment(application.created_at),
        review: application.review,
        disabled: application.disabled,
    }
}

/// The checklist, with the permissions of `scope` ticked.
pub(super) fn checklist(state: &AppState, page: &PageContext, scope: &ScopeSet) -> Vec<PermissionBox> {
    let services = &state.services;
    permission_boxes(
        page,
        &PermissionTexts::new(Arc::clone(&services.catalogue)),
        &services.catalogue,
        services.directory.is_writable(),
        scope,
    )
}

/// Shows the form of a new application.
pub(super) async fn new(State(state): State<AppState>, visitor: Visitor) -> Response {
    let here = paths::ADMIN_APPLICATION_NEW;
    match SignedIn::enter(&state, &visitor, Area::Admin, here).await {
        Ok(signed) => {
            let fields = ApplicationFields {
                profile: "standard".to_owned(),
                kind: "confidential".to_owned(),
                ..ApplicationFields::default()
            };
            show_new(&state, &visitor, &signed, fields, &ScopeSet::default())
        }
        Err(response) => *response,
    }
}

fn show_new(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    fields: ApplicationFields,
    scope: &ScopeSet,
) -> Response {
    let context = signed.page(visitor, paths::ADMIN_APPLICATION_NEW);
    let template = NewApplicationPage {
        permissions: checklist(state, &context, scope),
        page: context,
        tabs: AdminTabs::of(&signed.user, AdminTab::Applications),
        csrf: signed.csrf(state, paths::ADMIN_APPLICATION_NEW),
        fields,
    };
    page(StatusCode::OK, &template, &WITH_SCRIPT)
}

/// Registers an application, and shows its secret: now and never again (H3).
pub(super) async fn create(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let here = paths::ADMIN_APPLICATION_NEW;
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, here, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let mut fields = forms::fields(&params);
    let made = match described(&fields, &params) {
        Ok(new) => {
            state
                .services
                .registry(signed.actor())
                .create_application(new)
                .await
        }
        Err(problems) => Err(RegistryError::Invalid(problems)),
    };
    match made {
        Ok(created) => show_secret(&visitor, &signed, created),
        Err(RegistryError::Invalid(problems)) => {
            let error = RegistryError::Invalid(problems.clone());
            fields.problems = problems;
            let scope = forms::scope(&params).unwrap_or_default();
            let shown = show_new(&state, &visitor, &signed, fields, &scope);
            refused(shown, StatusCode::UNPROCESSABLE_ENTITY, error)
        }
        Err(error) => failed(&state, &visitor, &error),
    }
}

/// The application that the form describes, or what is missing in it.
fn described(fields: &ApplicationFields, params: &Params) -> Result<NewApplication, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let mut problem = |problem: FieldProblem| problems.push(problem);
    if check_name(&fields.name).is_err() {
        problem(Problem::Name.of("name"));
    }
    let profile = forms::profile(&fields.profile).map_err(&mut problem).ok();
    let scope = forms::scope(params).map_err(&mut problem).ok();
    let redirect_uris = forms::lines(&fields.redirect_uris);
    let needs_address = profile.is_some_and(|profile| profile.policy().allows(GrantType::AuthorizationCode));
    if redirect_uris.is_empty() && needs_address {
        problem(Problem::Required.of("redirect_uris"));
    }
    match (profile, scope) {
        (Some(profile), Some(scope)) if problems.is_empty() => Ok(NewApplication {
            kind: forms::kind(&fields.kind),
            redirect_uris,
            scope,
            ..NewApplication::of(profile, fields.name.clone())
        }),
        _ => Err(problems),
    }
}

fn show_secret(visitor: &Visitor, signed: &SignedIn, created: Created) -> Response {
    let application = created.registration.application;
    let template = ApplicationSecretPage {
        page: signed.page(visitor, paths::ADMIN_APPLICATIONS),
        tabs: AdminTabs::of(&signed.user, AdminTab::Applications),
        name: application.name,
        id: application.client_id,
        secret: created.secret.map(|secret| secret.reveal().to_owned()),
        is_new: true,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}
