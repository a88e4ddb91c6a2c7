//! A value that is read anew when it changes, and now and then. Two readings may overlap: the one that began
//! first never replaces the one that began later, so that a change that was seen stays seen.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The value as last read.
#[derive(Debug, Default)]
pub struct Snapshot<T> {
    begun: AtomicU64,
    held: RwLock<(u64, Arc<T>)>,
}

/// A reading that has begun.
#[derive(Debug)]
pub struct Reading(u64);

impl<T> Snapshot<T> {
    /// The value as last read.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// To be called before the source is read.
    pub fn begin(&self) -> Reading {
        Reading(self.begun.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Takes what was read, unless a later reading has been taken already.
    pub fn put(&self, reading: &Reading, value: T) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if reading.0 > held.0 {
            *held = (reading.0, Arc::new(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Snapshot;

    #[test]
    fn a_slow_reading_does_not_undo_a_later_one() {
        let snapshot = Snapshot::default();
        let (slow, later) = (snapshot.begin(), snapshot.begin());
        snapshot.put(&later, "new");
        snapshot.put(&slow, "old");
        assert_eq!(*snapshot.get(), "new");
        snapshot.put(&snapshot.begin(), "newest");
        assert_eq!(*snapshot.get(), "newest");
    }
}
