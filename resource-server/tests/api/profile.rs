//! `GET /api/user/profile`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{App, Person, Reply, on_each_database};

const PROFILE: &str = "/api/user/profile";

on_each_database! {
    /// S4.2, S4.30, S4.57: the data of the token's user, and of nobody else.
    async fn the_profile_of_the_tokens_user(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::scoped(&app, "user:read"), Person::scoped(&app, "user:read"));
        app.issuer.scim.has_user(ann.id, "ann@example.org", "Ann Lee");
        app.issuer.scim.has_user(bob.id, "bob@example.org", "Bob");
        for (person, name, email) in [(&ann, "Ann Lee", "ann@example.org"), (&bob, "Bob", "bob@example.org")] {
            let reply = app.get(PROFILE, person).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            assert_eq!(reply.body, json!({ "id": person.id, "name": name, "email": email }));
            assert_eq!(reply.header("cache-control"), "private, no-store");
        }
    }
}

/// S4.57: the token is validated first; whoever is refused learns nothing and asks the directory nothing.
#[tokio::test]
async fn the_token_is_validated_first() {
    let app = App::start(crate::harness::Engine::Sqlite).await;
    let ann = Person::scoped(&app, "user:read");
    app.issuer.scim.has_user(ann.id, "ann@example.org", "Ann Lee");
    let before = app.issuer.scim.requests();
    Reply::of(app.request(Method::GET, PROFILE).bearer_auth("x"))
        .await
        .assert_invalid_token("Invalid token.");
    let over = ann.again(&app, |claims| {
        claims["exp"] = json!(app.now_millis() / 1000 - 3600);
    });
    app.get(PROFILE, &over)
        .await
        .assert_invalid_token("Token expired.");
    let other = ann.again(&app, |claims| claims["scope"] = "meeting:read user:write".into());
    assert_eq!(app.get(PROFILE, &other).await.status, 403);
    assert_eq!(app.issuer.scim.requests(), before);
    assert_eq!(app.get(PROFILE, &ann).await.status, 200);
}

#[tokio::test]
async fn a_user_who_is_gone_and_a_directory_that_is_away() {
    let app = App::start(crate::harness::Engine::Sqlite).await;
    let ann = Person::scoped(&app, "user:read");
    let gone = app.get(PROFILE, &ann).await;
    assert_eq!(
        (gone.status.as_u16(), gone.body),
        (404, json!({ "detail": "Not found." }))
    );
    app.issuer.scim.set_status(500);
    let bob = Person::scoped(&app, "user:read");
    let away = app.get(PROFILE, &bob).await;
    assert_eq!(away.status, 503, "{away:?}");
    assert!(!away.header("retry-after").is_empty());
    assert_ne!(away.body["detail"], Value::Null);
}
