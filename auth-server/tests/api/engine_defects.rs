//! The known defects of the engine that show at the authorization endpoint or in types. The others are covered,
//! each by its number, where they belong: 2, 12, 14, 19 in `authorization_code`, 3 and 16 in `refresh`, 4 in
//! `client_authentication`, 5 and 9 in `client_credentials`, 1, 6, 10 and 17 in `token_endpoint`, 7 in
//! `access_token`, 18 in `profiles`.

use auth_server::domain::policy::{Policy, Profile};
use token_format::scope::ScopeSet;

use crate::harness::{Callback, NewApplication, Server, client};

/// Defect 1: the redirect of an error says `error_description`, not `description`, and never `uri`.
#[tokio::test(flavor = "multi_thread")]
async fn error_description_in_the_redirect() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (request, _) = application.request(&[("scope", "rooms:delete")]);
    let callback = server.signed_in().await.get(&request).await.callback();
    assert_eq!(callback.error(), "invalid_scope");
    assert!(callback.get("error_description").is_some());
    for name in ["description", "uri", "code"] {
        assert!(callback.get(name).is_none(), "{name}");
    }
}

/// Defect 6: a repeated parameter of an authorization request is an error, never an absent one: neither the whole
/// default scope nor a request without PKCE comes of it, where PKCE is optional, too.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_parameters_of_a_request() {
    let server = Server::start().await;
    let browser = server.signed_in().await;
    for profile in [Profile::Standard, Profile::Trueconf] {
        let application = server.application(NewApplication::of(profile)).await;
        let (request, _) = application.request(&[("scope", "rooms:list")]);
        for more in [
            "&scope=rooms:create",
            "&scope=rooms:list",
            "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "&code_challenge_method=S256",
            "&response_type=code",
            "&state=2",
            "&unknown=1&unknown=1",
        ] {
            let callback = browser.get(&format!("{request}{more}")).await.callback();
            assert_eq!(callback.error(), "invalid_request", "{profile} {more}");
            assert!(callback.get("code").is_none());
        }
        let empty = browser.get(&format!("{request}&scope=&code_challenge=")).await;
        assert_eq!(empty.status, 200, "an empty one is no repetition: {}", empty.body);
    }
}

/// Defect 8, as far as this server is asked: a challenge's parameters are separated by commas (RFC 7235 2.1).
#[tokio::test(flavor = "multi_thread")]
async fn challenge_has_commas() {
    let server = Server::start().await;
    let form = [("grant_type", "client_credentials"), ("token", "x")];
    for request in [
        client().post(server.at("/oauth2/token")).form(&form),
        client().post(server.at("/oauth2/introspect")).form(&form),
        client().post(server.at("/oauth2/revoke")).form(&form),
        client().get(server.at("/oauth2/revocations")),
    ] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 401);
        assert_eq!(
            response.headers()["www-authenticate"],
            "Basic realm=\"Anteroom\", charset=\"UTF-8\""
        );
    }
}

/// Defect 11: codes that the engine does not know.
#[tokio::test(flavor = "multi_thread")]
async fn codes_beyond_the_engines() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let error = async |signed_in: bool, more: &[(&str, &str)]| {
        let browser = if signed_in {
            server.signed_in().await
        } else {
            server.browser()
        };
        let (request, _) = application.request(more);
        browser.get(&request).await.callback().error()
    };
    assert_eq!(error(false, &[("prompt", "none")]).await, "login_required");
    assert_eq!(error(true, &[("prompt", "none")]).await, "consent_required");
    let resource = [("resource", "https://unknown.example")];
    assert_eq!(error(true, &resource).await, "invalid_target");
    assert_eq!(error(true, &[("request", "x")]).await, "request_not_supported");
    let request_uri = [("request_uri", "https://x.example")];
    assert_eq!(error(true, &request_uri).await, "request_uri_not_supported");
    let answer = application
        .token(&[("grant_type", "client_credentials"), resource[0]])
        .await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_target"));
}

/// Defect 12: a redirect is the registered text with parameters appended, not a normalised URL.
#[tokio::test(flavor = "multi_thread")]
async fn redirect_is_not_normalised() {
    let server = Server::start().await;
    for uri in [
        "https://APP.example:443/a/../b/%7Ecallback?x=1&y=%C3%A9",
        "https://app.example",
        "https://localhost/",
    ] {
        let new = NewApplication::of(Profile::Standard).redirect_uris(&[uri]);
        let application = server.application(new).await;
        let browser = server.signed_in().await;
        let (request, verifier) = application.request(&[]);
        let Callback(location) = browser.approve(&request).await;
        let joint = if uri.contains('?') { '&' } else { '?' };
        assert!(location.starts_with(&format!("{uri}{joint}code=")), "{location}");
        let code = Callback(location).code();
        application.exchange(&code, &verifier).await.ok();
    }
}

/// Defect 13, A5 (RFC 8252 7.3): a native application's loopback address works with any port, by its IP literals; the
/// exchange must repeat the port that was asked for.
#[tokio::test(flavor = "multi_thread")]
async fn loopback_ports() {
    let server = Server::start().await;
    for host in ["127.0.0.1", "[::1]"] {
        let registered = format!("http://{host}/callback");
        let new = NewApplication::public().redirect_uris(&[&registered]);
        let application = server.application(new).await;
        let asked = format!("http://{host}:51004/callback");
        let (request, verifier) = application.request(&[("redirect_uri", &asked)]);
        let browser = server.signed_in().await;
        let Callback(location) = browser.approve(&request).await;
        assert!(location.starts_with(&format!("{asked}?code=")), "{location}");
        let exchange = async |redirect_uri: &str, code: &str| {
            application
                .token(&[
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", redirect_uri),
                    ("code_verifier", &verifier),
                ])
                .await
        };
        let code = Callback(location).code();
        exchange(&asked, &code).await.ok();
        let Callback(location) = browser.approve(&request).await;
        let code = Callback(location).code();
        assert_eq!(exchange(&registered, &code).await.error(), "invalid_grant");
        let elsewhere = format!("http://{host}:51004/other");
        let (request, _) = application.request(&[("redirect_uri", &elsewhere)]);
        let page = browser.get(&request).await;
        assert!(
            page.location().is_none() && page.status == 400,
            "{elsewhere}: {}",
            page.status
        );
    }
}

/// Defect 15: scopes and policies can be read from owned text: from a database's column or a stream, not only from a
/// borrowed slice.
#[test]
fn types_deserialize_from_owned_text() {
    let scope: ScopeSet = "rooms:list rooms:create".parse().expect("a scope");
    let value = serde_json::to_value(&scope).expect("JSON");
    assert_eq!(value, "rooms:create rooms:list");
    assert_eq!(serde_json::from_value::<ScopeSet>(value).expect("read"), scope);
    for profile in Profile::ALL {
        let text = serde_json::to_vec(&profile.policy()).expect("JSON");
        let read: Policy = serde_json::from_reader(text.as_slice()).expect("read from a stream");
        assert_eq!(read, profile.policy());
    }
}
