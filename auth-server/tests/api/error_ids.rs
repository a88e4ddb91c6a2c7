//! Every 4xx and 5xx carries an error id, under which an administrator finds the exact reason; no reason holds
//! a secret.

use auth_server::domain::policy::Profile;
use auth_server::domain::secret::PlainToken;
use auth_server::store::sql::audit;
use reqwest::{Method, RequestBuilder};
use uuid::Uuid;

use crate::harness::{Browser, NewApplication, Options, Server, Storage, client};

fn error_id(headers: &reqwest::header::HeaderMap) -> String {
    let id = headers
        .get("x-error-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_else(|| panic!("no X-Error-Id in {headers:?}"));
    id.parse::<Uuid>().expect("an error id is a UUID");
    id.to_owned()
}

/// H7: requests that fail, the status, and what the reason says.
#[tokio::test(flavor = "multi_thread")]
async fn every_failure_has_an_id_and_a_reason() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let secret = application.secret.as_deref();
    let at = |method: Method, path: &str| client().request(method, server.at(path));
    let post = |path: &str| at(Method::POST, path);
    let known = |request: RequestBuilder| request.basic_auth(&application.client_id, secret);
    let grant = |grant: &'static str| [("grant_type", grant)];
    let authorize = |more: &str| {
        let path = format!("/oauth2/authorize?client_id={}{more}", application.client_id);
        at(Method::GET, &path)
    };
    let cases: Vec<(RequestBuilder, u16, &str)> = vec![
        (at(Method::GET, "/nowhere"), 404, "no such page"),
        (at(Method::GET, "/assets/none.css"), 404, ""),
        (at(Method::GET, "/oauth2/token"), 405, ""),
        (at(Method::PUT, "/oauth2/authorize"), 405, ""),
        (at(Method::HEAD, "/oauth2/authorize"), 405, ""),
        (
            post("/oauth2/token").json(&["json"]),
            400,
            "must be application/x-www-form-urlencoded",
        ),
        (
            post("/oauth2/token").form(&grant("client_credentials")),
            401,
            "no client credentials",
        ),
        (
            post("/oauth2/token")
                .basic_auth("nobody", Some("x"))
                .form(&grant("client_credentials")),
            401,
            "no application \"nobody\"",
        ),
        (
            post("/oauth2/token")
                .basic_auth(&application.client_id, Some("x"))
                .form(&grant("refresh_token")),
            401,
            "sent a wrong secret",
        ),
        (known(post("/oauth2/token")).form(&grant("saml")), 400, "\"saml\""),
        (
            known(post("/oauth2/token")).form(&grant("password")),
            400,
            "profile standard, grants",
        ),
        (
            known(post("/oauth2/token")).form(&grant("authorization_code")),
            400,
            "code is missing",
        ),
        (
            known(post("/oauth2/token")).body("x".repeat(70_000)),
            400,
            "must be application/x-www-form",
        ),
        (
            known(post("/oauth2/token")).form(&[("grant_type", "x".repeat(70_000))]),
            413,
            "larger than 65536 bytes",
        ),
        (
            post("/oauth2/introspect").form(&[("token", "x")]),
            401,
            "no client credentials",
        ),
        (
            known(post("/oauth2/introspect")).form(&[("x", "x")]),
            400,
            "token is missing",
        ),
        (
            known(post("/oauth2/revoke")).form(&[("x", "x")]),
            400,
            "token is missing",
        ),
        (
            at(Method::GET, "/oauth2/revocations"),
            401,
            "no client credentials",
        ),
        (
            post("/login").form(&[("email", "a@b.example")]),
            403,
            "CSRF token of the sign-in form",
        ),
        (
            post("/consent").form(&[("decision", "allow")]),
            403,
            "CSRF token of the consent form",
        ),
        (
            at(Method::GET, "/oauth2/authorize?client_id=nobody"),
            400,
            "nobody",
        ),
        (
            authorize("&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcallbacks"),
            400,
            "differs at character",
        ),
    ];
    for (request, status, reason) in cases {
        let request = request.build().expect("a request");
        let what = format!("{} {}", request.method(), request.url().path());
        let answer = client().execute(request).await.expect("an answer");
        let id = error_id(answer.headers());
        assert_eq!(answer.status(), status, "{what} {reason}");
        let html = answer
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let body = answer.text().await.expect("a body");
        if html {
            assert!(body.contains(&id), "the page shows the id: {what}");
        } else if !body.is_empty() {
            // Bodies stay exactly as the RFC has them.
            let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            let members: Vec<_> = body.as_object().expect("an object").keys().collect();
            assert_eq!(members, ["error", "error_description"], "{what}");
        }
        let found = server.reason(&id).await;
        assert!(found.contains(reason), "{what}: {found:?} lacks {reason:?}");
    }
}

/// The exact place where a redirect URI differs is for administrators; the page does not tell what is
/// registered.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_is_told_to_administrators_alone() {
    let server = Server::start().await;
    let application = server
        .application(NewApplication::of(Profile::Standard).redirect_uris(&["https://app.example/registered"]))
        .await;
    let (request, _) = application.request(&[("redirect_uri", "https://app.example/else")]);
    let page = server.browser().get(&request).await;
    assert_eq!(page.status, 400);
    assert!(!page.body.contains("/registered"), "{}", page.body);
    let reason = server.reason(&page.error_id()).await;
    assert!(reason.contains("differs at character 21"), "{reason}");
    assert!(reason.contains("https://app.example/registered"), "{reason}");
}

/// Two failures have two ids.
#[tokio::test(flavor = "multi_thread")]
async fn ids_are_unique() {
    let server = Server::start().await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..20 {
        assert!(ids.insert(server.browser().get("/nowhere").await.error_id()));
    }
}

/// H5, H7: failing requests that carry secrets leave none of them in a report or in the audit log.
#[tokio::test(flavor = "multi_thread")]
async fn no_report_and_no_audit_line_holds_a_secret() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let tokens = application.tokens(&server, &[]).await;
    let (code, verifier) = application.code(&server, &[]).await;
    let wrong = |what: &str| format!("{what}-{}", PlainToken::generate("x").reveal());
    let (password, wrong_code, wrong_verifier) = (wrong("password"), wrong("code"), wrong("verifier"));
    let (wrong_refresh, wrong_secret, csrf) = (wrong("refresh"), wrong("secret"), wrong("csrf"));
    let cookie = wrong("cookie");

    let browser = server.browser();
    let form = browser
        .get("/login")
        .await
        .sign_in_form("alice@example.com", &password);
    let mut ids = vec![browser.submit(&form).await.error_id()];
    ids.push(
        browser
            .submit_once(&form.clone().with("csrf", &csrf))
            .await
            .error_id(),
    );
    let posts: [&[(&str, &str)]; 7] = [
        &[
            ("grant_type", "authorization_code"),
            ("code", &wrong_code),
            ("code_verifier", &verifier),
        ],
        &[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("code_verifier", &wrong_verifier),
        ],
        &[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("code", &wrong_code),
        ],
        &[("grant_type", "refresh_token"), ("refresh_token", &wrong_refresh)],
        &[
            ("grant_type", &wrong_refresh),
            ("refresh_token", tokens.refresh()),
        ],
        &[
            ("grant_type", "password"),
            ("username", "alice@example.com"),
            ("password", &password),
        ],
        &[
            ("grant_type", "client_credentials"),
            ("client_secret", &wrong_secret),
        ],
    ];
    for fields in posts {
        let answer = application.token(fields).await;
        assert!((400..500).contains(&answer.status), "{fields:?} {}", answer.body);
        ids.push(error_id(&answer.headers));
    }
    for request in [
        client()
            .post(server.at("/oauth2/token"))
            .basic_auth(&application.client_id, Some(&wrong_secret)),
        client()
            .post(server.at("/oauth2/introspect"))
            .bearer_auth(tokens.access()),
        client()
            .get(server.at("/oauth2/revocations"))
            .bearer_auth(tokens.access()),
        client()
            .get(server.at(&format!("/nowhere?code={wrong_code}")))
            .header("cookie", format!("a={cookie}")),
        client().post(server.at(&format!("/oauth2/token?client_secret={wrong_secret}"))),
    ] {
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        ids.push(error_id(request.send().await.expect("an answer").headers()));
    }
    let mut written = String::new();
    for id in &ids {
        let known = server.reason(id).await;
        let report = audit::find_report(&server.state.services.database, id.parse().expect("a UUID"))
            .await
            .expect("SQL")
            .expect("a report");
        written += &format!("{known}\n{report:?}\n");
    }
    let lines = audit::latest(&server.state.services.database, 1000)
        .await
        .expect("SQL");
    written += &format!("{lines:?}");
    let own = application.secret.clone().expect("a secret");
    for (what, secret) in [
        ("password", &password),
        ("code", &code),
        ("wrong code", &wrong_code),
        ("verifier", &verifier),
        ("wrong verifier", &wrong_verifier),
        ("wrong client secret", &wrong_secret),
        ("client secret", &own),
        ("csrf", &csrf),
        ("cookie", &cookie),
        ("access token", &tokens.access().to_owned()),
        ("refresh token", &tokens.refresh().to_owned()),
    ] {
        assert!(
            !written.contains(secret.as_str()),
            "{what} was written: {written}"
        );
    }
}

/// 503 while the token store is out of reach: an error id, Retry-After, and a reason that says which store;
/// on what answers without the store, nothing changes.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_has_ids_too() {
    let server = Server::start_with(Options {
        storage: Storage::SqliteRedis,
        // Nothing listens on port 1.
        configure: |config| "redis://127.0.0.1:1".clone_into(&mut config.redis_url),
        ..Options::default()
    })
    .await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let known = |path: &str, fields: &[(&str, &str)]| {
        client()
            .post(server.at(path))
            .basic_auth(&application.client_id, application.secret.as_deref())
            .form(fields)
    };
    let browser = Browser::new(&server.url);
    let login = browser
        .get("/login")
        .await
        .sign_in_form("alice@example.com", "wrong");
    let cookie = "anteroom_session=se-x";
    let code = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("code_verifier", &"v".repeat(43)),
        ("redirect_uri", &application.redirect_uri),
    ];
    let password = [
        ("grant_type", "password"),
        ("username", "alice@example.com"),
        ("password", "wrong"),
    ];
    for request in [
        known("/oauth2/token", &[("grant_type", "client_credentials")]),
        known(
            "/oauth2/token",
            &[("grant_type", "refresh_token"), ("refresh_token", "x")],
        ),
        known("/oauth2/token", &code),
        known("/oauth2/token", &password),
        known("/oauth2/introspect", &[("token", "x")]),
        known("/oauth2/revoke", &[("token", "x")]),
        client()
            .get(server.at(&application.request(&[]).0))
            .header("cookie", cookie),
        client().get(server.at("/login")).header("cookie", cookie),
        client().get(server.at("/health/ready")),
    ] {
        let request = request.build().expect("a request");
        let what = format!("{} {}", request.method(), request.url().path());
        let answer = client().execute(request).await.expect("an answer");
        assert_eq!(answer.status(), 503, "{what}");
        assert!(answer.headers().contains_key("retry-after"), "{what}");
        let reason = server.reason(&error_id(answer.headers())).await;
        assert!(reason.contains("Redis"), "{what}: {reason}");
    }
    let page = browser.submit(&login).await;
    assert_eq!(page.status, 503);
    assert!(!page.header("retry-after").is_empty());
    for path in [
        "/health/live",
        "/oauth2/jwks",
        "/.well-known/oauth-authorization-server",
        "/login",
    ] {
        assert_eq!(server.browser().get(path).await.status, 200, "{path}");
    }
}
