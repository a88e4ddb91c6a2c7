//! Writes down when client secrets were used last.

use std::time::Duration;

use super::AppState;

const EVERY: Duration = Duration::from_secs(5);

pub(super) async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        let stopping = tokio::select! {
            () = state.stopping.cancelled() => true,
            _ = ticks.tick() => false,
        };
        let services = &state.services;
        if let Err(error) = services.secret_uses.write(&services.database).await {
            tracing::warn!(%error, "uses of secrets not written");
        }
        if stopping {
            return;
        }
    }
}
