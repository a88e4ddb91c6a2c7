//! What every page carries: no framing, no caching, no referrer, no code but ours; and nothing reflected raw.

use auth_server::domain::policy::Profile;
use reqwest::Method;
use scraper::{Html, Selector};

use crate::harness::{Application, EMAIL, NewApplication, Options, PASSWORD, Page, Server};

/// Every kind of page there is, by name.
async fn pages(server: &Server, application: &Application) -> Vec<(&'static str, Page)> {
    let (request, _) = application.request(&[]);
    let (form_post, _) = application.request(&[("response_mode", "form_post"), ("prompt", "none")]);
    let (unknown, _) = application.request(&[("client_id", "unknown")]);
    let (bad_redirect, _) = application.request(&[("redirect_uri", "https://evil.example")]);
    let stranger = server.browser();
    let browser = server.signed_in().await;
    let wrong = stranger.get("/login").await.sign_in_form(EMAIL, "wrong");
    let no_csrf = wrong.clone().lacking("csrf");
    let leaving = server.signed_in().await;
    let sign_out = leaving.get("/logout").await.form("/logout");
    vec![
        ("front page", browser.get("/").await),
        ("sign-in", stranger.get("/login").await),
        ("sign-in for an application", stranger.get(&request).await),
        ("wrong password", stranger.submit(&wrong).await),
        ("form expired", stranger.submit(&no_csrf).await),
        ("consent", browser.get(&request).await),
        ("sign-out", browser.get("/logout").await),
        ("signed out", leaving.submit(&sign_out).await),
        ("form post", stranger.get(&form_post).await),
        ("unknown client", stranger.get(&unknown).await),
        ("bad redirect", stranger.get(&bad_redirect).await),
        ("not found", stranger.get("/nowhere").await),
    ]
}

/// A23, A24: no page can be framed, cached, or tell others where the user was.
#[tokio::test]
async fn every_page_has_its_headers() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    for (name, page) in pages(&server, &application).await {
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{name}");
        assert_eq!(page.header("cache-control"), "no-store", "{name}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{name}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{name}");
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{name}: {policy}");
    }
}

/// A24: nothing on a page is fetched from elsewhere, and no code or style is inline.
#[tokio::test]
async fn no_page_loads_from_elsewhere() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    for (name, page) in pages(&server, &application).await {
        for (selector, attribute) in [
            ("[src]", "src"),
            ("link", "href"),
            ("[srcset]", "srcset"),
            ("object", "data"),
        ] {
            for address in page.attributes(selector, attribute) {
                assert!(address.starts_with("/assets/"), "{name}: {address}");
                assert_eq!(
                    server.browser().get(&address).await.status,
                    200,
                    "{name}: {address}"
                );
            }
        }
        assert!(page.texts("script").concat().is_empty(), "{name}");
        assert!(page.texts("style").is_empty(), "{name}");
        let html = Html::parse_document(&page.body);
        let all = Selector::parse("*").expect("a selector");
        let inline = html
            .select(&all)
            .flat_map(|element| element.value().attrs())
            .find(|(attribute, _)| attribute.starts_with("on") || *attribute == "style");
        assert_eq!(inline, None, "{name}");
    }
}

/// A24: a form that ends at the application lets form-action leave this server by the application's scheme, for
/// wherever the application sends the user on to.
#[tokio::test]
async fn form_action_leads_to_the_application() {
    let server = Server::start().await;
    for (uri, public, source) in [
        ("https://app.example/callback", false, "https:"),
        ("http://localhost:9000/cb", false, "http: https:"),
        ("http://[::1]:9000/cb", true, "http: https:"),
        ("com.example.app:/cb", true, "com.example.app:"),
    ] {
        let mut new = NewApplication::of(Profile::Standard).redirect_uris(&[uri]);
        new.public = public;
        let application = server.application(new).await;
        let (request, _) = application.request(&[]);
        let browser = server.browser();
        let login = browser.get(&request).await;
        let consent = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
        for page in [login, consent] {
            let policy = page.header("content-security-policy");
            let directive = policy.split("; ").find(|part| part.starts_with("form-action"));
            assert_eq!(
                directive,
                Some(format!("form-action 'self' {source}").as_str()),
                "{uri}"
            );
        }
    }
}

/// A25: after a POST the browser is sent on with 303, so that it never posts a password elsewhere.
#[tokio::test]
async fn a_post_is_answered_with_303() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (request, _) = application.request(&[]);
    let browser = server.browser();
    let login = browser.get(&request).await.sign_in_form(EMAIL, PASSWORD);
    let signed_in = browser.submit_once(&login).await;
    let consent = browser.get(&signed_in.location().expect("a redirect")).await;
    let allowed = browser.submit_once(&consent.consent_form("allow")).await;
    let (path, query) = request.split_once('?').expect("a query");
    let post = browser
        .request(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded");
    let posted = browser.send(post.body(query.to_owned())).await;
    let sign_out = browser.get("/logout?return_to=%2Flogin").await.form("/logout");
    let signed_out = browser.submit_once(&sign_out).await;
    for (name, page) in [
        ("login", signed_in),
        ("consent", allowed),
        ("authorize", posted),
        ("logout", signed_out),
    ] {
        assert_eq!(page.status, 303, "{name}");
        assert_eq!(page.header("cache-control"), "no-store", "{name}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{name}");
    }
}

/// A26: names, scopes, hints and errors are text on a page, whatever they hold.
#[tokio::test]
async fn what_is_reflected_is_escaped() {
    let server = Server::start().await;
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";
    let scope = "x'><script>alert(1)</script>";
    let application = server
        .application(NewApplication::of(Profile::Standard).name(hostile).scope(scope))
        .await;
    let browser = server.browser();
    let login = browser
        .get(&application.request(&[("login_hint", hostile)]).0)
        .await;
    assert_eq!(login.attributes("#email", "value"), [hostile]);
    assert_eq!(login.texts(".lead bdi"), [hostile]);
    let again = browser.submit(&login.sign_in_form(hostile, hostile)).await;
    assert_eq!(again.attributes("#email", "value"), [hostile]);
    assert_eq!(again.attributes("#password", "value"), [""; 0]);
    let consent = browser.submit(&again.sign_in_form(EMAIL, PASSWORD)).await;
    assert_eq!(consent.texts("h1 bdi"), [hostile]);
    assert_eq!(consent.attributes("input[name='scope']", "value"), [scope]);
    let encoded: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
    let (bad_redirect, _) = application.request(&[("redirect_uri", hostile)]);
    let error = browser.get(&bad_redirect).await;
    let unknown = browser
        .get(&application.request(&[("client_id", hostile)]).0)
        .await;
    let nowhere = browser.get(&format!("/{encoded}?ui_locales={encoded}")).await;
    let return_to = browser.get(&format!("/login?return_to={encoded}")).await;
    for page in [login, again, consent, error, unknown, nowhere, return_to] {
        assert!(
            page.attributes("script, [onerror], img[src='x']", "src")
                .is_empty(),
            "{}",
            page.body
        );
        assert!(page.texts("script").is_empty(), "{}", page.body);
    }
    // In a redirect the same stays within its parameter, in the characters that RFC 6749 allows.
    let (wrong, _) = application.request(&[("scope", "y<script>&error=none#")]);
    let callback = browser.get(&wrong).await.callback();
    assert_eq!(callback.error(), "invalid_scope");
    let (_, query) = callback.0.split_once('?').expect("a query");
    assert!(
        query
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"&=%+-._*".contains(&b)),
        "{query}"
    );
    assert_eq!(callback.0.matches("error=").count(), 1);
}

/// The page of parts is there in development alone.
#[tokio::test]
async fn the_style_page_is_for_development() {
    let server = Server::start().await;
    let page = server.browser().get("/docs/style").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("button-danger"));
    let public = Server::start_with(Options::configured(|config| {
        config.issuer_url = "https://sign-in.example".to_owned();
    }))
    .await;
    assert_eq!(public.browser().get("/docs/style").await.status, 404);
}
