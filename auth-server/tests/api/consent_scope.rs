//! What a consent grants: what was ticked, what cannot be unticked, and what is remembered.

use auth_server::domain::policy::Profile;

use crate::harness::{Application, Browser, NewApplication, PASSWORD, Server, claims};
use crate::on_every_storage;

const SCOPE: &str = "form[action='/consent'] input[name='scope']";

/// The permissions a request is asked about; none when it is answered at once.
async fn asked(browser: &Browser, application: &Application, more: &[(&str, &str)]) -> Vec<String> {
    browser
        .get(&application.request(more).0)
        .await
        .attributes(SCOPE, "value")
}

on_every_storage!(
    /// S4.45, S4.55, A9: what was unticked is in no token, not in one that was refreshed either.
    an_unticked_permission_is_not_granted,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.signed_in().await;
        let (request, verifier) = application.request(&[]);
        let form = browser.get(&request).await.consent_form("allow");
        let form = form.without("scope", "rooms:create");
        let callback = browser.submit(&form).await.callback();
        let tokens = application.exchange(&callback.code(), &verifier).await.ok();
        let refreshed = application.refresh(tokens.refresh()).await.ok();
        for tokens in [&tokens, &refreshed] {
            assert_eq!(tokens.get("scope"), "rooms:list");
            assert_eq!(claims(tokens.access())["scope"], "rooms:list");
            assert_eq!(server.introspect(tokens.access()).await["scope"], "rooms:list");
        }
        // It is asked for again, and what was allowed is not.
        assert_eq!(asked(&browser, &application, &[]).await, ["rooms:create"]);
        assert!(asked(&browser, &application, &[("scope", "rooms:list")]).await.is_empty());
    }
);

/// Nothing ticked is a no.
#[tokio::test]
async fn nothing_ticked_is_a_denial() {
    let server = Server::start().await;
    for profile in [Profile::Standard, Profile::Meet] {
        let application = server.application(NewApplication::of(profile)).await;
        let browser = server.signed_in().await;
        let form = browser
            .get(&application.request(&[]).0)
            .await
            .consent_form("allow");
        let callback = browser.submit(&form.lacking("scope")).await.callback();
        assert_eq!(callback.error(), "access_denied", "{profile}");
    }
}

/// S0.6: lasuite_visio is part of every request, is shown locked, and is granted although browsers do not send
/// a locked box; so it cannot be left out either.
#[tokio::test]
async fn the_mandatory_permission_is_locked() {
    let server = Server::start().await;
    let registered = "lasuite_visio lasuite_visio:rooms:list lasuite_visio:rooms:create";
    let application = server
        .application(NewApplication::of(Profile::Meet).scope(registered))
        .await;
    for scope in [
        "lasuite_visio lasuite_visio:rooms:list",
        "lasuite_visio:rooms:list",
    ] {
        let browser = server.signed_in().await;
        let (request, verifier) = application.request(&[("scope", scope), ("prompt", "consent")]);
        let page = browser.get(&request).await;
        assert_eq!(
            page.attributes(&format!("{SCOPE}[disabled]"), "value"),
            ["lasuite_visio"]
        );
        let form = page.consent_form("allow");
        assert!(
            !form
                .fields
                .contains(&("scope".to_owned(), "lasuite_visio".to_owned()))
        );
        let callback = browser.submit(&form).await.callback();
        let tokens = application.exchange(&callback.code(), &verifier).await.ok();
        assert_eq!(tokens.get("scope"), "lasuite_visio lasuite_visio:rooms:list");
        let refreshed = application.refresh(tokens.refresh()).await.ok();
        assert_eq!(refreshed.get("scope"), "lasuite_visio lasuite_visio:rooms:list");
    }
}

on_every_storage!(
    /// A remembered consent is not asked for again, and a request for more asks only for what is new.
    only_what_is_new_is_asked,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.signed_in().await;
        let (first, _) = application.request(&[("scope", "rooms:list")]);
        browser.approve(&first).await.code();
        browser.get_once(&first).await.callback().code();
        let (more, verifier) = application.request(&[("scope", "rooms:list rooms:create")]);
        let page = browser.get(&more).await;
        assert_eq!(page.attributes(SCOPE, "value"), ["rooms:create"]);
        assert_eq!(page.texts(".granted code"), ["rooms:list"]);
        let callback = browser.submit(&page.consent_form("allow")).await.callback();
        let tokens = application.exchange(&callback.code(), &verifier).await.ok();
        assert_eq!(tokens.get("scope"), "rooms:create rooms:list");
        // In another browser of the same user too.
        server.signed_in().await.get_once(&more).await.callback().code();
    }
);

/// One user's consent is not another's, and one application's not another's.
#[tokio::test]
async fn a_consent_is_one_users_for_one_application() {
    let server = Server::start().await;
    server.add_user("bob@example.com", PASSWORD).await;
    let first = server.application(NewApplication::of(Profile::Standard)).await;
    let second = server.application(NewApplication::of(Profile::Standard)).await;
    let alice = server.signed_in().await;
    alice.approve(&first.request(&[]).0).await.code();
    let bob = server.browser();
    bob.sign_in("bob@example.com", PASSWORD).await;
    assert_eq!(asked(&bob, &first, &[]).await.len(), 2);
    assert_eq!(asked(&alice, &second, &[]).await.len(), 2);
    assert!(asked(&alice, &first, &[]).await.is_empty());
}

/// Unticking what was allowed before withdraws it from what is remembered.
#[tokio::test]
async fn asked_again_an_unticked_permission_is_forgotten() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    browser.approve(&application.request(&[]).0).await.code();
    let (again, verifier) = application.request(&[("prompt", "consent")]);
    let form = browser.get(&again).await.consent_form("allow");
    let form = form.without("scope", "rooms:list");
    let callback = browser.submit(&form).await.callback();
    let tokens = application.exchange(&callback.code(), &verifier).await.ok();
    assert_eq!(tokens.get("scope"), "rooms:create");
    assert_eq!(asked(&browser, &application, &[]).await, ["rooms:list"]);
}

/// B6: a public client that anybody on the device can pass for is asked about every time; silently it gets
/// nothing. One whose https address proves who it is may be remembered.
#[tokio::test]
async fn a_public_client_is_not_approved_by_itself() {
    let server = Server::start().await;
    let browser = server.signed_in().await;
    for uri in [
        "http://127.0.0.1/cb",
        "http://localhost:9000/cb",
        "com.example.app:/cb",
    ] {
        let native = server
            .application(NewApplication::public().redirect_uris(&[uri]))
            .await;
        for _ in 0..2 {
            assert_eq!(
                asked(&browser, &native, &[]).await,
                ["rooms:create", "rooms:list"],
                "{uri}"
            );
            browser.approve(&native.request(&[]).0).await.code();
        }
        let (silent, _) = native.request(&[("prompt", "none")]);
        let callback = browser.get_once(&silent).await.callback();
        assert_eq!(callback.error(), "consent_required", "{uri}");
        let page = browser.get(&native.request(&[]).0).await;
        let shown = page.texts(".sent-to bdi").concat();
        assert!(
            uri.contains(&shown) && !shown.is_empty(),
            "{uri} shown as {shown}"
        );
    }
    let web = server.application(NewApplication::public()).await;
    browser.approve(&web.request(&[]).0).await.code();
    browser.get_once(&web.request(&[]).0).await.callback().code();
}
