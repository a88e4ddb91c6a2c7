//! `/login`: who gets in, what a failure tells, and where the user is sent afterwards.

use std::cell::Cell;

use auth_server::domain::policy::Profile;
use futures_util::future::join_all;
use reqwest::Method;

use crate::harness::{Browser, EMAIL, NewApplication, Options, PASSWORD, Page, Server};

async fn attempt(server: &Server, email: &str, password: &str) -> Page {
    let browser = server.browser();
    let page = browser.get("/login").await;
    browser.submit_once(&page.sign_in_form(email, password)).await
}

/// The page without what differs from one visit to the next.
fn comparable(page: &Page, email: &str) -> String {
    let csrf = page.form("/login").value("csrf").expect("csrf").to_owned();
    page.body.replace(&csrf, "CSRF").replace(email, "EMAIL")
}

/// B7: an unknown user, a wrong password and a blocked user look the same, down to the byte.
#[tokio::test]
async fn failures_look_alike() {
    let server = Server::start().await;
    let blocked = server.add_user("blocked@example.com", PASSWORD).await;
    let accounts = server.state.services.accounts();
    assert!(accounts.set_disabled(blocked.id, true).await.expect("blocked"));
    let long = "x".repeat(5000);
    let wrong = attempt(&server, EMAIL, "wrong").await;
    assert_eq!(wrong.status, 401);
    let text = "go together";
    assert!(wrong.body.contains(text), "{}", wrong.body);
    for (email, password) in [
        ("nobody@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("blocked@example.com", PASSWORD),
        ("blocked@example.com", "wrong"),
        (EMAIL, ""),
        (EMAIL, &long),
        (EMAIL, "Correct horse battery"),
        (EMAIL, "correct horse battery "),
        ("not an address", "wrong"),
        ("' OR '1'='1", "' OR '1'='1"),
    ] {
        let page = attempt(&server, email, password).await;
        assert_eq!(page.status, 401, "{email} {password}");
        assert_eq!(page.set_cookies().len(), wrong.set_cookies().len());
        let escaped = email.replace('\'', "&#39;");
        assert_eq!(
            comparable(&page, &escaped),
            comparable(&wrong, EMAIL),
            "{email} {password}"
        );
    }
    // An administrator can tell them apart.
    let rows = server.audit("sign_in_failed").await;
    for reason in ["no such user", "wrong password", "the user is blocked"] {
        assert!(rows.iter().any(|row| row.detail == reason), "{reason}");
    }
}

/// B7: an unknown user is not answered sooner than a wrong password: both wait for the pool that hashes, behind all
/// who were there before. (That a hash costs the same for both is a test of `passwords`.)
#[tokio::test]
async fn failures_take_alike() {
    let server = Server::start_with(Options::configured(|config| config.passwords.parallel = 1)).await;
    let services = &server.state.services;
    for email in [EMAIL, "nobody@example.com"] {
        let finished = Cell::new(0);
        let earlier = join_all((0..6).map(|n| {
            let finished = &finished;
            async move {
                let hash = services.passwords.hash(format!("password {n}")).await;
                finished.set(finished.get() + 1);
                hash.expect("a hash")
            }
        }));
        let attempt = async {
            let found = services.check_password(email, "wrong", email, None).await;
            assert!(found.expect("an answer").is_none());
            finished.get()
        };
        let (_, finished_before) = tokio::join!(earlier, attempt);
        assert_eq!(finished_before, 6, "{email}");
    }
}

/// The address of a user is the same in any case.
#[tokio::test]
async fn the_right_password_gets_in() {
    let server = Server::start().await;
    for email in [EMAIL, "ALICE@example.com", " alice@EXAMPLE.com "] {
        let page = attempt(&server, email, PASSWORD).await;
        assert_eq!(page.status, 303, "{email}");
        assert_eq!(page.location().as_deref(), Some("/"));
    }
    assert_eq!(server.audit("sign_in").await.len(), 3);
}

/// B11: credentials in a URL do not sign in, by GET or in the query of a POST.
#[tokio::test]
async fn credentials_in_a_url_are_not_read() {
    let server = Server::start().await;
    let browser = server.browser();
    let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form.fields)
        .finish();
    let address = format!("/login?{query}");
    let page = browser.get_once(&address).await;
    assert_eq!(page.status, 200);
    assert!(
        !page.body.contains(PASSWORD) && !page.body.contains(EMAIL),
        "{}",
        page.body
    );
    let empty: [(&str, &str); 0] = [];
    let posted = browser
        .send(browser.request(Method::POST, &address).form(&empty))
        .await;
    assert_eq!(posted.status, 403);
    let without_password = form.clone().lacking("password");
    let posted = browser
        .send(
            browser
                .request(Method::POST, &address)
                .form(&without_password.fields),
        )
        .await;
    assert_eq!(posted.status, 401);
    assert_eq!(browser.cookie("anteroom_session"), None);
}

/// B3: a sign-in that the page of this browser did not send is refused, so that nobody is signed in to a
/// stranger's account.
#[tokio::test]
async fn a_sign_in_from_elsewhere_is_refused() {
    let server = Server::start().await;
    let browser = server.browser();
    let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    let foreign = server.browser().get("/login").await;
    let foreign = foreign.form("/login").value("csrf").expect("csrf").to_owned();
    let own = form.value("csrf").expect("csrf").to_owned();
    let refused = async |browser: &Browser, fields: &[(String, String)], header: (&str, &str), case: &str| {
        let request = browser.request(Method::POST, "/login").header(header.0, header.1);
        let page = browser.send(request.form(fields)).await;
        assert_eq!(page.status, 403, "{case}");
        assert_eq!(page.location(), None, "{case}");
        assert_eq!(browser.cookie("anteroom_session"), None, "{case}");
    };
    let none = ("x-none", "x");
    let flipped: String = own.chars().rev().collect();
    for (token, case) in [
        (foreign.as_str(), "another browser's"),
        ("", "empty"),
        ("x", "junk"),
        (&flipped, "reversed"),
    ] {
        refused(&browser, &form.clone().with("csrf", token).fields, none, case).await;
    }
    refused(&browser, &form.clone().lacking("csrf").fields, none, "missing").await;
    refused(&browser, &form.clone().and("csrf", &own).fields, none, "twice").await;
    refused(&server.browser(), &form.fields, none, "no cookie").await;
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "http://localhost"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        refused(&browser, &form.fields, header, header.1).await;
    }
    let request = browser
        .request(Method::POST, "/login")
        .header("origin", &server.url)
        .header("sec-fetch-site", "same-origin");
    let page = browser.send(request.form(&form.fields)).await;
    assert_eq!(page.status, 303, "the same form from our own page");
}

/// A31: after the sign-in the user goes to a page of this server or to its front page, never elsewhere.
#[tokio::test]
async fn return_to_leads_nowhere_else() {
    let server = Server::start().await;
    for evil in [
        "https://evil.example",
        "http:evil.example",
        "https:evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\n/evil.example",
        "/x\r\nLocation: https://evil.example",
        "evil.example",
        "javascript:alert(1)",
        "?x",
        "",
        "/caf\u{e9}",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let browser = server.browser();
        let page = browser.get(&format!("/login?return_to={encoded}")).await;
        let form = page.sign_in_form(EMAIL, PASSWORD);
        assert_eq!(form.value("return_to"), Some("/"), "shown {evil:?}");
        let page = browser.submit_once(&form.with("return_to", evil)).await;
        assert_eq!(page.location().as_deref(), Some("/"), "posted {evil:?}");
    }
    // Encoded slashes are part of a path here, not the beginning of a host.
    for path in [
        "/%2f%2fevil.example",
        "/%2fevil.example",
        "/%5cevil.example",
        "/@evil.example",
    ] {
        let browser = server.browser();
        let form = browser.get("/login").await.sign_in_form(EMAIL, PASSWORD);
        let page = browser.submit_once(&form.with("return_to", path)).await;
        let location = page.location().expect("a redirect");
        let origin: url::Url = server.url.parse().expect("an address");
        let led_to = origin.join(&location).expect("an address");
        assert_eq!(led_to.origin(), origin.origin(), "{path}");
    }
}

/// A31 for the other two pages that go back to where the user was.
#[tokio::test]
async fn language_and_logout_lead_nowhere_else() {
    let server = Server::start().await;
    for evil in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "/\t/evil.example",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let page = server
            .browser()
            .get_once(&format!("/language?set=fr&return_to={encoded}"))
            .await;
        assert_eq!(page.location().as_deref(), Some("/"), "{evil:?}");
        let browser = server.signed_in().await;
        let page = browser.get(&format!("/logout?return_to={encoded}")).await;
        let form = page.form("/logout");
        assert_eq!(form.value("return_to"), None, "{evil:?}");
        assert_eq!(
            browser
                .submit_once(&form.with("return_to", evil))
                .await
                .location(),
            None,
            "{evil:?}"
        );
    }
    let page = server
        .browser()
        .get_once("/language?set=fr&return_to=%2Flogin")
        .await;
    assert_eq!(page.location().as_deref(), Some("/login"));
}

/// S4.44: the page says for whom the user signs in, and starts with the address the application hinted at.
#[tokio::test]
async fn the_page_names_the_application() {
    let server = Server::start().await;
    let application = server
        .application(NewApplication::of(Profile::Standard).name("Planner"))
        .await;
    let (request, _) = application.request(&[("login_hint", EMAIL)]);
    let page = server.browser().get(&request).await;
    assert!(page.texts(".lead").concat().contains("Planner"), "{}", page.body);
    assert_eq!(page.attributes("#email", "value"), [EMAIL]);
    assert!(
        server
            .browser()
            .get("/login")
            .await
            .attributes("#email", "value")
            .is_empty()
    );
}
