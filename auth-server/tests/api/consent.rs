//! The consent page: what it says, and that an answer is the user's own and to this very request.

use auth_server::domain::policy::Profile;
use auth_server::store::sql::{applications, users};
use reqwest::Method;

use crate::harness::{Application, Browser, EMAIL, Form, NewApplication, PASSWORD, Server};

const SCOPE: &str = "form[action='/consent'] input[name='scope']";

async fn start() -> (Server, Application, Browser) {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    (server, application, browser)
}

/// B6, S4.45: who asks, for what, whose account it is, and where the browser will be sent.
#[tokio::test]
async fn the_page_says_who_asks_for_what() {
    let server = Server::start().await;
    let new = NewApplication::of(Profile::Standard)
        .name("Planner")
        .redirect_uris(&["https://planner.example:8443/callback"]);
    let application = server.application(new).await;
    let browser = server.signed_in().await;
    let page = browser
        .get(&application.request(&[("scope", "rooms:list")]).0)
        .await;
    assert_eq!(page.texts("h1 bdi"), ["Planner"]);
    assert_eq!(page.attributes(SCOPE, "value"), ["rooms:list"]);
    assert_eq!(page.texts(".sent-to bdi"), ["planner.example"]);
    assert_eq!(page.texts(".switch-account bdi"), [EMAIL]);
}

/// B4: without this session's token for this request nothing happens, nor when the form comes from elsewhere.
#[tokio::test]
async fn an_answer_from_elsewhere_is_refused() {
    let (server, application, browser) = start().await;
    let (request, _) = application.request(&[]);
    let (other_request, _) = application.request(&[("state", "other")]);
    let form = browser.get(&request).await.consent_form("allow");
    let csrf_of = async |browser: &Browser, request: &str| {
        let form = browser.get(request).await.consent_form("allow");
        form.value("csrf").expect("csrf").to_owned()
    };
    let other_session = csrf_of(&server.signed_in().await, &request).await;
    let other_request = csrf_of(&browser, &other_request).await;
    let logout = browser.get("/logout").await.form("/logout");
    let logout = logout.value("csrf").expect("csrf").to_owned();
    let wrong = [
        form.clone().lacking("csrf"),
        form.clone().with("csrf", ""),
        form.clone().with("csrf", &other_session),
        form.clone().with("csrf", &other_request),
        form.clone().with("csrf", &logout),
        form.clone().lacking("request"),
    ];
    for form in &wrong {
        let page = browser.submit_once(form).await;
        assert_eq!((page.status.as_u16(), page.location()), (403, None), "{form:?}");
    }
    let bare = server.browser();
    assert_eq!(bare.submit_once(&form).await.status, 403);
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = browser
            .request(Method::POST, "/consent")
            .header(header.0, header.1);
        assert_eq!(
            browser.send(request.form(&form.fields)).await.status,
            403,
            "{header:?}"
        );
    }
    assert!(server.audit("consent_granted").await.is_empty());
    browser.submit(&form).await.callback().code();
}

/// B5: what the form carries of the request cannot be changed on the way.
#[tokio::test]
async fn a_changed_request_is_refused() {
    let (server, application, browser) = start().await;
    let other = server.application(NewApplication::of(Profile::Standard)).await;
    let form = browser
        .get(&application.request(&[("scope", "rooms:list")]).0)
        .await
        .consent_form("allow");
    let sent = form.value("request").expect("request").to_owned();
    for (from, to) in [
        (application.client_id.as_str(), other.client_id.as_str()),
        ("app.example", "evil.example"),
        ("rooms%3Alist", "rooms%3Alist+rooms%3Acreate"),
        ("state=xyz", "state=abc"),
        ("response_type=code", "response_type=code&prompt=none"),
    ] {
        let changed = sent.replace(from, to);
        assert_ne!(changed, sent, "{from}");
        let page = browser.submit_once(&form.clone().with("request", &changed)).await;
        assert_eq!((page.status.as_u16(), page.location()), (403, None), "{to}");
    }
    assert!(server.audit("consent_granted").await.is_empty());
}

/// B5: fields of the request beside it, and ticks for what was not asked, change nothing.
#[tokio::test]
async fn more_fields_in_the_answer_change_nothing() {
    let (server, application, browser) = start().await;
    let other = server.application(NewApplication::of(Profile::Standard)).await;
    let (request, verifier) = application.request(&[("scope", "rooms:list")]);
    let form = browser
        .get(&request)
        .await
        .consent_form("allow")
        .and("scope", "rooms:create")
        .and("scope", "admin")
        .and("client_id", &other.client_id)
        .and("redirect_uri", "https://evil.example")
        .and("state", "abc");
    let callback = browser.submit(&form).await.callback();
    assert!(
        callback.0.starts_with("https://app.example/callback?"),
        "{callback:?}"
    );
    assert_eq!(callback.get("state").as_deref(), Some("xyz"));
    let tokens = application.exchange(&callback.code(), &verifier).await.ok();
    assert_eq!(tokens.get("scope"), "rooms:list");
    // Nor is what was slipped in remembered.
    let page = browser.get(&application.request(&[]).0).await;
    assert_eq!(page.attributes(SCOPE, "value"), ["rooms:create"]);
}

/// B11 for the consent: an answer in a URL is none.
#[tokio::test]
async fn an_answer_in_a_url_is_not_read() {
    let (server, application, browser) = start().await;
    let form = browser
        .get(&application.request(&[]).0)
        .await
        .consent_form("allow");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form.fields)
        .finish();
    let page = browser.get_once(&format!("/consent?{query}")).await;
    assert_eq!(page.location().as_deref(), Some("/"));
    assert!(server.audit("consent_granted").await.is_empty());
    for decision in ["", "maybe"] {
        let page = browser
            .submit_once(&form.clone().with("decision", decision))
            .await;
        assert_eq!(
            (page.status.as_u16(), page.location()),
            (400, None),
            "{decision:?}"
        );
    }
}

/// S4.46, B9: an answer given after the session has ended leads to the sign-in, not to a code.
#[tokio::test]
async fn an_answer_after_the_session_has_ended_gives_no_code() {
    let (server, application, browser) = start().await;
    let form = browser
        .get(&application.request(&[]).0)
        .await
        .consent_form("allow");
    let cookie = browser.cookie("anteroom_session").expect("a session");
    browser
        .submit(&browser.get("/logout").await.form("/logout"))
        .await;
    let replay = server.browser();
    replay.plant_cookie("anteroom_session", &cookie);
    let page = replay.submit_once(&form).await;
    assert!(page.location().expect("a redirect").starts_with("/login?"));
    assert!(server.audit("consent_granted").await.is_empty());
}

/// An answer is checked as the request was: what has changed since then counts.
#[tokio::test]
async fn an_answer_is_validated_anew() {
    let (server, application, browser) = start().await;
    let form = browser
        .get(&application.request(&[]).0)
        .await
        .consent_form("allow");
    let services = &server.state.services;
    let disable = async |disabled| {
        let done = applications::set_disabled(&services.database, &application.client_id, disabled).await;
        assert!(done.expect("disabled"));
        services.clients.forget_application(&application.client_id).await;
    };
    disable(true).await;
    assert_eq!(browser.submit_once(&form).await.status, 403);
    disable(false).await;
    let alice = users::find_by_email(&services.database, EMAIL)
        .await
        .expect("found")
        .expect("alice");
    let blocked = services.accounts().set_disabled(alice.id, true).await;
    assert!(blocked.expect("written"));
    let page = browser.submit_once(&form).await;
    assert!(page.location().expect("a redirect").starts_with("/login?"));
    assert!(server.audit("consent_granted").await.is_empty());
}

/// S4.41: a no is a no, even when the same question was answered with yes in another tab.
#[tokio::test]
async fn a_denial_counts_whatever_another_tab_said() {
    let (_server, application, browser) = start().await;
    let (request, _) = application.request(&[]);
    let second_tab = browser.get(&request).await.consent_form("deny");
    browser.approve(&request).await.code();
    let callback = browser.submit(&second_tab).await.callback();
    assert_eq!(
        callback.get("error").as_deref(),
        Some("access_denied"),
        "{callback:?}"
    );
}

/// The page lets somebody else sign in for the same request.
#[tokio::test]
async fn switching_the_account_keeps_the_request() {
    let (server, application, browser) = start().await;
    server.add_user("bob@example.com", PASSWORD).await;
    let (request, verifier) = application.request(&[]);
    let switch: Form = browser.get(&request).await.form("/logout");
    let login = browser.submit(&switch).await;
    let consent = browser
        .submit(&login.sign_in_form("bob@example.com", PASSWORD))
        .await;
    assert_eq!(consent.texts(".switch-account bdi"), ["bob@example.com"]);
    let callback = browser.submit(&consent.consent_form("allow")).await.callback();
    let tokens = application.exchange(&callback.code(), &verifier).await.ok();
    assert_eq!(
        crate::harness::claims(tokens.access())["email"],
        "bob@example.com"
    );
}
