//! When client secrets were used last: noted in memory, and written now and then in one transaction, so that no token
//! request waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::StoreError;
use super::database::Database;
use super::sql::client_secrets;

/// More secrets than this are not remembered between two writes.
const MOST: usize = 10_000;

/// Uses that wait to be written: the secret, and the moment in seconds since the Unix epoch.
#[derive(Debug, Default)]
pub struct SecretUses {
    waiting: Mutex<HashMap<Uuid, i64>>,
}

impl SecretUses {
    /// Notes a use.
    pub fn note(&self, secret: Uuid, now: i64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST || waiting.contains_key(&secret) {
            waiting.insert(secret, now);
        }
    }

    /// Writes what was noted. What could not be written is noted again.
    pub async fn write(&self, database: &Database) -> Result<(), StoreError> {
        let uses = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if uses.is_empty() {
            return Ok(());
        }
        let mut uses: Vec<(Uuid, i64)> = uses.into_iter().collect();
        // In one order everywhere, so that two instances cannot wait for each other.
        uses.sort_unstable();
        let written = client_secrets::note_uses(database, &uses).await;
        if written.is_err() {
            for (secret, at) in uses {
                self.note(secret, at);
            }
        }
        written
    }
}
