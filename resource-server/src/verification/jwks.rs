//! The issuer's keys: kept fresh by one task, read by every request.
//!
//! - The set is fetched again when its max-age ends, when the feed says that it changed, and, not
//!   more often than configured, when a token names a key that is not in it.
//! - A fetched set replaces the old one: a key that is gone is refused from then on.
//! - While the set cannot be fetched, the known keys go on and unknown ones are refused.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use token_format::verify::{KeyRing, KeySource};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::issuer::{IssuerClient, IssuerError};
use crate::config::JwksConfig;
use crate::telemetry::Metrics;

/// After a failure the next attempt comes after this, then twice that, ...
const FIRST_RETRY: Duration = Duration::from_millis(100);
/// ... up to this.
const LAST_RETRY: Duration = Duration::from_secs(2);

/// Whether the set could be brought up to date for an unknown key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refetch {
    /// The set is as new as it gets at this moment.
    Fresh,
    /// The set could not be fetched lately: the key may exist.
    Failed,
}

/// The keys of the issuer.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    ring: Arc<RwLock<Arc<KeyRing>>>,
    wishes: mpsc::Sender<Wish>,
}

#[derive(Debug)]
enum Wish {
    /// A token names this key.
    Unknown {
        kid: String,
        reply: oneshot::Sender<Refetch>,
    },
    /// The issuer says that the set changed.
    Changed,
}

impl Keys {
    /// Starts the task that keeps the keys.
    pub(super) fn spawn(
        issuer: Arc<IssuerClient>,
        config: JwksConfig,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) -> Self {
        // One task answers the wishes one after the other: the fetch for the first of many tokens
        // with an unknown key serves them all.
        let (wishes, inbox) = mpsc::channel(1024);
        let keys = Self {
            ring: Arc::default(),
            wishes,
        };
        let keeper = Keeper {
            keys: keys.ring.clone(),
            issuer,
            config,
            metrics,
            last_refetch: None,
            failed: true,
            retry: FIRST_RETRY,
            next: Instant::now(),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = keeper.run(inbox) => {}
            }
        });
        keys
    }

    /// The keys at this moment.
    pub(super) fn current(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether any key is known.
    pub(super) fn any(&self) -> bool {
        !self
            .ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// Whether this key is in the set.
    pub(super) fn has(&self, kid: &str) -> bool {
        self.ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .verifying_key(kid)
            .is_some()
    }

    /// Has the set fetched because a token names this key, unless that was done a moment ago.
    pub(super) async fn refetch_for(&self, kid: &str) -> Refetch {
        let (reply, answer) = oneshot::channel();
        let wish = Wish::Unknown {
            kid: kid.to_owned(),
            reply,
        };
        if self.wishes.send(wish).await.is_err() {
            return Refetch::Failed;
        }
        answer.await.unwrap_or(Refetch::Failed)
    }

    /// Has the set fetched because the issuer says that it changed.
    pub(super) async fn refetch_changed(&self) {
        // The task ends only when the server stops.
        drop(self.wishes.send(Wish::Changed).await);
    }
}

struct Keeper {
    keys: Arc<RwLock<Arc<KeyRing>>>,
    issuer: Arc<IssuerClient>,
    config: JwksConfig,
    metrics: Metrics,
    /// The last fetch for an unknown key.
    last_refetch: Option<Instant>,
    /// Whether the last fetch failed.
    failed: bool,
    retry: Duration,
    next: Instant,
}

impl Keeper {
    async fn run(mut self, mut inbox: mpsc::Receiver<Wish>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(self.next) => {
                    // The endpoints may have moved since; if they cannot be asked for, the known ones do.
                    match self.issuer.discover().await {
                        Err(error) if !self.issuer.is_discovered() => self.put_off(&error),
                        _ => self.fetch().await,
                    }
                }
                wish = inbox.recv() => match wish {
                    Some(Wish::Unknown { kid, reply }) => {
                        self.look_for(&kid).await;
                        // A request that went away needs no answer.
                        let _ = reply.send(if self.failed { Refetch::Failed } else { Refetch::Fresh });
                    }
                    Some(Wish::Changed) => self.fetch().await,
                    None => return,
                },
            }
        }
    }

    async fn look_for(&mut self, kid: &str) {
        let is_known = self
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .verifying_key(kid)
            .is_some();
        let is_limited = self
            .last_refetch
            .is_some_and(|last| last.elapsed() < self.config.min_refetch_interval);
        if !is_known && !is_limited {
            self.last_refetch = Some(Instant::now());
            self.fetch().await;
        }
    }

    async fn fetch(&mut self) {
        match self.issuer.keys().await {
            Ok((set, max_age)) => {
                let ring = Arc::new(KeyRing::from_jwk_set(&set));
                let age = max_age
                    .unwrap_or(self.config.min_age)
                    .clamp(self.config.min_age, self.config.max_age.max(self.config.min_age));
                tracing::debug!(keys = ring.len(), ?age, "key set fetched");
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = ring;
                self.failed = false;
                self.retry = FIRST_RETRY;
                self.next = Instant::now() + age;
                self.metrics.jwks_fetches.with_label_values(&["ok"]).inc();
            }
            Err(error) => self.put_off(&error),
        }
    }

    fn put_off(&mut self, error: &IssuerError) {
        tracing::warn!(%error, "the key set cannot be fetched; the known keys go on");
        self.failed = true;
        self.next = Instant::now() + self.retry;
        self.retry = (self.retry * 2).min(LAST_RETRY);
        self.metrics.jwks_fetches.with_label_values(&["failed"]).inc();
    }
}
