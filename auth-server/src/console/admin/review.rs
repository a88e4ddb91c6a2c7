//! `/admin/review`: what waits for a reviewer, and the decision about it (S4.15, S4.18).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::super::guard::{Area, SignedIn};
use super::super::moment;
use super::{LINES, addresses, failed, refused};
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::listing::Place;
use crate::domain::registration::{ApplicationChange, Registration};
use crate::flows::FlowError;
use crate::flows::registry::{Decision, REVIEW_SECONDS, Registry, RegistryError, Thing};
use crate::http::failure::flow_page;
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{
    AdminTab, AdminTabs, AskedPermission, PermissionTexts, ProposedChange, QueueLine, ReviewNotice,
    ReviewPage, ReviewQueuePage, TimelineLine,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

const HOUR: i64 = 3_600;

fn here(id: &str) -> String {
    format!("{}/{id}", paths::ADMIN_REVIEW)
}

/// Lists what waits, or what is on hold: the oldest first.
pub(super) async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let signed = match SignedIn::enter(&state, &visitor, Area::Review, paths::ADMIN_REVIEW).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    match queue_page(&state, &visitor, &signed, &params).await {
        Ok(template) => page(StatusCode::OK, &template, &PagePolicy::default()),
        Err(error) => failed(&state, &visitor, &error),
    }
}

async fn queue_page(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    params: &Params,
) -> Result<ReviewQueuePage, RegistryError> {
    let registry = state.services.registry(signed.actor());
    let on_hold = params.get("state") == Some(ReviewStatus::OnHold.as_str());
    let after: Option<Place> = params.get("after").and_then(|place| place.parse().ok());
    let status = if on_hold {
        ReviewStatus::OnHold
    } else {
        ReviewStatus::Pending
    };
    let found = registry.queue(status, after.as_ref(), LINES).await?;
    let overview = registry.overview().await?;
    let owners = found
        .items
        .iter()
        .filter_map(|row| row.registration.application.owner_id)
        .collect();
    let owners = addresses(&registry, owners).await?;
    let now = state.services.clock.now();
    let lines = found.items.into_iter().map(|row| {
        let application = row.registration.application;
        let proposed = row
            .registration
            .proposal
            .and_then(|proposal| proposal.change.name);
        QueueLine {
            owner: application.owner_id.and_then(|owner| owners.get(&owner).cloned()),
            name: proposed.filter(|_| row.is_proposal).unwrap_or(application.name),
            id: application.client_id,
            submitted: moment(row.submitted_at),
            hours: (now - row.submitted_at).max(0) / HOUR,
            overdue: !on_hold && now - row.submitted_at > REVIEW_SECONDS,
            is_proposal: row.is_proposal,
        }
    });
    let state_of = if on_hold { "state=on_hold&" } else { "" };
    Ok(ReviewQueuePage {
        page: signed.page(visitor, paths::ADMIN_REVIEW),
        tabs: AdminTabs::of(&signed.user, AdminTab::Review),
        on_hold,
        decided: params.get("done").and_then(|status| status.parse().ok()),
        waiting: overview.waiting,
        overdue: overview.overdue,
        lines: lines.collect(),
        next: found
            .next
            .map(|place| format!("{}?{state_of}after={place}", paths::ADMIN_REVIEW)),
        is_later: after.is_some(),
    })
}

/// Shows a submission with everything its developer gave and what was found about it.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    match SignedIn::enter(&state, &visitor, Area::Review, &here(&id)).await {
        Ok(signed) => shown(&state, &visitor, &signed, &id, None, String::new()).await,
        Err(response) => *response,
    }
}

/// Why a submission cannot be shown.
enum Failure {
    Registry(RegistryError),
    Flow(FlowError),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

async fn shown(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    id: &str,
    notice: Option<ReviewNotice>,
    reason: String,
) -> Response {
    match gathered(state, visitor, signed, id, notice, reason).await {
        Ok(template) => page(StatusCode::OK, &template, &PagePolicy::default()),
        Err(Failure::Registry(error)) => failed(state, visitor, &error),
        Err(Failure::Flow(error)) => flow_page(state, visitor, &error),
    }
}

async fn gathered(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    id: &str,
    notice: Option<ReviewNotice>,
    reason: String,
) -> Result<ReviewPage, Failure> {
    let services = &state.services;
    let registry = services.registry(signed.actor());
    let found = submitted(&registry, id).await?;
    let proposal = found.submitted_change().map(|(proposal, _)| proposal);
    let examination = services.latest_examination(&found).await.map_err(Failure::Flow)?;
    let steps = registry.timeline(id).await?;
    let mut people: Vec<Uuid> = steps.iter().filter_map(|step| step.actor_id).collect();
    people.extend(found.application.owner_id);
    let people = addresses(&registry, people).await?;
    let context = signed.page(visitor, &here(id));
    let (status, status_reason, submitted) = match proposal {
        Some(proposal) => (proposal.status, proposal.reason.clone(), proposal.submitted_at),
        None => (
            found.application.review,
            found.application.review_reason.clone(),
            found.application.submitted_at,
        ),
    };
    let changes = proposal.map(|proposal| changes(&found.application, &proposal.change));
    // What the reviewer reads is what would run.
    let mut application = found.application.clone();
    if let Some(proposal) = proposal {
        proposal.change.apply(&mut application);
        if application.about.logo.is_none() {
            application.about.logo = examination.as_ref().and_then(|seen| seen.logo.clone());
        }
    }
    let texts = PermissionTexts::new(Arc::clone(&services.catalogue));
    let permissions = application.scope.iter().map(|scope| AskedPermission {
        scope: scope.to_owned(),
        label: texts.label(scope, context.language),
    });
    let is_own = application.owner_id == Some(signed.user.id);
    let waits = status == ReviewStatus::Pending;
    let late = submitted.is_some_and(|at| services.clock.now() - at > REVIEW_SECONDS);
    Ok(ReviewPage {
        permissions: permissions.collect(),
        page: context,
        tabs: AdminTabs::of(&signed.user, AdminTab::Review),
        csrf: signed.csrf(state, &here(id)),
        notice,
        version: found.version,
        owner: application.owner_id.and_then(|owner| people.get(&owner).cloned()),
        submitted: submitted.map(moment),
        overdue: waits && late,
        status,
        status_reason,
        proposal: changes,
        examination,
        timeline: steps
            .into_iter()
            .map(|step| TimelineLine {
                at: moment(step.at),
                what: step.what,
                reason: step.reason,
                who: step.actor_id.and_then(|id| people.get(&id).cloned()),
            })
            .collect(),
        may_decide: !is_own && (waits || matches!(status, ReviewStatus::OnHold | ReviewStatus::Rejected)),
        is_own,
        reason,
        application,
    })
}

/// An application that was submitted; a draft is its developer's business alone.
async fn submitted(registry: &Registry<'_>, id: &str) -> Result<Registration, RegistryError> {
    let found = registry.application(id).await?;
    if found.application.review == ReviewStatus::Draft {
        return Err(RegistryError::NotFound(Thing::Application));
    }
    Ok(found)
}

/// What is to change, before and after.
fn changes(now: &Application, change: &ApplicationChange) -> Vec<ProposedChange> {
    let change = change.beyond(now);
    let mut then = now.clone();
    change.apply(&mut then);
    let changed = change.fields();
    changed
        .into_iter()
        .map(|field| ProposedChange {
            field,
            before: values(now, field),
            after: values(&then, field),
        })
        .collect()
}

fn values(application: &Application, field: &str) -> Vec<String> {
    let one = |value: &Option<String>| value.clone().into_iter().collect();
    match field {
        "name" => vec![application.name.clone()],
        "redirect_uris" => application.redirect_uris.clone(),
        "scope" => application.scope.iter().map(str::to_owned).collect(),
        "homepage_url" => one(&application.homepage_url),
        "policy_url" => one(&application.policy_url),
        "logo_url" => one(&application.about.logo_url),
        "use_case" => one(&application.about.use_case),
        "description" => one(&application.about.description),
        _ => Vec::new(),
    }
}

/// Approves, holds or rejects what the reviewer looked at.
pub(super) async fn decide(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let action = here(&id);
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Review, &action, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed.actor());
    let reason = params.get("reason").unwrap_or_default().trim().to_owned();
    match decided(&registry, &id, &params, &reason).await {
        Ok(status) => see_other(&format!("{}?done={}", paths::ADMIN_REVIEW, status.as_str())),
        Err(RegistryError::Conflict(conflict)) => {
            let notice = Some(ReviewNotice::Conflict(conflict));
            let shown = shown(&state, &visitor, &signed, &id, notice, reason).await;
            refused(shown, StatusCode::CONFLICT, conflict)
        }
        Err(RegistryError::Invalid(problems)) => {
            let notice = problems.first().cloned().map(ReviewNotice::Problem);
            let error = RegistryError::Invalid(problems);
            let shown = shown(&state, &visitor, &signed, &id, notice, reason).await;
            refused(shown, StatusCode::UNPROCESSABLE_ENTITY, error)
        }
        Err(error) => failed(&state, &visitor, &error),
    }
}

async fn decided(
    registry: &Registry<'_>,
    id: &str,
    params: &Params,
    reason: &str,
) -> Result<ReviewStatus, RegistryError> {
    use crate::flows::registry::Problem;
    submitted(registry, id).await?;
    let status = params.get("decision").and_then(|status| status.parse().ok());
    let seen = params.get("version").and_then(|version| version.parse().ok());
    let decision = Decision {
        status: status.ok_or_else(|| Problem::Choice.of("status"))?,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        seen: Some(seen.ok_or_else(|| Problem::Required.of("version"))?),
        first_secret: false,
    };
    if params.get("about") == Some("change") {
        registry.decide_proposal(id, &decision).await?;
    } else {
        registry.decide(id, &decision).await?;
    }
    Ok(decision.status)
}
