//! Is this token valid here and now? Signature, introspection and revocation under one question.
//!
//! A JWT is verified on the spot (RFC 9068) and remembered; whether it was revoked is known from the
//! feed. Anything else is introspected. While the feed is not live, JWTs are introspected as well,
//! and if that fails nothing is accepted.

mod answer_form;
mod api_key;
mod bounded;
mod cache;
mod feed;
mod introspection;
mod issuer;
mod jwks;
mod revocations;
mod token;

use std::sync::Arc;
use std::time::Duration;

use token_format::claims::AccessClaims;
use token_format::key::JwkSet;
use token_format::scope::ScopePrefix;
use token_format::unverified::UnverifiedToken;
use token_format::verify::{Expectations, MAX_TOKEN_LENGTH, VerifyError, verify_access_token};
use tokio_util::sync::CancellationToken;

pub use answer_form::AnswerForm;
use api_key::KeyCache;
pub use api_key::{KeyRefusal, VerifiedKey};
pub use bounded::Bounded;
use cache::{Fingerprint, TokenCache};
use feed::{Feed, millis};
use introspection::Introspector;
pub use introspection::{Answer, Kind};
pub use issuer::{Endpoints, IssuerClient, IssuerError, ScimReply, ScimRequest, read_json};
use jwks::{Keys, Refetch};
use revocations::Revocations;
pub use token::{Source, VerifiedToken};

use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::session::Session;
use crate::telemetry::Metrics;

/// Why a token is not accepted. The texts are for the log and never hold the token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// It is over.
    #[error("the token has expired")]
    Expired,
    /// It is not, or no longer, a valid token for this server.
    #[error("{0}")]
    Invalid(String),
    /// Nobody can tell at the moment.
    #[error("the token cannot be checked: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
        /// When to try again, where the issuer said so.
        retry_after: Option<String>,
    },
}

impl From<IssuerError> for Refusal {
    fn from(error: IssuerError) -> Self {
        let retry_after = match &error {
            IssuerError::Status { retry_after, .. } => retry_after.clone(),
            _ => None,
        };
        Self::Unavailable {
            reason: error.to_string(),
            retry_after,
        }
    }
}

/// Checks tokens. One per process, with two tasks in the background.
#[derive(Debug)]
pub struct Verifier {
    expected: Expectations,
    prefix: ScopePrefix,
    keys: Keys,
    feed: Feed,
    revocations: Arc<Revocations>,
    introspector: Introspector,
    cache: TokenCache,
    keys_seen: KeyCache,
    positive_ttl: Duration,
    retention: Duration,
    clock: Clock,
    metrics: Metrics,
}

/// What the readiness probe tells about tokens.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    /// Whether any key of the issuer is known.
    pub keys: bool,
    /// Whether revocations arrive.
    pub feed_live: bool,
    /// Whether tokens can be judged: by the feed, or by introspection in its place.
    pub can_judge: bool,
}

impl Verifier {
    /// Starts the tasks. The issuer need not be there yet; its answers come in this form.
    pub fn spawn(
        config: &Config,
        issuer: Arc<IssuerClient>,
        form: AnswerForm,
        clock: Clock,
        metrics: Metrics,
        shutdown: &CancellationToken,
    ) -> Self {
        let keys = Keys::spawn(
            Arc::clone(&issuer),
            config.jwks.clone(),
            metrics.clone(),
            shutdown.clone(),
        );
        let revocations = Arc::new(Revocations::default());
        let feed = Feed::spawn(
            Arc::clone(&issuer),
            &config.revocation_feed,
            Arc::clone(&revocations),
            keys.clone(),
            clock.clone(),
            metrics.clone(),
            shutdown.clone(),
        );
        Self {
            expected: Expectations {
                issuer: config.issuer.url.clone(),
                audience: config.server.resource_url.clone(),
                algorithms: config.issuer.algorithms.clone(),
            },
            prefix: ScopePrefix::new(&config.scope_prefix),
            feed,
            revocations,
            introspector: Introspector::new(
                issuer,
                form,
                keys.clone(),
                clock.clone(),
                config.introspection.max_concurrent,
                config.issuer.timeout,
                metrics.clone(),
            ),
            keys,
            cache: TokenCache::new(config.token_cache.capacity, config.introspection.negative_ttl),
            keys_seen: KeyCache::new(
                config.token_cache.capacity,
                config.introspection.positive_ttl,
                config.introspection.negative_ttl,
            ),
            positive_ttl: config.introspection.positive_ttl,
            retention: config.revocation_feed.retention,
            clock,
            metrics,
        }
    }

    /// Checks a token. One that was seen before costs no network call while the feed is live.
    pub async fn verify(&self, token: &str) -> Result<Arc<VerifiedToken>, Refusal> {
        if token.len() > MAX_TOKEN_LENGTH || !is_b64token(token) {
            return Err(Refusal::Invalid(
                "not the form of a bearer token (RFC 6750 section 2.1)".into(),
            ));
        }
        let fingerprint = Fingerprint::of(token);
        let now = self.clock.millis();
        if let Some(known) = self
            .cache
            .get(&fingerprint, now)
            .filter(|known| self.key_holds(known))
        {
            self.metrics.token_cache_hits.inc();
            return self.judge(token, fingerprint, known, now).await;
        }
        self.metrics.token_cache_misses.inc();
        if is_jwt(token) {
            let verified = Arc::new(self.verify_signature(token, now).await?);
            self.cache
                .accept(fingerprint, Arc::clone(&verified), now, i64::MAX);
            self.judge(token, fingerprint, verified, now).await
        } else {
            self.introspect(token, fingerprint, now).await
        }
    }

    /// Whether a session on the pages still stands: it ends with what ended the token that it began with.
    /// That token is gone and cannot be introspected, so nobody can tell while the feed is not live.
    pub fn session_holds(&self, session: &Session) -> Result<bool, Refusal> {
        if !self.feed.is_live() {
            return Err(Refusal::Unavailable {
                reason: "the revocation feed is not live".into(),
                retry_after: None,
            });
        }
        let horizon = self.clock.millis().saturating_sub(millis(self.retention));
        Ok(session.token_issued_at_millis > horizon && !self.revocations.is_over(session))
    }

    /// The public keys to which the issuer is to encrypt its answers.
    pub fn encryption_keys(&self) -> JwkSet {
        self.introspector.form().public_keys()
    }

    /// For the readiness probe. Asks the issuer only while the feed is not live.
    pub async fn health(&self) -> Health {
        let feed_live = self.feed.is_live();
        let keys = self.keys.any();
        let can_judge = feed_live
            || (keys
                && self
                    .introspector
                    .ask("readiness-probe", Kind::AccessToken)
                    .await
                    .is_ok());
        Health {
            keys,
            feed_live,
            can_judge,
        }
    }

    /// What may have changed since the token's claims were checked.
    async fn judge(
        &self,
        token: &str,
        fingerprint: Fingerprint,
        verified: Arc<VerifiedToken>,
        now: i64,
    ) -> Result<Arc<VerifiedToken>, Refusal> {
        self.refuse_revoked(&verified)?;
        let is_remembered = verified.issued_at_millis > now.saturating_sub(millis(self.retention));
        if self.feed.is_live() && is_remembered {
            return Ok(verified);
        }
        match verified.source {
            Source::Signature { .. } => {
                let answer = self.introspector.ask(token, Kind::AccessToken).await?;
                if !answer.is_active() {
                    return Err(Refusal::Invalid("the issuer says the token is not active".into()));
                }
                if !answer.names(&verified.jti) {
                    return Err(Refusal::Invalid(
                        "the introspection answer is about another token".into(),
                    ));
                }
                // A key event or a revocation may have come while the question was under way.
                self.refuse_revoked(&verified)?;
                Ok(verified)
            }
            Source::Introspection => self.introspect(token, fingerprint, now).await,
        }
    }

    fn refuse_revoked(&self, token: &VerifiedToken) -> Result<(), Refusal> {
        if self.revocations.is_revoked(token) {
            return Err(Refusal::Invalid(format!("token {} was revoked", token.jti)));
        }
        Ok(())
    }

    /// A key that was withdrawn takes the tokens it signed with it, cached or not.
    fn key_holds(&self, token: &VerifiedToken) -> bool {
        match &token.source {
            Source::Signature { kid } => self.keys.has(kid),
            Source::Introspection => true,
        }
    }

    async fn verify_signature(&self, token: &str, now_millis: i64) -> Result<VerifiedToken, Refusal> {
        let now = now_millis.div_euclid(1000);
        let check = || verify_access_token(token, &*self.keys.current(), &self.expected, now);
        let claims = match check() {
            Err(VerifyError::UnknownKey { kid }) => match (self.keys.refetch_for(&kid).await, check()) {
                (Refetch::Failed, Err(error @ VerifyError::UnknownKey { .. })) => {
                    return Err(Refusal::Unavailable {
                        reason: format!("{error}, and the key set cannot be fetched"),
                        retry_after: None,
                    });
                }
                (_, result) => result,
            },
            result => result,
        };
        let claims = claims.map_err(|error| match error {
            VerifyError::Expired { .. } => Refusal::Expired,
            error => Refusal::Invalid(error.to_string()),
        })?;
        let kid = UnverifiedToken::parse(token)
            .ok()
            .and_then(|token| token.kid().map(str::to_owned));
        let kid = kid.ok_or_else(|| Refusal::Invalid("no key id".into()))?;
        self.accepted_claims(claims, Source::Signature { kid })
    }

    async fn introspect(
        &self,
        token: &str,
        fingerprint: Fingerprint,
        now_millis: i64,
    ) -> Result<Arc<VerifiedToken>, Refusal> {
        if self.cache.was_refused(&fingerprint) {
            return Err(Refusal::Invalid(
                "the issuer said a moment ago that the token is not active".into(),
            ));
        }
        let answer = self.introspector.ask(token, Kind::AccessToken).await?;
        if !answer.is_active() {
            self.cache.refuse(fingerprint);
            return Err(Refusal::Invalid("the issuer says the token is not active".into()));
        }
        let claims = answer
            .into_claims()
            .map_err(|problem| Refusal::Invalid(problem.into()))?;
        if claims.iss != self.expected.issuer {
            return Err(Refusal::Invalid("the token is of another issuer".into()));
        }
        if !claims.aud.contains(&self.expected.audience) {
            return Err(Refusal::Invalid("the token is for another audience".into()));
        }
        if now_millis.div_euclid(1000) >= claims.exp {
            return Err(Refusal::Expired);
        }
        let verified = Arc::new(self.accepted_claims(claims, Source::Introspection)?);
        self.refuse_revoked(&verified)?;
        let usable_until = now_millis.saturating_add(millis(self.positive_ttl));
        self.cache
            .accept(fingerprint, Arc::clone(&verified), now_millis, usable_until);
        Ok(verified)
    }

    fn accepted_claims(&self, claims: AccessClaims, source: Source) -> Result<VerifiedToken, Refusal> {
        // RFC 9449 section 7.1: whoever merely holds a bound token has not shown the key.
        if claims.cnf.is_some() {
            return Err(Refusal::Invalid(
                "the token is bound to a key and was sent as a plain bearer token".into(),
            ));
        }
        // RFC 6749 appendix A.1; what is in it goes to the audit trail and the log.
        if claims.client_id.is_empty() || !claims.client_id.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
        {
            return Err(Refusal::Invalid(
                "the token's client_id is not one (RFC 6749 appendix A.1)".into(),
            ));
        }
        Ok(VerifiedToken::new(claims, &self.prefix, source))
    }
}

/// RFC 6750 section 2.1.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// Opaque tokens may hold dots: only a header that reads as one makes a JWT.
fn is_jwt(token: &str) -> bool {
    token.bytes().filter(|&byte| byte == b'.').count() == 2 && UnverifiedToken::parse(token).is_ok()
}
