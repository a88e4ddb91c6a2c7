//! Tokens that were checked before, by their SHA-256. The token itself is not kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use moka::Expiry;
use moka::sync::Cache;

use super::token::VerifiedToken;

/// The most refused opaque tokens that are remembered.
const NEGATIVE_CAPACITY: u64 = 10_000;

/// SHA-256 of a token.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of this token.
    pub(super) fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(hash)
    }
}

#[derive(Clone)]
struct Entry {
    token: Arc<VerifiedToken>,
    /// Unix milliseconds.
    usable_until: i64,
    memory: Duration,
}

/// Entries leave memory when they are of no more use; until then they may be pushed out by others.
struct UntilOfNoUse;

impl Expiry<Fingerprint, Entry> for UntilOfNoUse {
    fn expire_after_create(&self, _: &Fingerprint, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.memory)
    }
}

/// The tokens this server has seen lately.
pub(super) struct TokenCache {
    accepted: Cache<Fingerprint, Entry>,
    refused: Cache<Fingerprint, ()>,
}

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenCache")
            .field("accepted", &self.accepted.entry_count())
            .finish_non_exhaustive()
    }
}

impl TokenCache {
    /// Holds `capacity` accepted tokens at most, and refused ones for `negative_ttl`.
    pub(super) fn new(capacity: u64, negative_ttl: Duration) -> Self {
        Self {
            accepted: Cache::builder()
                .max_capacity(capacity)
                .expire_after(UntilOfNoUse)
                .build(),
            refused: Cache::builder()
                .max_capacity(NEGATIVE_CAPACITY)
                .time_to_live(negative_ttl)
                .build(),
        }
    }

    /// The token, if it was accepted and the acceptance still holds at `now_millis`. Whether it was
    /// revoked since is not known here.
    pub(super) fn get(&self, fingerprint: &Fingerprint, now_millis: i64) -> Option<Arc<VerifiedToken>> {
        let entry = self.accepted.get(fingerprint)?;
        (now_millis < entry.usable_until).then_some(entry.token)
    }

    /// Remembers an accepted token until `usable_until`, and never beyond its own end.
    pub(super) fn accept(
        &self,
        fingerprint: Fingerprint,
        token: Arc<VerifiedToken>,
        now_millis: i64,
        usable_until: i64,
    ) {
        let usable_until = usable_until.min(token.expires_at.saturating_mul(1000));
        let left = u64::try_from(usable_until.saturating_sub(now_millis)).unwrap_or(0);
        if left > 0 {
            let memory = Duration::from_millis(left);
            self.accepted.insert(
                fingerprint,
                Entry {
                    token,
                    usable_until,
                    memory,
                },
            );
        }
    }

    /// Whether the issuer refused this token a moment ago.
    pub(super) fn was_refused(&self, fingerprint: &Fingerprint) -> bool {
        self.refused.contains_key(fingerprint)
    }

    /// Remembers that the issuer refused this token.
    pub(super) fn refuse(&self, fingerprint: Fingerprint) {
        self.accepted.invalidate(&fingerprint);
        self.refused.insert(fingerprint, ());
    }
}
