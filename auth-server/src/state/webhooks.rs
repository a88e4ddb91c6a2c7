//! Delivers events behind the requests that caused them, several at the same time: a receiver that does not answer
//! holds no other up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::AppState;
use crate::flows::FlowError;

/// How often due deliveries are looked for; what this instance itself writes wakes the task at once.
const EVERY: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 16;
const SWEEP_EVERY: u32 = 30;

pub(super) async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(EVERY);
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut rounds = 0_u32;
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            () = state.services.wake.webhooks.notified() => {}
            _ = ticks.tick() => rounds = rounds.wrapping_add(1),
        }
        if let Err(error) = deliver(&state, &slots, rounds).await {
            tracing::warn!(%error, "events will be delivered later");
        }
    }
}

async fn deliver(state: &AppState, slots: &Arc<Semaphore>, rounds: u32) -> Result<(), FlowError> {
    while let Ok(slot) = Arc::clone(slots).acquire_owned().await {
        if state.stopping.is_cancelled() {
            return Ok(());
        }
        let Some(delivery) = state.services.claim_webhook().await? else {
            break;
        };
        let services = state.services.clone();
        tokio::spawn(async move {
            // An attempt that could not be written down is made again when its claim runs out.
            if let Err(error) = services.deliver_webhook(delivery).await {
                tracing::warn!(%error, "an event was not delivered");
            }
            drop(slot);
        });
    }
    if rounds.is_multiple_of(SWEEP_EVERY) {
        state.services.sweep_webhooks().await?;
    }
    Ok(())
}
