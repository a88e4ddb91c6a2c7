//! Opaque tokens (RFC 7662).

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::{App, Engine, Person, Reply, eventually};

/// A person whose token is a random string that the issuer knows.
fn opaque(app: &App, token: &str, change: impl FnOnce(&mut Value)) -> Person {
    let mut person = Person::new(app);
    token.clone_into(&mut person.token);
    let mut answer = person.introspected();
    change(&mut answer);
    app.issuer.knows(token, answer);
    person
}

async fn get(app: &App, person: &Person) -> Reply {
    app.get(ROOMS, person).await
}

#[tokio::test]
async fn an_opaque_token_is_asked_about_once_and_believed_shortly() {
    let app = App::start(Engine::Sqlite).await;
    // With two dots it is still no JWT.
    for (at, token) in ["Kx8-d_f.3", "a".repeat(86).as_str(), "a.b.c", "e30.e30.e30"]
        .into_iter()
        .enumerate()
    {
        let ann = opaque(&app, token, |_| {});
        for _ in 0..3 {
            assert_eq!(get(&app, &ann).await.status, 200, "{token}");
        }
        assert_eq!(app.issuer.introspections(), at + 1);
    }
    app.pass(11);
    let person = Person {
        token: "Kx8-d_f.3".into(),
        ..Person::new(&app)
    };
    assert_eq!(get(&app, &person).await.status, 200);
    assert_eq!(app.issuer.introspections(), 5);
}

/// E4: what the issuer does not vouch for, or vouches for elsewhere, is refused.
#[tokio::test]
async fn only_active_access_tokens_for_this_server_are_accepted() {
    let app = App::start(Engine::Sqlite).await;
    let now = app.now_millis() / 1000;
    for (at, (member, value)) in [
        ("active", json!(false)),
        ("aud", json!("https://other.example")),
        ("aud", Value::Null),
        ("iss", json!("https://other.example")),
        ("iss", Value::Null),
        ("exp", Value::Null),
        ("jti", Value::Null),
        ("client_id", Value::Null),
        ("token_type", json!("refresh_token")),
        ("token_type", json!("DPoP")),
        (
            "cnf",
            json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let ann = opaque(&app, &format!("opaque_{at}"), |answer| {
            answer[member] = value.clone();
        });
        let reply = get(&app, &ann).await;
        assert_eq!(reply.status, 401, "{member}: {value}");
        reply.assert_invalid_token("Invalid token.");
    }
    let over = opaque(&app, "opaque_over", |answer| answer["exp"] = json!(now));
    get(&app, &over).await.assert_invalid_token("Token expired.");
    let several = opaque(&app, "opaque_several", |answer| {
        answer["aud"] = json!(["https://other.example", RESOURCE]);
    });
    assert_eq!(get(&app, &several).await.status, 200);
}

#[tokio::test]
async fn scopes_and_users_of_opaque_tokens_count_the_same() {
    let app = App::start(Engine::Sqlite).await;
    let poor = opaque(&app, "opaque_1", |answer| {
        answer["scope"] = "lasuite_visio".into();
    });
    assert_eq!(get(&app, &poor).await.status, 403);
    let server_wide = opaque(&app, "opaque_2", |answer| {
        answer.as_object_mut().unwrap().remove("user_id");
    });
    assert_eq!(get(&app, &server_wide).await.status, 403);
}

/// A believed answer ends at the token's own end, and at once when the feed says so.
#[tokio::test]
async fn expiry_and_revocation_end_a_believed_answer() {
    let app = App::start(Engine::Sqlite).await;
    let short = opaque(&app, "opaque_short", |answer| {
        answer["exp"] = json!(answer["iat"].as_i64().unwrap() + 5);
    });
    assert_eq!(get(&app, &short).await.status, 200);
    app.pass(5);
    assert_eq!(get(&app, &short).await.status, 401);

    let ann = opaque(&app, "opaque_revoked", |_| {});
    assert_eq!(get(&app, &ann).await.status, 200);
    app.issuer
        .revoke(json!({ "kind": "token", "jti": ann.jti, "exp": app.now_millis() / 1000 + 3600 }));
    eventually(async || match get(&app, &ann).await.status.as_u16() {
        401 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
}

#[tokio::test]
async fn junk_is_asked_about_once_in_a_while() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.introspection.negative_ttl = Duration::from_millis(200);
    })
    .await;
    let junk = Person {
        token: "some-junk".into(),
        ..Person::new(&app)
    };
    assert_eq!(get(&app, &junk).await.status, 401);
    assert_eq!(get(&app, &junk).await.status, 401);
    assert_eq!(app.issuer.introspections(), 1);
    // It becomes valid: the refusal is not kept for long.
    app.issuer.knows("some-junk", junk.introspected());
    eventually(async || match get(&app, &junk).await.status.as_u16() {
        200 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
}

/// F11
#[tokio::test]
async fn without_introspection_opaque_tokens_are_refused_and_jwts_go_on() {
    let app = App::start(Engine::Sqlite).await;
    let ann = opaque(&app, "opaque_token", |_| {});
    app.issuer.set_introspection_status(503);
    let reply = get(&app, &ann).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "7"));
    assert_eq!(get(&app, &Person::new(&app)).await.status, 200);
    app.issuer.set_introspection_status(200);
    assert_eq!(get(&app, &ann).await.status, 200);
}
