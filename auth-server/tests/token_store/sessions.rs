//! Browsers' sessions.

use auth_server::domain::secret::PlainToken;
use auth_server::domain::session::Session;
use uuid::Uuid;

use crate::backend::Backend;
use crate::fixtures::*;

contract! {
    a_session_is_found_until_it_ends,
    a_session_can_be_renewed,
    a_users_sessions_are_listed_newest_first,
    a_users_other_sessions_can_be_ended,
    one_session_is_ended_by_its_handle,
}

fn session(user_id: Uuid, began_ms: i64) -> Session {
    Session {
        sid: Uuid::new_v4().to_string(),
        user_id,
        auth_time: began_ms / SECOND,
        created_at: began_ms / SECOND,
        expires_at: (began_ms + DAY) / SECOND,
        user_agent: "Browser/1".to_owned(),
        amr: Vec::new(),
    }
}

async fn a_session_is_found_until_it_ends(backend: &Backend) {
    let store = &backend.store;
    let (cookie, session) = (PlainToken::generate("").hashed(), session(Uuid::new_v4(), NOW));
    store.store_session(&cookie, &session).await.unwrap();
    assert_eq!(
        store.find_session(&cookie, NOW).await.unwrap(),
        Some(session.clone())
    );
    assert_eq!(
        store.find_session(&cookie, NOW + DAY - 1).await.unwrap(),
        Some(session.clone())
    );
    assert_eq!(store.find_session(&cookie, NOW + DAY).await.unwrap(), None);
    assert_eq!(store.list_sessions(session.user_id, NOW + DAY).await.unwrap(), []);
    assert_eq!(
        store
            .find_session(&PlainToken::generate("").hashed(), NOW)
            .await
            .unwrap(),
        None
    );
    store.end_session(&cookie).await.unwrap();
    store.end_session(&cookie).await.unwrap();
    assert_eq!(store.find_session(&cookie, NOW).await.unwrap(), None);
    assert_eq!(store.list_sessions(session.user_id, NOW).await.unwrap(), []);
}

async fn a_session_can_be_renewed(backend: &Backend) {
    let store = &backend.store;
    let (cookie, mut session) = (PlainToken::generate("").hashed(), session(Uuid::new_v4(), NOW));
    store.store_session(&cookie, &session).await.unwrap();
    session.auth_time += 60;
    session.expires_at += 3600;
    store.store_session(&cookie, &session).await.unwrap();
    assert_eq!(
        store.find_session(&cookie, NOW + DAY).await.unwrap(),
        Some(session.clone())
    );
    assert_eq!(
        store.list_sessions(session.user_id, NOW + DAY).await.unwrap(),
        [session]
    );
}

async fn a_users_sessions_are_listed_newest_first(backend: &Backend) {
    let store = &backend.store;
    let user_id = Uuid::new_v4();
    let sessions: Vec<_> = (0..5).map(|hour| session(user_id, NOW + hour * HOUR)).collect();
    for place in [2, 0, 4, 1, 3] {
        store
            .store_session(&PlainToken::generate("").hashed(), &sessions[place])
            .await
            .unwrap();
    }
    store
        .store_session(&PlainToken::generate("").hashed(), &session(Uuid::new_v4(), NOW))
        .await
        .unwrap();
    let listed = store.list_sessions(user_id, NOW + 4 * HOUR).await.unwrap();
    assert_eq!(listed, sessions.into_iter().rev().collect::<Vec<_>>());
}

async fn a_users_other_sessions_can_be_ended(backend: &Backend) {
    let store = &backend.store;
    let (user_id, somebody) = (Uuid::new_v4(), Uuid::new_v4());
    let cookies: Vec<_> = (0..4).map(|_| PlainToken::generate("").hashed()).collect();
    for cookie in &cookies[..3] {
        store.store_session(cookie, &session(user_id, NOW)).await.unwrap();
    }
    store
        .store_session(&cookies[3], &session(somebody, NOW))
        .await
        .unwrap();
    store.end_user_sessions(user_id, Some(&cookies[1])).await.unwrap();
    let mut found = Vec::new();
    for cookie in &cookies {
        found.push(store.find_session(cookie, NOW).await.unwrap().is_some());
    }
    assert_eq!(found, [false, true, false, true]);
    store.end_user_sessions(user_id, None).await.unwrap();
    assert_eq!(store.list_sessions(user_id, NOW).await.unwrap(), []);
    assert_eq!(store.list_sessions(somebody, NOW).await.unwrap().len(), 1);
}

/// The handle of a session is public: it ends nothing for anybody but its own user.
async fn one_session_is_ended_by_its_handle(backend: &Backend) {
    let store = &backend.store;
    let (user_id, somebody) = (Uuid::new_v4(), Uuid::new_v4());
    let cookies: Vec<_> = (0..3).map(|_| PlainToken::generate("").hashed()).collect();
    let sessions: Vec<_> = (0..3).map(|_| session(user_id, NOW)).collect();
    for (cookie, session) in cookies.iter().zip(&sessions) {
        store.store_session(cookie, session).await.unwrap();
    }
    let sid = &sessions[1].sid;
    assert!(!store.end_session_of(somebody, sid, NOW).await.unwrap());
    assert!(!store.end_session_of(user_id, "unknown", NOW).await.unwrap());
    assert!(
        !store.end_session_of(user_id, sid, NOW + 2 * DAY).await.unwrap(),
        "it is over"
    );
    assert_eq!(store.list_sessions(user_id, NOW).await.unwrap().len(), 3);
    assert!(store.end_session_of(user_id, sid, NOW).await.unwrap());
    assert!(!store.end_session_of(user_id, sid, NOW).await.unwrap(), "once");
    let mut found = Vec::new();
    for cookie in &cookies {
        found.push(store.find_session(cookie, NOW).await.unwrap().is_some());
    }
    assert_eq!(found, [true, false, true]);
    assert_eq!(store.list_sessions(user_id, NOW).await.unwrap().len(), 2);
}
