//! `/webhooks`: receivers of events, and what was sent to each.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadWebhooks, Right, WriteWebhooks};
use super::answer::{ApiError, done, located, plain};
use super::documents::{Changes, Guarded, Missing, ReadsBody};
use super::request::{Body, Ids, Query};
use crate::domain::listing::Place;
use crate::domain::webhook::{Delivery, DeliveryState, Endpoint, EventType};
use crate::flows::admin_access::AdminRight;
use crate::flows::registry::{Problem, RegistryError};
use crate::flows::webhooks::{EndpointChange, EndpointError, NewEndpoint};
use crate::paths;

/// A receiver of events. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookBody {
    /// Its id.
    id: Uuid,
    /// Where events are posted. Without `admin:webhooks:write` the path is left out, since it may be worth something.
    url: String,
    /// Which events.
    #[schema(value_type = Vec<String>, example = json!(["review.submitted"]))]
    events: Vec<EventType>,
    /// It gets nothing.
    disabled: bool,
    /// No attempt succeeded since then.
    failing_since: Option<i64>,
    /// When it was added.
    created_at: i64,
}

impl WebhookBody {
    fn of<R: Right>(endpoint: Endpoint, caller: &Allowed<R>) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.shown_url(caller.may(AdminRight::WriteWebhooks)),
            events: endpoint.events,
            disabled: endpoint.disabled,
            failing_since: endpoint.failing_since,
            created_at: endpoint.created_at,
        }
    }
}

/// Every receiver: there are few of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookList {
    /// Oldest first.
    items: Vec<WebhookBody>,
}

/// A receiver that was added.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedWebhook {
    /// The receiver.
    #[serde(flatten)]
    webhook: WebhookBody,
    /// What its messages are signed with (Standard Webhooks), which is not shown again.
    signing_secret: String,
}

/// The new signing secret of a receiver.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookSecret {
    /// Not shown again; nothing is signed with the old one any more.
    signing_secret: String,
}

/// A receiver to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    /// Where events are posted: https, at a public address or in a network that the operator allows.
    url: String,
    /// Which events.
    events: Vec<String>,
}

/// What to change of a receiver.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookPatch {
    /// Where events are posted.
    url: Option<String>,
    /// Which events: these and no others.
    events: Option<Vec<String>>,
    /// It gets nothing; what waits for it is given up.
    disabled: Option<bool>,
}

/// One event on its way to one receiver. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryBody {
    /// By which it is replayed.
    id: Uuid,
    /// `webhook-id` of the message: the same for every receiver and every attempt.
    event_id: Uuid,
    /// What happened.
    #[schema(value_type = String, example = "review.submitted")]
    event: EventType,
    /// When it happened.
    at: i64,
    /// waiting, delivered or failed.
    #[schema(value_type = String, example = "delivered")]
    state: DeliveryState,
    /// How often it was tried.
    attempts: i64,
    /// When it is tried next; null when it is not.
    next_attempt_at: Option<i64>,
    /// The receiver's last status.
    status: Option<u16>,
    /// The beginning of its last answer, or why there was none.
    answer: Option<String>,
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let waits = delivery.state == DeliveryState::Waiting;
        Self {
            id: delivery.id,
            event_id: delivery.event_id,
            event: delivery.event,
            at: delivery.at,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: waits.then_some(delivery.next_attempt_at),
            status: delivery.status,
            answer: delivery.answer,
        }
    }
}

/// A part of the list of deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryList {
    /// Newest first.
    items: Vec<DeliveryBody>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
}

impl From<EndpointError> for ApiError {
    fn from(error: EndpointError) -> Self {
        let (status, code) = match error {
            EndpointError::Url(why) => {
                let reason = why.to_string();
                return RegistryError::from(Problem::Target { reason }.of("url")).into();
            }
            EndpointError::NoEvents => return RegistryError::from(Problem::Required.of("events")).into(),
            EndpointError::Flow(error) => return error.into(),
            EndpointError::Unknown | EndpointError::NoDelivery => (StatusCode::NOT_FOUND, "not_found"),
            EndpointError::TooMany => (StatusCode::CONFLICT, "too_many_webhooks"),
            EndpointError::Changed => (StatusCode::CONFLICT, "changed"),
            EndpointError::Disabled => (StatusCode::CONFLICT, "disabled"),
            EndpointError::Waiting => (StatusCode::CONFLICT, "already"),
        };
        Self::Request {
            status,
            code,
            detail: error.to_string(),
        }
    }
}

/// Events by their names; every name that is none is said.
fn events(names: &[String]) -> Result<Vec<EventType>, ApiError> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        match EventType::selectable().find(|event| event.as_str() == name) {
            Some(event) if found.contains(&event) => {
                problems.push(Problem::Repeated.of_value("events", index));
            }
            Some(event) => found.push(event),
            None => problems.push(Problem::Choice.of_value("events", index)),
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(RegistryError::Invalid(problems).into())
    }
}

async fn found<R: Right>(caller: &Allowed<R>, id: Uuid) -> Result<Endpoint, ApiError> {
    let found = caller.services().webhook(id, None, 0).await?;
    let (endpoint, ..) = found.ok_or(EndpointError::Unknown)?;
    Ok(endpoint)
}

/// List receivers of events
#[utoipa::path(
    get, path = paths::ADMIN_API_WEBHOOKS, operation_id = "listWebhooks", tag = "Webhooks",
    security(("bearer" = ["admin:webhooks:read"])),
    responses((status = 200, description = "All of them", body = WebhookList), Guarded),
)]
pub async fn list(caller: Allowed<ReadWebhooks>) -> Result<Response, ApiError> {
    let found = caller.services().webhooks().await?;
    let items = found.into_iter().map(|one| WebhookBody::of(one, &caller));
    let items = items.collect();
    Ok(plain(StatusCode::OK, WebhookList { items }))
}

/// Add a receiver of events
///
/// The address is looked up now and checked, and again at every delivery.
#[utoipa::path(
    post, path = paths::ADMIN_API_WEBHOOKS, operation_id = "createWebhook", tag = "Webhooks",
    request_body = WebhookInput,
    security(("bearer" = ["admin:webhooks:write"])),
    responses(
        (status = 201, description = "The new receiver", body = CreatedWebhook), Guarded, ReadsBody, Changes
    ),
)]
pub async fn post(
    caller: Allowed<WriteWebhooks>,
    Body(input): Body<WebhookInput>,
) -> Result<Response, ApiError> {
    let new = NewEndpoint {
        events: events(&input.events)?,
        url: input.url,
    };
    let (endpoint, secret) = caller.services().create_webhook(&new, caller.subject()).await?;
    let path = format!("{}/{}", paths::ADMIN_API_WEBHOOKS, endpoint.id);
    let body = CreatedWebhook {
        webhook: WebhookBody::of(endpoint, &caller),
        signing_secret: secret.reveal().to_owned(),
    };
    Ok(located(plain(StatusCode::CREATED, body), &path))
}

/// Show a receiver of events
#[utoipa::path(
    get, path = paths::ADMIN_API_WEBHOOK, operation_id = "getWebhook", tag = "Webhooks",
    params(("webhook_id" = Uuid, Path, description = "The receiver")),
    security(("bearer" = ["admin:webhooks:read"])),
    responses((status = 200, description = "The receiver", body = WebhookBody), Guarded, Missing),
)]
pub async fn get(caller: Allowed<ReadWebhooks>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let endpoint = found(&caller, id).await?;
    Ok(plain(StatusCode::OK, WebhookBody::of(endpoint, &caller)))
}

/// Change a receiver of events
///
/// What is absent stays as it is.
#[utoipa::path(
    patch, path = paths::ADMIN_API_WEBHOOK, operation_id = "changeWebhook", tag = "Webhooks",
    params(("webhook_id" = Uuid, Path, description = "The receiver")),
    request_body = WebhookPatch,
    security(("bearer" = ["admin:webhooks:write"])),
    responses(
        (status = 200, description = "The receiver as it is now", body = WebhookBody),
        Guarded, Missing, ReadsBody, Changes
    ),
)]
pub async fn patch(
    caller: Allowed<WriteWebhooks>,
    Ids(id): Ids<Uuid>,
    Body(input): Body<WebhookPatch>,
) -> Result<Response, ApiError> {
    let services = caller.services();
    if input.url.is_some() || input.events.is_some() {
        let change = EndpointChange {
            url: input.url,
            events: input.events.as_deref().map(events).transpose()?,
            seen: None,
        };
        services.edit_webhook(id, &change, caller.subject()).await?;
    }
    if let Some(disabled) = input.disabled {
        services
            .set_webhook_disabled(id, disabled, caller.subject())
            .await?;
    }
    let after = found(&caller, id).await?;
    Ok(plain(StatusCode::OK, WebhookBody::of(after, &caller)))
}

/// Delete a receiver of events
///
/// What is known of deliveries to it is deleted, too.
#[utoipa::path(
    delete, path = paths::ADMIN_API_WEBHOOK, operation_id = "deleteWebhook", tag = "Webhooks",
    params(("webhook_id" = Uuid, Path, description = "The receiver")),
    security(("bearer" = ["admin:webhooks:write"])),
    responses((status = 204, description = "It is told nothing any more"), Guarded, Missing),
)]
pub async fn delete(caller: Allowed<WriteWebhooks>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    caller.services().delete_webhook(id, caller.subject()).await?;
    Ok(done())
}

/// Replace the signing secret of a receiver
///
/// Everything that is sent from now on, attempts of earlier events included, is signed with the new one alone.
#[utoipa::path(
    post, path = paths::ADMIN_API_WEBHOOK_ROTATE, operation_id = "rotateWebhookSecret", tag = "Webhooks",
    params(("webhook_id" = Uuid, Path, description = "The receiver")),
    security(("bearer" = ["admin:webhooks:write"])),
    responses((status = 201, description = "The new secret", body = WebhookSecret), Guarded, Missing),
)]
pub async fn rotate(caller: Allowed<WriteWebhooks>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let secret = caller
        .services()
        .rotate_webhook_secret(id, caller.subject())
        .await?;
    let signing_secret = secret.reveal().to_owned();
    Ok(plain(StatusCode::CREATED, WebhookSecret { signing_secret }))
}

/// Send a receiver a test
#[utoipa::path(
    post, path = paths::ADMIN_API_WEBHOOK_TEST, operation_id = "testWebhook", tag = "Webhooks",
    params(("webhook_id" = Uuid, Path, description = "The receiver")),
    security(("bearer" = ["admin:webhooks:write"])),
    responses(
        (status = 204, description = "An event webhook.test is on its way: see the deliveries"),
        Guarded, Missing, Changes
    ),
)]
pub async fn test(caller: Allowed<WriteWebhooks>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    caller.services().test_webhook(id).await?;
    Ok(done())
}

/// List what was sent to a receiver
#[utoipa::path(
    get, path = paths::ADMIN_API_DELIVERIES, operation_id = "listDeliveries", tag = "Webhooks",
    params(
        ("webhook_id" = Uuid, Path, description = "The receiver"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:webhooks:read"])),
    responses((status = 200, description = "A part of the list", body = DeliveryList), Guarded, Missing),
)]
pub async fn deliveries(
    caller: Allowed<ReadWebhooks>,
    Ids(id): Ids<Uuid>,
    query: Query,
) -> Result<Response, ApiError> {
    let after = query.after()?;
    let before = after.as_ref().map(|place| (place.at, place.id.as_str()));
    let limit = usize::try_from(query.limit()?).unwrap_or_default();
    let found = caller.services().webhook(id, before, limit).await?;
    let (_, deliveries, more) = found.ok_or(EndpointError::Unknown)?;
    let last = deliveries.last().filter(|_| more).map(|last| Place {
        at: last.at,
        id: last.id.to_string(),
    });
    let part = DeliveryList {
        next: last.map(|place| place.to_string()),
        items: deliveries.into_iter().map(DeliveryBody::from).collect(),
    };
    Ok(plain(StatusCode::OK, part))
}

/// Send an event to a receiver once more
///
/// It has the id that it had.
#[utoipa::path(
    post, path = paths::ADMIN_API_REPLAY, operation_id = "replayDelivery", tag = "Webhooks",
    params(
        ("webhook_id" = Uuid, Path, description = "The receiver"),
        ("delivery_id" = Uuid, Path, description = "`id` of the list"),
    ),
    security(("bearer" = ["admin:webhooks:write"])),
    responses((status = 204, description = "It is on its way"), Guarded, Missing, Changes),
)]
pub async fn replay(
    caller: Allowed<WriteWebhooks>,
    Ids((id, delivery)): Ids<(Uuid, Uuid)>,
) -> Result<Response, ApiError> {
    caller
        .services()
        .replay_webhook(id, delivery, caller.subject())
        .await?;
    Ok(done())
}
