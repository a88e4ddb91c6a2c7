//! Sends messages behind the requests that wrote them.

use std::time::Duration;

use super::AppState;
use crate::flows::FlowError;
use crate::mail::Mailer;

/// How often the outbox is looked at; what this instance itself writes wakes the task at once.
const EVERY: Duration = Duration::from_secs(2);
const SWEEP_EVERY: u32 = 30;

pub(super) async fn run(state: AppState, mailer: Option<Mailer>) {
    let mut ticks = tokio::time::interval(EVERY);
    let mut rounds = 0_u32;
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            () = state.services.wake.mail.notified() => {}
            _ = ticks.tick() => rounds = rounds.wrapping_add(1),
        }
        if let Err(error) = deliver(&state, mailer.as_ref(), rounds).await {
            tracing::warn!(%error, "messages will be sent later");
        }
    }
}

async fn deliver(state: &AppState, mailer: Option<&Mailer>, rounds: u32) -> Result<(), FlowError> {
    while !state.stopping.is_cancelled() && state.services.deliver_mail(mailer).await? {}
    if rounds.is_multiple_of(SWEEP_EVERY) {
        state.services.sweep_mail().await?;
    }
    Ok(())
}
