//! What was revoked, as far as this server was told.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde::Deserialize;
use token_format::verify::LEEWAY_SECONDS;
use uuid::Uuid;

use super::token::VerifiedToken;
use crate::domain::session::Session;

/// One message of the feed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Revocation {
    /// One token.
    Token {
        /// Its id.
        jti: String,
        /// When it would have expired, unix seconds.
        exp: i64,
    },
    /// Every token of an application that was issued up to a moment.
    Client {
        /// The application.
        client_id: String,
        /// Unix milliseconds.
        before_ms: i64,
    },
    /// Every token of a user that was issued up to a moment.
    User {
        /// The user.
        user_id: Uuid,
        /// Unix milliseconds.
        before_ms: i64,
    },
    /// Every token of an application for a user that was issued up to a moment.
    Grant {
        /// The application.
        client_id: String,
        /// The user.
        user_id: Uuid,
        /// Unix milliseconds.
        before_ms: i64,
    },
}

/// Asked on every request. The lock is held for a few lookups and never across an await.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    sets: RwLock<Sets>,
}

/// What was told about one token or application.
#[derive(Clone, Copy, Debug)]
struct Told {
    /// Expiry or cut-off.
    limit: i64,
    /// Which message told it last.
    heard: u64,
}

#[derive(Debug, Default)]
struct Sets {
    /// How many messages there were.
    heard: u64,
    /// Token id to expiry, unix seconds.
    tokens: HashMap<String, Told>,
    clients: HashMap<String, Told>,
    users: HashMap<Uuid, i64>,
    /// By application, then by user, so that a lookup needs no new string.
    grants: HashMap<String, HashMap<Uuid, i64>>,
}

impl Revocations {
    /// Takes a message in. Messages may come again and in any order.
    pub(super) fn apply(&self, revocation: Revocation) {
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        sets.heard += 1;
        let heard = sets.heard;
        let (cut_off, before_ms) = match revocation {
            Revocation::Token { jti, exp } => (tell(&mut sets.tokens, jti, exp, heard), exp),
            Revocation::Client { client_id, before_ms } => {
                (tell(&mut sets.clients, client_id, before_ms, heard), before_ms)
            }
            Revocation::User { user_id, before_ms } => {
                (sets.users.entry(user_id).or_insert(before_ms), before_ms)
            }
            Revocation::Grant {
                client_id,
                user_id,
                before_ms,
            } => {
                let users = sets.grants.entry(client_id).or_default();
                (users.entry(user_id).or_insert(before_ms), before_ms)
            }
        };
        *cut_off = before_ms.max(*cut_off);
    }

    /// How many messages there were.
    pub(super) fn heard(&self) -> u64 {
        self.sets.read().unwrap_or_else(PoisonError::into_inner).heard
    }

    /// Whether a message after the first `heard` ones was about this id or application: what was known before may
    /// not hold any more. An API key is looked at this way, for it can work again after it was blocked.
    pub(super) fn told_since(&self, heard: u64, id: &str, client_id: &str) -> bool {
        let sets = self.sets.read().unwrap_or_else(PoisonError::into_inner);
        let later = |told: Option<&Told>| told.is_some_and(|told| told.heard > heard);
        later(sets.tokens.get(id)) || later(sets.clients.get(client_id))
    }

    /// Whether any message was about this token.
    pub(super) fn is_revoked(&self, token: &VerifiedToken) -> bool {
        self.hit(
            &token.jti,
            &token.client_id,
            token.user_id,
            token.issued_at_millis,
        )
    }

    /// Whether any message was about the token that a session began with.
    pub(super) fn is_over(&self, session: &Session) -> bool {
        self.hit(
            &session.token_id,
            &session.client_id,
            Some(session.user_id),
            session.token_issued_at_millis,
        )
    }

    fn hit(&self, jti: &str, client_id: &str, user_id: Option<Uuid>, issued_at_millis: i64) -> bool {
        let sets = self.sets.read().unwrap_or_else(PoisonError::into_inner);
        let cut = |cut_off: Option<&i64>| cut_off.is_some_and(|&before| issued_at_millis <= before);
        sets.tokens.contains_key(jti)
            || cut(sets.clients.get(client_id).map(|told| &told.limit))
            || user_id.is_some_and(|user| {
                cut(sets.users.get(&user))
                    || cut(sets.grants.get(client_id).and_then(|users| users.get(&user)))
            })
    }

    /// Forgets tokens that are over (with the leeway that clocks may differ by), and cut-offs from
    /// before `horizon` (unix milliseconds): the caller believes no token that is older than that
    /// without asking the issuer.
    pub(super) fn prune(&self, now: i64, horizon: i64) {
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        sets.tokens
            .retain(|_, told| told.limit.saturating_add(LEEWAY_SECONDS) >= now);
        sets.clients.retain(|_, told| told.limit >= horizon);
        sets.users.retain(|_, before| *before >= horizon);
        for users in sets.grants.values_mut() {
            users.retain(|_, before| *before >= horizon);
        }
        sets.grants.retain(|_, users| !users.is_empty());
    }
}

/// Notes that a message was about `key`, and gives its limit.
fn tell(told: &mut HashMap<String, Told>, key: String, limit: i64, heard: u64) -> &mut i64 {
    let told = told.entry(key).or_insert(Told { limit, heard });
    told.heard = heard;
    &mut told.limit
}

#[cfg(test)]
mod tests {
    use token_format::scope::ScopeSet;
    use uuid::Uuid;

    use super::super::token::{Source, VerifiedToken};
    use super::{Revocation, Revocations};

    const USER: Uuid = Uuid::from_u128(7);

    fn token(issued_at_millis: i64) -> VerifiedToken {
        VerifiedToken {
            jti: "j".into(),
            subject: USER.to_string(),
            client_id: "app".into(),
            user_id: Some(USER),
            email: None,
            delegated: false,
            scope: ScopeSet::default(),
            base_scope_missing: false,
            expires_at: 1000,
            issued_at_millis,
            source: Source::Introspection,
        }
    }

    #[test]
    fn a_cut_off_hits_tokens_issued_up_to_it_and_no_later_one() {
        let (client_id, user_id) = ("app".to_owned(), USER);
        for revocation in [
            Revocation::Client {
                client_id: client_id.clone(),
                before_ms: 500,
            },
            Revocation::User {
                user_id,
                before_ms: 500,
            },
            Revocation::Grant {
                client_id,
                user_id,
                before_ms: 500,
            },
        ] {
            let revocations = Revocations::default();
            assert!(!revocations.is_revoked(&token(500)));
            revocations.apply(revocation.clone());
            assert!(revocations.is_revoked(&token(500)), "{revocation:?}");
            assert!(!revocations.is_revoked(&token(501)), "{revocation:?}");
        }
    }

    #[test]
    fn others_are_not_hit() {
        let revocations = Revocations::default();
        let other = Uuid::from_u128(8);
        revocations.apply(Revocation::Token {
            jti: "k".into(),
            exp: 1000,
        });
        revocations.apply(Revocation::Client {
            client_id: "other".into(),
            before_ms: 500,
        });
        revocations.apply(Revocation::User {
            user_id: other,
            before_ms: 500,
        });
        revocations.apply(Revocation::Grant {
            client_id: "app".into(),
            user_id: other,
            before_ms: 500,
        });
        revocations.apply(Revocation::Grant {
            client_id: "other".into(),
            user_id: USER,
            before_ms: 500,
        });
        assert!(!revocations.is_revoked(&token(1)));
    }

    #[test]
    fn news_about_a_key_or_its_application_are_told_from_older_ones() {
        let revocations = Revocations::default();
        let revoke = |jti: &str| {
            revocations.apply(Revocation::Token {
                jti: jti.to_owned(),
                exp: 1000,
            });
        };
        revoke("key");
        let asked = revocations.heard();
        assert!(!revocations.told_since(asked, "key", "app"));
        revoke("other");
        assert!(!revocations.told_since(asked, "key", "app"));
        revoke("key");
        assert!(revocations.told_since(asked, "key", "app"));
        let asked = revocations.heard();
        revocations.apply(Revocation::Client {
            client_id: "app".into(),
            before_ms: 500,
        });
        assert!(revocations.told_since(asked, "key", "app"));
        assert!(!revocations.told_since(asked, "key", "another"));
    }

    #[test]
    fn an_older_message_does_not_lower_a_cut_off() {
        let revocations = Revocations::default();
        revocations.apply(Revocation::Client {
            client_id: "app".into(),
            before_ms: 500,
        });
        revocations.apply(Revocation::Client {
            client_id: "app".into(),
            before_ms: 100,
        });
        assert!(revocations.is_revoked(&token(500)));
    }

    #[test]
    fn a_token_is_remembered_until_no_clock_can_take_it_for_valid() {
        let revocations = Revocations::default();
        revocations.apply(Revocation::Token {
            jti: "j".into(),
            exp: 1000,
        });
        revocations.prune(1005, 0);
        assert!(revocations.is_revoked(&token(1)));
        revocations.prune(1006, 0);
        assert!(!revocations.is_revoked(&token(1)));
    }

    #[test]
    fn cut_offs_are_forgotten_at_the_horizon() {
        let revocations = Revocations::default();
        revocations.apply(Revocation::Grant {
            client_id: "app".into(),
            user_id: USER,
            before_ms: 500,
        });
        revocations.prune(0, 500);
        assert!(revocations.is_revoked(&token(1)));
        revocations.prune(0, 501);
        assert!(!revocations.is_revoked(&token(1)));
    }
}
