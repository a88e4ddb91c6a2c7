//! What was read a moment ago.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use uuid::Uuid;

use super::error::DirectoryError;

/// The most entries that are kept.
const CAPACITY: u64 = 10_000;

/// Entries are found under the generation in which their reading began. A change begins a new one, so
/// that neither an old entry nor a reading that the change overtook is ever seen again. Changes are
/// rare and lives are short: that the other entries go as well costs little.
pub(super) struct Remembered<T> {
    entries: Cache<(u64, Uuid), T>,
    generation: AtomicU64,
}

impl<T> fmt::Debug for Remembered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Begins a new generation when it is dropped: when the change is done, has failed, or was given up half-way.
pub(super) struct Change<'a>(&'a AtomicU64);

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl<T: Clone + Send + Sync + 'static> Remembered<T> {
    /// Entries are believed for `life`.
    pub(super) fn new(life: Duration) -> Self {
        Self {
            entries: Cache::builder().max_capacity(CAPACITY).time_to_live(life).build(),
            generation: AtomicU64::new(0),
        }
    }

    /// The entry, or what `read` gives; those who ask for it meanwhile wait for the same reading.
    /// Neither an absence nor an error is kept.
    pub(super) async fn get(
        &self,
        id: Uuid,
        read: impl Future<Output = Result<Option<T>, DirectoryError>>,
    ) -> Result<Option<T>, DirectoryError> {
        let key = (self.generation.load(Ordering::SeqCst), id);
        let read = async {
            match read.await {
                Ok(found) => found.ok_or(None),
                Err(error) => Err(Some(error)),
            }
        };
        match self.entries.try_get_with(key, read).await {
            Ok(entry) => Ok(Some(entry)),
            Err(reason) => match &*reason {
                Some(error) => Err(error.clone()),
                None => Ok(None),
            },
        }
    }

    /// To be held while something is changed.
    pub(super) fn change(&self) -> Change<'_> {
        Change(&self.generation)
    }
}
