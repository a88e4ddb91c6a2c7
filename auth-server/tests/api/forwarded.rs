//! B13: what a request says about the server's own name and the client's address is not believed.

use auth_server::domain::policy::Profile;
use reqwest::{Method, RequestBuilder};

use crate::harness::{Browser, EMAIL, NewApplication, Options, PASSWORD, Server};

fn spoofed(browser: &Browser, method: Method, path: &str) -> RequestBuilder {
    let mut request = browser.request(method, path).header("host", "evil.example");
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "4443"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-original-url", "/evil.example"),
        ("x-rewrite-url", "/evil.example"),
        ("forwarded", "for=192.0.2.1;host=evil.example;proto=https"),
        ("x-forwarded-for", "192.0.2.1"),
    ] {
        request = request.header(name, value);
    }
    request
}

/// B13: no header changes what metadata says, where a page leads, or where the browser is sent, not even when a
/// trusted proxy sends it: the issuer is a setting.
#[tokio::test]
async fn the_servers_name_is_a_setting() {
    let trusting = |config: &mut auth_server::config::Config| {
        config.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
    };
    for configure in [|_: &mut _| {}, trusting] {
        let server = Server::start_with(Options::configured(configure)).await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.browser();
        for path in [
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ] {
            let plain = browser.get(path).await;
            let page = browser.send(spoofed(&browser, Method::GET, path)).await;
            assert_eq!(page.status, 200);
            assert_eq!(page.body, plain.body);
        }
        let (request, verifier) = application.request(&[]);
        let page = browser.send(spoofed(&browser, Method::GET, &request)).await;
        let login = page.location().expect("a redirect");
        assert!(login.starts_with("/login?"), "{login}");
        let page = browser.send(spoofed(&browser, Method::GET, &login)).await;
        assert!(!page.body.contains("evil.example"), "{}", page.body);
        let form = page.sign_in_form(EMAIL, PASSWORD);
        let signed_in = browser
            .send(spoofed(&browser, Method::POST, "/login").form(&form.fields))
            .await;
        assert!(
            signed_in.set_cookies()[0].starts_with("anteroom_session="),
            "no Secure cookie by a header's word"
        );
        let consent = browser
            .get(&signed_in.location().expect("a redirect"))
            .await
            .consent_form("allow");
        let answer = browser
            .send(spoofed(&browser, Method::POST, "/consent").form(&consent.fields))
            .await;
        let callback = answer.callback();
        assert_eq!(callback.get("iss"), Some(server.url.clone()));
        let tokens = application.exchange(&callback.code(), &verifier).await.ok();
        assert_eq!(crate::harness::claims(tokens.access())["iss"], server.url);
    }
}

/// B13: the address in the audit log is the peer's, or what a trusted proxy added last.
#[tokio::test]
async fn the_address_is_the_peers_unless_a_trusted_proxy_names_it() {
    let trusting = |config: &mut auth_server::config::Config| {
        config.trusted_proxies = vec!["127.0.0.1".to_owned(), "10.0.0.0/8".to_owned()];
    };
    let distrusting = |config: &mut auth_server::config::Config| {
        config.trusted_proxies = vec!["10.0.0.0/8".to_owned()];
    };
    for (configure, chain, address) in [
        (trusting as fn(&mut _), "192.0.2.1", "192.0.2.1"),
        (trusting, "198.51.100.1, 192.0.2.1", "192.0.2.1"),
        (trusting, "198.51.100.1, 192.0.2.1, 10.1.2.3", "192.0.2.1"),
        (trusting, "10.1.2.3", "127.0.0.1"),
        (trusting, "", "127.0.0.1"),
        (trusting, "junk", "127.0.0.1"),
        (trusting, "::ffff:192.0.2.1", "192.0.2.1"),
        (distrusting, "192.0.2.1", "127.0.0.1"),
        (distrusting, "10.1.2.3", "127.0.0.1"),
    ] {
        let server = Server::start_with(Options::configured(configure)).await;
        let browser = server.browser();
        let form = browser.get("/login").await.sign_in_form(EMAIL, "wrong");
        let request = browser
            .request(Method::POST, "/login")
            .header("x-forwarded-for", chain);
        browser.send(request.form(&form.fields)).await;
        let rows = server.audit("sign_in_failed").await;
        assert_eq!(rows[0].address.as_deref(), Some(address), "{chain}");
    }
}
