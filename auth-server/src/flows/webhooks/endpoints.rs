//! Receivers: made, changed and blocked by administrators.

use uuid::Uuid;

use super::signature::SigningSecret;
use crate::domain::audit::AuditKind;
use crate::domain::secret::PlainToken;
use crate::domain::webhook::{Delivery, Endpoint, EventType, Happening};
use crate::flows::audit::Subject;
use crate::flows::{FlowError, Services};
use crate::keys::KeysError;
use crate::outbound::{OutboundError, Schemes};
use crate::store::StoreError;
use crate::store::sql::webhooks::{self, StoredSecret};

/// Receivers at most: every event reads them all.
const MOST: usize = 100;

/// What a receiver is made of.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Where events are posted: https, or any address in a network that the operator allows.
    pub url: String,
    /// Which events.
    pub events: Vec<EventType>,
}

/// What to change of a receiver; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct EndpointChange {
    /// Where events are posted.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Vec<EventType>>,
    /// The version that was looked at; none: whatever there is.
    pub seen: Option<i64>,
}

/// Why a receiver was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Events cannot be sent there.
    #[error("{0}")]
    Url(OutboundError),
    /// It would get nothing.
    #[error("choose at least one event")]
    NoEvents,
    /// There are enough.
    #[error("there are {MOST} receivers already")]
    TooMany,
    /// There is no such receiver.
    #[error("there is no such receiver")]
    Unknown,
    /// There is no such delivery to the receiver.
    #[error("there is no such delivery")]
    NoDelivery,
    /// The receiver gets nothing.
    #[error("the receiver is disabled")]
    Disabled,
    /// It is not what was looked at any more.
    #[error("somebody changed the receiver meanwhile")]
    Changed,
    /// The delivery is to be sent in any case.
    #[error("the delivery waits already")]
    Waiting,
    /// What every flow can fail of.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl From<StoreError> for EndpointError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

impl From<KeysError> for EndpointError {
    fn from(error: KeysError) -> Self {
        Self::Flow(error.into())
    }
}

impl Services {
    /// All receivers, oldest first.
    pub async fn webhooks(&self) -> Result<Vec<Endpoint>, FlowError> {
        Ok(webhooks::endpoints(&self.database).await?)
    }

    /// A receiver with what was sent to it, newest first, before the delivery given, and whether there is more.
    pub async fn webhook(
        &self,
        id: Uuid,
        before: Option<(i64, &str)>,
        limit: usize,
    ) -> Result<Option<(Endpoint, Vec<Delivery>, bool)>, FlowError> {
        let Some(endpoint) = webhooks::endpoint(&self.database, id).await? else {
            return Ok(None);
        };
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut found = webhooks::deliveries(&self.database, id, before, wanted).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok(Some((endpoint, found, more)))
    }

    /// Makes a receiver, and returns it with its secret, which is never shown again.
    pub async fn create_webhook(
        &self,
        new: &NewEndpoint,
        by: Subject<'_>,
    ) -> Result<(Endpoint, PlainToken), EndpointError> {
        check_events(&new.events)?;
        self.check_receiver(&new.url).await?;
        if webhooks::endpoints(&self.database).await?.len() >= MOST {
            return Err(EndpointError::TooMany);
        }
        let secret = SigningSecret::generate();
        let stored = self.stored_secret(&secret)?;
        let endpoint = Endpoint {
            id: self.clock.new_id(),
            url: new.url.clone(),
            events: new.events.clone(),
            disabled: false,
            failing_since: None,
            created_at: self.clock.now(),
            version: 0,
        };
        webhooks::insert_endpoint(&self.database, &endpoint, &stored).await?;
        let detail = format!("receiver {} at {} made", endpoint.id, host(&new.url));
        self.audit(AuditKind::WebhookChanged, by, detail).await;
        Ok((endpoint, PlainToken::presented(secret.reveal())))
    }

    fn stored_secret(&self, secret: &SigningSecret) -> Result<StoredSecret, EndpointError> {
        let (text, encrypted) = self.keys.seal(secret.bytes())?;
        Ok(StoredSecret {
            secret: text,
            secret_encrypted: encrypted,
        })
    }

    /// Gives a receiver another signing secret, which is never shown again. The old one signs nothing any more.
    pub async fn rotate_webhook_secret(
        &self,
        id: Uuid,
        by: Subject<'_>,
    ) -> Result<PlainToken, EndpointError> {
        let secret = SigningSecret::generate();
        let stored = self.stored_secret(&secret)?;
        if !webhooks::replace_secret(&self.database, id, &stored).await? {
            return Err(EndpointError::Unknown);
        }
        self.audit(
            AuditKind::WebhookChanged,
            by,
            format!("receiver {id} has another secret"),
        )
        .await;
        Ok(PlainToken::presented(secret.reveal()))
    }

    /// Deletes a receiver, and what is known of deliveries to it.
    pub async fn delete_webhook(&self, id: Uuid, by: Subject<'_>) -> Result<(), EndpointError> {
        let known = webhooks::endpoint(&self.database, id).await?;
        let known = known.ok_or(EndpointError::Unknown)?;
        if !webhooks::delete_endpoint(&self.database, id).await? {
            return Err(EndpointError::Unknown);
        }
        let detail = format!("receiver {id} at {} deleted", host(&known.url));
        self.audit(AuditKind::WebhookChanged, by, detail).await;
        Ok(())
    }

    /// Changes where a receiver is and what it gets.
    pub async fn edit_webhook(
        &self,
        id: Uuid,
        change: &EndpointChange,
        by: Subject<'_>,
    ) -> Result<(), EndpointError> {
        let known = webhooks::endpoint(&self.database, id).await?;
        let known = known.ok_or(EndpointError::Unknown)?;
        if change.seen.is_some_and(|seen| seen != known.version) {
            return Err(EndpointError::Changed);
        }
        let events = change.events.as_deref();
        events.map_or(Ok(()), check_events)?;
        // An address that stays is not looked up again: it may be away just now.
        let url = change.url.as_deref().filter(|url| *url != known.url);
        if let Some(url) = url {
            self.check_receiver(url).await?;
        }
        let url = webhooks::update_endpoint(&self.database, id, change.seen, url, events).await?;
        let url = url.ok_or(EndpointError::Changed)?;
        let detail = format!("receiver {id} changed; it is at {}", host(&url));
        self.audit(AuditKind::WebhookChanged, by, detail).await;
        Ok(())
    }

    /// Blocks or unblocks a receiver.
    pub async fn set_webhook_disabled(
        &self,
        id: Uuid,
        disabled: bool,
        by: Subject<'_>,
    ) -> Result<(), EndpointError> {
        let changed = webhooks::set_disabled(&self.database, id, disabled).await?;
        if !changed {
            let known = webhooks::endpoint(&self.database, id).await?;
            return known.map(drop).ok_or(EndpointError::Unknown);
        }
        let state = if disabled { "disabled" } else { "enabled" };
        self.audit(AuditKind::WebhookChanged, by, format!("receiver {id} {state}"))
            .await;
        Ok(())
    }

    /// Sends a receiver an event that says nothing.
    pub async fn test_webhook(&self, id: Uuid) -> Result<(), EndpointError> {
        let endpoint = webhooks::endpoint(&self.database, id).await?;
        let endpoint = endpoint.ok_or(EndpointError::Unknown)?;
        if endpoint.disabled {
            return Err(EndpointError::Disabled);
        }
        let happening = Happening::new(EventType::Test);
        self.announcer()
            .write(&happening, std::iter::once(&endpoint))
            .await?;
        self.wake.webhooks.notify_one();
        Ok(())
    }

    /// Delivers an event to a receiver once more.
    pub async fn replay_webhook(
        &self,
        endpoint_id: Uuid,
        id: Uuid,
        by: Subject<'_>,
    ) -> Result<(), EndpointError> {
        if !webhooks::replay(&self.database, endpoint_id, id, self.clock.now()).await? {
            return Err(self.why_not_replayed(endpoint_id, id).await?);
        }
        self.wake.webhooks.notify_one();
        let detail = format!("delivery {id} to receiver {endpoint_id} replayed");
        self.audit(AuditKind::WebhookChanged, by, detail).await;
        Ok(())
    }

    async fn why_not_replayed(&self, endpoint_id: Uuid, id: Uuid) -> Result<EndpointError, EndpointError> {
        let known = webhooks::delivery(&self.database, endpoint_id, id).await?;
        let endpoint = webhooks::endpoint(&self.database, endpoint_id).await?;
        Ok(match (known, endpoint) {
            (_, None) => EndpointError::Unknown,
            (None, _) => EndpointError::NoDelivery,
            (_, Some(endpoint)) if endpoint.disabled => EndpointError::Disabled,
            _ => EndpointError::Waiting,
        })
    }

    /// Whether events can be sent there: looked up now, so that a slip is seen at once, and again at every delivery.
    async fn check_receiver(&self, url: &str) -> Result<(), EndpointError> {
        self.outbound
            .check_url(url, Schemes::Https)
            .map_err(EndpointError::Url)?;
        let url =
            url::Url::parse(url).map_err(|_| EndpointError::Url(OutboundError::Url("it cannot be read")))?;
        self.outbound.resolve(&url).await.map_err(EndpointError::Url)?;
        Ok(())
    }
}

fn check_events(events: &[EventType]) -> Result<(), EndpointError> {
    if events.is_empty() {
        return Err(EndpointError::NoEvents);
    }
    Ok(())
}

/// The part of a URL that an audit line may hold: paths and queries of webhooks carry secrets.
fn host(url: &str) -> String {
    url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}
