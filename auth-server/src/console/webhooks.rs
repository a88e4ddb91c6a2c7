//! `/admin/webhooks`: receivers of events, and what was sent to each.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::guard::{Area, SignedIn};
use super::{moment, place};
use crate::domain::secret::PlainToken;
use crate::domain::webhook::{Delivery, Endpoint};
use crate::flows::webhooks::{EndpointChange, EndpointError, NewEndpoint};
use crate::http::failure::{Reason, error_page, flow_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{
    AdminTab, AdminTabs, DeliveryLine, ErrorReason, NewWebhookPage, OutdatedWebhook, WebhookFields,
    WebhookPage, WebhookProblem, WebhookSecretPage, WebhooksPage,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

const LINES: usize = 50;

/// Lists the receivers.
pub async fn list(State(state): State<AppState>, visitor: Visitor) -> Response {
    let here = paths::ADMIN_WEBHOOKS;
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    match state.services.webhooks().await {
        Ok(endpoints) => {
            let page_context = signed.page(&visitor, here);
            let template = WebhooksPage {
                page: page_context,
                tabs: AdminTabs::of(&signed.user, AdminTab::Webhooks),
                may_change: signed.user.is_admin,
                endpoints,
            };
            page(StatusCode::OK, &template, &PagePolicy::default())
        }
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Shows the form of a new receiver.
pub async fn new(State(state): State<AppState>, visitor: Visitor) -> Response {
    match SignedIn::enter(&state, &visitor, Area::Admin, paths::ADMIN_WEBHOOK_NEW).await {
        Ok(signed) => show_new(&state, &visitor, &signed, WebhookFields::default()),
        Err(response) => *response,
    }
}

/// Makes a receiver, and shows its secret: now and never again.
pub async fn create(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let here = paths::ADMIN_WEBHOOK_NEW;
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, here, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let chosen = chosen(&params);
    match state.services.create_webhook(&chosen, signed.subject()).await {
        Ok((endpoint, secret)) => show_secret(&visitor, &signed, endpoint.id, &secret, true),
        Err(error) => match fields(&chosen, &error) {
            Some(fields) => {
                let shown = show_new(&state, &visitor, &signed, fields);
                refused(shown, StatusCode::UNPROCESSABLE_ENTITY, &error)
            }
            None => failed(&state, &visitor, &error),
        },
    }
}

fn show_secret(
    visitor: &Visitor,
    signed: &SignedIn,
    id: Uuid,
    secret: &PlainToken,
    is_new: bool,
) -> Response {
    let template = WebhookSecretPage {
        page: signed.page(visitor, paths::ADMIN_WEBHOOKS),
        tabs: AdminTabs::of(&signed.user, AdminTab::Webhooks),
        id: id.to_string(),
        is_new,
        secret: secret.reveal().to_owned(),
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

fn show_new(state: &AppState, visitor: &Visitor, signed: &SignedIn, fields: WebhookFields) -> Response {
    let here = paths::ADMIN_WEBHOOK_NEW;
    let template = NewWebhookPage {
        page: signed.page(visitor, here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Webhooks),
        csrf: signed.csrf(state, here),
        fields,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

/// Shows a receiver with its deliveries.
pub async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let here = format!("{}/{id}", paths::ADMIN_WEBHOOKS);
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let before = place(params.get("before"));
    show_one(&state, &visitor, &signed, &id, Refused::default(), before).await
}

/// Changes a receiver, turns it on or off, sends it a test or an event once more, gives it another secret, deletes it.
pub async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let here = format!("{}/{id}", paths::ADMIN_WEBHOOKS);
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, &here, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let Ok(endpoint) = id.parse::<Uuid>() else {
        return none(&state, &visitor);
    };
    let (services, by) = (&state.services, signed.subject());
    let chosen = chosen(&params);
    let outcome = match params.get("action") {
        Some("rotate") => match services.rotate_webhook_secret(endpoint, by).await {
            Ok(secret) => return show_secret(&visitor, &signed, endpoint, &secret, false),
            Err(error) => Err(error),
        },
        Some("delete") => match services.delete_webhook(endpoint, by).await {
            Ok(()) => return see_other(paths::ADMIN_WEBHOOKS),
            Err(error) => Err(error),
        },
        Some("edit") => {
            let change = EndpointChange {
                url: Some(chosen.url.clone()),
                events: Some(chosen.events.clone()),
                seen: params.get("version").and_then(|version| version.parse().ok()),
            };
            services.edit_webhook(endpoint, &change, by).await
        }
        Some("enable") => services.set_webhook_disabled(endpoint, false, by).await,
        Some("disable") => services.set_webhook_disabled(endpoint, true, by).await,
        Some("test") => services.test_webhook(endpoint).await,
        Some("replay") => match params.get("delivery").and_then(|delivery| delivery.parse().ok()) {
            Some(delivery) => services.replay_webhook(endpoint, delivery, by).await,
            None => Err(EndpointError::NoDelivery),
        },
        _ => Err(EndpointError::Unknown),
    };
    match outcome {
        Ok(()) => see_other(&here),
        Err(error) => {
            let why = Refused {
                fields: fields(&chosen, &error),
                outdated: outdated(&error),
            };
            if why.fields.is_none() && why.outdated.is_none() {
                return failed(&state, &visitor, &error);
            }
            let status = match why.outdated {
                Some(_) => StatusCode::CONFLICT,
                None => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let shown = show_one(&state, &visitor, &signed, &id, why, None).await;
            refused(shown, status, &error)
        }
    }
}

/// Why a form of a receiver's page was refused.
#[derive(Default)]
struct Refused {
    /// The form to mend.
    fields: Option<WebhookFields>,
    /// What the page had promised is not so any more.
    outdated: Option<OutdatedWebhook>,
}

async fn show_one(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    id: &str,
    refused: Refused,
    before: Option<(i64, &str)>,
) -> Response {
    let here = format!("{}/{id}", paths::ADMIN_WEBHOOKS);
    let Ok(id) = id.parse::<Uuid>() else {
        return none(state, visitor);
    };
    let (endpoint, deliveries, more) = match state.services.webhook(id, before, LINES).await {
        Ok(Some(found)) => found,
        Ok(None) => return none(state, visitor),
        Err(error) => return flow_page(state, visitor, &error),
    };
    let older = deliveries
        .last()
        .filter(|_| more)
        .map(|last| format!("{here}?before={}.{}", last.at, last.id));
    let template = WebhookPage {
        page: signed.page(visitor, &here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Webhooks),
        csrf: signed.csrf(state, &here),
        may_change: signed.user.is_admin,
        fields: refused.fields.unwrap_or_else(|| as_fields(&endpoint)),
        outdated: refused.outdated,
        failing_since: endpoint.failing_since.map(moment),
        deliveries: deliveries.into_iter().map(line).collect(),
        older,
        endpoint,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

fn as_fields(endpoint: &Endpoint) -> WebhookFields {
    WebhookFields {
        url: endpoint.url.clone(),
        events: endpoint.events.clone(),
        problem: None,
    }
}

fn line(delivery: Delivery) -> DeliveryLine {
    DeliveryLine {
        id: delivery.id.to_string(),
        event: delivery.event,
        at: moment(delivery.at),
        state: delivery.state,
        attempts: delivery.attempts,
        status: delivery.status,
        answer: delivery.answer,
    }
}

/// What a form holds. An event that nobody knows is left out.
fn chosen(params: &Params) -> NewEndpoint {
    NewEndpoint {
        url: params.get("url").unwrap_or_default().trim().to_owned(),
        events: params
            .all("event")
            .filter_map(|event| event.parse().ok())
            .collect(),
    }
}

/// The form again as it was filled in, where it can be mended or sent once more.
fn fields(chosen: &NewEndpoint, error: &EndpointError) -> Option<WebhookFields> {
    let problem = match error {
        EndpointError::Url(why) => Some(WebhookProblem::Url(why.to_string())),
        EndpointError::NoEvents => Some(WebhookProblem::NoEvents),
        EndpointError::TooMany => Some(WebhookProblem::TooMany),
        EndpointError::Changed => None,
        EndpointError::Unknown
        | EndpointError::NoDelivery
        | EndpointError::Disabled
        | EndpointError::Waiting
        | EndpointError::Flow(_) => return None,
    };
    Some(WebhookFields {
        url: chosen.url.clone(),
        events: chosen.events.clone(),
        problem,
    })
}

/// What the page had promised and is not so any more.
fn outdated(error: &EndpointError) -> Option<OutdatedWebhook> {
    match error {
        EndpointError::Changed => Some(OutdatedWebhook::Changed),
        EndpointError::Disabled => Some(OutdatedWebhook::Disabled),
        EndpointError::Waiting => Some(OutdatedWebhook::Waiting),
        EndpointError::NoDelivery => Some(OutdatedWebhook::NoDelivery),
        EndpointError::Unknown
        | EndpointError::Url(_)
        | EndpointError::NoEvents
        | EndpointError::TooMany
        | EndpointError::Flow(_) => None,
    }
}

/// A page that says why a form was refused. It is an answer of its own only where it could be shown: a receiver that
/// is gone has its error page.
fn refused(mut response: Response, status: StatusCode, error: &EndpointError) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
        response.extensions_mut().insert(Reason(error.to_string()));
    }
    response
}

fn failed(state: &AppState, visitor: &Visitor, error: &EndpointError) -> Response {
    match error {
        EndpointError::Flow(error) => flow_page(state, visitor, error),
        other => error_page(state, visitor, ErrorReason::NotFound, None, other.to_string()),
    }
}

fn none(state: &AppState, visitor: &Visitor) -> Response {
    error_page(
        state,
        visitor,
        ErrorReason::NotFound,
        None,
        "no such receiver or delivery",
    )
}
