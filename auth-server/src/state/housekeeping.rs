//! What is done now and then: expired rows go in bounded batches, keys rotate when due, and caches are read anew
//! in case an event was lost.

use std::time::Duration;

use super::AppState;
use crate::config::Config;
use crate::domain::event::Event;
use crate::domain::webhook::{EventType, Happening};
use crate::store::sql;

const EVERY: Duration = Duration::from_secs(30);
const BATCH: u32 = 1000;

pub(super) async fn run(state: AppState, config: Config) {
    let mut ticks = tokio::time::interval(EVERY);
    // The logo that was looked at last: each round goes on after it, and after the last one begins again.
    let mut logo = String::new();
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = keep_house(&state, &config).await {
            tracing::warn!(error, "housekeeping will be tried again");
        }
        match state.services.delete_unused_logos(&logo).await {
            Ok(next) => logo = next,
            Err(error) => tracing::warn!(%error, "unused logos will be deleted later"),
        }
    }
}

async fn keep_house(state: &AppState, config: &Config) -> Result<(), String> {
    let services = &state.services;
    let now = services.clock.now();
    let say = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
    services
        .clients
        .reload_resources()
        .await
        .map_err(|error| say("resource servers", &error))?;
    services
        .keys
        .reload()
        .await
        .map_err(|error| say("keys", &error))?;
    let rotated = services
        .keys
        .rotate_when_due(
            config.tokens.signing_algorithm,
            config.keys.rotate_after_seconds,
            config.keys.publish_before_use_seconds,
            now,
        )
        .await
        .map_err(|error| say("key rotation", &error))?;
    let retired = services
        .keys
        .delete_retired(now)
        .await
        .map_err(|error| say("retired keys", &error))?;
    if rotated {
        services.emit(Happening::new(EventType::KeyRotated)).await;
    }
    if rotated || retired > 0 {
        tracing::info!(rotated, retired, "signing keys changed");
        let event = Event::KeysChanged;
        services
            .tokens
            .publish(&event, services.clock.now_millis())
            .await
            .map_err(|error| say("event", &error))?;
    }
    while services
        .tokens
        .sweep(BATCH, services.clock.now_millis())
        .await
        .map_err(|error| say("sweep", &error))?
        >= u64::from(BATCH)
    {
        tokio::task::yield_now().await;
    }
    let before = now - config.errors.keep_days * 86_400;
    while sql::audit::delete_reports(&services.database, before, i64::from(BATCH))
        .await
        .map_err(|error| say("error reports", &error))?
        >= u64::from(BATCH)
    {}
    Ok(())
}
