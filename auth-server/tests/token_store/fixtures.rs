//! Grants, tokens and attempts to feed the store with.

use std::sync::Arc;

use auth_server::domain::clock::Clock;
use auth_server::domain::event::{Event, LoggedEvent};
use auth_server::domain::grant::{CodeBinding, FamilyId, Grant};
use auth_server::domain::secret::{HashedToken, PlainToken};
use auth_server::domain::token::{
    AccessKey, CodeRecord, NewAccess, NewRefresh, Opening, Redemption, RefreshAttempt, RefreshOutcome,
    RefreshPolicy,
};
use auth_server::store::tokens::TokenStore;
use token_format::scope::ScopeSet;
use uuid::Uuid;

pub(crate) const NOW: i64 = 1_763_760_000_000;
pub(crate) const SECOND: i64 = 1000;
pub(crate) const HOUR: i64 = 3600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) type Store = Arc<dyn TokenStore>;

pub(crate) fn scope(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

/// A grant of a user to an application, both new.
pub(crate) fn grant() -> Grant {
    Grant {
        client_id: format!("app-{}", Uuid::new_v4()),
        user_id: Some(Uuid::new_v4()),
        scope: scope("rooms:list rooms:write"),
        resource: "http://localhost:8081".to_owned(),
        auth_time: Some(NOW / SECOND - 60),
        sid: Some("sid-1".to_owned()),
        email: Some("user@example.org".to_owned()),
        delegated: false,
    }
}

/// A server-wide grant.
pub(crate) fn server_wide() -> Grant {
    Grant {
        user_id: None,
        auth_time: None,
        sid: None,
        email: None,
        ..grant()
    }
}

/// A JWT's record, living an hour.
pub(crate) fn jwt(now_ms: i64) -> NewAccess {
    let jti = Clock::manual(now_ms).new_id();
    NewAccess {
        key: AccessKey::Jti(jti),
        jti,
        issued_at_ms: now_ms,
        expires_at_ms: now_ms + HOUR,
        scope: None,
    }
}

/// An opaque token's record, living an hour.
pub(crate) fn opaque(token: &PlainToken, now_ms: i64) -> NewAccess {
    NewAccess {
        key: AccessKey::Opaque(token.hashed()),
        ..jwt(now_ms)
    }
}

/// A refresh token's record, living 30 days.
pub(crate) fn refresh(token: &PlainToken, now_ms: i64) -> NewRefresh {
    NewRefresh {
        hash: token.hashed(),
        expires_at_ms: now_ms + 30 * DAY,
    }
}

/// A family's first tokens; it ends after a year.
pub(crate) fn opening(token: &PlainToken, now_ms: i64) -> Opening {
    Opening {
        access: jwt(now_ms),
        refresh: Some(refresh(token, now_ms)),
        family_ends_at_ms: now_ms + 365 * DAY,
    }
}

/// A code's record, living a minute.
pub(crate) fn code_record(grant: &Grant, now_ms: i64) -> CodeRecord {
    CodeRecord {
        family: FamilyId(Clock::manual(now_ms).new_id()),
        grant: grant.clone(),
        binding: CodeBinding {
            redirect_uri: "https://app.example.org/callback?x=%7E".to_owned(),
            redirect_uri_was_sent: true,
            pkce: Some("S256:challenge".to_owned()),
        },
        expires_at_ms: now_ms + 60 * SECOND,
    }
}

/// An open family.
pub(crate) struct Opened {
    pub(crate) family: FamilyId,
    pub(crate) grant: Grant,
    pub(crate) access: NewAccess,
    pub(crate) token: PlainToken,
}

/// Opens a family by a code, as the code flow does.
pub(crate) async fn open(store: &Store, grant: &Grant, now_ms: i64) -> Opened {
    let (code, token) = (PlainToken::generate("ac-"), PlainToken::generate("rt-"));
    let record = code_record(grant, now_ms);
    let opening = opening(&token, now_ms);
    store.store_code(&code.hashed(), &record, now_ms).await.unwrap();
    let redemption = store.redeem_code(&code.hashed(), &opening, now_ms).await.unwrap();
    assert!(matches!(redemption, Redemption::Redeemed(_)), "{redemption:?}");
    Opened {
        family: record.family,
        grant: grant.clone(),
        access: opening.access,
        token,
    }
}

/// The successor of a refresh token: always the same one.
pub(crate) fn successor(token: &PlainToken) -> PlainToken {
    let hash = HashedToken::of(format!("next {}", token.reveal()).as_bytes());
    PlainToken::presented(format!("rt-{}", hash.as_str()))
}

/// An attempt to rotate.
pub(crate) fn rotate(token: &PlainToken, client_id: &str, grace_ms: i64, now_ms: i64) -> RefreshAttempt {
    RefreshAttempt {
        presented: token.hashed(),
        client_id: client_id.to_owned(),
        policy: RefreshPolicy::Rotate {
            successor: refresh(&successor(token), now_ms),
            grace_ms,
        },
        access: jwt(now_ms),
    }
}

/// An attempt under the policy that keeps refresh tokens.
pub(crate) fn keep(token: &PlainToken, client_id: &str, now_ms: i64) -> RefreshAttempt {
    RefreshAttempt {
        policy: RefreshPolicy::Keep,
        ..rotate(token, client_id, 0, now_ms)
    }
}

/// The outcome's name, for counting and comparing.
pub(crate) fn name(outcome: &RefreshOutcome) -> &'static str {
    match outcome {
        RefreshOutcome::Refreshed { .. } => "refreshed",
        RefreshOutcome::Repeated { .. } => "repeated",
        RefreshOutcome::Replayed { .. } => "replayed",
        RefreshOutcome::WrongClient => "wrong client",
        RefreshOutcome::Unknown => "unknown",
    }
}

pub(crate) async fn attempt(store: &Store, attempt: &RefreshAttempt, now_ms: i64) -> &'static str {
    name(&store.refresh(attempt, now_ms).await.unwrap())
}

pub(crate) async fn is_live(store: &Store, access: &NewAccess, now_ms: i64) -> bool {
    store.find_access(&access.key, now_ms).await.unwrap().is_some()
}

pub(crate) async fn is_refreshable(store: &Store, token: &PlainToken, now_ms: i64) -> bool {
    store
        .view_refresh(&token.hashed(), now_ms)
        .await
        .unwrap()
        .is_some()
}

/// Runs 20 callers at the same time; gives their answers.
pub(crate) async fn twenty<T, F>(call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let callers: Vec<_> = (0..20).map(|caller| tokio::spawn(call(caller))).collect();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.unwrap());
    }
    answers
}

/// Every event of the log, read in small pages.
pub(crate) async fn all_events(store: &Store) -> Vec<LoggedEvent> {
    let mut all: Vec<LoggedEvent> = Vec::new();
    loop {
        let page = store
            .events(all.last().map(|event| &event.cursor), 3)
            .await
            .unwrap();
        if page.is_empty() {
            return all;
        }
        for event in page {
            if !all.iter().any(|known| known.cursor == event.cursor) {
                all.push(event);
            }
        }
    }
}

/// The ids of the tokens that the log says are revoked, sorted.
pub(crate) async fn revoked_tokens(store: &Store) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = all_events(store)
        .await
        .into_iter()
        .filter_map(|logged| {
            if let Event::Token { jti, .. } = logged.event {
                Some(jti)
            } else {
                None
            }
        })
        .collect();
    ids.sort();
    ids
}
