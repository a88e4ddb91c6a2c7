//! The console's receivers of events, and what was sent to each.

use askama::Template;

use super::texts::Text;
use super::{AdminTabs, PageContext};
use crate::domain::webhook::{DeliveryState, Endpoint, EventType};

/// `/admin/webhooks`: all receivers.
#[derive(Debug, Template)]
#[template(path = "admin/webhooks.html")]
pub struct WebhooksPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// Whether the visitor may add receivers.
    pub may_change: bool,
    /// The receivers.
    pub endpoints: Vec<Endpoint>,
}

/// Why a receiver was not made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookProblem {
    /// Events cannot be sent to the address; why, in English.
    Url(String),
    /// No event is chosen.
    NoEvents,
    /// There are enough receivers.
    TooMany,
}

/// What a receiver's page had promised and is not so any more: somebody else was quicker, or the page is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutdatedWebhook {
    /// The delivery waits to be sent already.
    Waiting,
    /// Somebody changed the receiver.
    Changed,
    /// The receiver was turned off.
    Disabled,
    /// The delivery is kept no longer.
    NoDelivery,
}

/// What a form of a receiver holds.
#[derive(Debug, Clone, Default)]
pub struct WebhookFields {
    /// The address.
    pub url: String,
    /// The chosen events.
    pub events: Vec<EventType>,
    /// What was wrong with the last try.
    pub problem: Option<WebhookProblem>,
}

/// `/admin/webhooks/new`: posts `csrf`, `url` and `event` (repeated) back.
#[derive(Debug, Template)]
#[template(path = "admin/webhook_new.html")]
pub struct NewWebhookPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// What the form holds.
    pub fields: WebhookFields,
}

/// The receiver was made, or has another secret: shown once.
#[derive(Debug, Template)]
#[template(path = "admin/webhook_secret.html")]
pub struct WebhookSecretPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The receiver.
    pub id: String,
    /// It was made just now.
    pub is_new: bool,
    /// Its signing secret.
    pub secret: String,
}

/// A line of the deliveries.
#[derive(Debug, Clone)]
pub struct DeliveryLine {
    /// The delivery's id.
    pub id: String,
    /// What happened.
    pub event: EventType,
    /// When, in words.
    pub at: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// The receiver's last status.
    pub status: Option<u16>,
    /// The beginning of its answer.
    pub answer: Option<String>,
}

/// `/admin/webhooks/{id}`: one receiver. Posts `csrf` and `action` (`edit` with the fields and `version`, `disable`, `enable`,
/// `test`, `replay` with `delivery`, `rotate` or `delete`) back.
#[derive(Debug, Template)]
#[template(path = "admin/webhook.html")]
pub struct WebhookPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The token that ties the forms to this session.
    pub csrf: String,
    /// Whether the visitor may change anything.
    pub may_change: bool,
    /// The receiver.
    pub endpoint: Endpoint,
    /// What the form holds.
    pub fields: WebhookFields,
    /// Why the last form was refused, if what it asked for cannot be any more.
    pub outdated: Option<OutdatedWebhook>,
    /// Since when it has taken nothing, in words.
    pub failing_since: Option<String>,
    /// What was sent to it, newest first.
    pub deliveries: Vec<DeliveryLine>,
    /// Where older ones are.
    pub older: Option<String>,
}

impl WebhooksPage {
    fn url(&self, endpoint: &Endpoint) -> String {
        endpoint.shown_url(self.may_change)
    }
}

impl WebhookPage {
    fn url(&self) -> String {
        self.endpoint.shown_url(self.may_change)
    }
}

impl WebhookFields {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn has(&self, event: &EventType) -> bool {
        self.events.contains(event)
    }

    fn choices() -> impl Iterator<Item = EventType> {
        EventType::selectable()
    }

    fn url_problem(&self) -> Option<&str> {
        match &self.problem {
            Some(WebhookProblem::Url(why)) => Some(why),
            _ => None,
        }
    }
}

impl PageContext {
    fn webhook_problem(&self, problem: &WebhookProblem) -> &'static Text {
        let texts = &self.t.webhooks;
        match problem {
            WebhookProblem::Url(_) => &texts.bad_url,
            WebhookProblem::NoEvents => &texts.no_events,
            WebhookProblem::TooMany => &texts.too_many,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn outdated_webhook(&self, why: &OutdatedWebhook) -> &'static Text {
        let texts = &self.t.webhooks;
        match *why {
            OutdatedWebhook::Waiting => &texts.waits_already,
            OutdatedWebhook::Changed => &texts.is_changed,
            OutdatedWebhook::Disabled => &texts.is_disabled,
            OutdatedWebhook::NoDelivery => &texts.no_delivery,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn delivery_state(&self, state: &DeliveryState) -> &'static Text {
        let texts = &self.t.webhooks;
        match *state {
            DeliveryState::Waiting => &texts.waiting,
            DeliveryState::Delivered => &texts.delivered,
            DeliveryState::Failed => &texts.failed,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn event_meaning(&self, event: &EventType) -> &'static Text {
        let texts = &self.t.webhooks.event;
        match *event {
            EventType::ApplicationCreated => &texts.application_created,
            EventType::ApplicationChanged => &texts.application_changed,
            EventType::ApplicationDisabled => &texts.application_disabled,
            EventType::ReviewSubmitted => &texts.review_submitted,
            EventType::ReviewDecided => &texts.review_decided,
            EventType::GrantCreated => &texts.grant_created,
            EventType::GrantWithdrawn => &texts.grant_withdrawn,
            EventType::TokenRevoked => &texts.token_revoked,
            EventType::UserCreated => &texts.user_created,
            EventType::UserDisabled => &texts.user_disabled,
            EventType::RefreshReuse => &texts.refresh_reuse,
            EventType::CodeReplay => &texts.code_replay,
            EventType::SecondFactorChanged => &texts.second_factor_changed,
            EventType::PasswordChanged => &texts.password_changed,
            EventType::KeyRotated => &texts.key_rotated,
            EventType::Test => &texts.test,
        }
    }
}

impl DeliveryLine {
    fn badge(&self) -> &'static str {
        match self.state {
            DeliveryState::Delivered => "badge-good",
            DeliveryState::Waiting => "",
            DeliveryState::Failed => "badge-bad",
        }
    }
}
