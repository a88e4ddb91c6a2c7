//! Whose the account is, and where it is found.

use auth_server::domain::policy::Profile;

use super::{OTHER, WITHDRAW, allowed, bob, connect, withdraw_form};
use crate::harness::{EMAIL, NewApplication, Options, PASSWORD, Server};

/// H1: nobody takes back what another user allowed, nor ends another user's session; 404, and nothing changes.
#[tokio::test]
async fn what_is_somebody_elses_stays() {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let own = server.application(NewApplication::of(Profile::Standard)).await;
    let (alice, bob) = (server.signed_in().await, bob(&server).await);
    let tokens = connect(&alice, &application).await;
    connect(&bob, &own).await;
    let page = bob.get("/account").await;
    for permission in [Some("rooms:list"), None] {
        let form = withdraw_form(&page, &application.client_id, permission);
        assert_eq!(bob.submit_once(&form).await.status, 404, "{permission:?}");
    }
    let unknown = withdraw_form(&page, &own.client_id, Some("rooms:delete"));
    assert_eq!(bob.submit_once(&unknown).await.status, 404);
    assert!(server.is_active(tokens.access()).await);
    assert!(allowed(&server, EMAIL, &application).await.is_some());
    assert!(server.audit("consent_withdrawn").await.is_empty());

    bob.sign_in(OTHER, PASSWORD).await;
    let second = server.browser();
    second.sign_in(OTHER, PASSWORD).await;
    let sid = server.sessions(EMAIL).await[0].sid.clone();
    let form = bob.get("/account/sessions").await.form("/account/sessions/end");
    assert_eq!(bob.submit_once(&form.with("sid", &sid)).await.status, 404);
    assert_eq!(alice.get_once("/account").await.status, 200);
    let listed = alice.get("/account/sessions").await;
    assert_eq!(listed.texts(".withdrawable strong").len(), 1, "only the own ones");
    let history = alice.get("/account/history").await;
    assert!(!history.body.contains(OTHER));
}

/// H1, H2, B3: every page and form is for who is signed in; a form from elsewhere, or of another session, does nothing.
#[tokio::test]
async fn pages_and_forms_are_their_users_alone() {
    let server = Server::start_with(Options::manual_clock()).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (browser, other) = (server.signed_in().await, bob(&server).await);
    server.signed_in().await;
    connect(&browser, &application).await;
    for path in [
        "/account",
        "/account/sessions",
        "/account/history",
        "/account/profile",
        "/account/security",
        "/account/data",
    ] {
        let stranger = server.browser().get_once(path).await;
        assert_eq!(stranger.status, 303, "{path}");
        assert!(
            stranger
                .location()
                .expect("a redirect")
                .starts_with("/login?return_to=%2Faccount"),
            "{path}"
        );
        assert_eq!(browser.get_once(path).await.status, 200, "{path}");
        if path != "/account/data" {
            let page = browser.get(path).await;
            assert_eq!(page.attributes(".tabs a[aria-current='page']", "href"), [path]);
        }
    }
    let sessions = browser.get("/account/sessions").await;
    let profile = browser.get("/account/profile").await;
    let forms = [
        browser.get("/account").await.form(WITHDRAW),
        sessions.form("/account/sessions/end"),
        sessions.form("/account/sessions/end-others"),
        profile.form("/account/profile/language").with("language", "fr"),
        profile.form("/account/profile/verify-email"),
    ];
    for (number, form) in forms.iter().enumerate() {
        let action = &form.action;
        let stranger = server.browser().submit_once(form).await;
        assert!(
            stranger.location().expect("a redirect").starts_with("/login?"),
            "{action}"
        );
        assert_eq!(
            other.submit_once(form).await.status,
            403,
            "{action}: another session's form"
        );
        let neighbour = &forms[(number + 1) % forms.len()];
        for csrf in ["", "x", neighbour.value("csrf").expect("a token")] {
            let form = form.clone().with("csrf", csrf);
            assert_eq!(browser.submit_once(&form).await.status, 403, "{action} {csrf}");
        }
        assert_eq!(
            browser.submit_once(&form.clone().lacking("csrf")).await.status,
            403,
            "{action}"
        );
        browser.assert_refused_from_elsewhere(form).await;
        let link = browser.get_once(action).await;
        assert_eq!(link.status, 303, "{action}: a link does nothing");
    }
    assert!(allowed(&server, EMAIL, &application).await.is_some());
    for kind in ["consent_withdrawn", "sign_out", "account_changed"] {
        assert!(server.audit(kind).await.is_empty(), "{kind}");
    }
}

/// The account is one step away: from the home page, the head of every page, and (in a new tab) from the consent page.
#[tokio::test]
async fn the_account_is_linked() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let home = browser.get("/").await;
    assert_eq!(home.attributes("header a[href='/account']", "href").len(), 1);
    assert_eq!(home.attributes("main a[href='/account']", "href").len(), 1);
    let consent = browser.get(&application.request(&[]).0).await;
    assert_eq!(
        consent.attributes("main a[href='/account']", "target"),
        ["_blank"]
    );
    let stranger = server.browser().get("/").await;
    assert!(stranger.attributes("a[href='/account']", "href").is_empty());
}
