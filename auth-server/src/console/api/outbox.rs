//! `/outbox`: messages to people, those that were not sent above all.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadOutbox, WriteOutbox};
use super::answer::{ApiError, done, plain};
use super::documents::{Changes, Guarded, Missing};
use super::request::{Ids, Query};
use crate::domain::listing::Place;
use crate::domain::mail::{MailState, Message};
use crate::flows::admin_access::AdminRight;
use crate::paths;

/// A message without its text. Times are seconds since the Unix epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageBody {
    /// Its id.
    id: Uuid,
    /// When it was written.
    at: i64,
    /// To which user.
    user_id: Option<Uuid>,
    /// The address.
    recipient: String,
    /// BCP 47 tag of its language.
    language: String,
    /// What it is about.
    #[schema(example = "reset_password")]
    kind: &'static str,
    /// Subject line.
    subject: String,
    /// waiting, sent, failed, or kept because no mail server is configured.
    #[schema(value_type = String, example = "kept")]
    state: MailState,
    /// How often sending was tried.
    attempts: i64,
    /// When it is tried next; null when it is not.
    next_attempt_at: Option<i64>,
    /// What the mail server said last.
    last_error: Option<String>,
    /// Until when a link in it is worth something; null: there is none.
    link_until: Option<i64>,
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        let waits = message.state == MailState::Waiting;
        Self {
            id: message.id,
            at: message.at,
            user_id: message.user_id,
            recipient: message.recipient,
            language: message.language,
            kind: message.kind.as_str(),
            subject: message.subject,
            state: message.state,
            attempts: message.attempts,
            next_attempt_at: waits.then_some(message.next_attempt_at),
            last_error: message.last_error,
            link_until: message.secret_until,
        }
    }
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeMessage {
    /// What is known of it.
    #[serde(flatten)]
    message: MessageBody,
    /// Its text. Null once a link in it was sent or is over, and without `admin:outbox:write` as long as it holds one.
    text: Option<String>,
}

/// A part of the outbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageList {
    /// Newest first.
    items: Vec<MessageBody>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
}

/// List messages
#[utoipa::path(
    get, path = paths::ADMIN_API_OUTBOX, operation_id = "listMessages", tag = "Outbox",
    params(
        ("state" = Option<String>, Query, description = "waiting, sent, failed or kept"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:outbox:read"])),
    responses((status = 200, description = "A part of the list", body = MessageList), Guarded),
)]
pub async fn list(caller: Allowed<ReadOutbox>, query: Query) -> Result<Response, ApiError> {
    let after = query.after()?;
    let before = after.as_ref().map(|place| (place.at, place.id.as_str()));
    let limit = usize::try_from(query.limit()?).unwrap_or_default();
    let state = query.value("state")?;
    let (messages, more) = caller.services().outbox(state, before, limit).await?;
    let last = messages.last().filter(|_| more).map(|last| Place {
        at: last.at,
        id: last.id.to_string(),
    });
    let part = MessageList {
        next: last.map(|place| place.to_string()),
        items: messages.into_iter().map(MessageBody::from).collect(),
    };
    Ok(plain(StatusCode::OK, part))
}

/// Show a message
///
/// A link is worth the account it is for: its text is for those with `admin:outbox:write`, and whoever reads it leaves
/// a line in the audit log.
#[utoipa::path(
    get, path = paths::ADMIN_API_MESSAGE, operation_id = "getMessage", tag = "Outbox",
    params(("message_id" = Uuid, Path, description = "The message")),
    security(("bearer" = ["admin:outbox:read"])),
    responses((status = 200, description = "The message", body = WholeMessage), Guarded, Missing),
)]
pub async fn get(caller: Allowed<ReadOutbox>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let services = caller.services();
    let found = if caller.may(AdminRight::WriteOutbox) {
        services.read_mail(id, caller.subject()).await?
    } else {
        services.read_mail_without_link(id).await?
    };
    let mut message = found.ok_or_else(ApiError::not_found)?;
    let text = std::mem::take(&mut message.body);
    let body = WholeMessage {
        text: Some(text).filter(|text| !text.is_empty()),
        message: message.into(),
    };
    Ok(plain(StatusCode::OK, body))
}

/// Send a message again
///
/// One that failed or was kept.
#[utoipa::path(
    post, path = paths::ADMIN_API_MESSAGE_SEND, operation_id = "sendMessage", tag = "Outbox",
    params(("message_id" = Uuid, Path, description = "The message")),
    security(("bearer" = ["admin:outbox:write"])),
    responses(
        (status = 204, description = "It waits to be sent"),
        Guarded, Missing, Changes
    ),
)]
pub async fn send(caller: Allowed<WriteOutbox>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let services = caller.services();
    if services.resend_mail(id, caller.subject()).await? {
        return Ok(done());
    }
    let known = services.read_mail_without_link(id).await?;
    known.ok_or_else(ApiError::not_found)?;
    Err(ApiError::Request {
        status: StatusCode::CONFLICT,
        code: "not_to_be_sent",
        detail: "the message was sent, waits already, or its text is gone".to_owned(),
    })
}
