//! JioMeet's dialect, from its application's side: `clientId` at the authorization endpoint, and
//! `POST /api/oauth2/v2/token`.

use std::time::Duration;

use auth_server::domain::application::ReviewStatus;
use auth_server::domain::policy::Profile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Application, EMAIL, NewApplication, PASSWORD, Server, Tokens, claims, within_a_second};
use crate::on_every_storage;

const PATH: &str = "/api/oauth2/v2/token";
const ALL: &str = "meeting:create meeting:delete meeting:join meeting:read meeting:update user:read";

async fn jiomeet(server: &Server) -> Application {
    let new = NewApplication::of(Profile::Jiomeet).scope(ALL);
    server.application(new).await
}

/// An authorization request as the documents show it, with parameters added as they are.
fn request(application: &Application, more: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("clientId", &application.client_id)
        .append_pair("redirect_uri", &application.redirect_uri)
        .append_pair("response_type", "code")
        .extend_pairs(more)
        .finish();
    format!("/oauth2/authorize?{query}")
}

async fn code(server: &Server, application: &Application) -> String {
    let browser = server.signed_in().await;
    browser.approve(&request(application, &[])).await.code()
}

async fn exchange(application: &Application, code: &str) -> Tokens {
    let fields = [("grant_type", "authorization_code"), ("code", code)];
    application.post(PATH, &fields).await
}

on_every_storage!(
    /// S4.1, S4.36 to S4.39, S4.44 to S4.55, U4.1: the whole way of the documents: sign in, read what is asked, come back with
    /// a code, exchange it by Basic with the code alone, refresh. Without a scope it is about the registered ones.
    the_whole_way,
    |server| async move {
        let application = jiomeet(&server).await;
        let browser = server.browser();
        let state = STANDARD.encode(r#"{"csrf":"a?b>c~"}"#);
        let login = browser.get(&request(&application, &[("state", &state)])).await;
        assert!(login.body.contains("Test application"), "{}", login.body);
        let consent = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
        let asked = consent.attributes("form[action='/consent'] input[name='scope']", "value");
        assert_eq!(asked.len(), 6, "{asked:?}");
        let callback = browser.submit(&consent.consent_form("allow")).await.callback();
        assert_eq!(callback.get("state"), Some(state));
        let tokens = exchange(&application, &callback.code()).await.ok();
        assert_eq!(tokens.get("scope"), ALL);
        assert_eq!(tokens.get("token_type"), "Bearer");
        assert_eq!(tokens.body["expires_in"], 86_400);
        assert_eq!(claims(tokens.access())["scope"], ALL);
        assert!(server.is_active(tokens.access()).await);
        let body = json!({"grant_type": "refresh_token", "refresh_token": tokens.refresh()});
        let renewed = application.post_json(PATH, &body).await.ok();
        assert_eq!(renewed.body["expires_in"], 86_400);
        assert_ne!(renewed.refresh(), tokens.refresh());

        let again = exchange(&application, &callback.code()).await;
        assert_eq!((again.status, again.error()), (400, "invalid_grant"), "S4.62");
        assert!(!server.is_active(renewed.access()).await, "S4.62");
    }
);

on_every_storage!(
    /// S4.47, S4.52, S4.53: five minutes, a day and sixty days, each to the second, through the dialect's endpoint.
    lives,
    |server| async move {
        let application = jiomeet(&server).await;
        let [late, first] = [code(&server, &application).await, code(&server, &application).await];
        server.advance(Duration::from_secs(299));
        let tokens = exchange(&application, &first).await.ok();
        server.advance(Duration::from_secs(1));
        assert_eq!(exchange(&application, &late).await.error(), "invalid_grant");
        server.advance(Duration::from_secs(86_398));
        assert!(server.is_active(tokens.access()).await);
        server.advance(Duration::from_secs(1));
        assert!(!server.is_active(tokens.access()).await);
        server.advance(Duration::from_hours(59 * 24));
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
        assert_eq!(application.post(PATH, &fields).await.error(), "invalid_grant");
    },
    manual_clock
);

/// S4.48, S4.49, U4.1: as JSON, too, and with the optional members null.
#[tokio::test(flavor = "multi_thread")]
async fn json_exchange() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    let body = json!({
        "grant_type": "authorization_code",
        "code": code(&server, &application).await,
        "redirect_uri": null,
    });
    application.post_json(PATH, &body).await.ok();
}

/// S4.50: a redirect URI that is sent all the same must be that of the authorization request.
#[tokio::test(flavor = "multi_thread")]
async fn redirect_uri_when_sent() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    for (uri, status) in [
        (application.redirect_uri.as_str(), 200),
        ("https://app.example/callback/", 400),
        ("https://evil.example/", 400),
    ] {
        let body = json!({
            "grant_type": "authorization_code",
            "code": code(&server, &application).await,
            "redirect_uri": uri,
        });
        let answer = application.post_json(PATH, &body).await;
        assert_eq!(answer.status, status, "{uri}: {}", answer.body);
    }
}

/// S4.37: `clientId` stands for `client_id` with this profile alone; equal to `client_id` it does no harm, different
/// from it, repeated or of another profile it ends on a page.
#[tokio::test(flavor = "multi_thread")]
async fn client_id_by_its_other_name() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    let other = jiomeet(&server).await;
    let standard = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let (own, id) = (request(&application, &[]), application.client_id.as_str());
    let fine = [
        own.clone(),
        own.replace("clientId", "client_id"),
        format!("{own}&client_id={id}"),
        format!("{own}&clientId="),
    ];
    for request in fine {
        let page = browser.get(&request).await;
        assert_eq!(page.status, 200, "{request}: {}", page.body);
        page.consent_form("allow");
    }
    for request in [
        format!("{own}&client_id={}", other.client_id),
        format!("{own}&clientId={id}"),
        format!("{own}&clientId={}", other.client_id),
        format!("{own}&client_id={id}&client_id={id}"),
        own.replace("clientId", "clientid"),
        own.replace(id, "unknown"),
        self::request(&standard, &[]),
    ] {
        let page = browser.get_once(&request).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{request}");
        assert!(!page.error_id().is_empty());
    }
    let page = browser.get_once(&self::request(&standard, &[])).await;
    let reason = server.reason(&page.error_id()).await;
    assert!(reason.contains("profile jiomeet alone"), "{reason}");
}

/// S4.37, A14: the same in a form that is posted.
#[tokio::test(flavor = "multi_thread")]
async fn client_id_by_its_other_name_in_a_form() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    let browser = server.signed_in().await;
    let fields = [
        ("clientId", application.client_id.as_str()),
        ("redirect_uri", &application.redirect_uri),
        ("response_type", "code"),
        ("state", "a+/="),
    ];
    let post = browser.request(Method::POST, "/oauth2/authorize").form(&fields);
    let onward = browser.send(post).await.location().expect("a redirect");
    let callback = browser.approve(&onward).await;
    assert_eq!(callback.get("state").as_deref(), Some("a+/="));
    exchange(&application, &callback.code()).await.ok();
}

/// S4.41, S4.42, S4.43: state comes back byte for byte, with a code or with a no; it may be left out.
#[tokio::test(flavor = "multi_thread")]
async fn state() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    for decision in ["allow", "deny"] {
        for state in ["++//==", "eyJhIjoiPz8+Pn5+In0=", "%2B%2F%3D", "a b&c=d#e\"é"] {
            let browser = server.signed_in().await;
            let request = request(&application, &[("state", state), ("prompt", "consent")]);
            let page = browser.get(&request).await;
            let callback = browser.submit(&page.consent_form(decision)).await.callback();
            assert_eq!(callback.get("state").as_deref(), Some(state), "{decision}");
            assert!(callback.0.starts_with(&format!("{}?", application.redirect_uri)));
            match decision {
                "allow" => drop(callback.code()),
                _ => assert_eq!(callback.error(), "access_denied"),
            }
        }
    }
    // A state that was not encoded on its way here comes back the same way: `+` as `+`.
    let browser = server.signed_in().await;
    let request = format!("{}&state=a+b==", request(&application, &[]));
    let callback = browser.approve(&request).await;
    assert!(callback.0.contains("state=a+b%3D%3D"), "{}", callback.0);
    let without = browser.approve(&self::request(&application, &[])).await;
    assert_eq!(without.get("state"), None);
}

/// S4.40, S4.59: a redirect URI that is not registered, byte for byte, ends on a page.
#[tokio::test(flavor = "multi_thread")]
async fn redirect_uri_must_match() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    let browser = server.signed_in().await;
    for uri in [
        "https://evil.example/callback",
        "https://app.example/callback/",
        "https://app.example/callback?a=b",
        "https://APP.example/callback",
    ] {
        let changed = Application {
            redirect_uri: uri.to_owned(),
            ..application.clone()
        };
        let page = browser.get_once(&request(&changed, &[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{uri}");
    }
}

/// S4.29, S4.56: the token has what the user left ticked.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_unticked_is_not_granted() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    let browser = server.signed_in().await;
    let page = browser.get(&request(&application, &[])).await;
    let form = page.consent_form("allow").without("scope", "meeting:delete");
    let callback = browser.submit(&form).await.callback();
    let tokens = exchange(&application, &callback.code()).await.ok();
    let expected = "meeting:create meeting:join meeting:read meeting:update user:read";
    assert_eq!(tokens.get("scope"), expected);
    assert_eq!(claims(tokens.access())["scope"], expected);
}

/// S4.15, S4.27: nothing works before the review has ended well, and nothing any more once it is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn unapproved_applications() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    let browser = server.signed_in().await;
    for status in [
        ReviewStatus::Pending,
        ReviewStatus::OnHold,
        ReviewStatus::Rejected,
    ] {
        server.review(&application, status).await;
        within_a_second("refused", async || {
            exchange(&application, "ac-unknown").await.status == 401
        })
        .await;
        let page = browser.get_once(&request(&application, &[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (403, None), "{status:?}");
    }
    server.review(&application, ReviewStatus::Approved).await;
    within_a_second("approved", async || {
        exchange(&application, "ac-unknown").await.status == 400
    })
    .await;
}

/// S4.61: each step's errors have their documented shape.
#[tokio::test(flavor = "multi_thread")]
async fn errors() {
    let server = Server::start().await;
    let application = jiomeet(&server).await;
    for (body, code) in [
        (json!({}), "invalid_request"),
        (json!({"grant_type": "authorization_code"}), "invalid_request"),
        (
            json!({"grant_type": "authorization_code", "code": "43473295-0000"}),
            "invalid_grant",
        ),
        (
            json!({"grant_type": "refresh_token", "refresh_token": "x"}),
            "invalid_grant",
        ),
        (json!({"grant_type": "client_credentials"}), "unauthorized_client"),
        (
            json!({"grant_type": "password", "username": EMAIL, "password": PASSWORD}),
            "unauthorized_client",
        ),
        (json!({"grant_type": "delegation"}), "unsupported_grant_type"),
    ] {
        let answer = application.post_json(PATH, &body).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{body}");
    }
}
