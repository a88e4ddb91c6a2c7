//! `/.well-known/*`: what is advertised works, and what works is advertised.

use std::collections::BTreeSet;

use auth_server::domain::policy::Profile;
use serde_json::Value;

use crate::harness::{EMAIL, NewApplication, PASSWORD, Server, Tokens, claims, client, read};

async fn metadata(server: &Server, path: &str) -> Value {
    let answer = client().get(server.at(path)).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json().await.expect("JSON")
}

async fn advertised(server: &Server, member: &str) -> BTreeSet<String> {
    let metadata = metadata(server, "/.well-known/oauth-authorization-server").await;
    let values = metadata[member]
        .as_array()
        .unwrap_or_else(|| panic!("no {member}"));
    values
        .iter()
        .map(|value| value.as_str().expect("text").to_owned())
        .collect()
}

/// G1, B13: the issuer is the configured one, byte for byte, whatever the request says about hosts; it is the
/// issuer of tokens; both documents say the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_is_exact() {
    let server = Server::start().await;
    let core = metadata(&server, "/.well-known/oauth-authorization-server").await;
    assert_eq!(core["issuer"], server.url);
    assert_eq!(metadata(&server, "/.well-known/openid-configuration").await, core);
    let request = client()
        .get(server.at("/.well-known/oauth-authorization-server"))
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example;proto=https");
    assert_eq!(read(request).await.body, core);
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let token = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    assert_eq!(claims(token.access())["iss"], core["issuer"]);
    assert_eq!(server.introspect(token.access()).await["iss"], core["issuer"]);
}

/// G3: every URL is below the issuer and answers; every member that RFC 8414 demands is there.
#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_answers() {
    let server = Server::start().await;
    let metadata = metadata(&server, "/.well-known/oauth-authorization-server").await;
    let mut endpoints = 0;
    for (name, value) in metadata.as_object().expect("an object") {
        let Some(url) = value.as_str().filter(|_| name != "issuer") else {
            continue;
        };
        endpoints += 1;
        assert!(url.starts_with(&format!("{}/", server.url)), "{name} {url}");
        let [get, post] = [client().get(url), client().post(url)].map(reqwest::RequestBuilder::send);
        let (get, post) = (get.await.expect("an answer"), post.await.expect("an answer"));
        let statuses = [get.status().as_u16(), post.status().as_u16()];
        assert!(!statuses.contains(&404), "{name} {url}");
        assert!(statuses != [405, 405], "{name} {url}");
    }
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
    ] {
        assert!(!metadata[member].is_null(), "{member}");
    }
    assert!(endpoints >= 6);
}

/// G3: each advertised grant gives a token; those that are not advertised are refused as unsupported.
#[tokio::test(flavor = "multi_thread")]
async fn grants() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Trueconf)).await;
    let advertised = advertised(&server, "grant_types_supported").await;
    for grant in &advertised {
        let answer = match grant.as_str() {
            "authorization_code" => application.tokens(&server, &[]).await,
            "refresh_token" => {
                let first = application.tokens(&server, &[]).await;
                application.refresh(first.refresh()).await
            }
            "client_credentials" => application.token(&[("grant_type", "client_credentials")]).await,
            "password" => {
                application
                    .token(&[
                        ("grant_type", "password"),
                        ("username", EMAIL),
                        ("password", PASSWORD),
                    ])
                    .await
            }
            // Each has tests of its own beside its endpoint.
            "urn:ietf:params:oauth:grant-type:device_code" => {
                let answer = application.token(&[("grant_type", grant)]).await;
                assert_ne!(answer.error(), "unsupported_grant_type");
                continue;
            }
            other => panic!("{other} is advertised, and nothing here shows that it works"),
        };
        answer.ok().access();
    }
    for grant in [
        "implicit",
        "Client_Credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:openid:params:grant-type:ciba",
    ] {
        if !advertised.contains(grant) {
            let answer = application.token(&[("grant_type", grant)]).await;
            assert_eq!(
                (answer.status, answer.error()),
                (400, "unsupported_grant_type"),
                "{grant}"
            );
        }
    }
}

/// G3: each advertised way of client authentication works at each endpoint that advertises it, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn client_authentication_methods() {
    let server = Server::start().await;
    let confidential = server.application(NewApplication::of(Profile::Standard)).await;
    let public = server.application(NewApplication::public()).await;
    let secret = confidential.secret.clone().expect("a secret");
    for (path, member) in [
        ("/oauth2/token", "token_endpoint_auth_methods_supported"),
        (
            "/oauth2/introspect",
            "introspection_endpoint_auth_methods_supported",
        ),
        ("/oauth2/revoke", "revocation_endpoint_auth_methods_supported"),
    ] {
        let methods = advertised(&server, member).await;
        for method in [
            "client_secret_basic",
            "client_secret_post",
            "none",
            "client_secret_jwt",
            "private_key_jwt",
        ] {
            let mut fields = vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
                ("token", "x"),
            ];
            let request = client().post(server.at(path));
            let request = match method {
                "client_secret_basic" => request.basic_auth(&confidential.client_id, Some(&secret)),
                "client_secret_post" => {
                    fields.extend([
                        ("client_id", confidential.client_id.as_str()),
                        ("client_secret", &secret),
                    ]);
                    request
                }
                "none" => {
                    fields.push(("client_id", &public.client_id));
                    request
                }
                _ => {
                    fields.extend([
                        ("client_id", confidential.client_id.as_str()),
                        (
                            "client_assertion_type",
                            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        ),
                        ("client_assertion", "e30.e30.e30"),
                    ]);
                    request
                }
            };
            let answer: Tokens = read(request.form(&fields)).await;
            if method.ends_with("_jwt") {
                assert_eq!(answer.error(), "invalid_client", "{method} at {path}");
            } else if methods.contains(method) {
                assert_ne!(answer.status, 401, "{method} at {path}: {}", answer.body);
            } else {
                assert_eq!(answer.error(), "invalid_client", "{method} at {path}");
            }
        }
    }
}

/// G1, G3, A8, A17, A27: response types, response modes and challenge methods.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_authorization_endpoint_takes() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let answer = async |more: &[(&str, &str)]| {
        let page = browser.get_once(&application.request(more).0).await;
        match page.location() {
            Some(location) => crate::harness::query(&location, "error").expect("an error"),
            None => page.status.as_u16().to_string(),
        }
    };
    for (member, parameter, candidates, refusal) in [
        (
            "response_types_supported",
            "response_type",
            &["code", "token", "id_token", "code token", "code id_token", "none"][..],
            &["unsupported_response_type"][..],
        ),
        (
            "response_modes_supported",
            "response_mode",
            &["query", "form_post", "fragment", "jwt", "web_message"],
            &["invalid_request"],
        ),
        (
            "code_challenge_methods_supported",
            "code_challenge_method",
            &["S256", "plain", "none", "s256"],
            &["invalid_request"],
        ),
    ] {
        let advertised = advertised(&server, member).await;
        for candidate in candidates {
            let got = answer(&[(parameter, candidate)]).await;
            if advertised.contains(*candidate) {
                assert_eq!(got, "200", "{parameter}={candidate}: the consent page");
            } else if got == "200" {
                panic!("{parameter}={candidate} is not advertised, and works");
            } else {
                // An unknown way back cannot be told the way back, so that may be an error page.
                assert!(
                    refusal.contains(&got.as_str()) || got == "400",
                    "{parameter}={candidate}: {got}"
                );
            }
        }
        let known: BTreeSet<_> = candidates.iter().map(|name| (*name).to_owned()).collect();
        assert!(advertised.is_subset(&known), "{member}: {advertised:?}");
    }
    assert!(
        !advertised(&server, "code_challenge_methods_supported")
            .await
            .contains("plain")
    );
}

/// G3, A30: the flags say what happens.
#[tokio::test(flavor = "multi_thread")]
async fn flags() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let metadata = metadata(&server, "/.well-known/oauth-authorization-server").await;
    let browser = server.signed_in().await;
    assert_eq!(metadata["request_parameter_supported"], false);
    let request = application.request(&[("request", "e30.e30.")]).0;
    assert_eq!(
        browser.get(&request).await.callback().error(),
        "request_not_supported"
    );
    if metadata["request_uri_parameter_supported"] == false {
        let request = application.request(&[("request_uri", "https://app.example/r")]).0;
        assert_eq!(
            browser.get(&request).await.callback().error(),
            "request_uri_not_supported"
        );
    }
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let callback = browser.approve(&application.request(&[]).0).await;
    assert_eq!(callback.get("iss").as_deref(), Some(server.url.as_str()));
}

/// G3: prompts and languages.
#[tokio::test(flavor = "multi_thread")]
async fn prompts_and_languages() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    browser.approve(&application.request(&[]).0).await;
    for prompt in advertised(&server, "prompt_values_supported").await {
        let page = browser
            .get_once(&application.request(&[("prompt", &prompt)]).0)
            .await;
        let location = page.location().unwrap_or_default();
        let shown = match prompt.as_str() {
            "none" => location.starts_with(&application.redirect_uri) && location.contains("code="),
            "login" | "select_account" => location.starts_with("/login"),
            "consent" => page.status == 200 && page.body.contains("/consent"),
            other => panic!("{other} is advertised, and nothing here shows that it works"),
        };
        assert!(shown, "{prompt}: {} {location}", page.status);
    }
    for tag in advertised(&server, "ui_locales_supported").await {
        let request = application
            .request(&[("prompt", "consent"), ("ui_locales", &tag)])
            .0;
        let page = browser.get(&request).await;
        assert!(
            page.body.contains(&format!("<html lang=\"{tag}\"")),
            "{tag}: {}",
            page.body
        );
    }
}

/// C26, A22: scripts of other origins are let in nowhere unless configured; of a configured one only where
/// applications call, never with cookies.
#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_other_origins() {
    use crate::harness::Options;
    let paths = [
        ("/oauth2/token", true),
        ("/oauth2/jwks", true),
        ("/.well-known/oauth-authorization-server", true),
        ("/oauth2/authorize", false),
        ("/login", false),
        ("/oauth2/introspect", false),
    ];
    let open = Server::start_with(Options::configured(|config| {
        config.cors_origins = vec!["https://spa.example".to_owned()];
    }))
    .await;
    let closed = Server::start().await;
    for (server, origin, configured) in [
        (&open, "https://spa.example", true),
        (&open, "https://evil.example", false),
        (&closed, "https://spa.example", false),
    ] {
        for (path, for_scripts) in paths {
            let answer = client()
                .request(reqwest::Method::OPTIONS, server.at(path))
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .send()
                .await
                .expect("an answer");
            let allowed = answer.headers().get("access-control-allow-origin");
            let expected = (configured && for_scripts).then_some(origin);
            assert_eq!(
                allowed.and_then(|value| value.to_str().ok()),
                expected,
                "{path} {origin}"
            );
            assert!(!answer.headers().contains_key("access-control-allow-credentials"));
        }
    }
}
