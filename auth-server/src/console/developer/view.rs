//! What the page of an application shows.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::response::Response;

use super::{app_path, below, failed, since, when};
use crate::console::guard::SignedIn;
use crate::domain::application::{Application, ClientSecret, ReviewStatus};
use crate::domain::audit::ErrorReport;
use crate::domain::finding::Examination;
use crate::domain::registration::{Proposal, Registration};
use crate::domain::token::TokenFilter;
use crate::flows::FlowError;
use crate::flows::registry::{Registry, RegistryError};
use crate::http::failure::flow_page;
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::{
    ChangeLine, DeveloperAppPage, DeveloperNotice, ErrorLine, Mistake, OwnSecret, PermissionTexts, Security,
    StepLine, TokenCounts, WaitingChange,
};
use crate::state::AppState;

/// More authorizations than this are not counted.
const COUNTED: u32 = 1000;
const ERRORS: i64 = 10;

/// Shows the page.
pub(super) async fn render(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    client_id: &str,
    notice: Option<DeveloperNotice>,
) -> Response {
    let registry = state.services.registry(signed_in.actor());
    let registration = match registry.own_application(signed_in.user.id, client_id).await {
        Ok(registration) => registration,
        Err(error) => return failed(state, visitor, &error),
    };
    let (examination, of_change) = match examinations(state, &registration).await {
        Ok(examinations) => examinations,
        Err(error) => return flow_page(state, visitor, &error),
    };
    let used = match in_use(&registry, &registration.application).await {
        Ok(used) => used,
        Err(error) => return failed(state, visitor, &error),
    };
    let steps = match registry.timeline(client_id).await {
        Ok(steps) => steps,
        Err(error) => return failed(state, visitor, &error),
    };
    let Registration {
        application,
        proposal,
        ..
    } = registration;
    let texts = PermissionTexts::new(state.services.catalogue.clone());
    let language = visitor.language(None);
    let waits = application.review == ReviewStatus::Pending;
    let approved = application.review == ReviewStatus::Approved;
    let template = DeveloperAppPage {
        page: signed_in.page(visitor, &app_path(client_id)),
        permissions: application
            .scope
            .iter()
            .map(|scope| (texts.label(scope, language), scope.to_owned()))
            .collect(),
        submit_csrf: signed_in.csrf(state, &below(client_id, "submit")),
        waiting: application
            .submitted_at
            .filter(|_| waits)
            .map(|at| (when(at), since(state, at))),
        examination,
        steps: steps
            .into_iter()
            .map(|step| StepLine {
                at: when(step.at),
                what: step.what,
                reason: step.reason,
            })
            .collect(),
        change: proposal.map(|proposal| WaitingChange {
            withdraw_csrf: signed_in.csrf(state, &below(client_id, "withdraw")),
            waiting: proposal
                .submitted_at
                .filter(|_| proposal.status == ReviewStatus::Pending)
                .map(|at| (when(at), since(state, at))),
            examination: of_change,
            lines: lines(&application, &proposal),
            status: proposal.status,
            reason: proposal.reason,
        }),
        security: approved.then(|| Security {
            csrf: signed_in.csrf(state, &below(client_id, "secrets")),
            secrets: application.has_secret().then(|| {
                let now = state.services.clock.now();
                let line = |secret: &ClientSecret| secret_line(secret, now);
                application.secrets.iter().map(line).collect()
            }),
        }),
        tokens: used.0,
        errors: used.1,
        app: application,
        notice,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

/// What was found about the application when it was submitted, and about the change of it.
async fn examinations(
    state: &AppState,
    registration: &Registration,
) -> Result<(Option<Examination>, Option<Examination>), FlowError> {
    let application = &registration.application;
    let of = async |submitted_at: Option<i64>| match submitted_at {
        Some(at) => state.services.examination(&application.client_id, at).await,
        None => Ok(None),
    };
    let change = registration.submitted_change().map(|(_, at)| at);
    Ok((of(application.submitted_at).await?, of(change).await?))
}

fn secret_line(secret: &ClientSecret, now: i64) -> OwnSecret {
    OwnSecret {
        id: secret.id,
        label: secret.label.clone(),
        created: when(secret.created_at),
        expires: secret.expires_at.map(when),
        ended: secret.expires_at.is_some_and(|end| end <= now),
        last_used: secret.last_used_at.map(when),
    }
}

/// Who uses an approved application, and what went wrong.
async fn in_use(
    registry: &Registry<'_>,
    application: &Application,
) -> Result<(Option<TokenCounts>, Vec<ErrorLine>), RegistryError> {
    if application.review != ReviewStatus::Approved {
        return Ok((None, Vec::new()));
    }
    let filter = TokenFilter::Client(application.client_id.clone());
    let live = registry.live_tokens(&filter, None, COUNTED).await?;
    let people: BTreeSet<_> = live.items.iter().filter_map(|token| token.user_id).collect();
    let counts = TokenCounts {
        authorizations: if live.next.is_some() {
            format!("> {COUNTED}")
        } else {
            live.items.len().to_string()
        },
        people: people.len(),
    };
    let reports = registry.error_reports_of(&application.client_id, ERRORS).await?;
    Ok((
        Some(counts),
        reports.into_iter().map(|report| error_line(&report)).collect(),
    ))
}

/// A refused request, without the exact reason: that may speak of people, and is for administrators.
fn error_line(report: &ErrorReport) -> ErrorLine {
    let mistake = match report.code.as_deref() {
        Some("invalid_client") => Mistake::InvalidClient,
        Some("invalid_grant") => Mistake::InvalidGrant,
        Some("invalid_request") => Mistake::InvalidRequest,
        Some("invalid_scope") => Mistake::InvalidScope,
        Some("unauthorized_client") => Mistake::UnauthorizedClient,
        Some("unsupported_grant_type") => Mistake::UnsupportedGrantType,
        Some("redirect_uri") => Mistake::RedirectUri,
        Some("not_approved") => Mistake::NotApproved,
        Some("blocked") => Mistake::Blocked,
        Some("throttled") => Mistake::Throttled,
        Some("outage") => Mistake::Outage,
        _ => Mistake::Other,
    };
    ErrorLine {
        id: report.id.to_string(),
        at: when(report.at),
        request: format!("{} {}", report.status, report.route),
        mistake,
    }
}

/// What a proposal changes, field by field.
fn lines(application: &Application, proposal: &Proposal) -> Vec<ChangeLine> {
    let mut after = application.clone();
    proposal.change.apply(&mut after);
    let line = |field| ChangeLine {
        field,
        now: values(application, field),
        wanted: values(&after, field),
    };
    let fields = proposal.change.beyond(application).fields();
    fields.into_iter().map(line).collect()
}

fn values(application: &Application, field: &str) -> Vec<String> {
    let one = |text: &Option<String>| text.iter().cloned().collect();
    match field {
        "name" => vec![application.name.clone()],
        "homepage_url" => one(&application.homepage_url),
        "policy_url" => one(&application.policy_url),
        "logo_url" => one(&application.about.logo_url),
        "redirect_uris" => application.redirect_uris.clone(),
        "scope" => application.scope.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
