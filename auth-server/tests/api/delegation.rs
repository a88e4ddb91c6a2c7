//! La Suite Meet's application-delegated variant, from its application's side:
//! `POST /external-api/v1.0/application/token`.

use auth_server::domain::policy::{GrantType, Profile};
use auth_server::store::database::Database;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::harness::{
    Application, EMAIL, Feed, NewApplication, Options, Server, Tokens, claims, client, read, within_a_second,
};
use crate::on_every_storage;

const PATH: &str = "/external-api/v1.0/application/token";
const SCOPE: &str = "rooms:create rooms:list rooms:retrieve";

fn new(domains: &[&str]) -> NewApplication {
    NewApplication::of(Profile::MeetDelegated)
        .scope(SCOPE)
        .domains(domains)
}

async fn delegated(server: &Server) -> Application {
    server.application(new(&["example.com"])).await
}

/// The body of the documents.
fn body(application: &Application, email: &str) -> Value {
    json!({
        "client_id": application.client_id,
        "client_secret": application.secret,
        "grant_type": "client_credentials",
        "scope": email,
    })
}

/// The same with one member changed, or left out where the new value is null.
fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

async fn send(application: &Application, body: &Value) -> Tokens {
    read(client().post(format!("{}{PATH}", application.url)).json(body)).await
}

async fn ask(application: &Application, email: &str) -> Tokens {
    send(application, &body(application, email)).await
}

fn raw(application: &Application, media_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    client()
        .post(format!("{}{PATH}", application.url))
        .header(CONTENT_TYPE, media_type)
        .body(body)
}

/// The documents' shape of an error: one text under both names.
fn text(text: &str) -> Value {
    json!({"error": text, "detail": text})
}

#[track_caller]
fn assert_refusal(answer: &Tokens, status: u16, body: &Value) {
    assert_eq!((answer.status, &answer.body), (status, body));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(answer.headers.contains_key("x-error-id"));
    assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
}

fn invalid_credentials() -> Value {
    text("Invalid credentials")
}

on_every_storage!(
    /// S1.2 to S1.9, S1.17 to S1.21: a JSON body becomes a delegated token of an hour for the user with that address, with
    /// the application's permissions, without a refresh token.
    a_token_for_a_user,
    |server| async move {
        let application = delegated(&server).await;
        let tokens = ask(&application, EMAIL).await.ok();
        assert_eq!(tokens.headers["cache-control"], "no-store");
        let expected = json!({
            "access_token": tokens.access(),
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": SCOPE,
        });
        assert_eq!(tokens.body, expected);
        let claims = claims(tokens.access());
        for (name, value) in [
            ("iss", json!(server.url)),
            ("aud", json!(server.resource.url)),
            ("client_id", json!(application.client_id)),
            ("scope", json!(SCOPE)),
            ("delegated", json!(true)),
            ("email", json!(EMAIL)),
            ("sub", claims["user_id"].clone()),
            ("auth_time", Value::Null),
            ("sid", Value::Null),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        assert!(claims["user_id"].is_string());
        let [exp, iat] = ["exp", "iat"].map(|name| claims[name].as_i64().expect("a time"));
        assert_eq!(exp - iat, 3600);
        let seen = server.introspect(tokens.access()).await;
        assert_eq!(
            (&seen["active"], &seen["delegated"], &seen["user_id"]),
            (&json!(true), &json!(true), &claims["user_id"])
        );
    }
);

/// S1.3, U0.1: with and without the final slash, as JSON and as a form, and never a redirect.
#[tokio::test(flavor = "multi_thread")]
async fn both_paths_and_both_encodings() {
    let server = Server::start().await;
    let application = delegated(&server).await;
    let fields = [
        ("client_id", application.client_id.as_str()),
        ("client_secret", application.secret.as_deref().expect("a secret")),
        ("grant_type", "client_credentials"),
        ("scope", EMAIL),
    ];
    for slash in ["", "/"] {
        let post = || client().post(format!("{}{PATH}{slash}", server.url));
        read(post().json(&body(&application, EMAIL))).await.ok();
        read(post().form(&fields)).await.ok();
        let get = client().get(format!("{}{PATH}{slash}", server.url)).send().await;
        assert_eq!(get.expect("an answer").status(), 405);
    }
}

/// S1.19: the life is a setting of the application.
#[tokio::test(flavor = "multi_thread")]
async fn configured_life() {
    let server = Server::start().await;
    let short = new(&["example.com"]).policy(|policy| policy.access_seconds = 120);
    let application = server.application(short).await;
    let tokens = ask(&application, EMAIL).await.ok();
    assert_eq!(tokens.body["expires_in"], 120);
    let claims = claims(tokens.access());
    let [exp, iat] = ["exp", "iat"].map(|name| claims[name].as_i64().expect("a time"));
    assert_eq!(exp - iat, 120);
}

/// S1.12 to S1.16, U0.4: the exact texts and statuses, in the order of the checks: of several things that are wrong,
/// the first one is told, and nothing about the application to who does not know its secret.
#[tokio::test(flavor = "multi_thread")]
async fn texts_and_order() {
    let server = Server::start().await;
    let application = delegated(&server).await;
    let inactive = delegated(&server).await;
    server.set_application_disabled(&inactive, true).await;
    within_a_second("inactive", async || ask(&inactive, EMAIL).await.status == 401).await;
    let nobody = Application {
        client_id: "550e8400-e29b-41d4-a716-446655440000".to_owned(),
        ..application.clone()
    };
    let guess = |of: &Application| Application {
        secret: Some("wrong".to_owned()),
        ..of.clone()
    };
    let address = json!({"scope": ["Invalid email address."]});
    let domain = text("This application is not authorized for this email domain.");
    let unknown = text("User not found.");
    let inactive_text = text("Application is inactive");
    for (what, who, email, status, expected) in [
        ("unknown id", &nobody, EMAIL, 401, &invalid_credentials()),
        (
            "unknown id, bad address",
            &nobody,
            "-",
            401,
            &invalid_credentials(),
        ),
        (
            "wrong secret",
            &guess(&application),
            EMAIL,
            401,
            &invalid_credentials(),
        ),
        (
            "wrong secret, bad address",
            &guess(&application),
            "-",
            401,
            &invalid_credentials(),
        ),
        (
            "wrong secret, inactive",
            &guess(&inactive),
            EMAIL,
            401,
            &invalid_credentials(),
        ),
        ("inactive", &inactive, EMAIL, 401, &inactive_text),
        ("inactive, bad address", &inactive, "-", 401, &inactive_text),
        (
            "inactive, other domain",
            &inactive,
            "a@other.example",
            401,
            &inactive_text,
        ),
        ("bad address", &application, "alice", 400, &address),
        (
            "bad address of a domain",
            &application,
            "a b@other.example",
            400,
            &address,
        ),
        ("other domain", &application, "a@other.example", 403, &domain),
        ("unknown user", &application, "nobody@example.com", 400, &unknown),
    ] {
        let answer = ask(who, email).await;
        assert_eq!((answer.status, &answer.body), (status, expected), "{what}");
        assert_refusal(&answer, status, expected);
    }
}

/// S1.13: an unknown id and a wrong secret get the same answer, header for header; the reason is for administrators.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_id_and_wrong_secret_look_the_same() {
    let server = Server::start().await;
    let application = delegated(&server).await;
    let good = body(&application, EMAIL);
    let mut seen = Vec::new();
    for (name, value) in [("client_id", "unknown"), ("client_secret", "wrong")] {
        let answer = send(&application, &with(good.clone(), name, json!(value))).await;
        let id = answer.headers["x-error-id"].to_str().expect("text").to_owned();
        let reason = server.reason(&id).await;
        let secret = application.secret.as_deref().expect("a secret");
        assert!(
            !reason.contains(secret) && !reason.contains("wrong\""),
            "{reason}"
        );
        let mut headers = answer.headers.clone();
        headers.remove("x-error-id");
        headers.remove("date");
        seen.push((answer.status, headers, answer.body));
    }
    assert_eq!(seen[0], seen[1]);
}

/// S1.10, S1.11, S1.31, S1.32: exactly the application's domains, whatever their case; no domain, nobody; every
/// domain where the policy says so.
#[tokio::test(flavor = "multi_thread")]
async fn domains() {
    let server = Server::start().await;
    let users = [
        "a@sub.example.com",
        "a@notexample.com",
        "a@example.com.evil.example",
        "a@other.example",
        "a@xn--bcher-kva.example",
    ];
    for email in users {
        server.add_user(email, "correct horse battery").await;
    }
    let none = server.application(new(&[])).await;
    let any = server
        .application(new(&[]).policy(|policy| policy.allow_any_domain = true))
        .await;
    let two = server
        .application(new(&["example.com", "xn--bcher-kva.example"]))
        .await;
    for (email, allowed) in [
        (EMAIL, true),
        ("ALICE@Example.COM", true),
        (" alice@example.com ", true),
        ("a@xn--bcher-kva.example", true),
        ("a@B\u{dc}CHER.example", true),
        ("a@sub.example.com", false),
        ("a@notexample.com", false),
        ("a@example.com.evil.example", false),
        ("a@other.example", false),
    ] {
        let status = if allowed { 200 } else { 403 };
        assert_eq!(ask(&two, email).await.status, status, "{email}");
        assert_eq!(ask(&none, email).await.status, 403, "{email}");
        assert_eq!(ask(&any, email).await.status, 200, "{email}");
    }
    for odd in [
        "alice@evil.example,example.com",
        "alice@evil.example@example.com",
        "alice@ex%61mple.com",
    ] {
        let expected = json!({"scope": ["Invalid email address."]});
        assert_refusal(&ask(&any, odd).await, 400, &expected);
    }
}

/// S1.8, S1.9: what is wrong with the fields stands under their names, all at once, before any credential is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn fields() {
    const REQUIRED: &str = "This field is required.";
    let server = Server::start().await;
    let application = delegated(&server).await;
    let good = body(&application, EMAIL);
    for name in ["client_id", "client_secret", "grant_type", "scope"] {
        for absent in [json!(""), Value::Null] {
            let answer = send(&application, &with(good.clone(), name, absent)).await;
            assert_refusal(&answer, 400, &json!({name: [REQUIRED]}));
        }
        for odd in [json!(1), json!(true), json!(["x"]), json!({"x": "y"})] {
            let answer = send(&application, &with(good.clone(), name, odd)).await;
            assert_refusal(&answer, 400, &json!({name: ["This field is not a string."]}));
        }
    }
    for other in [
        "password",
        "Client_Credentials",
        "delegation",
        "authorization_code",
    ] {
        let answer = send(&application, &with(good.clone(), "grant_type", json!(other))).await;
        let problem = format!("\"{other}\" is not a valid choice.");
        assert_refusal(&answer, 400, &json!({"grant_type": [problem]}));
    }
    let long = send(
        &application,
        &with(good.clone(), "grant_type", json!("x".repeat(5_000))),
    )
    .await;
    assert!(long.body.to_string().len() < 300);
    let all = json!({
        "client_id": [REQUIRED],
        "client_secret": [REQUIRED],
        "grant_type": [REQUIRED],
        "scope": [REQUIRED],
    });
    assert_refusal(&send(&application, &json!({})).await, 400, &all);
    let wrong = json!({"client_id": "unknown", "grant_type": "x"});
    let expected = json!({
        "client_secret": [REQUIRED],
        "grant_type": ["\"x\" is not a valid choice."],
        "scope": [REQUIRED],
    });
    assert_refusal(&send(&application, &wrong).await, 400, &expected);
    send(&application, &with(good, "unknown", json!("ignored")))
        .await
        .ok();
}

/// U0.1, C2, C21, C25: forms and JSON objects, read strictly; everything else is 415 in the documents' words.
#[tokio::test(flavor = "multi_thread")]
async fn bodies() {
    let server = Server::start().await;
    let application = delegated(&server).await;
    let good = body(&application, EMAIL).to_string();
    for (media_type, named) in [
        ("text/plain", "text/plain"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("multipart/form-data; boundary=x", "multipart/form-data"),
        ("application/jsonp", "application/jsonp"),
        ("", ""),
    ] {
        let detail = format!("Unsupported media type \"{named}\" in request.");
        let answer = read(raw(&application, media_type, good.clone())).await;
        assert_refusal(&answer, 415, &json!({"detail": detail}));
    }
    let no_object = text("the body is not a JSON object");
    for broken in ["", "{", "[]", "\"x\"", "client_id=x", &"[".repeat(60_000)] {
        let answer = read(raw(&application, "application/json", broken.to_owned())).await;
        assert_refusal(&answer, 400, &no_object);
    }
    let twice = good.replacen('{', r#"{"scope":"eve@example.com","#, 1);
    let answer = read(raw(&application, "application/json", twice)).await;
    assert_refusal(&answer, 400, &json!({"scope": ["This field is repeated."]}));
    let form = format!(
        "client_id={}&client_secret={}&grant_type=client_credentials&scope=a%40example.com&scope=b%40example.com",
        application.client_id,
        application.secret.as_deref().expect("a secret"),
    );
    let answer = read(raw(&application, "application/x-www-form-urlencoded", form)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["scope"][0], "This field is repeated.");
    let large = with(body(&application, EMAIL), "padding", json!("x".repeat(1 << 20)));
    assert_eq!(send(&application, &large).await.status, 413);
    let in_query = client()
        .post(format!("{}{PATH}?client_secret=x", server.url))
        .json(&body(&application, EMAIL));
    assert_eq!(read(in_query).await.status, 400);
    let surplus = client()
        .post(format!("{}{PATH}", server.url))
        .bearer_auth("not looked at")
        .json(&body(&application, EMAIL));
    read(surplus).await.ok();
}

/// An application of another profile is unknown here, and so is one that may not delegate; a delegating application
/// gets nothing at the core's endpoint or another dialect's, whatever it sends.
#[tokio::test(flavor = "multi_thread")]
async fn delegation_happens_here_alone() {
    let server = Server::start().await;
    for profile in Profile::ALL {
        let other = NewApplication::of(profile)
            .domains(&["example.com"])
            .policy(|policy| policy.grants.push(GrantType::Delegation));
        let other = server.application(other).await;
        let answer = ask(&other, EMAIL).await;
        match profile {
            Profile::MeetDelegated => drop(answer.ok()),
            _ => assert_refusal(&answer, 401, &invalid_credentials()),
        }
    }
    let without = new(&["example.com"]).policy(|policy| policy.grants.clear());
    let without = server.application(without).await;
    assert_refusal(&ask(&without, EMAIL).await, 401, &invalid_credentials());
    let public = NewApplication {
        public: true,
        ..new(&["example.com"])
    };
    let public = server.application(public).await;
    let answer = send(&public, &with(body(&public, EMAIL), "client_secret", json!("x"))).await;
    assert_refusal(&answer, 401, &invalid_credentials());

    let application = delegated(&server).await;
    for (grant, code) in [
        ("client_credentials", "unauthorized_client"),
        ("delegation", "unsupported_grant_type"),
        ("password", "unauthorized_client"),
        ("authorization_code", "unauthorized_client"),
        ("refresh_token", "unauthorized_client"),
    ] {
        let fields = [("grant_type", grant), ("scope", EMAIL)];
        assert_eq!(application.token(&fields).await.error(), code, "{grant}");
        for path in ["/oauth2/v1/token", "/api/oauth2/v2/token"] {
            assert_eq!(
                application.post(path, &fields).await.error(),
                "invalid_client",
                "{path}"
            );
        }
    }
}

on_every_storage!(
    /// S1.14, E6: an application that is disabled is told so at once, and its tokens end: the feed says so within a
    /// second, and introspection no longer knows them.
    a_disabled_application,
    |server| async move {
        let application = delegated(&server).await;
        let tokens = ask(&application, EMAIL).await.ok();
        let issued = claims(tokens.access())["iat"].as_i64().expect("iat");
        let mut feed =
            Feed::open(&server.url, &server.resource.client_id, &server.resource_secret, None).await;
        feed.backlog().await;
        let begun = std::time::Instant::now();
        server.set_application_disabled(&application, true).await;
        let event = feed.next_news().await.expect("an event");
        assert!(begun.elapsed() < std::time::Duration::from_secs(1));
        assert_eq!(
            (event.event.as_str(), &event.data["kind"], &event.data["client_id"]),
            ("revoked", &json!("client"), &json!(application.client_id))
        );
        assert!(event.data["before_ms"].as_i64() >= Some(issued * 1000));
        assert!(!server.is_active(tokens.access()).await);
        within_a_second("told that it is inactive", async || {
            ask(&application, EMAIL).await.body == text("Application is inactive")
        })
        .await;
        server.set_application_disabled(&application, false).await;
        within_a_second("enabled", async || ask(&application, EMAIL).await.status == 200).await;
        assert!(!server.is_active(tokens.access()).await, "enabling brings nothing back");
    }
);

on_every_storage!(
    /// S1.16, S3.6, D6: a blocked user is not found, and the delegated tokens there were end.
    a_blocked_user,
    |server| async move {
        let application = delegated(&server).await;
        let tokens = ask(&application, EMAIL).await.ok();
        server.set_user_disabled(EMAIL, true).await;
        assert!(!server.is_active(tokens.access()).await);
        assert_refusal(&ask(&application, EMAIL).await, 400, &text("User not found."));
    }
);

/// B8, H10: guesses are counted by address as at the core's endpoint, and so is asking around for users.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_throttled() {
    let server = Server::start_with(Options {
        configure: |config| config.limits.failures_per_address = 3,
        ..Options::manual_clock()
    })
    .await;
    let application = delegated(&server).await;
    let wrong = with(body(&application, EMAIL), "client_secret", json!("guess"));
    // What gives nothing away is not counted.
    for _ in 0..5 {
        assert_eq!(send(&application, &json!({})).await.status, 400);
        assert_eq!(ask(&application, "a@other.example").await.status, 403);
    }
    assert_eq!(send(&application, &wrong).await.status, 401);
    assert_eq!(send(&application, &wrong).await.status, 401);
    assert_eq!(ask(&application, "nobody@example.com").await.status, 400);
    let throttled = ask(&application, EMAIL).await;
    assert_refusal(&throttled, 429, &text("too many attempts, try again later"));
    assert!(throttled.headers.contains_key("retry-after"));
    let core = application.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(core.status, 429, "counted together");
    server.advance(std::time::Duration::from_secs(61));
    ask(&application, EMAIL).await.ok();
}

/// A limit on an application's token requests holds here, too.
#[tokio::test(flavor = "multi_thread")]
async fn requests_of_an_application_are_limited() {
    let server = Server::start_with(Options::configured(|config| {
        config.limits.token_requests_per_client = 2;
    }))
    .await;
    let application = delegated(&server).await;
    for _ in 0..2 {
        ask(&application, EMAIL).await.ok();
    }
    assert_eq!(ask(&application, EMAIL).await.status, 429);
    ask(&delegated(&server).await, EMAIL).await.ok();
}

/// C27: a resource server that is not registered; and a database that is away is 503, in the dialect's shape.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_dialect_has_no_words_for() {
    let server = Server::start().await;
    let application = delegated(&server).await;
    let elsewhere = with(
        body(&application, EMAIL),
        "resource",
        json!("https://elsewhere.example"),
    );
    let answer = send(&application, &elsewhere).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["error"], answer.body["detail"]);
    ask(&application, EMAIL).await.ok();
    let Database::Sqlite(pool) = &server.state.services.database else {
        panic!("SQLite by default");
    };
    sqlx::query("ALTER TABLE account RENAME TO away")
        .execute(pool)
        .await
        .expect("renamed");
    let answer = ask(&application, EMAIL).await;
    assert_refusal(&answer, 503, &text("the server cannot answer now, try again"));
    assert!(answer.headers.contains_key("retry-after"));
}
