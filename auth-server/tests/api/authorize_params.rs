//! The other parameters of an authorization request: what is wrong with one is told to the application.

use auth_server::domain::policy::Profile;

use crate::harness::{Application, Browser, Callback, NewApplication, Server, pkce};

/// What a signed-in user's browser is redirected with, no consent asked.
async fn refused(browser: &Browser, request: &str) -> Callback {
    let callback = browser.get(request).await.callback();
    assert!(
        callback.0.starts_with("https://app.example/callback?"),
        "{callback:?}"
    );
    assert_eq!(callback.get("code"), None, "{callback:?}");
    callback
}

async fn start(profile: Profile) -> (Server, Application, Browser) {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(profile)).await;
    let browser = server.signed_in().await;
    (server, application, browser)
}

/// The id, what differs from a good request, and the error code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// A7, A8, A9, A13, A17, A18, A27, A30: one row per wrong request, with its registered error code.
#[tokio::test]
async fn what_is_wrong_is_told_to_the_application() {
    let (server, application, browser) = start(Profile::Standard).await;
    let challenge = pkce().1;
    let (short, long) = (&challenge[..42], format!("{challenge}A"));
    let very_long = "A".repeat(129);
    let padded = format!("{}=", &challenge[..42]);
    let plus = format!("{}+", &challenge[..42]);
    let cases: &[Case] = &[
        ("A7", &[("response_type", "")], "invalid_request"),
        ("A8", &[("response_type", "token")], "unsupported_response_type"),
        (
            "A8",
            &[("response_type", "code token")],
            "unsupported_response_type",
        ),
        (
            "A8",
            &[("response_type", "token code")],
            "unsupported_response_type",
        ),
        (
            "A8",
            &[("response_type", "id_token")],
            "unsupported_response_type",
        ),
        ("A8", &[("response_type", "Code")], "unsupported_response_type"),
        ("A8", &[("response_type", "code ")], "unsupported_response_type"),
        ("A8", &[("response_type", "none")], "unsupported_response_type"),
        ("A9", &[("scope", "rooms:list rooms:delete")], "invalid_scope"),
        ("A9", &[("scope", "ROOMS:LIST")], "invalid_scope"),
        ("A9", &[("scope", "rooms:list\tx")], "invalid_scope"),
        ("A9", &[("scope", "rooms:\"list\"")], "invalid_scope"),
        ("A9", &[("scope", "rooms\u{e9}")], "invalid_scope"),
        (
            "A16",
            &[("code_challenge", ""), ("code_challenge_method", "")],
            "invalid_request",
        ),
        ("A16", &[("code_challenge", "")], "invalid_request"),
        ("A17", &[("code_challenge_method", "")], "invalid_request"),
        ("A17", &[("code_challenge_method", "plain")], "invalid_request"),
        ("A17", &[("code_challenge_method", "s256")], "invalid_request"),
        ("A17", &[("code_challenge_method", "S512")], "invalid_request"),
        ("A18", &[("code_challenge", short)], "invalid_request"),
        ("A18", &[("code_challenge", &long)], "invalid_request"),
        ("A18", &[("code_challenge", &very_long)], "invalid_request"),
        ("A18", &[("code_challenge", &padded)], "invalid_request"),
        ("A18", &[("code_challenge", &plus)], "invalid_request"),
        ("A20", &[("prompt", "none login")], "invalid_request"),
        ("A20", &[("prompt", "none consent")], "invalid_request"),
        ("A20", &[("prompt", "create")], "invalid_request"),
        ("A21", &[("max_age", "-1")], "invalid_request"),
        ("A21", &[("max_age", "soon")], "invalid_request"),
        ("A21", &[("max_age", "1e3")], "invalid_request"),
        ("A21", &[("max_age", "99999999999999999999")], "invalid_request"),
        ("A27", &[("response_mode", "fragment")], "invalid_request"),
        ("A27", &[("response_mode", "web_message")], "invalid_request"),
        (
            "A30",
            &[("request", "eyJhbGciOiJub25lIn0.e30.")],
            "request_not_supported",
        ),
        ("A30", &[("request_uri", "urn:x:y")], "request_uri_not_supported"),
        ("A30", &[("registration", "{}")], "registration_not_supported"),
        (
            "C27",
            &[("resource", "https://elsewhere.example")],
            "invalid_target",
        ),
    ];
    for (id, more, code) in cases {
        let (request, _) = application.request(more);
        let callback = refused(&browser, &request).await;
        assert_eq!(callback.error(), *code, "{id} {more:?}");
        assert_eq!(callback.get("state").as_deref(), Some("xyz"), "{id} {more:?}");
        assert_eq!(callback.get("iss"), Some(server.url.clone()), "{id} {more:?}");
        let description = callback.get("error_description").expect("a description");
        let plain = |c: char| (' '..='~').contains(&c) && c != '"' && c != '\\';
        assert!(description.chars().all(plain), "{id}: {description}");
    }
}

/// A10: any parameter twice is refused, even with the same value; state and iss come back where they can.
#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let (server, application, browser) = start(Profile::Standard).await;
    let (request, _) = application.request(&[("scope", "rooms:list")]);
    for more in [
        "response_type=code",
        "scope=rooms:list",
        "scope=rooms:create",
        "state=xyz",
        "code_challenge=x",
        "code_challenge_method=S256",
        "nonce=a&nonce=b",
        "unknown=a&unknown=a",
        "st%61te=xyz",
    ] {
        let callback = refused(&browser, &format!("{request}&{more}")).await;
        assert_eq!(callback.error(), "invalid_request", "{more}");
        let state = (!more.contains("xyz")).then(|| "xyz".to_owned());
        assert_eq!(callback.get("state"), state, "{more}");
        assert_eq!(callback.get("iss"), Some(server.url.clone()), "{more}");
    }
}

/// A11, A12: unknown parameters and empty ones change nothing.
#[tokio::test]
async fn unknown_and_empty_parameters_are_ignored() {
    let (_server, application, browser) = start(Profile::Standard).await;
    let (request, verifier) = application.request(&[("scope", "rooms:list")]);
    let more = "unknown=x&display=page&acr_values=1&nonce=&prompt=&max_age=&request=&scope=&&=x&lone";
    let callback = browser.approve(&format!("{request}&{more}")).await;
    let tokens = application.exchange(&callback.code(), &verifier).await.ok();
    assert_eq!(tokens.get("scope"), "rooms:list");
}

/// A16: a public client uses PKCE whatever its policy says; a confidential one whose policy allows it need not.
#[tokio::test]
async fn a_public_client_must_use_pkce() {
    let server = Server::start().await;
    let browser = server.signed_in().await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    for profile in [Profile::Jiomeet, Profile::Trueconf] {
        let new = NewApplication::of(profile);
        let public = server
            .application(NewApplication {
                public: true,
                ..new.clone()
            })
            .await;
        let callback = refused(&browser, &public.request(&without).0).await;
        assert_eq!(callback.error(), "invalid_request", "{profile}");
        let confidential = server.application(new).await;
        let callback = browser.approve(&confidential.request(&without).0).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &callback.code()),
            ("redirect_uri", &confidential.redirect_uri),
        ];
        confidential.token(&fields).await.ok();
    }
}

/// A17: metadata does not offer what is refused.
#[tokio::test]
async fn only_s256_is_advertised() {
    let server = Server::start().await;
    let page = server
        .browser()
        .get("/.well-known/oauth-authorization-server")
        .await;
    let metadata: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        serde_json::json!(["S256"])
    );
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}

/// A30: an address given as request_uri is never fetched.
#[tokio::test]
async fn a_request_uri_is_never_fetched() {
    let (_server, application, browser) = start(Profile::Standard).await;
    let trap = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    trap.set_nonblocking(true).expect("nonblocking");
    let address = format!("http://{}/request.jwt", trap.local_addr().expect("an address"));
    let more = [
        ("request_uri", address.as_str()),
        ("jwks_uri", &address),
        ("logo_uri", &address),
    ];
    let callback = refused(&browser, &application.request(&more).0).await;
    assert_eq!(callback.error(), "request_uri_not_supported");
    let visitor = trap.accept().map(|_| ());
    assert_eq!(
        visitor.map_err(|error| error.kind()),
        Err(std::io::ErrorKind::WouldBlock)
    );
}

/// An application whose policy has no code grant does not get a code (C6 for this endpoint).
#[tokio::test]
async fn a_client_without_the_grant_is_refused() {
    let (_server, application, browser) = start(Profile::MeetDelegated).await;
    let callback = refused(&browser, &application.request(&[]).0).await;
    assert_eq!(callback.error(), "unauthorized_client");
}

/// C25 for this endpoint: what cannot be read at all gets a page, never a 5xx.
#[tokio::test]
async fn a_query_that_cannot_be_read_gets_a_page() {
    let (_server, application, browser) = start(Profile::Standard).await;
    let (request, _) = application.request(&[]);
    let many: String = "&p=x".repeat(101);
    for more in ["&x=%00", "&x=%ff", "&%c3%28=x", "&state=%ed%a0%80", &many] {
        let page = browser.get_once(&format!("{request}{more}")).await;
        assert_eq!(page.status, 400, "{more}");
        assert_eq!(page.location(), None, "{more}");
    }
    let huge = browser
        .request(reqwest::Method::GET, &request)
        .header("x-huge", "x".repeat(100_000));
    assert_eq!(browser.send(huge).await.status, 431);
}
