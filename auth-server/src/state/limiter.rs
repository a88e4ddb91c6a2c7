//! Rate limits that cost no round trip: each instance counts in memory and shares its counts through the token
//! store a few times a second, so that a limit holds across instances within that time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::AppState;

/// A count is forgotten this long after its first one.
const WINDOW: Duration = Duration::from_mins(1);
const SHARE_EVERY: Duration = Duration::from_millis(200);
/// How long after a count the others' counts are asked for, milliseconds.
const LISTEN_MS: i64 = 1000;
/// Keys counted at once; beyond, new ones are not counted until old ones end.
const MAX_KEYS: usize = 100_000;

#[derive(Debug)]
struct Count {
    total: u64,
    unshared: u64,
    last_at_ms: i64,
    ends_at_ms: i64,
}

/// Counts per key and minute.
#[derive(Debug, Default)]
pub struct Limiter {
    counts: Mutex<HashMap<String, Count>>,
}

impl Limiter {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Count>> {
        self.counts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Counts one for `key`.
    pub fn count(&self, key: &str, now_ms: i64) {
        let mut counts = self.lock();
        if !counts.contains_key(key) && counts.len() >= MAX_KEYS {
            counts.retain(|_, count| count.ends_at_ms > now_ms);
            if counts.len() >= MAX_KEYS {
                return;
            }
        }
        let ends_at_ms = now_ms + i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
        let count = counts.entry(key.to_owned()).or_insert(Count {
            total: 0,
            unshared: 0,
            last_at_ms: now_ms,
            ends_at_ms,
        });
        if count.ends_at_ms <= now_ms {
            *count = Count {
                total: 0,
                unshared: 0,
                last_at_ms: now_ms,
                ends_at_ms,
            };
        }
        count.total += 1;
        count.unshared += 1;
        count.last_at_ms = now_ms;
    }

    /// Seconds to wait when `key` has reached `limit` (0: no limit).
    pub fn wait(&self, key: &str, limit: u64, now_ms: i64) -> Option<u64> {
        if limit == 0 {
            return None;
        }
        let counts = self.lock();
        let count = counts.get(key)?;
        (count.total >= limit && count.ends_at_ms > now_ms)
            .then(|| u64::try_from((count.ends_at_ms - now_ms + 999) / 1000).unwrap_or(1))
    }

    /// What the others must hear of, and what was counted a moment ago: so that this instance hears of them, too.
    fn take_unshared(&self, now_ms: i64) -> Vec<(String, u64)> {
        let mut counts = self.lock();
        counts.retain(|_, count| count.ends_at_ms > now_ms);
        counts
            .iter_mut()
            .filter(|(_, count)| count.unshared > 0 || now_ms - count.last_at_ms < LISTEN_MS)
            .map(|(key, count)| (key.clone(), std::mem::take(&mut count.unshared)))
            .collect()
    }

    fn take_totals(&self, shared: &[(String, u64)], totals: &[u64]) {
        let mut counts = self.lock();
        for ((key, _), total) in shared.iter().zip(totals) {
            if let Some(count) = counts.get_mut(key) {
                count.total = count.total.max(total + count.unshared);
            }
        }
    }
}

pub(super) async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(SHARE_EVERY);
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let now_ms = state.services.clock.now_millis();
        let unshared = state.limiter.take_unshared(now_ms);
        if unshared.is_empty() {
            continue;
        }
        // A store that is down costs the others a few counts, and is said elsewhere.
        if let Ok(totals) = state.services.tokens.count(&unshared, WINDOW, now_ms).await {
            state.limiter.take_totals(&unshared, &totals);
        }
    }
}
