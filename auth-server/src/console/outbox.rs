//! `/admin/outbox`: messages to people, those that were not sent above all.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::guard::{Area, SignedIn};
use super::{moment, place};
use crate::domain::mail::{MailState, Message};
use crate::http::failure::{error_page, flow_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{AdminTab, AdminTabs, ErrorReason, MessagePage, OutboxLine, OutboxPage};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

const LINES: usize = 50;

/// Lists messages, newest first.
pub async fn list(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let here = paths::ADMIN_OUTBOX;
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let shown: Option<MailState> = params.get("state").and_then(|state| state.parse().ok());
    let found = state
        .services
        .outbox(shown, place(params.get("before")), LINES)
        .await;
    let (messages, more) = match found {
        Ok(found) => found,
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    let older = messages.last().filter(|_| more).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(format!("{here}?"));
        if let Some(state) = shown {
            query.append_pair("state", state.as_str());
        }
        query
            .append_pair("before", &format!("{}.{}", last.at, last.id))
            .finish()
    });
    let template = OutboxPage {
        page: signed.page(&visitor, here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Outbox),
        sends: state.services.settings.sends_mail,
        state: shown,
        lines: messages.into_iter().map(line).collect(),
        older,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

fn line(message: Message) -> OutboxLine {
    OutboxLine {
        id: message.id.to_string(),
        at: moment(message.at),
        recipient: message.recipient,
        subject: message.subject,
        state: message.state,
    }
}

/// Shows a message.
pub async fn show(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Response {
    let here = format!("{}/{id}", paths::ADMIN_OUTBOX);
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let Ok(id) = id.parse::<Uuid>() else {
        return none(&state, &visitor);
    };
    // A link is worth the account it is for: reading one is an administrator's, and leaves a line in the log.
    let found = if signed.user.is_admin {
        state.services.read_mail(id, signed.subject()).await
    } else {
        state.services.read_mail_without_link(id).await
    };
    match found {
        Ok(Some(message)) => {
            let template = MessagePage {
                page: signed.page(&visitor, &here),
                tabs: AdminTabs::of(&signed.user, AdminTab::Outbox),
                csrf: signed.csrf(&state, &here),
                may_change: signed.user.is_admin,
                at: moment(message.at),
                next_attempt: moment(message.next_attempt_at),
                message,
            };
            page(StatusCode::OK, &template, &PagePolicy::default())
        }
        Ok(None) => none(&state, &visitor),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Sends a message again.
pub async fn send(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let here = format!("{}/{id}", paths::ADMIN_OUTBOX);
    let (signed, _) = match SignedIn::submit(&state, &visitor, Area::Admin, &here, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let Ok(id) = id.parse::<Uuid>() else {
        return none(&state, &visitor);
    };
    match state.services.resend_mail(id, signed.subject()).await {
        Ok(true) => see_other(&here),
        Ok(false) => none(&state, &visitor),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

fn none(state: &AppState, visitor: &Visitor) -> Response {
    error_page(state, visitor, ErrorReason::NotFound, None, "no such message")
}
