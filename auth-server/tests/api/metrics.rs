//! `GET /metrics`. The counters are the process's, which other tests of this binary count on too: each test
//! looks at how far its own labels moved, at least.

use auth_server::domain::policy::Profile;
use reqwest::Method;

use crate::harness::{EMAIL, NewApplication, Server, client};

async fn metrics(server: &Server) -> String {
    let answer = client()
        .get(server.at("/metrics"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    answer.text().await.expect("text")
}

/// The value of one series; zero when it is not there.
fn value(metrics: &str, series: &str) -> f64 {
    metrics
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .map_or(0.0, |value| value.parse().expect("a number"))
}

/// Requests by route and status, tokens by grant, sign-ins by result, times of answers and stores.
#[tokio::test(flavor = "multi_thread")]
async fn they_count_what_happens() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let series = [
        r#"anteroom_requests_total{method="POST",route="/oauth2/token",status="200"}"#,
        r#"anteroom_requests_total{method="POST",route="/oauth2/token",status="400"}"#,
        r#"anteroom_requests_total{method="GET",route="unmatched",status="404"}"#,
        r#"anteroom_tokens_issued_total{grant="client_credentials"}"#,
        r#"anteroom_tokens_issued_total{grant="authorization_code"}"#,
        r#"anteroom_tokens_issued_total{grant="refresh_token"}"#,
        r#"anteroom_sign_ins_total{result="ok"}"#,
        r#"anteroom_sign_ins_total{result="refused"}"#,
        r#"anteroom_request_seconds_count{route="/oauth2/token"}"#,
        "anteroom_token_store_seconds_count",
        "anteroom_database_seconds_count",
    ];
    let before = metrics(&server).await;
    application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    application.token(&[("grant_type", "none")]).await.error();
    let tokens = application.tokens(&server, &[]).await;
    application.refresh(tokens.refresh()).await.ok();
    let browser = server.browser();
    let form = browser.get("/login").await.sign_in_form(EMAIL, "wrong");
    browser.submit(&form).await;
    browser.get("/nowhere").await;
    let after = metrics(&server).await;
    for series in series {
        assert!(
            value(&after, series) > value(&before, series),
            "{series} in {after}"
        );
    }
    assert!(value(&after, "anteroom_database_connections") >= 1.0);
    for secret in [tokens.access(), tokens.refresh(), &application.client_id, EMAIL] {
        assert!(!after.contains(secret), "{secret}");
    }
}

/// What clients make up, methods and paths, makes no new series: the memory of the server is not theirs to fill.
#[tokio::test(flavor = "multi_thread")]
async fn made_up_methods_and_paths_make_no_series() {
    let server = Server::start().await;
    for name in ["BREW", "X-FILL-THE-MEMORY"] {
        let method = Method::from_bytes(name.as_bytes()).expect("a method");
        let answer = client()
            .request(method, server.at(&format!("/made-up-path-{name}")))
            .send()
            .await;
        assert_eq!(answer.expect("an answer").status(), 404);
    }
    let metrics = metrics(&server).await;
    for made_up in ["BREW", "X-FILL-THE-MEMORY", "made-up-path"] {
        assert!(!metrics.contains(made_up), "{made_up}");
    }
    assert!(
        value(
            &metrics,
            r#"anteroom_requests_total{method="other",route="unmatched",status="404"}"#
        ) >= 2.0
    );
}
