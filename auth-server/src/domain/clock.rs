//! Time is passed in, so that tests can move it and no rule reads the environment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

/// Where every rule takes its time from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until a test moves it; milliseconds since the Unix epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock for tests, standing at `millis` since the Unix epoch.
    pub fn manual(millis: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(millis)))
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_millis(&self) -> i64 {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the machine's clock"
            )]
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_millis()).ok())
                .unwrap_or_default(),
            Self::Manual(millis) => millis.load(Ordering::Relaxed),
        }
    }

    /// Seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.now_millis() / 1000
    }

    /// Moves a manual clock forward; the system's clock stays as it is.
    pub fn advance(&self, millis: i64) {
        if let Self::Manual(now) = self {
            now.fetch_add(millis, Ordering::Relaxed);
        }
    }

    /// A new time-ordered id (UUIDv7): its first 48 bits are the moment of issue in milliseconds, which
    /// revocations by application or user compare with.
    pub fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now_millis()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
    }
}
