//! `client_id` and `redirect_uri` of an authorization request: what is wrong with either is told on a page,
//! and no browser is ever sent to an address that was not registered.

use auth_server::domain::application::ReviewStatus;
use auth_server::domain::policy::Profile;
use auth_server::store::sql::applications;

use crate::harness::{Browser, NewApplication, Page, Server};

fn is_error_page(page: &Page, status: u16, case: &str) {
    assert_eq!(page.status, status, "{case}");
    assert_eq!(page.location(), None, "{case}");
    assert!(page.body.contains(&page.error_id()), "{case}: {}", page.body);
}

/// A browser that has signed in and one that has not: neither may be redirected.
async fn browsers(server: &Server) -> [Browser; 2] {
    [server.browser(), server.signed_in().await]
}

/// A1, A2, A12: an unknown, missing or empty client_id.
#[tokio::test]
async fn an_unknown_client_gets_a_page() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let upper = application.client_id.to_uppercase();
    for browser in browsers(&server).await {
        for client_id in [unknown, "", &upper, "' OR 1=1 --", &server.resource.client_id] {
            let (request, _) = application.request(&[("client_id", client_id)]);
            is_error_page(&browser.get_once(&request).await, 400, client_id);
        }
        let empty = format!("{}&client_id=", application.request(&[("client_id", "")]).0);
        is_error_page(&browser.get_once(&empty).await, 400, "client_id=");
        is_error_page(&browser.get_once("/oauth2/authorize").await, 400, "no query");
    }
}

/// A3, A4, S4.40: whatever is not the registered string, byte for byte, is refused.
#[tokio::test]
async fn a_redirect_uri_that_is_not_the_registered_one_gets_a_page() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    assert_eq!(application.redirect_uri, "https://app.example/callback");
    let variants = [
        "https://evil.example/",
        "https://app.example",
        "https://app.example/",
        "https://app.example/callbac",
        "https://app.example/callback/",
        "https://app.example/callback//",
        "https://app.example/callback?",
        "https://app.example/callback?x=1",
        "https://app.example/callback#",
        "https://app.example/callback#fragment",
        "https://app.example/Callback",
        "https://APP.example/callback",
        "HTTPS://app.example/callback",
        "https://user@app.example/callback",
        "https://user:pass@app.example/callback",
        "https://app.example@evil.example/callback",
        "https://app.example.evil.example/callback",
        "https://evil-app.example/callback",
        "https://evil.app.example/callback",
        "https://app.example./callback",
        "https://app.example:443/callback",
        "https://app.example:8443/callback",
        "https://app.example/%63allback",
        "https://app.example/callback%2f",
        "https://app.example/callback%00",
        "https://app.example%2fcallback",
        "https://app.example/./callback",
        "https://app.example/x/../callback",
        "https://app.example/callback/../evil",
        "https://app.example/callback;x",
        "https://app.example/callback.evil",
        "https://app.example\\callback",
        "https:\\\\app.example\\callback",
        "http://app.example/callback",
        "https:app.example/callback",
        "https:///app.example/callback",
        "//app.example/callback",
        "/callback",
        "app.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        " https://app.example/callback",
        "https://app.example/callback ",
        "https://app.example/call\tback",
        "https://app.example/callback\n",
        "https://app.example/callback\r\nLocation: https://evil.example",
        "https://app.example/callback\0",
        "https://app.example/callback\u{200b}",
        "https://app.ex\u{430}mple/callback",
    ];
    for browser in browsers(&server).await {
        for variant in variants {
            let (request, _) = application.request(&[("redirect_uri", variant)]);
            is_error_page(&browser.get_once(&request).await, 400, variant);
            // Nor does forbidding interaction get the answer there.
            let (silent, _) = application.request(&[("redirect_uri", variant), ("prompt", "none")]);
            is_error_page(&browser.get_once(&silent).await, 400, variant);
        }
    }
}

/// A4: an administrator can look up where the two differ; the page itself does not tell what is registered.
#[tokio::test]
async fn the_reason_says_where_a_redirect_uri_differs() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (request, _) = application.request(&[("redirect_uri", "https://app.example/callback/")]);
    let page = server.browser().get(&request).await;
    assert!(
        !page.body.contains("https://app.example/callback"),
        "{}",
        page.body
    );
    assert_eq!(
        server.reason(&page.error_id()).await,
        "redirect_uri differs at character 29; registered: https://app.example/callback"
    );
}

/// A6, A12: with one registered it may be left out; with none or several it may not.
#[tokio::test]
async fn a_missing_redirect_uri_is_fine_only_when_there_is_one() {
    let server = Server::start().await;
    let browser = server.signed_in().await;
    let two = ["https://app.example/a", "https://app.example/b"];
    for (registered, status) in [(&two[..1], 200), (&two[..], 400), (&[], 400)] {
        let new = NewApplication::of(Profile::Standard).redirect_uris(registered);
        let application = server.application(new).await;
        let (request, verifier) = application.request(&[("redirect_uri", "")]);
        for request in [&request, &format!("{request}&redirect_uri=")] {
            let page = browser.get(request).await;
            assert_eq!(page.status, status, "{registered:?}");
            assert_eq!(page.location(), None);
        }
        if status == 200 {
            let callback = browser.approve(&request).await;
            assert!(
                callback.0.starts_with("https://app.example/a?code="),
                "{callback:?}"
            );
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", &callback.code()),
                ("code_verifier", &verifier),
            ];
            application.token(&fields).await.ok();
        }
    }
}

/// A10: repeated, these two are as good as unknown, even where both values are the same or registered.
#[tokio::test]
async fn a_repeated_client_id_or_redirect_uri_gets_a_page() {
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Standard)
        .redirect_uris(&["https://app.example/a", "https://app.example/b"]);
    let application = server.application(new).await;
    let (request, _) = application.request(&[]);
    for browser in browsers(&server).await {
        for more in [
            format!("client_id={}", application.client_id),
            "client_id=other".to_owned(),
            "redirect_uri=https%3A%2F%2Fapp.example%2Fa".to_owned(),
            "redirect_uri=https%3A%2F%2Fapp.example%2Fb".to_owned(),
            "redirect_uri=https%3A%2F%2Fevil.example".to_owned(),
        ] {
            let page = browser.get_once(&format!("{request}&{more}")).await;
            is_error_page(&page, 400, &more);
        }
    }
}

/// A5: a native client may listen on any port of its loopback address, and nothing else may differ.
#[tokio::test]
async fn a_native_client_chooses_its_loopback_port() {
    let server = Server::start().await;
    let registered = [
        "http://127.0.0.1/cb",
        "http://[::1]:4000/cb",
        "http://localhost/cb",
    ];
    let native = server
        .application(NewApplication::public().redirect_uris(&registered))
        .await;
    let browser = server.signed_in().await;
    for uri in [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:65535/cb",
        "http://[::1]/cb",
        "http://[::1]:49152/cb",
        "http://localhost/cb",
    ] {
        let (request, verifier) = native.request(&[("redirect_uri", uri)]);
        let callback = browser.approve(&request).await;
        assert!(callback.0.starts_with(&format!("{uri}?code=")), "{callback:?}");
        let code = callback.code();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", uri),
            ("code_verifier", verifier.as_str()),
        ];
        native.token(&fields).await.ok();
    }
    for uri in [
        "http://127.0.0.1:49152/cb/",
        "http://127.0.0.1:49152/",
        "http://127.0.0.1:49152/cb?x=1",
        "http://127.0.0.1:49152/cb#x",
        "https://127.0.0.1:49152/cb",
        "http://127.0.0.2:49152/cb",
        "http://127.1:49152/cb",
        "http://2130706433:49152/cb",
        "http://localhost:49152/cb",
        "http://[0:0:0:0:0:0:0:1]:49152/cb",
        "http://[::ffff:127.0.0.1]:49152/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:-1/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://user@127.0.0.1:49152/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:49152.evil.example/cb",
        "http://127.0.0.1\\evil.example/cb",
    ] {
        let (request, _) = native.request(&[("redirect_uri", uri)]);
        is_error_page(&browser.get_once(&request).await, 400, uri);
    }
}

/// A5: the rule is for clients that cannot keep a secret, since they are the ones that run on a user's device.
#[tokio::test]
async fn a_confidential_client_has_one_loopback_port() {
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Standard).redirect_uris(&["http://127.0.0.1:8000/cb"]);
    let application = server.application(new).await;
    let browser = server.signed_in().await;
    let (request, _) = application.request(&[("redirect_uri", "http://127.0.0.1:8001/cb")]);
    is_error_page(&browser.get_once(&request).await, 400, "another port");
    let (request, _) = application.request(&[("redirect_uri", "http://127.0.0.1:8000/cb")]);
    browser.approve(&request).await.code();
}

/// S3.5: an application that is disabled or not approved gets nobody's consent, and no redirect.
#[tokio::test]
async fn an_application_that_may_not_be_used_gets_a_page() {
    let server = Server::start().await;
    let database = &server.state.services.database;
    for browser in browsers(&server).await {
        let disabled = server.application(NewApplication::of(Profile::Standard)).await;
        applications::set_disabled(database, &disabled.client_id, true)
            .await
            .expect("disabled");
        is_error_page(&browser.get_once(&disabled.request(&[]).0).await, 403, "disabled");
        for status in [
            ReviewStatus::Pending,
            ReviewStatus::OnHold,
            ReviewStatus::Rejected,
        ] {
            let application = server.application(NewApplication::of(Profile::Jiomeet)).await;
            applications::set_review(database, &application.client_id, status, None)
                .await
                .expect("reviewed");
            let page = browser.get_once(&application.request(&[]).0).await;
            is_error_page(&page, 403, status.as_str());
        }
    }
}
