//! API keys from memory, by their hash: every request of a keyed application shows one. Other instances and the
//! command line announce changes through the event log; an entry is read anew after a minute in any case.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;

use super::StoreError;
use super::database::Database;
use super::sql::api_keys;
use crate::domain::api_key::ApiKey;
use crate::domain::secret::{HashedToken, PlainToken};

/// Keys kept in memory at most.
const CAPACITY: u64 = 10_000;
/// An entry is never older than this.
const MAX_AGE: Duration = Duration::from_mins(1);

/// The cache. Keys that do not exist are not kept in it, so that guesses cannot push out the others.
#[derive(Debug)]
pub struct ApiKeys {
    database: Database,
    keys: Cache<HashedToken, Arc<ApiKey>>,
    /// How often all was forgotten: a load that began before may hold what was forgotten since.
    forgotten: AtomicU64,
}

impl ApiKeys {
    /// An empty cache in front of `database`.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            keys: Cache::builder()
                .max_capacity(CAPACITY)
                .time_to_live(MAX_AGE)
                .build(),
            forgotten: AtomicU64::new(0),
        }
    }

    /// Finds the key that was presented, blocked or not.
    pub async fn find(&self, presented: &PlainToken) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let hash = presented.hashed();
        if let Some(key) = self.keys.get(&hash).await {
            return Ok(Some(key));
        }
        let forgotten = self.forgotten.load(Ordering::Acquire);
        let Some(key) = api_keys::find_by_hash(&self.database, &hash).await? else {
            return Ok(None);
        };
        let key = Arc::new(key);
        self.keys.insert(hash.clone(), Arc::clone(&key)).await;
        if self.forgotten.load(Ordering::Acquire) != forgotten {
            self.keys.invalidate(&hash).await;
        }
        Ok(Some(key))
    }

    /// Forgets every key: one of them changed, which is rare.
    pub fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.keys.invalidate_all();
    }
}
