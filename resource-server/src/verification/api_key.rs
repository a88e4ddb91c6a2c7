//! API keys: whose one is, asked of the authorization server once and remembered for a while. A key is no token:
//! it has no user, no scope and no end, so nothing of the rules for tokens is shared but the asking.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::cache::Fingerprint;
use super::feed::millis;
use super::introspection::{Answer, Kind};
use super::{Refusal, Verifier};

/// No key is longer; what is, is not asked about.
const MAX_KEY_LENGTH: usize = 512;
/// The most refused keys that are remembered.
const REFUSED_CAPACITY: u64 = 10_000;

/// A key that the authorization server vouches for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedKey {
    /// Its id, by which it is blocked.
    pub id: String,
    /// The application that it belongs to.
    pub client_id: String,
}

/// Why a key is not accepted. The texts are for the log and never hold the key.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// An administrator blocked it, or its application.
    #[error("the API key is disabled")]
    Disabled,
    /// It is none, or nobody can tell at the moment.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

#[derive(Clone)]
struct Accepted {
    key: Arc<VerifiedKey>,
    /// Unix milliseconds.
    usable_until: i64,
    /// How far the feed had been read when the question was asked.
    heard: u64,
}

/// The keys this server has seen lately, by their SHA-256.
pub(super) struct KeyCache {
    accepted: Cache<Fingerprint, Accepted>,
    refused: Cache<Fingerprint, KeyRefusal>,
    positive_ttl: Duration,
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyCache")
            .field("accepted", &self.accepted.entry_count())
            .finish_non_exhaustive()
    }
}

impl KeyCache {
    /// Holds `capacity` accepted keys at most, each for `positive_ttl`, and refused ones for `negative_ttl`.
    pub(super) fn new(capacity: u64, positive_ttl: Duration, negative_ttl: Duration) -> Self {
        Self {
            accepted: Cache::builder()
                .max_capacity(capacity)
                .time_to_live(positive_ttl)
                .build(),
            refused: Cache::builder()
                .max_capacity(REFUSED_CAPACITY)
                .time_to_live(negative_ttl)
                .build(),
            positive_ttl,
        }
    }

    fn get(&self, fingerprint: &Fingerprint, now_millis: i64) -> Option<Accepted> {
        let accepted = self.accepted.get(fingerprint)?;
        (now_millis < accepted.usable_until).then_some(accepted)
    }

    fn accept(&self, fingerprint: Fingerprint, key: Arc<VerifiedKey>, heard: u64, now_millis: i64) {
        let accepted = Accepted {
            key,
            usable_until: now_millis.saturating_add(millis(self.positive_ttl)),
            heard,
        };
        self.accepted.insert(fingerprint, accepted);
    }

    fn refuse(&self, fingerprint: Fingerprint, refusal: KeyRefusal) -> KeyRefusal {
        self.accepted.invalidate(&fingerprint);
        self.refused.insert(fingerprint, refusal.clone());
        refusal
    }
}

impl Verifier {
    /// Checks an API key. One that was seen before costs no network call while the feed is live; news of the feed
    /// about the key or its application make this server ask again.
    pub async fn verify_key(&self, key: &str) -> Result<Arc<VerifiedKey>, KeyRefusal> {
        if key.is_empty() || key.len() > MAX_KEY_LENGTH || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::Invalid("not the form of an API key".into()).into());
        }
        let fingerprint = Fingerprint::of(key);
        let now = self.clock.millis();
        if self.feed.is_live()
            && let Some(known) = self.keys_seen.get(&fingerprint, now)
            && !self
                .revocations
                .told_since(known.heard, &known.key.id, &known.key.client_id)
        {
            self.metrics.token_cache_hits.inc();
            return Ok(known.key);
        }
        self.metrics.token_cache_misses.inc();
        if let Some(refusal) = self.keys_seen.refused.get(&fingerprint) {
            return Err(refusal);
        }
        // Taken before the question: what is told while it is under way makes its answer an old one.
        let heard = self.revocations.heard();
        let answer = self
            .introspector
            .ask(key, Kind::ApiKey)
            .await
            .map_err(Refusal::from)?;
        match self.judge_key(answer) {
            Ok(verified) => {
                let verified = Arc::new(verified);
                self.keys_seen
                    .accept(fingerprint, Arc::clone(&verified), heard, now);
                Ok(verified)
            }
            Err(refusal) => Err(self.keys_seen.refuse(fingerprint, refusal)),
        }
    }

    fn judge_key(&self, answer: Answer) -> Result<VerifiedKey, KeyRefusal> {
        let invalid = |reason: &str| Err(Refusal::Invalid(reason.to_owned()).into());
        let is_key = answer.is_about(Kind::ApiKey);
        match (answer.is_active(), is_key) {
            (true, true) => {}
            (false, true) => return Err(KeyRefusal::Disabled),
            (true, false) => return invalid("the introspection answer is not about an API key"),
            (false, false) => return invalid("the issuer does not know the API key"),
        }
        let claims = answer
            .into_key_claims()
            .map_err(|reason| Refusal::Invalid(reason.to_owned()))?;
        if claims.iss != self.expected.issuer {
            return invalid("the API key is of another issuer");
        }
        if !claims.aud.contains(&self.expected.audience) {
            return invalid("the API key is for another audience");
        }
        Ok(VerifiedKey {
            id: claims.jti,
            client_id: claims.client_id,
        })
    }
}
