//! Arbitrary input everywhere: no 5xx, no panic, and an error id on every refusal.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use reqwest::{Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::harness::{Application, NewApplication, Options, Server, client};

const PATHS: [&str; 35] = [
    "/",
    "/oauth2/authorize",
    "/oauth2/token",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/jwks",
    "/oauth2/revocations",
    "/oauth2/userinfo",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/login",
    "/login/passkey",
    "/login/second-factor",
    "/login/second-factor/set-up",
    "/account/security",
    "/account/security/app",
    "/account/security/password",
    "/logout",
    "/consent",
    "/language",
    "/assets/anteroom.css",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/public/token",
    "/oauth2/v1/token",
    "/api/oauth2/v2/token",
    "/external-api/v1.0/application/token",
    "/scim/v2/Users",
    "/scim/v2/Groups",
    "/logos/%00",
    "/admin/applications/%00",
    "/admin/api/v1/applications/%00",
    "/developer/apps/%0A%2F..%00/secrets",
    "/nowhere",
];

const NAMES: [&str; 37] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "resource",
    "audience",
    "client_id",
    "clientId",
    "client_secret",
    "username",
    "password",
    "token",
    "token_type_hint",
    "response_type",
    "response_mode",
    "state",
    "nonce",
    "answer",
    "ticket",
    "prompt",
    "max_age",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
    "ui_locales",
    "request",
    "request_uri",
    "email",
    "csrf",
    "return_to",
    "decision",
    "language",
    "locale",
    "client_assertion",
    "tag",
];

const HEADERS: [&str; 13] = [
    "x-api-key",
    "authorization",
    "cookie",
    "content-type",
    "accept",
    "accept-language",
    "origin",
    "x-forwarded-for",
    "forwarded",
    "last-event-id",
    "sec-fetch-site",
    "user-agent",
    "host",
];

/// Values that come near to what is expected, and those that never do.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => select(&[
            "code", "S256", "plain", "none", "login", "none login", "authorization_code", "refresh_token", "password",
            "client_credentials", "https://app.example/callback", "https://app.example/callback#f", "rooms:list",
            "openid rooms:list", "http://localhost:8081", "-1", "0", "99999999999999999999", "allow", "fr", "//evil",
            "/oauth2/authorize?x", "\u{0}", "%00", "..", "null", "se-x", "a.b.c", "e30.e30.e30", "form_post",
        ][..]).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => "[a-zA-Z0-9_.~-]{43,128}",
        1 => r#"[<>"'&%;=?#/\\ \r\n\t]{1,40}"#,
        1 => select(&["a", "é", "%", "\u{10FFFF}"][..]).prop_map(|text| text.repeat(700)),
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![9 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
    vec((name, value()), 0..8)
}

/// Objects of strings, with a member that is none, a name that comes twice, or the end cut off.
fn json() -> impl Strategy<Value = Vec<u8>> {
    let odd = select(
        &[
            "1",
            "null",
            "true",
            "[]",
            "{}",
            "[[[[",
            "1e999",
            "\"\\ud800\"",
            "\"\\u0000\"",
        ][..],
    );
    (pairs(), odd, any::<bool>(), any::<bool>()).prop_map(|(pairs, odd, with_odd, cut)| {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let mut members: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{}:{}", text(name), text(value)))
            .collect();
        if with_odd {
            members.push(format!("\"scope\":{odd}"));
        }
        let mut object = format!("{{{}}}", members.join(",")).into_bytes();
        if cut {
            object.truncate(object.len() / 2);
        }
        object
    })
}

/// Header values may hold any byte but line breaks and NUL.
fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let text = prop_oneof![
        vec(any::<u8>(), 0..60),
        value().prop_map(String::into_bytes),
        select(
            &[
                "Basic ",
                "Basic Og==",
                "Basic eDp5",
                "Bearer x",
                "Basic é",
                "DPoP x",
                "fr;q=0.5,*",
                "application/json",
                "application/x-www-form-urlencoded; charset=utf-16",
                "multipart/form-data; boundary=x",
                "; ; =",
                "a=b; a=c",
                "anteroom_session=se-x; anteroom_form=fo-x",
                "anteroom_language=\u{202e}"
            ][..]
        )
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    (select(&HEADERS[..]), text)
}

#[derive(Debug)]
struct Case {
    method: &'static str,
    path: &'static str,
    query: Vec<(String, String)>,
    body: Body,
    headers: Vec<(&'static str, Vec<u8>)>,
    /// Authenticate as a registered application, so that what lies behind is reached.
    known: bool,
}

#[derive(Debug)]
enum Body {
    Form(Vec<(String, String)>),
    /// What the dialects read beside forms.
    Json(Vec<u8>),
    Bytes(Vec<u8>),
}

fn case() -> impl Strategy<Value = Case> {
    let method = prop_oneof![4 => select(&["GET", "POST"][..]), 1 => select(&["HEAD", "PUT", "DELETE", "OPTIONS", "BREW"][..])];
    let body = prop_oneof![
        4 => pairs().prop_map(Body::Form),
        2 => json().prop_map(Body::Json),
        1 => vec(any::<u8>(), 0..300).prop_map(Body::Bytes),
    ];
    (
        method,
        select(&PATHS[..]),
        pairs(),
        body,
        vec(header(), 0..4),
        any::<bool>(),
    )
        .prop_map(|(method, path, query, body, headers, known)| Case {
            method,
            path,
            query,
            body,
            headers,
            known,
        })
}

fn request(application: &Application, case: &Case) -> Option<reqwest::Request> {
    let method = Method::from_bytes(case.method.as_bytes()).expect("a method");
    let mut request = client().request(method, format!("{}{}", application.url, case.path));
    // The strict endpoints refuse any query, which would hide what lies behind.
    if !case.known || case.path == "/oauth2/authorize" {
        request = request.query(&case.query);
    }
    request = match &case.body {
        Body::Form(pairs) => request.form(pairs),
        Body::Json(bytes) => request
            .header("content-type", "application/json")
            .body(bytes.clone()),
        Body::Bytes(bytes) => request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(bytes.clone()),
    };
    if case.known {
        request = request.basic_auth(&application.client_id, application.secret.as_deref());
    } else {
        for (name, value) in &case.headers {
            let value = reqwest::header::HeaderValue::from_bytes(value).ok()?;
            request = request.header(*name, value);
        }
    }
    request.build().ok()
}

fn check(case: &Case, answer: &Response) {
    let status = answer.status().as_u16();
    assert!(status < 500, "{status}: {case:?}");
    // A request that the HTTP library itself cannot read never reaches the server's own code.
    if status >= 400 && status != 431 {
        assert!(
            answer.headers().contains_key("x-error-id"),
            "{status} without an id: {case:?}"
        );
    }
}

/// C25, H7: every parameter, query and header of every endpoint.
#[test]
fn arbitrary_requests_are_answered_and_never_with_5xx() {
    let runtime = Runtime::new().expect("a runtime");
    let (server, application) = runtime.block_on(async {
        let server = Server::start_with(Options::configured(|config| {
            config.trusted_proxies = vec!["127.0.0.1".to_owned()];
            config.limits.sign_in_failures_per_account = 0;
            config.limits.sign_in_failures_per_account_and_address = 0;
        }))
        .await;
        let application = server.application(NewApplication::of(Profile::Trueconf)).await;
        (server, application)
    });
    let config = Config {
        cases: 600,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&case(), |case| {
            let Some(request) = request(&application, &case) else {
                return Ok(());
            };
            runtime.block_on(async {
                let answer = tokio::time::timeout(Duration::from_secs(10), client().execute(request)).await;
                check(&case, &answer.expect("answered in time").expect("an answer"));
            });
            Ok(())
        })
        .expect("every case holds");
    runtime.block_on(async {
        assert_eq!(server.browser().get("/health/ready").await.status, 200);
    });
}

/// Authorization requests that are right but for one parameter, in a browser that is signed in.
#[test]
fn a_right_request_with_one_arbitrary_parameter() {
    let runtime = Runtime::new().expect("a runtime");
    let (_server, application, browser) = runtime.block_on(async {
        let server = Server::start().await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.signed_in().await;
        (server, application, browser)
    });
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&(select(&NAMES[..]), value()), |(name, value)| {
            let request = application.request(&[(name, &value)]).0;
            let page = runtime.block_on(browser.get(&request));
            let status = page.status.as_u16();
            assert!(status < 500, "{status} {name}={value:?}");
            if status >= 400 {
                page.error_id();
            }
            // Markup of the sender's never becomes markup of the page.
            if value.len() > 4 && value.contains('<') {
                assert!(!page.body.contains(&value), "{name}={value:?}");
            }
            if let Some(location) = page.location() {
                assert!(
                    location.starts_with(&application.redirect_uri),
                    "{name}={value:?} {location}"
                );
            }
            Ok(())
        })
        .expect("every case holds");
}

/// C25: bytes that are no HTTP at all, or nearly.
#[test]
fn arbitrary_bytes_on_the_socket_hurt_nobody() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let address = server.url.trim_start_matches("http://").to_owned();
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..400),
        vec(any::<u8>(), 0..60).prop_map(|tail| [b"GET /oauth2/authorize?".to_vec(), tail].concat()),
        vec(any::<u8>(), 0..60).prop_map(|tail| {
            [b"POST /oauth2/token HTTP/1.1\r\nhost: x\r\nAuthorization: ".to_vec(), tail, b"\r\n\r\n".to_vec()].concat()
        }),
        select(&[
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/9.9\r\nhost: x\r\n\r\n",
            "GET http://evil.example/oauth2/authorize HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /login HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
            "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
            "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
            "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u{1}\u{2}\u{3}",
            "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
        ][..])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&bytes, |bytes| {
            let answer = runtime.block_on(async {
                let mut socket = TcpStream::connect(&address).await.expect("connects");
                // The server may hang up before everything is written.
                let _ = socket.write_all(&bytes).await;
                let _ = socket.shutdown().await;
                let mut answer = Vec::new();
                let read = socket.read_to_end(&mut answer);
                let _ = tokio::time::timeout(Duration::from_secs(10), read)
                    .await
                    .expect("ends in time");
                answer
            });
            let text = String::from_utf8_lossy(&answer);
            assert!(!text.starts_with("HTTP/1.1 5"), "{bytes:?} {text}");
            Ok(())
        })
        .expect("every case holds");
    runtime.block_on(async {
        assert_eq!(server.browser().get("/health/ready").await.status, 200);
    });
}
