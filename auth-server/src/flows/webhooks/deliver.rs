//! Delivery: one claim per attempt, so that of several instances one sends it; later and later when the receiver does
//! not take it; and no more at all when it has not taken anything for days.

use uuid::Uuid;

use super::signature::SigningSecret;
use crate::domain::audit::AuditKind;
use crate::domain::webhook::{Delivery, DeliveryState};
use crate::flows::audit::Subject;
use crate::flows::{FlowError, Services};
use crate::outbound::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use crate::outbound::{Answer, Body, OutboundError, Schemes};
use crate::store::sql::webhooks::{self, MOST_BUSY};

/// Seconds that one attempt may take before another instance tries: longer than the client's own patience.
const LEASE: i64 = 30;
/// Seconds until the next attempt, after the first, the second and so on: eight attempts in about a day.
const PAUSES: [i64; 7] = [5, 300, 1800, 7200, 18_000, 28_800, 36_000];
/// Seconds of nothing but failure after which a receiver is blocked.
const PATIENCE: i64 = 5 * 86_400;
/// How much of an answer is kept.
const EXCERPT: usize = 500;
/// Days that deliveries are kept.
const KEEP_DAYS: i64 = 30;
const BATCH: i64 = 1000;

impl Services {
    /// Takes the delivery that is due first, but none to `busy` receivers; none when nothing is.
    pub async fn claim_webhook(
        &self,
        busy: [Option<Uuid>; MOST_BUSY],
    ) -> Result<Option<Delivery>, FlowError> {
        Ok(webhooks::claim(&self.database, busy, self.clock.now(), LEASE).await?)
    }

    /// Delivers what was taken, and writes down how it went.
    pub async fn deliver_webhook(&self, mut delivery: Delivery) -> Result<(), FlowError> {
        let id = delivery.endpoint_id;
        let endpoint = webhooks::endpoint(&self.database, id).await?;
        let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.disabled) else {
            delivery.state = DeliveryState::Failed;
            webhooks::settle(&self.database, &delivery, self.clock.now()).await?;
            return Ok(());
        };
        let Some(stored) = webhooks::secret(&self.database, id).await? else {
            return Ok(());
        };
        let secret = SigningSecret::from_bytes(self.keys.unseal(&stored.secret, stored.secret_encrypted)?);
        let outcome = self.post_webhook(&endpoint.url, &delivery, &secret).await;
        let now = self.clock.now();
        let gone = matches!(&outcome, Ok(answer) if answer.status == 410);
        let (status, answer, taken) = match outcome {
            Ok(answer) => (
                Some(answer.status),
                excerpt(&answer.body),
                (200..300).contains(&answer.status),
            ),
            Err(error) => (None, error.to_string(), false),
        };
        delivery.status = status;
        delivery.answer = Some(answer).filter(|answer| !answer.is_empty());
        let tried = usize::try_from(delivery.attempts).unwrap_or(usize::MAX);
        (delivery.state, delivery.next_attempt_at) = match PAUSES.get(tried.saturating_sub(1)) {
            _ if taken => (DeliveryState::Delivered, now),
            Some(pause) if !gone => (DeliveryState::Waiting, now + pause),
            _ => (DeliveryState::Failed, now),
        };
        let failing_since = webhooks::settle(&self.database, &delivery, now).await?;
        let weary = failing_since.is_some_and(|since| now - since >= PATIENCE);
        if (gone || weary) && webhooks::set_disabled(&self.database, id, true).await? {
            let why = if gone {
                "it answered 410 Gone"
            } else {
                "it has not taken anything for five days"
            };
            let detail = format!("receiver {id} disabled: {why}");
            self.audit(AuditKind::WebhookChanged, Subject::default(), detail)
                .await;
        }
        Ok(())
    }

    async fn post_webhook(
        &self,
        url: &str,
        delivery: &Delivery,
        secret: &SigningSecret,
    ) -> Result<Answer, OutboundError> {
        let (id, timestamp) = (delivery.event_id.to_string(), self.clock.now());
        let signature = secret.sign(&id, timestamp, &delivery.payload);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let limit = Body::Beginning(EXCERPT);
        self.outbound
            .post(url, Schemes::Https, headers, delivery.payload.clone(), limit)
            .await
    }

    /// Deletes old deliveries.
    pub async fn sweep_webhooks(&self) -> Result<(), FlowError> {
        let before = self.clock.now() - KEEP_DAYS * 86_400;
        while webhooks::sweep(&self.database, before, BATCH).await? >= BATCH.unsigned_abs() {}
        Ok(())
    }
}

/// What is shown of an answer: text alone.
fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}
