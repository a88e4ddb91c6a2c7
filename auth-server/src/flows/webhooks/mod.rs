//! Events that are told to other systems: written down at once, delivered behind (Standard Webhooks).

mod deliver;
mod endpoints;
mod signature;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Services;
use crate::domain::clock::Clock;
use crate::domain::webhook::{Delivery, DeliveryState, Endpoint, Happening};
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::sql::webhooks;

pub use endpoints::{EndpointChange, EndpointError, NewEndpoint};

/// Writes events down, in a running server and in the command line alike.
#[derive(Clone, Copy, Debug)]
pub struct Announcer<'a> {
    /// Records.
    pub database: &'a Database,
    /// The time.
    pub clock: &'a Clock,
}

impl Announcer<'_> {
    /// Writes an event down for every receiver that chose it.
    pub async fn emit(&self, happening: &Happening) -> Result<(), StoreError> {
        let receivers = webhooks::endpoints(self.database).await?;
        let chosen = receivers
            .iter()
            .filter(|receiver| !receiver.disabled && receiver.events.contains(&happening.event));
        self.write(happening, chosen).await
    }

    async fn write<'e>(
        &self,
        happening: &Happening,
        receivers: impl Iterator<Item = &'e Endpoint>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let at = DateTime::<Utc>::from_timestamp(now, 0)
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
            .unwrap_or_default();
        let payload = happening.payload(&at);
        let event_id = self.clock.new_id();
        let deliveries: Vec<Delivery> = receivers
            .map(|receiver| Delivery {
                id: self.clock.new_id(),
                endpoint_id: receiver.id,
                event_id,
                event: happening.event,
                payload: payload.clone(),
                state: DeliveryState::Waiting,
                attempts: 0,
                next_attempt_at: now,
                status: None,
                answer: None,
                at: now,
            })
            .collect();
        if deliveries.is_empty() {
            return Ok(());
        }
        webhooks::insert_deliveries(self.database, &deliveries).await
    }
}

impl Services {
    /// Events of a running server.
    pub fn announcer(&self) -> Announcer<'_> {
        Announcer {
            database: &self.database,
            clock: &self.clock,
        }
    }

    /// Tells other systems. An event that cannot be written down never fails the request that caused it, but is said
    /// in the server's own log.
    pub async fn emit(&self, happening: Happening) {
        match self.announcer().emit(&happening).await {
            Ok(()) => self.wake.webhooks.notify_one(),
            Err(error) => {
                tracing::error!(%error, event = happening.event.as_str(), "an event could not be written down");
            }
        }
    }
}
