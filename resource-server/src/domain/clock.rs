//! The time of day, passed in so that tests can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// The machine's clock, shifted by some milliseconds that tests change.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    /// Milliseconds since 1970, UTC.
    pub fn millis(&self) -> i64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the machine's clock"
        )]
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        match self {
            Self::System => now,
            Self::Shifted(by) => now.saturating_add(by.load(Ordering::Relaxed)),
        }
    }

    /// Seconds since 1970, UTC.
    pub fn seconds(&self) -> i64 {
        self.millis().div_euclid(1000)
    }
}
