//! Who comes in: RFC 6750, scopes, and the form of refusals.

use reqwest::{Method, header};
use serde_json::json;

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::token::ALL;
use crate::harness::{App, Engine, Person, Reply};

const METADATA: &str = "resource_metadata=\"https://rooms.example.org/.well-known/oauth-protected-resource\"";
const ROOM: &str = "/external-api/v1.0/rooms/7c9e6679-7425-40de-944b-e07fc1f90ae7";
const ROUTES: [(&str, &str, &str); 6] = [
    ("GET", ROOMS, "rooms:list"),
    ("POST", ROOMS, "rooms:create"),
    ("GET", ROOM, "rooms:retrieve"),
    ("PUT", ROOM, "rooms:update"),
    ("PATCH", ROOM, "rooms:update"),
    ("DELETE", ROOM, "rooms:delete"),
];

async fn call(app: &App, method: &str, path: &str, person: &Person) -> Reply {
    app.call(method.parse().unwrap(), path, person, None).await
}

/// F1, F12, S0.8, S0.26, S0.37, S0.62: no token, no error code.
#[tokio::test]
async fn without_a_token_every_route_answers_a_bare_challenge() {
    let app = App::start(Engine::Sqlite).await;
    for (method, path, _) in ROUTES {
        let reply = Reply::of(app.request(method.parse().unwrap(), path)).await;
        assert_eq!(reply.status, 401, "{method} {path}");
        assert_eq!(reply.header("www-authenticate"), format!("Bearer {METADATA}"));
        assert_eq!(
            reply.body,
            json!({ "error": "Invalid token.", "detail": "Invalid token." })
        );
        assert_eq!(reply.header("x-error-id").len(), 32);
    }
    for scheme in ["Basic dTpw", "DPoP abc", "Bearerabc", "x"] {
        let reply = Reply::of(
            app.request(Method::GET, ROOMS)
                .header(header::AUTHORIZATION, scheme),
        )
        .await;
        assert_eq!(reply.status, 401, "{scheme}");
        assert_eq!(
            reply.header("www-authenticate"),
            format!("Bearer {METADATA}"),
            "{scheme}"
        );
    }
}

/// F1, S0.57, S0.58, S1.27
#[tokio::test]
async fn junk_is_an_invalid_token() {
    let app = App::start(Engine::Sqlite).await;
    let long = "a".repeat(20_000);
    for token in [
        "junk",
        "a.b.c",
        "..",
        "a b",
        "é",
        "{}",
        "a,b",
        "=",
        "",
        " ",
        &long,
        "eyJhbGciOiJub25lIn0.e30.",
    ] {
        let value = header::HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).unwrap();
        let reply = Reply::of(
            app.request(Method::GET, ROOMS)
                .header(header::AUTHORIZATION, value),
        )
        .await;
        reply.assert_invalid_token("Invalid token.");
        let challenge = reply.header("www-authenticate");
        assert_eq!(
            challenge,
            format!("Bearer error=\"invalid_token\", error_description=\"Invalid token.\", {METADATA}"),
        );
    }
}

/// F1
#[tokio::test]
async fn the_scheme_is_case_insensitive() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer "] {
        let value = format!("{scheme} {}", ann.token);
        let reply = Reply::of(
            app.request(Method::GET, ROOMS)
                .header(header::AUTHORIZATION, value),
        )
        .await;
        assert_eq!(reply.status, 200, "{scheme:?}");
    }
}

/// F1: OAuth 2.1 section 5.1, no token in a URL.
#[tokio::test]
async fn a_token_in_the_query_is_refused() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let path = format!("{ROOMS}?access_token={}", ann.token);
    assert_eq!(Reply::of(app.request(Method::GET, &path)).await.status, 401);
    let reply = app.get(&path, &ann).await;
    assert_eq!(reply.status, 400);
    assert!(
        reply
            .header("www-authenticate")
            .starts_with("Bearer error=\"invalid_request\", "),
        "{reply:?}"
    );
}

/// F3
#[tokio::test]
async fn two_authorization_headers_are_an_invalid_request() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    for second in [format!("Bearer {}", ann.token), "Basic dTpw".to_owned()] {
        let request = app
            .request(Method::GET, ROOMS)
            .bearer_auth(&ann.token)
            .header(header::AUTHORIZATION, second);
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 400);
        assert!(
            reply
                .header("www-authenticate")
                .starts_with("Bearer error=\"invalid_request\", "),
            "{reply:?}"
        );
        assert!(reply.body["error"].is_string());
    }
}

/// F2, S0.19, S0.27, S0.38, S0.59, S0.62, S1.28: every scope but the one that is needed.
#[tokio::test]
async fn each_route_needs_its_scope() {
    let app = App::start(Engine::Sqlite).await;
    for (method, path, scope) in ROUTES {
        let others: Vec<_> = ALL.split(' ').filter(|known| !known.ends_with(scope)).collect();
        let reply = call(&app, method, path, &Person::scoped(&app, &others.join(" "))).await;
        let detail = format!("Insufficient permissions. Required scope: '{scope}'");
        assert_eq!(
            (reply.status.as_u16(), &reply.body),
            (403, &json!({ "detail": detail })),
            "{method} {path}"
        );
        assert_eq!(
            reply.header("www-authenticate"),
            format!(
                "Bearer error=\"insufficient_scope\", error_description=\"{detail}\", scope=\"{scope}\", {METADATA}"
            ),
        );
        let reply = call(
            &app,
            method,
            path,
            &Person::scoped(&app, &format!("lasuite_visio lasuite_visio:{scope}")),
        )
        .await;
        assert!(
            ![401, 403].contains(&reply.status.as_u16()),
            "{method} {path} {reply:?}"
        );
    }
}

/// S0.6, S0.10: prefixed scopes without the mandatory one open nothing.
#[tokio::test]
async fn prefixed_scopes_need_the_base_scope() {
    let app = App::start(Engine::Sqlite).await;
    let person = Person::scoped(&app, ALL.strip_prefix("lasuite_visio ").unwrap());
    for (method, path, _) in ROUTES {
        let reply = call(&app, method, path, &person).await;
        let detail = "Insufficient permissions. Required scope: 'lasuite_visio'";
        assert_eq!(
            (reply.status.as_u16(), &reply.body),
            (403, &json!({ "detail": detail })),
            "{method} {path}"
        );
        assert!(
            reply
                .header("www-authenticate")
                .contains("scope=\"lasuite_visio\""),
            "{reply:?}"
        );
    }
    assert_eq!(
        app.get(ROOMS, &Person::scoped(&app, "lasuite_visio"))
            .await
            .status,
        403
    );
}

/// S0.18, S1.5, S1.6: unprefixed scopes match as they are; the prefix is a setting.
#[tokio::test]
async fn scopes_match_with_and_without_the_configured_prefix() {
    let app = App::start_with(Engine::Sqlite, |config| config.scope_prefix = "acme".into()).await;
    for (scope, status) in [
        ("rooms:list", 200),
        ("acme acme:rooms:list", 200),
        ("acme:rooms:list", 403),
        ("lasuite_visio lasuite_visio:rooms:list", 403),
        ("acme:rooms:list rooms:list", 403),
        ("Rooms:List", 403),
        ("rooms:listing", 403),
        ("rooms", 403),
        ("", 403),
    ] {
        assert_eq!(
            app.get(ROOMS, &Person::scoped(&app, scope)).await.status,
            status,
            "{scope}"
        );
    }
}

/// F10: a token of an application alone reaches no user's rooms, even when it is named like a user.
#[tokio::test]
async fn server_wide_tokens_cannot_use_the_meet_api() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let path = format!("{ROOMS}/{}", app.make_room(&ann).await["id"].as_str().unwrap());
    let application = ann.again(&app, |claims| {
        claims.as_object_mut().unwrap().remove("user_id");
        claims["sub"] = json!(ann.id);
        claims["client_id"] = json!(ann.id);
    });
    for (method, path) in [
        ("GET", ROOMS),
        ("POST", ROOMS),
        ("GET", &path),
        ("PATCH", &path),
        ("DELETE", &path),
    ] {
        let reply = call(&app, method, path, &application).await;
        assert_eq!(reply.status, 403, "{method}");
        assert!(
            reply.body["detail"].as_str().unwrap().contains("acts for a user"),
            "{reply:?}"
        );
    }
}

/// S1.27
#[tokio::test]
async fn an_expired_token_is_told_apart() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    app.pass(3600);
    app.get(ROOMS, &ann).await.assert_invalid_token("Token expired.");
    // One that this server never saw while it was valid.
    let bob = Person::with(&app, |claims| {
        claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 7200);
        claims["exp"] = json!(claims["exp"].as_i64().unwrap() - 7200);
    });
    app.get(ROOMS, &bob).await.assert_invalid_token("Token expired.");
}

/// F13
#[tokio::test]
async fn answers_to_a_token_are_not_for_shared_caches() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    for (path, person) in [(ROOMS, &ann), (ROOM, &ann)] {
        let reply = app.get(path, person).await;
        assert_eq!(reply.header("cache-control"), "private, no-store", "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
}

/// S0.3, S0.4: no token path of its own; other methods and paths.
#[tokio::test]
async fn other_paths_and_methods() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    for path in [
        "/",
        "/rooms",
        "/external-api/v1.0",
        "/external-api/v1.0/application/token/",
        "/external-api/v1.0/rooms//",
    ] {
        let reply = app.get(path, &ann).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body),
            (404, &json!({ "detail": "Not found." })),
            "{path}"
        );
        assert_eq!(reply.header("x-error-id").len(), 32);
    }
    for (method, path, allow) in [
        ("DELETE", ROOMS, "GET,HEAD,POST"),
        ("POST", ROOM, "GET,HEAD,PUT,PATCH,DELETE"),
    ] {
        for path in [path.to_owned(), format!("{path}/")] {
            let reply = call(&app, method, &path, &ann).await;
            assert_eq!(reply.status, 405);
            assert_eq!(reply.header("allow"), allow);
            assert_eq!(reply.body["detail"], format!("Method \"{method}\" not allowed."));
        }
    }
    assert_eq!(call(&app, "BREW", ROOMS, &ann).await.status, 405);
}

/// B13: what a client says about the host changes no link.
#[tokio::test]
async fn host_headers_change_no_link() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let request = app
        .request(Method::POST, ROOMS)
        .bearer_auth(&ann.token)
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example");
    let reply = Reply::of(request).await;
    assert!(
        reply.body["url"].as_str().unwrap().starts_with(RESOURCE),
        "{reply:?}"
    );
}
