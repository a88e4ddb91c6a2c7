//! The stream of revocations: one task reads it, and every request asks whether it is live.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eventsource_stream::{Event, Eventsource};
use futures_util::StreamExt;
use rand::RngExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::issuer::IssuerClient;
use super::jwks::Keys;
use super::revocations::{Revocation, Revocations};
use crate::config::RevocationFeedConfig;
use crate::domain::clock::Clock;
use crate::telemetry::Metrics;

/// After a broken connection the next one is tried after this, then twice that, ...
const FIRST_RETRY: Duration = Duration::from_millis(50);
/// ... up to this.
const LAST_RETRY: Duration = Duration::from_secs(2);
/// How often old revocations are forgotten.
const PRUNE_INTERVAL: Duration = Duration::from_mins(1);

/// Whether revocations arrive.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    started: Instant,
    /// Milliseconds from `started` to the last event that came when all earlier ones were known,
    /// plus one; 0 before the first.
    last_event: Arc<AtomicU64>,
    max_silence: Duration,
}

impl Feed {
    /// Starts the task that reads the stream.
    pub(super) fn spawn(
        issuer: Arc<IssuerClient>,
        config: &RevocationFeedConfig,
        revocations: Arc<Revocations>,
        keys: Keys,
        clock: Clock,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) -> Self {
        let feed = Self {
            started: Instant::now(),
            last_event: Arc::default(),
            max_silence: config.max_silence,
        };
        let reader = Reader {
            feed: feed.clone(),
            issuer,
            revocations,
            keys,
            clock,
            metrics,
            retention: config.retention,
            cursor: None,
            last_prune: Instant::now(),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = reader.run() => {}
            }
        });
        feed
    }

    /// Whether every revocation up to a moment ago is known here.
    pub(super) fn is_live(&self) -> bool {
        match self.last_event.load(Ordering::Relaxed) {
            0 => false,
            at => self.started + Duration::from_millis(at - 1) + self.max_silence > Instant::now(),
        }
    }

    fn heard(&self) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.last_event.store(millis + 1, Ordering::Relaxed);
    }
}

struct Reader {
    feed: Feed,
    issuer: Arc<IssuerClient>,
    revocations: Arc<Revocations>,
    keys: Keys,
    clock: Clock,
    metrics: Metrics,
    retention: Duration,
    /// The id of the last event, from which the next connection goes on.
    cursor: Option<String>,
    last_prune: Instant,
}

impl Reader {
    async fn run(mut self) {
        let mut retry = FIRST_RETRY;
        loop {
            let connected = self.read().await;
            self.metrics.feed_live.set(i64::from(self.feed.is_live()));
            if connected {
                retry = FIRST_RETRY;
            }
            // Servers that lost the issuer together do not come back to it together.
            let jitter = rand::rng().random_range(0.5..1.0);
            tokio::time::sleep(retry.mul_f64(jitter)).await;
            retry = (retry * 2).min(LAST_RETRY);
        }
    }

    /// Reads one connection to its end. `true` when it came to be live.
    async fn read(&mut self) -> bool {
        let response = match self.issuer.revocations(self.cursor.as_deref()).await {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(%error, "the revocation feed cannot be reached");
                return false;
            }
        };
        let mut events = response.bytes_stream().eventsource();
        let mut live = false;
        loop {
            let event = match tokio::time::timeout(self.feed.max_silence, events.next()).await {
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(error))) => {
                    tracing::warn!(%error, "the revocation feed broke off");
                    return live;
                }
                Ok(None) => {
                    tracing::warn!("the revocation feed was closed");
                    return live;
                }
                Err(_) => {
                    tracing::warn!(max_silence = ?self.feed.max_silence, "the revocation feed is silent");
                    return live;
                }
            };
            if event.event == "ready" {
                tracing::info!("the revocation feed is live");
                live = true;
            }
            if !self.take(event).await {
                // What cannot be read may have been a revocation: this stream is not to be believed.
                return false;
            }
            if live {
                self.feed.heard();
                self.metrics.feed_live.set(1);
            }
            if self.last_prune.elapsed() > PRUNE_INTERVAL {
                self.last_prune = Instant::now();
                let horizon = self.clock.millis().saturating_sub(millis(self.retention));
                self.revocations.prune(self.clock.seconds(), horizon);
            }
        }
    }

    /// `false` when the event makes no sense.
    async fn take(&mut self, event: Event) -> bool {
        match event.event.as_str() {
            "revoked" => match serde_json::from_str::<Revocation>(&event.data) {
                Ok(revocation) => {
                    tracing::debug!(?revocation, "revoked");
                    self.revocations.apply(revocation);
                }
                Err(error) => {
                    tracing::error!(%error, data = event.data, "the revocation feed sent an unknown message");
                    return false;
                }
            },
            "keys" => self.keys.refetch_changed().await,
            _ => {}
        }
        if !event.id.is_empty() {
            self.cursor = Some(event.id);
        }
        true
    }
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
