//! What the dialects' token endpoints have in common: whom they serve, and which bodies they read.

use auth_server::domain::policy::Profile;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::harness::{Application, NewApplication, Options, Server, Tokens, client, read};

const TRUECONF: &str = "/oauth2/v1/token";
const JIOMEET: &str = "/api/oauth2/v2/token";

/// The dialects that answer as RFC 6749 wants, and whom each serves.
const DIALECTS: [(&str, Profile); 2] = [(TRUECONF, Profile::Trueconf), (JIOMEET, Profile::Jiomeet)];

/// A token request with a body as it is; Basic authentication.
fn raw(
    application: &Application,
    path: &str,
    media_type: &str,
    body: impl Into<reqwest::Body>,
) -> RequestBuilder {
    client()
        .post(format!("{}{path}", application.url))
        .basic_auth(&application.client_id, application.secret.as_ref())
        .header(CONTENT_TYPE, media_type)
        .body(body)
}

fn assert_refusal(answer: &Tokens, status: u16, code: &str, what: &str) {
    assert_eq!(
        (answer.status, answer.error()),
        (status, code),
        "{what}: {}",
        answer.body
    );
    assert_eq!(answer.headers["content-type"], "application/json", "{what}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
    assert!(answer.headers.contains_key("x-error-id"), "{what}");
    let mut names: Vec<_> = answer.body.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(names, ["error", "error_description"], "{what}");
}

/// An application works on the core's endpoint and on its own dialect's; at any other dialect, with the right secret,
/// it gets what an unknown application gets, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn each_serves_its_own_profile_alone() {
    let server = Server::start().await;
    let unknown = Application {
        client_id: "6a7c1e0e-7b1f-4b4e-8f59-000000000000".to_owned(),
        ..server.application(NewApplication::of(Profile::Standard)).await
    };
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "rt-unknown")];
    for (path, served) in DIALECTS {
        let stranger = unknown.post(path, &fields).await;
        assert_refusal(&stranger, 401, "invalid_client", path);
        assert!(stranger.headers.contains_key("www-authenticate"));
        for profile in Profile::ALL {
            let application = server.application(NewApplication::of(profile)).await;
            let answer = application.post(path, &fields).await;
            if profile == served {
                assert_refusal(&answer, 400, "invalid_grant", path);
            } else {
                assert_eq!(
                    (answer.status, &answer.body),
                    (401, &stranger.body),
                    "{profile} at {path}"
                );
            }
            let core = application.token(&fields).await;
            assert_eq!(core.status, 400, "{profile} at the core");
        }
    }
}

/// A public application of the profile is served as at the core; one of another profile is unknown here, too.
#[tokio::test(flavor = "multi_thread")]
async fn public_applications() {
    let server = Server::start().await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "rt-unknown")];
    for (path, profile) in DIALECTS {
        let own = NewApplication {
            public: true,
            ..NewApplication::of(profile)
        };
        let answer = server.application(own).await.post(path, &fields).await;
        assert_refusal(&answer, 400, "invalid_grant", path);
        let other = server.application(NewApplication::public()).await;
        assert_refusal(&other.post(path, &fields).await, 401, "invalid_client", path);
    }
}

/// U0.1, U4.1, C21, C25: a form or a JSON object of strings; anything else is told in the manner of RFC 6749.
#[tokio::test(flavor = "multi_thread")]
async fn bodies() {
    const FORM: &str = "grant_type=refresh_token&refresh_token=rt-unknown";
    const JSON: &str = r#"{"grant_type":"refresh_token","refresh_token":"rt-unknown"}"#;
    let server = Server::start().await;
    let large = format!(r#"{{"grant_type":"{}"}}"#, "a".repeat(1 << 20));
    let cases = [
        ("application/x-www-form-urlencoded", FORM, 400, "invalid_grant"),
        ("application/json", JSON, 400, "invalid_grant"),
        ("Application/JSON; charset=utf-8", JSON, 400, "invalid_grant"),
        ("text/plain", JSON, 415, "invalid_request"),
        ("text/plain", FORM, 415, "invalid_request"),
        ("application/json-seq", JSON, 415, "invalid_request"),
        ("multipart/form-data; boundary=x", FORM, 415, "invalid_request"),
        ("", JSON, 415, "invalid_request"),
        ("application/json", FORM, 400, "invalid_request"),
        ("application/json", "", 400, "invalid_request"),
        ("application/json", "[]", 400, "invalid_request"),
        ("application/json", "\"grant_type\"", 400, "invalid_request"),
        ("application/json", "{}", 400, "invalid_request"),
        (
            "application/json",
            r#"{"grant_type":null}"#,
            400,
            "invalid_request",
        ),
        (
            "application/json",
            r#"{"grant_type":["refresh_token"]}"#,
            400,
            "invalid_request",
        ),
        (
            "application/json",
            r#"{"grant_type":"refresh_token","refresh_token":1}"#,
            400,
            "invalid_request",
        ),
        (
            "application/json",
            r#"{"grant_type":"refresh_token","refresh_token":"a","refresh_token":"a"}"#,
            400,
            "invalid_request",
        ),
        (
            "application/json",
            r#"{"grant_type":"refresh_token","refresh_token":"a\u0000"}"#,
            400,
            "invalid_request",
        ),
        ("application/json", large.as_str(), 413, "invalid_request"),
        (
            "application/x-www-form-urlencoded",
            large.as_str(),
            413,
            "invalid_request",
        ),
        (
            "application/x-www-form-urlencoded",
            "grant_type=a&grant_type=a",
            400,
            "invalid_request",
        ),
    ];
    for (path, profile) in DIALECTS {
        let application = server.application(NewApplication::of(profile)).await;
        for (media_type, body, status, code) in cases {
            let answer = read(raw(&application, path, media_type, body.to_owned())).await;
            let what = format!("{media_type} {} at {path}", &body[..body.len().min(60)]);
            assert_refusal(&answer, status, code, &what);
        }
        let deep = format!(r#"{{"grant_type":{}}}"#, "[".repeat(20_000));
        let answer = read(raw(&application, path, "application/json", deep)).await;
        assert_refusal(&answer, 400, "invalid_request", "a deep body");
    }
}

/// C2, C8, C9: id and secret by Basic or in the body, as members of a JSON object too; never both, never in the query.
#[tokio::test(flavor = "multi_thread")]
async fn credentials() {
    let server = Server::start().await;
    for (path, profile) in DIALECTS {
        let application = server.application(NewApplication::of(profile)).await;
        let secret = application.secret.clone().expect("a secret");
        let send = |query: &str, body: Value, basic: Option<&str>| {
            let request = client().post(format!("{}?{query}", server.at(path))).json(&body);
            read(match basic {
                Some(secret) => request.basic_auth(&application.client_id, Some(secret)),
                None => request,
            })
        };
        let bare = json!({"grant_type": "refresh_token", "refresh_token": "rt-unknown"});
        let with = |id: &str, secret: &str| {
            let mut body = bare.clone();
            body["client_id"] = id.into();
            body["client_secret"] = secret.into();
            body
        };
        let id = application.client_id.as_str();
        for (what, query, body, basic, status, code) in [
            (
                "Basic",
                "",
                bare.clone(),
                Some(secret.as_str()),
                400,
                "invalid_grant",
            ),
            ("body", "", with(id, &secret), None, 400, "invalid_grant"),
            (
                "wrong in Basic",
                "",
                bare.clone(),
                Some("wrong"),
                401,
                "invalid_client",
            ),
            (
                "wrong in the body",
                "",
                with(id, "wrong"),
                None,
                401,
                "invalid_client",
            ),
            ("none", "", bare.clone(), None, 401, "invalid_client"),
            (
                "both",
                "",
                with(id, &secret),
                Some(secret.as_str()),
                400,
                "invalid_request",
            ),
            (
                "query",
                "client_id=x",
                bare.clone(),
                Some(secret.as_str()),
                400,
                "invalid_request",
            ),
        ] {
            let answer = send(query, body, basic).await;
            assert_refusal(&answer, status, code, &format!("{what} at {path}"));
        }
    }
}

/// C1: POST alone; nothing is redirected.
#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_paths() {
    let server = Server::start().await;
    for (path, _) in DIALECTS {
        let answer = client().get(server.at(path)).send().await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &"POST".parse().expect("text"))
        );
        let slash = client().post(server.at(&format!("{path}/"))).send().await;
        assert_eq!(slash.expect("an answer").status(), 404);
    }
}

/// S4.58, C26: no dialect's token endpoint is for scripts of other origins.
#[tokio::test(flavor = "multi_thread")]
async fn no_cors() {
    let server = Server::start_with(Options::configured(|config| {
        config.cors_origins = vec!["https://app.example".to_owned()];
    }))
    .await;
    for (path, _) in DIALECTS {
        let request = client()
            .post(server.at(path))
            .header("origin", "https://app.example")
            .form(&[("grant_type", "refresh_token")]);
        let answer = read(request).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
}

/// B8: guesses at a dialect's endpoint are counted together with those at the core's.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_throttled() {
    let server = Server::start_with(Options {
        configure: |config| config.limits.failures_per_address = 2,
        ..Options::manual_clock()
    })
    .await;
    for (path, profile) in DIALECTS {
        let application = server.application(NewApplication::of(profile)).await;
        for _ in 0..2 {
            let guess = Application {
                secret: Some("guess".to_owned()),
                ..application.clone()
            };
            let fields = [("grant_type", "refresh_token")];
            assert_eq!(guess.post(path, &fields).await.status, 401);
        }
        for path in [path, "/oauth2/token"] {
            let answer = application.post(path, &[("grant_type", "refresh_token")]).await;
            assert_refusal(&answer, 429, "temporarily_unavailable", path);
            assert!(answer.headers.contains_key("retry-after"));
        }
        server.advance(std::time::Duration::from_secs(61));
    }
}

/// A limit on a client's token requests holds over all the endpoints it may use.
#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_client_are_counted_together() {
    let server = Server::start_with(Options {
        configure: |config| config.limits.token_requests_per_client = 2,
        ..Options::manual_clock()
    })
    .await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let fields = [("grant_type", "client_credentials")];
    application.post(TRUECONF, &fields).await.ok();
    application.token(&fields).await.ok();
    assert_eq!(application.post(TRUECONF, &fields).await.status, 429);
    let other = server.application(NewApplication::of(Profile::Trueconf)).await;
    other.post(TRUECONF, &fields).await.ok();
}
