//! Goes on with examinations of submissions that an instance left when it stopped, fetches the logos that administrators
//! name, and records the hosts of applications that are older than their table.

use std::time::Duration;

use super::AppState;
use crate::flows::FlowError;

const EVERY: Duration = Duration::from_secs(15);
/// Rounds between two looks for applications without hosts: five minutes.
const HOSTS_EVERY: u32 = 20;

pub(super) async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(EVERY);
    let mut rounds = 0_u32;
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = step(&state, rounds).await {
            tracing::warn!(%error, "examinations will be tried again");
        }
        rounds = rounds.wrapping_add(1);
    }
}

async fn step(state: &AppState, rounds: u32) -> Result<(), FlowError> {
    if rounds.is_multiple_of(HOSTS_EVERY) {
        while !state.stopping.is_cancelled() && state.services.record_missing_hosts().await? {}
    }
    while !state.stopping.is_cancelled() && state.services.examine_next().await? {}
    while !state.stopping.is_cancelled() && state.services.resume_examination().await? {}
    while !state.stopping.is_cancelled() && state.services.fetch_missing_logo().await? {}
    Ok(())
}
