//! `/oauth2/authorize`: who is answered where, with what.

use auth_server::domain::policy::Profile;
use reqwest::Method;

use crate::harness::{EMAIL, NewApplication, PASSWORD, Server, claims};
use crate::on_every_storage;

on_every_storage!(
    /// S4.41, S4.44 to S4.46, S4.51, A11: sign in, allow, exchange, use.
    the_whole_way,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.browser();
        let (request, verifier) = application.request(&[("scope", "rooms:list")]);
        let login = browser.get(&request).await;
        let consent = browser
            .submit(&login.sign_in_form(EMAIL, PASSWORD))
            .await;
        assert!(consent.body.contains("Test application"), "{}", consent.body);
        let callback = browser.submit(&consent.consent_form("allow")).await.callback();
        assert_eq!(callback.get("state").as_deref(), Some("xyz"));
        assert_eq!(callback.get("iss"), Some(server.url.clone()));
        let tokens = application.exchange(&callback.code(), &verifier).await.ok();
        assert_eq!(tokens.get("scope"), "rooms:list");
        let claims = claims(tokens.access());
        assert_eq!(claims["email"], EMAIL);
        assert_eq!(claims["sub"], claims["user_id"]);
        assert_eq!(server.introspect(tokens.access()).await["active"], true);
    }
);

/// S4.46: a code comes only after the sign-in and the consent, however the request is put.
#[tokio::test]
async fn no_code_without_sign_in_and_consent() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.browser();
    for more in [&[][..], &[("prompt", "none")], &[("response_mode", "form_post")]] {
        let (request, _) = application.request(more);
        let page = browser.get_once(&request).await;
        let leads_to = page.location().expect("a redirect");
        assert!(!leads_to.contains("code="), "{leads_to}");
    }
    let (request, _) = application.request(&[]);
    let login = browser.get(&request).await;
    let consent = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
    assert_eq!(consent.location(), None);
    assert_eq!(consent.attributes("form[action='/consent']", "method"), ["post"]);
}

/// A19, A13, S4.41: the user says no, and the application hears of it.
#[tokio::test]
async fn a_user_who_denies_sends_the_application_an_error() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let (request, _) = application.request(&[]);
    let form = browser.get(&request).await.consent_form("deny");
    let callback = browser.submit(&form).await.callback();
    assert_eq!(callback.error(), "access_denied");
    assert_eq!(callback.get("state").as_deref(), Some("xyz"));
    assert_eq!(callback.get("iss"), Some(server.url.clone()));
    assert_eq!(callback.get("code"), None);
    assert_eq!(server.audit("consent_denied").await.len(), 1);
    // A no is not remembered as a yes.
    let again = browser.get(&request).await;
    assert_eq!(again.attributes("form[action='/consent']", "method"), ["post"]);
}

/// A13, A32: a wrong request is answered only once the user has signed in, with state and iss.
#[tokio::test]
async fn an_error_is_redirected_only_after_the_sign_in() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.browser();
    let (request, _) = application.request(&[("scope", "not:registered")]);
    let first = browser.get_once(&request).await;
    let login = first.location().expect("a redirect");
    assert!(login.starts_with("/login?"), "{login}");
    let page = browser.get(&login).await;
    let callback = browser
        .submit(&page.sign_in_form(EMAIL, PASSWORD))
        .await
        .callback();
    assert!(
        callback.0.starts_with("https://app.example/callback?"),
        "{callback:?}"
    );
    assert_eq!(callback.error(), "invalid_scope");
    assert_eq!(callback.get("state").as_deref(), Some("xyz"));
    assert_eq!(callback.get("iss"), Some(server.url.clone()));
}

/// A32: the one exception is a request that forbids interaction.
#[tokio::test]
async fn with_prompt_none_an_error_is_redirected_at_once() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (request, _) = application.request(&[("scope", "not:registered"), ("prompt", "none")]);
    let callback = server.browser().get_once(&request).await.callback();
    assert_eq!(callback.error(), "invalid_scope");
    assert_eq!(callback.get("state").as_deref(), Some("xyz"));
}

/// A14: a request may come by POST, and means the same; its answer is a 303, so nothing is posted twice.
#[tokio::test]
async fn a_request_by_post_means_the_same() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let (request, verifier) = application.request(&[("state", "a+b/c=&%25 \"\u{e9}\"")]);
    let (path, query) = request.split_once('?').expect("a query");
    let post = |query: &str| {
        browser
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://app.example")
            .body(query.to_owned())
    };
    let page = browser.send(post(query)).await;
    assert_eq!(page.status, 303);
    let callback = browser.approve(&page.location().expect("a redirect")).await;
    assert_eq!(callback.get("state").as_deref(), Some("a+b/c=&%25 \"\u{e9}\""));
    application.exchange(&callback.code(), &verifier).await.ok();
    // What is wrong stays wrong on the way: a repeated parameter is still repeated.
    let doubled = browser.send(post(&format!("{query}&state=other"))).await;
    let callback = browser
        .get(&doubled.location().expect("a redirect"))
        .await
        .callback();
    assert_eq!(callback.error(), "invalid_request");
    for other in [
        "multipart/form-data; boundary=x",
        "application/json",
        "text/plain",
    ] {
        let request = browser
            .request(Method::POST, path)
            .header("content-type", other)
            .body(query.to_owned());
        assert_eq!(browser.send(request).await.status, 415, "{other}");
    }
}

/// A14: other methods are refused, HEAD among them, which must not act as a GET would.
#[tokio::test]
async fn other_methods_are_refused() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let (request, _) = application.request(&[]);
    for method in ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let method: Method = method.parse().expect("a method");
        let page = browser.send(browser.request(method.clone(), &request)).await;
        assert_eq!(page.status, 405, "{method}");
        assert_eq!(page.location(), None, "{method}");
        let mut allowed: Vec<_> = page.header("allow").split(',').map(str::trim).collect();
        allowed.retain(|name| *name != "HEAD");
        assert_eq!(allowed, ["GET", "POST"], "{method}");
    }
}

/// A22: no script of another site reads this endpoint, not even one that may call the token endpoint.
#[tokio::test]
async fn no_cross_origin_headers() {
    let options = crate::harness::Options::configured(|config| {
        config.cors_origins = vec!["https://spa.example".to_owned()];
    });
    let server = Server::start_with(options).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (request, _) = application.request(&[]);
    let browser = server.signed_in().await;
    let metadata = "/.well-known/oauth-authorization-server";
    for (method, path, may_read) in [
        (Method::GET, metadata, true),
        (Method::GET, request.as_str(), false),
        (Method::OPTIONS, request.as_str(), false),
        (Method::GET, "/login", false),
        (Method::OPTIONS, "/login", false),
        (Method::OPTIONS, "/consent", false),
    ] {
        let asked = browser
            .request(method.clone(), path)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", "POST");
        let page = browser.send(asked).await;
        let allowed = page.headers.contains_key("access-control-allow-origin");
        assert_eq!(allowed, may_read, "{method} {path}");
        assert!(!page.headers.contains_key("access-control-allow-credentials"));
    }
}

/// S4.36, S4.38, S4.55: a request without a scope is about everything the application has registered, and the
/// answer says so.
#[tokio::test]
async fn without_a_scope_it_is_about_the_registered_one() {
    let server = Server::start().await;
    let registered = "meeting:create meeting:delete meeting:update meeting:read user:read";
    let application = server
        .application(NewApplication::of(Profile::Jiomeet).scope(registered))
        .await;
    let tokens = application.tokens(&server, &[("state", "")]).await;
    let mut granted: Vec<_> = tokens.get("scope").split(' ').collect();
    granted.sort_unstable();
    let mut expected: Vec<_> = registered.split(' ').collect();
    expected.sort_unstable();
    assert_eq!(granted, expected);
    assert_eq!(claims(tokens.access())["scope"], tokens.get("scope"));
}

/// S3.16: the user signs in on a page of the server, and the tokens live for an hour and for seven days.
#[tokio::test]
async fn trueconf_lives_of_a_code_grant() {
    let server = Server::start_with(crate::harness::Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let first = application.tokens(&server, &[]).await;
    assert_eq!(first.body["expires_in"], 3600);
    server.advance(std::time::Duration::from_secs(7 * 86_400 - 1));
    application.refresh(first.refresh()).await.ok();
    server.advance(std::time::Duration::from_secs(2));
    assert_eq!(
        application.refresh(first.refresh()).await.error(),
        "invalid_grant"
    );
}

/// S4.42, S4.43, A11: state comes back byte for byte.
#[tokio::test]
async fn state_comes_back_byte_for_byte() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Jiomeet)).await;
    let browser = server.signed_in().await;
    let long = "x".repeat(2000);
    for state in [
        "eyJhIjoiPz8+Pj4iLCJiIjoxfQ==",
        "a+b/c=d==",
        "a b",
        "%2B%20%zz%",
        "\"quoted\" 'and' \\",
        "\u{e9}\u{4f1a}\u{1f600}",
        "<script>&amp;#",
        "a&code=x&iss=y",
        "line\r\nbreak\ttab",
        " ",
        &long,
    ] {
        let (request, _) = application.request(&[("state", state)]);
        for decision in ["allow", "deny"] {
            let (request, _) = match decision {
                "deny" => application.request(&[("state", state), ("prompt", "consent")]),
                _ => (request.clone(), String::new()),
            };
            let page = browser.get(&request).await;
            let callback = if page.location().is_some() {
                page.callback()
            } else {
                browser.submit(&page.consent_form(decision)).await.callback()
            };
            assert_eq!(callback.get("state").as_deref(), Some(state));
            assert_eq!(callback.get("iss"), Some(server.url.clone()), "{callback:?}");
            assert_eq!(callback.get("error").is_some(), decision == "deny");
            // Percent-encoded in full, so that no client reads it otherwise.
            let raw = callback.0.split_once("state=").expect("state").1;
            let raw = raw.split('&').next().expect("a value");
            assert!(
                raw.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"%+-._*".contains(&b)),
                "{raw}"
            );
        }
    }
}

/// A12: an empty state is no state.
#[tokio::test]
async fn an_empty_state_is_none() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let (request, _) = application.request(&[("state", "")]);
    for request in [request.clone(), format!("{request}&state=")] {
        let callback = browser.approve(&request).await;
        callback.code();
        assert_eq!(callback.get("state"), None);
    }
}
