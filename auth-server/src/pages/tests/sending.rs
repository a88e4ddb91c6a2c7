//! The console's pages of what the server sends out: messages and events.

use uuid::Uuid;

use super::Values;
use super::people::tabs;
use crate::domain::mail::{MailKind, MailState, Message};
use crate::domain::webhook::{DeliveryState, Endpoint, EventType};
use crate::pages::{
    AdminTab, DeliveryLine, LinkPage, LinkStep, MessagePage, NewWebhookPage, OutboxLine, OutboxPage,
    OutdatedWebhook, PageContext, PasswordProblem, WebhookFields, WebhookPage, WebhookProblem,
    WebhookSecretPage, WebhooksPage,
};

const AT: &str = "2026-11-23 12:00 UTC";

fn message(values: &Values<'_>, state: MailState) -> Message {
    Message {
        id: Uuid::nil(),
        at: 0,
        user_id: None,
        recipient: values.user.to_owned(),
        language: "en".to_owned(),
        kind: MailKind::ResetPassword,
        subject: values.client.to_owned(),
        body: format!("Hello,\n\n{}\n", values.other),
        body_encrypted: false,
        state,
        attempts: 3,
        next_attempt_at: 0,
        last_error: Some(values.other.to_owned()),
        secret_until: Some(1),
    }
}

fn endpoint(values: &Values<'_>, disabled: bool, failing: bool) -> Endpoint {
    Endpoint {
        id: Uuid::nil(),
        url: format!("https://{}/hook", values.other),
        events: EventType::selectable().take(3).collect(),
        disabled,
        failing_since: failing.then_some(1),
        created_at: 0,
        version: 0,
    }
}

pub(super) fn add_links(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    visitor: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    for (name, step) in link_steps(values) {
        let page = LinkPage {
            page: visitor(),
            csrf: values.other.to_owned(),
            step,
        };
        add(name, &page);
    }
}

fn link_steps(values: &Values<'_>) -> [(&'static str, LinkStep); 11] {
    let (token, email) = (values.other.to_owned(), values.user.to_owned());
    let choose = |problem| LinkStep::ChoosePassword {
        token: token.clone(),
        email: email.clone(),
        problem,
    };
    [
        ("forgot-password", LinkStep::AskForReset { email: None }),
        ("reset-asked", LinkStep::ResetAsked),
        ("reset-elsewhere", LinkStep::SetElsewhere),
        ("reset-password", choose(None)),
        ("reset-password-short", choose(Some(PasswordProblem::TooShort))),
        ("password-set", LinkStep::PasswordSet),
        (
            "dead-link",
            LinkStep::DeadLink {
                ask_again: "/forgot-password",
            },
        ),
        (
            "verify-email",
            LinkStep::AskForVerification { email: email.clone() },
        ),
        (
            "verify-asked",
            LinkStep::VerificationAsked { email: email.clone() },
        ),
        (
            "verify-confirm",
            LinkStep::ConfirmAddress { token: token.clone() },
        ),
        ("verified", LinkStep::Verified),
    ]
}

pub(super) fn add_all(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let line = |state: &MailState| OutboxLine {
        id: Uuid::nil().to_string(),
        at: AT.to_owned(),
        recipient: values.user.to_owned(),
        subject: values.client.to_owned(),
        state: *state,
    };
    let outbox = |state, lines: Vec<OutboxLine>| OutboxPage {
        page: user(),
        tabs: tabs(true, AdminTab::Outbox),
        sends: state != Some(MailState::Kept),
        state,
        older: (!lines.is_empty()).then(|| "/admin/outbox?before=1.x".to_owned()),
        lines,
    };
    add("outbox", &outbox(None, MailState::ALL.iter().map(line).collect()));
    add("outbox-empty", &outbox(Some(MailState::Kept), Vec::new()));
    for state in MailState::ALL {
        let page = MessagePage {
            page: user(),
            tabs: tabs(true, AdminTab::Outbox),
            csrf: values.other.to_owned(),
            may_change: true,
            at: AT.to_owned(),
            next_attempt: AT.to_owned(),
            message: message(values, *state),
        };
        add(&format!("message-{}", state.as_str()), &page);
        if *state == MailState::Kept {
            let may_change = false;
            add("message-withheld", &MessagePage { may_change, ..page });
        }
    }
    let blanked = Message {
        body: String::new(),
        ..message(values, MailState::Sent)
    };
    let page = MessagePage {
        page: user(),
        tabs: tabs(true, AdminTab::Outbox),
        csrf: String::new(),
        may_change: true,
        at: AT.to_owned(),
        next_attempt: AT.to_owned(),
        message: blanked,
    };
    add("message-blanked", &page);
    webhooks(add, user, values);
}

fn webhooks(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let endpoints = [(false, false), (false, true), (true, false)]
        .map(|(disabled, failing)| endpoint(values, disabled, failing));
    for (name, endpoints) in [("webhooks", endpoints.to_vec()), ("webhooks-none", Vec::new())] {
        let page = WebhooksPage {
            page: user(),
            tabs: tabs(true, AdminTab::Webhooks),
            may_change: true,
            endpoints,
        };
        add(name, &page);
    }
    let fields = |problem| WebhookFields {
        url: values.other.to_owned(),
        events: vec![EventType::GrantCreated],
        problem,
    };
    for (name, problem) in [
        ("webhook-new", None),
        (
            "webhook-bad-url",
            Some(WebhookProblem::Url(values.other.to_owned())),
        ),
        ("webhook-no-events", Some(WebhookProblem::NoEvents)),
        ("webhook-too-many", Some(WebhookProblem::TooMany)),
    ] {
        let page = NewWebhookPage {
            page: user(),
            tabs: tabs(true, AdminTab::Webhooks),
            csrf: values.other.to_owned(),
            fields: fields(problem),
        };
        add(name, &page);
    }
    for (name, is_new) in [("webhook-secret", true), ("webhook-other-secret", false)] {
        let page = WebhookSecretPage {
            page: user(),
            tabs: tabs(true, AdminTab::Webhooks),
            id: Uuid::nil().to_string(),
            is_new,
            secret: values.other.to_owned(),
        };
        add(name, &page);
    }
    let delivery = |state: &DeliveryState| DeliveryLine {
        id: Uuid::nil().to_string(),
        event: EventType::GrantCreated,
        at: AT.to_owned(),
        state: *state,
        attempts: 2,
        status: Some(500),
        answer: Some(values.other.to_owned()),
    };
    for endpoint in endpoints {
        let page = WebhookPage {
            page: user(),
            tabs: tabs(true, AdminTab::Webhooks),
            csrf: values.other.to_owned(),
            may_change: true,
            fields: fields(None),
            outdated: match (endpoint.disabled, endpoint.failing_since) {
                (true, _) => Some(OutdatedWebhook::Disabled),
                (_, Some(_)) => Some(OutdatedWebhook::Changed),
                _ => None,
            },
            failing_since: endpoint.failing_since.map(|_| AT.to_owned()),
            deliveries: if endpoint.disabled {
                Vec::new()
            } else {
                DeliveryState::ALL.iter().map(delivery).collect()
            },
            older: Some("/admin/webhooks/x?before=1.x".to_owned()),
            endpoint: endpoint.clone(),
        };
        let state = match (endpoint.disabled, endpoint.failing_since) {
            (true, _) => "off",
            (_, Some(_)) => "failing",
            _ => "on",
        };
        add(&format!("webhook-{state}"), &page);
        let may_change = false;
        add(
            &format!("webhook-{state}-read"),
            &WebhookPage { may_change, ..page },
        );
    }
}
