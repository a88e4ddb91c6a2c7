//! Follows the event log: what another instance or the command line changed takes effect here within a second,
//! and is handed on to the resource servers that listen.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::AppState;
use crate::domain::event::{Cursor, Event, LoggedEvent};
use crate::domain::token::RevocationTarget;
use crate::keys::KeysError;
use crate::store::StoreError;

/// How long a quiet log is waited for; also how soon it is noticed that it cannot be read.
const PATIENCE: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_millis(250);
const BATCH: u32 = 500;
/// An older event is history, which an instance reads when it starts.
const NEWS_MS: i64 = 60_000;
/// Cursors remembered so that an event that the store gives twice is handed on once.
const REMEMBERED: usize = 4096;

/// What was handed on already.
#[derive(Default)]
struct Seen {
    order: VecDeque<String>,
    cursors: HashSet<String>,
}

impl Seen {
    fn is_new(&self, cursor: &Cursor) -> bool {
        !self.cursors.contains(&cursor.0)
    }

    fn remember(&mut self, cursor: &Cursor) {
        self.cursors.insert(cursor.0.clone());
        self.order.push_back(cursor.0.clone());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.cursors.remove(&oldest);
        }
    }
}

pub(super) async fn run(state: AppState) {
    let mut seen = Seen::default();
    let mut after: Option<Cursor> = None;
    let mut caught_up = false;
    loop {
        let step = async {
            if caught_up {
                state
                    .services
                    .tokens
                    .wait_for_events(after.as_ref(), PATIENCE)
                    .await?;
            }
            follow(&state, &mut after, &mut seen).await
        };
        let outcome = tokio::select! {
            () = state.stopping.cancelled() => return,
            outcome = step => outcome,
        };
        state.set_following(outcome.is_ok());
        match outcome {
            Ok(more) => caught_up = !more,
            Err(error) => {
                tracing::warn!(%error, "the event log cannot be followed");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

/// Reads one batch; true when there may be more at once.
async fn follow(state: &AppState, after: &mut Option<Cursor>, seen: &mut Seen) -> Result<bool, StoreError> {
    let batch = state.services.tokens.events(after.as_ref(), BATCH).await?;
    let mut news = 0;
    for logged in &batch {
        if seen.is_new(&logged.cursor) {
            news += 1;
            // An event that could not be applied is not remembered: it is tried again.
            apply(state, logged).await?;
            seen.remember(&logged.cursor);
            // Nobody listening is no error.
            let _ = state.events.send(logged.clone());
        }
        if after.as_ref().is_none_or(|cursor| *cursor < logged.cursor) {
            *after = Some(logged.cursor.clone());
        }
    }
    Ok(news > 0 && batch.len() == BATCH as usize)
}

async fn apply(state: &AppState, logged: &LoggedEvent) -> Result<(), StoreError> {
    let services = &state.services;
    match &logged.event {
        Event::ApplicationChanged { client_id } => {
            services.clients.forget_application(client_id).await;
            if services.clock.now_millis() - logged.at_ms < NEWS_MS {
                end_what_was_late(state, client_id).await?;
            }
        }
        Event::ApiKeyChanged { .. } => services.api_keys.forget_all(),
        Event::ResourceChanged { .. } => services.clients.reload_resources().await?,
        Event::KeysChanged => match services.keys.reload().await {
            Err(KeysError::Store(error)) => return Err(error),
            Err(error) => tracing::error!(%error, "signing keys could not be read"),
            Ok(()) => {}
        },
        Event::UserChanged { .. }
        | Event::Token { .. }
        | Event::Client { .. }
        | Event::User { .. }
        | Event::Grant { .. } => {}
    }
    Ok(())
}

/// An application was blocked, and until this moment this instance may have issued tokens to it from memory: dated
/// after the block, they would outlive it.
async fn end_what_was_late(state: &AppState, client_id: &str) -> Result<(), StoreError> {
    let services = &state.services;
    let application = services.clients.application(client_id).await?;
    if application.is_some_and(|application| !application.is_usable()) {
        let target = RevocationTarget::Client(client_id.to_owned());
        services
            .tokens
            .revoke(&target, services.clock.now_millis())
            .await?;
    }
    Ok(())
}
