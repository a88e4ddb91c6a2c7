//! Delivers events behind the requests that caused them, several at the same time, and only so many of them to one
//! receiver: one that does not answer holds no other up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use uuid::Uuid;

use super::AppState;
use crate::flows::FlowError;
use crate::store::sql::webhooks::MOST_BUSY;

/// How often due deliveries are looked for; what this instance itself writes wakes the task at once.
const EVERY: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 16;
/// To one receiver.
const EACH_AT_ONCE: usize = AT_ONCE / MOST_BUSY;
const SWEEP_EVERY: u32 = 30;

/// How many deliveries to each receiver are on their way.
#[derive(Default)]
struct OnTheirWay(Mutex<HashMap<Uuid, usize>>);

impl OnTheirWay {
    fn change(&self, endpoint: Uuid, change: fn(usize) -> usize) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = change(counts.get(&endpoint).copied().unwrap_or_default());
        if count == 0 {
            counts.remove(&endpoint);
        } else {
            counts.insert(endpoint, count);
        }
    }

    /// Receivers that get no more for now; there are never more than there is place for.
    fn busy(&self) -> [Option<Uuid>; MOST_BUSY] {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut busy = counts
            .iter()
            .filter(|(_, count)| **count >= EACH_AT_ONCE)
            .map(|(endpoint, _)| *endpoint);
        std::array::from_fn(|_| busy.next())
    }
}

pub(super) async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(EVERY);
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let on_their_way = Arc::new(OnTheirWay::default());
    let mut rounds = 0_u32;
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            () = state.services.wake.webhooks.notified() => {}
            _ = ticks.tick() => rounds = rounds.wrapping_add(1),
        }
        if let Err(error) = deliver(&state, &slots, &on_their_way, rounds).await {
            tracing::warn!(%error, "events will be delivered later");
        }
    }
}

async fn deliver(
    state: &AppState,
    slots: &Arc<Semaphore>,
    on_their_way: &Arc<OnTheirWay>,
    rounds: u32,
) -> Result<(), FlowError> {
    while let Ok(slot) = Arc::clone(slots).acquire_owned().await {
        if state.stopping.is_cancelled() {
            return Ok(());
        }
        let Some(delivery) = state.services.claim_webhook(on_their_way.busy()).await? else {
            break;
        };
        let endpoint = delivery.endpoint_id;
        on_their_way.change(endpoint, |count| count + 1);
        let (services, on_their_way) = (state.services.clone(), Arc::clone(on_their_way));
        tokio::spawn(async move {
            // An attempt that could not be written down is made again when its claim runs out.
            if let Err(error) = services.deliver_webhook(delivery).await {
                tracing::warn!(%error, "an event was not delivered");
            }
            on_their_way.change(endpoint, |count| count.saturating_sub(1));
            drop(slot);
            // What was passed over may go now.
            services.wake.webhooks.notify_one();
        });
    }
    if rounds.is_multiple_of(SWEEP_EVERY) {
        state.services.sweep_webhooks().await?;
    }
    Ok(())
}
