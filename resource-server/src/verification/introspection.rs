//! Asking the authorization server about a token (RFC 7662, RFC 9701).

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use token_format::claims::{AccessClaims, Audience, Confirmation};
use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::answer_form::AnswerForm;
use super::bounded::Bounded;
use super::issuer::{IssuerClient, IssuerError, RawAnswer};
use super::jwks::Keys;
use crate::domain::clock::Clock;
use crate::telemetry::Metrics;

/// RFC 7662 section 2.2, as far as this server needs it.
#[derive(Debug, Deserialize)]
pub struct Answer {
    active: bool,
    #[serde(default)]
    scope: ScopeSet,
    client_id: Option<String>,
    token_type: Option<String>,
    exp: Option<i64>,
    iat: Option<i64>,
    sub: Option<String>,
    aud: Option<Audience>,
    iss: Option<String>,
    jti: Option<String>,
    user_id: Option<Uuid>,
    email: Option<String>,
    #[serde(default)]
    delegated: bool,
    sid: Option<String>,
    auth_time: Option<i64>,
    cnf: Option<Confirmation>,
    token_use: Option<String>,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A user's or an application's access token.
    AccessToken,
    /// An application's API key.
    ApiKey,
}

impl Kind {
    /// The word for it in `token_type_hint` and `token_use`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::ApiKey => "api_key",
        }
    }
}

/// What an API key's answer must say.
pub(super) struct KeyClaims {
    pub(super) iss: String,
    pub(super) aud: Audience,
    pub(super) jti: String,
    pub(super) client_id: String,
}

impl Answer {
    /// Whether the token is valid in the eyes of the authorization server.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Whether it can be about the token with this id: an answer about another one proves nothing.
    pub(super) fn names(&self, jti: &str) -> bool {
        self.jti.as_deref().is_none_or(|own| own == jti)
    }

    /// Whether it says itself that it is about this. An answer that says nothing is about an access token.
    pub(super) fn is_about(&self, kind: Kind) -> bool {
        self.token_use.as_deref().unwrap_or(Kind::AccessToken.as_str()) == kind.as_str()
    }

    /// What it says about an active API key.
    pub(super) fn into_key_claims(self) -> Result<KeyClaims, &'static str> {
        Ok(KeyClaims {
            iss: self.iss.ok_or("the introspection answer lacks iss")?,
            aud: self.aud.ok_or("the introspection answer lacks aud")?,
            jti: self.jti.ok_or("the introspection answer lacks jti")?,
            client_id: self.client_id.ok_or("the introspection answer lacks client_id")?,
        })
    }

    /// What it says about an active token. Whatever this server's checks rest on must be there.
    pub(super) fn into_claims(self) -> Result<AccessClaims, &'static str> {
        // A DPoP-bound token has its own type; refresh tokens and API keys are no access tokens.
        if !self.is_about(Kind::AccessToken) {
            return Err("the introspection answer is not about an access token");
        }
        if self
            .token_type
            .is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer"))
        {
            return Err("the introspection answer is about another type of token");
        }
        Ok(AccessClaims {
            iss: self.iss.ok_or("the introspection answer lacks iss")?,
            aud: self.aud.ok_or("the introspection answer lacks aud")?,
            sub: self.sub.ok_or("the introspection answer lacks sub")?,
            exp: self.exp.ok_or("the introspection answer lacks exp")?,
            iat: self.iat.ok_or("the introspection answer lacks iat")?,
            jti: self.jti.ok_or("the introspection answer lacks jti")?,
            client_id: self.client_id.ok_or("the introspection answer lacks client_id")?,
            scope: self.scope,
            auth_time: self.auth_time,
            user_id: self.user_id,
            delegated: self.delegated,
            email: self.email,
            sid: self.sid,
            cnf: self.cnf,
        })
    }
}

/// A bounded number of questions at a time.
#[derive(Debug)]
pub(super) struct Introspector {
    issuer: Arc<IssuerClient>,
    form: AnswerForm,
    keys: Keys,
    clock: Clock,
    bounded: Bounded,
    metrics: Metrics,
}

impl Introspector {
    /// At most `max_concurrent` questions are under way; one waits no longer than `timeout` in all.
    pub(super) fn new(
        issuer: Arc<IssuerClient>,
        form: AnswerForm,
        keys: Keys,
        clock: Clock,
        max_concurrent: usize,
        timeout: Duration,
        metrics: Metrics,
    ) -> Self {
        Self {
            issuer,
            form,
            keys,
            clock,
            bounded: Bounded::new(max_concurrent, timeout),
            metrics,
        }
    }

    /// Asks about a token or a key.
    pub(super) async fn ask(&self, token: &str, kind: Kind) -> Result<Answer, IssuerError> {
        let question = async {
            let raw = self
                .issuer
                .introspect(token, kind, self.form.media_type())
                .await?;
            self.read(&raw).await
        };
        let answer = self.bounded.run("introspection", question).await;
        let outcome = match &answer {
            Ok(answer) if answer.active => "active",
            Ok(_) => "inactive",
            Err(_) => "failed",
        };
        self.metrics.introspections.with_label_values(&[outcome]).inc();
        answer
    }

    /// The public half of the key that answers are encrypted to.
    pub(super) fn form(&self) -> &AnswerForm {
        &self.form
    }

    /// An answer that a new key signed has the key set fetched, like a token.
    async fn read(&self, raw: &RawAnswer) -> Result<Answer, IssuerError> {
        let read = || self.form.read(raw, &*self.keys.current(), self.clock.seconds());
        match read() {
            Err(unreadable) => {
                if let Some(kid) = unreadable.unknown_key() {
                    self.keys.refetch_for(kid).await;
                    return Ok(read()?);
                }
                Err(unreadable.into())
            }
            Ok(answer) => Ok(answer),
        }
    }
}
