//! Events that are told to other systems, and who receives them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::finding::stored_names;
use super::grant::Grant;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// An application was registered.
    ApplicationCreated,
    /// What is registered about an application changed.
    ApplicationChanged,
    /// An application was blocked.
    ApplicationDisabled,
    /// An application was submitted for review.
    ReviewSubmitted,
    /// A reviewer decided.
    ReviewDecided,
    /// A user allowed an application something.
    GrantCreated,
    /// What a user had allowed was withdrawn.
    GrantWithdrawn,
    /// An administrator revoked tokens.
    TokenRevoked,
    /// There is a new user.
    UserCreated,
    /// A user was blocked.
    UserDisabled,
    /// A used refresh token came again.
    RefreshReuse,
    /// A used authorization code came again.
    CodeReplay,
    /// A user's second factors changed.
    SecondFactorChanged,
    /// A user's password changed.
    PasswordChanged,
    /// There is a new signing key.
    KeyRotated,
    /// Asked for in the console.
    Test,
}

stored_names!(EventType, "event":
    ApplicationCreated = "application.created", ApplicationChanged = "application.changed",
    ApplicationDisabled = "application.disabled", ReviewSubmitted = "review.submitted",
    ReviewDecided = "review.decided", GrantCreated = "grant.created", GrantWithdrawn = "grant.withdrawn",
    TokenRevoked = "token.revoked", UserCreated = "user.created", UserDisabled = "user.disabled",
    RefreshReuse = "security.refresh_reuse", CodeReplay = "security.code_replay",
    SecondFactorChanged = "security.second_factor_changed", PasswordChanged = "security.password_changed",
    KeyRotated = "key.rotated", Test = "webhook.test");

impl EventType {
    /// Those that a receiver may choose; a test is sent to whoever it is asked for.
    pub fn selectable() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|event| *event != Self::Test)
    }
}

impl Serialize for EventType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// One event with its facts: ids, names and states, never a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// What happened.
    pub event: EventType,
    data: Map<String, Value>,
}

impl Happening {
    /// An event without facts.
    pub fn new(event: EventType) -> Self {
        Self {
            event,
            data: Map::new(),
        }
    }

    /// An event about what an application was granted.
    pub fn about(event: EventType, grant: &Grant) -> Self {
        let happening = Self::new(event).application(&grant.client_id);
        match grant.user_id {
            Some(user_id) => happening.user(user_id),
            None => happening,
        }
    }

    /// The application concerned.
    #[must_use]
    pub fn application(self, client_id: &str) -> Self {
        self.fact("client_id", client_id)
    }

    /// The user concerned.
    #[must_use]
    pub fn user(self, user_id: Uuid) -> Self {
        self.fact("user_id", user_id.to_string())
    }

    /// Another fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// The body that receivers get: type, time (RFC 3339) and facts, as Standard Webhooks has it.
    pub fn payload(&self, at: &str) -> String {
        serde_json::json!({"type": self.event, "timestamp": at, "data": self.data}).to_string()
    }
}

/// A receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: Uuid,
    /// Where events are posted.
    pub url: String,
    /// Which events.
    pub events: Vec<EventType>,
    /// Gets nothing.
    pub disabled: bool,
    /// No attempt succeeded since then, seconds since the Unix epoch.
    pub failing_since: Option<i64>,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    /// One more with every change of where it is and what it gets.
    pub version: i64,
}

impl Endpoint {
    /// The address as somebody may see it who may not change it: whoever has all of one may be able to send to it.
    pub fn shown_url(&self, may_change: bool) -> String {
        if may_change {
            return self.url.clone();
        }
        let origin = url::Url::parse(&self.url).map(|url| url.origin().ascii_serialization());
        format!("{}/…", origin.unwrap_or_default())
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent.
    Waiting,
    /// Received.
    Delivered,
    /// Given up.
    Failed,
}

stored_names!(DeliveryState, "state of a delivery": Waiting = "waiting", Delivered = "delivered", Failed = "failed");

/// One event on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: Uuid,
    /// The receiver.
    pub endpoint_id: Uuid,
    /// The event's id, the same for every receiver and every attempt.
    pub event_id: Uuid,
    /// What happened.
    pub event: EventType,
    /// The body.
    pub payload: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, seconds since the Unix epoch.
    pub next_attempt_at: i64,
    /// The receiver's last status.
    pub status: Option<u16>,
    /// The beginning of its last answer, or why there was none.
    pub answer: Option<String>,
    /// When the event happened, seconds since the Unix epoch.
    pub at: i64,
}
