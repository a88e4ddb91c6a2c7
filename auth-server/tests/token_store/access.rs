//! Access tokens that stand alone.

use auth_server::domain::secret::PlainToken;
use auth_server::domain::token::{AccessKey, AccessRecord};
use uuid::Uuid;

use crate::backend::Backend;
use crate::fixtures::*;

contract! {
    a_lone_access_token_is_found_until_it_ends,
    unknown_access_tokens_are_not_found,
}

async fn a_lone_access_token_is_found_until_it_ends(backend: &Backend) {
    let store = &backend.store;
    let token = PlainToken::generate_86();
    for (access, grant) in [(jwt(NOW), server_wide()), (opaque(&token, NOW), grant())] {
        store.record_access(&access, &grant).await.unwrap();
        let expected = AccessRecord {
            jti: access.jti,
            family: None,
            grant,
            issued_at_ms: NOW,
            expires_at_ms: NOW + HOUR,
        };
        assert_eq!(store.find_access(&access.key, NOW).await.unwrap(), Some(expected));
        assert!(is_live(store, &access, NOW + HOUR - 1).await);
        assert!(!is_live(store, &access, NOW + HOUR).await);
    }
    let mut narrowed = jwt(NOW);
    narrowed.scope = Some(scope("rooms:list"));
    store.record_access(&narrowed, &server_wide()).await.unwrap();
    let found = store.find_access(&narrowed.key, NOW).await.unwrap().unwrap();
    assert_eq!(found.grant.scope, scope("rooms:list"));
}

async fn unknown_access_tokens_are_not_found(backend: &Backend) {
    let store = &backend.store;
    store.record_access(&jwt(NOW), &grant()).await.unwrap();
    assert_eq!(
        store
            .find_access(&AccessKey::Jti(Uuid::new_v4()), NOW)
            .await
            .unwrap(),
        None
    );
    let opaque = AccessKey::Opaque(PlainToken::generate_86().hashed());
    assert_eq!(store.find_access(&opaque, NOW).await.unwrap(), None);
    let unknown = PlainToken::generate("rt-");
    assert!(!is_refreshable(store, &unknown, NOW).await);
    assert_eq!(
        attempt(store, &rotate(&unknown, "app", 0, NOW), NOW).await,
        "unknown"
    );
}
