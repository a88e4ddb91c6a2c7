//! What users allowed, taken back (S3.9).

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::webhook::EventType;
use auth_server::flows::audit::Subject;
use auth_server::flows::webhooks::NewEndpoint;
use auth_server::store::sql::{consents, webhooks};
use futures_util::future::join_all;

use super::{SCOPE, allowed, connect, withdraw_form};
use crate::harness::{EMAIL, Feed, NewApplication, Options, Server};
use crate::on_every_storage;

on_every_storage!(
    /// S3.9, by the user: a withdrawn permission ends the application's tokens where they are checked, and resource
    /// servers hear of it; a new authorization asks for that permission alone, and gets the rest without a question.
    one_permission_is_withdrawn,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard).name("Planner")).await;
        let other = server.application(NewApplication::of(Profile::Standard).name("Other")).await;
        let browser = server.signed_in().await;
        let tokens = connect(&browser, &application).await;
        let others = connect(&browser, &other).await;
        assert!(server.is_active(tokens.access()).await);
        let page = browser.get("/account").await;
        assert_eq!(page.status, 200);
        let mut names = page.texts("h2 bdi");
        names.sort();
        assert_eq!(names, ["Other", "Planner"]);
        assert!(page.body.contains("Last used"));
        let mut feed = Feed::open(&server.url, &server.resource.client_id, &server.resource_secret, None).await;
        feed.backlog().await;

        let form = withdraw_form(&page, &application.client_id, Some("rooms:create"));
        let done = browser.submit_once(&form).await;
        assert_eq!(done.location().as_deref(), Some("/account?done=permission"), "{}", done.body);
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(application.refresh(tokens.refresh()).await.error(), "invalid_grant");
        assert!(server.is_active(others.access()).await, "the other application keeps what it has");
        let event = feed.next_news().await.expect("an event");
        assert_eq!(event.data["kind"], "grant");
        assert_eq!(event.data["client_id"], application.client_id);
        assert_eq!(event.data["user_id"], server.user(EMAIL).await.id.to_string());
        let lines = server.audit("consent_withdrawn").await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].detail, "rooms:create");
        assert_eq!(lines[0].client_id.as_deref(), Some(application.client_id.as_str()));
        assert_eq!(browser.submit_once(&form).await.status, 404, "it is gone");

        server.advance(Duration::from_secs(1));
        let (rest, verifier) = application.request(&[("scope", "rooms:list")]);
        let code = browser.get_once(&rest).await.callback().code();
        let again = application.exchange(&code, &verifier).await.ok();
        assert!(server.is_active(again.access()).await);
        let (request, _) = application.request(&[]);
        let asked = browser.get(&request).await;
        assert_eq!(asked.attributes(SCOPE, "value"), ["rooms:create"]);
        assert_eq!(asked.texts(".granted code"), ["rooms:list"]);
        browser.submit(&asked.consent_form("allow")).await.callback().code();
        assert_eq!(allowed(&server, EMAIL, &application).await.as_deref(), Some("rooms:create rooms:list"));
    },
    manual_clock
);

on_every_storage!(
    /// S3.9, by the user: everything at once, and the application asks for everything anew.
    everything_is_withdrawn,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.signed_in().await;
        let tokens = connect(&browser, &application).await;
        let page = browser.get("/account").await;
        let done = browser.submit(&withdraw_form(&page, &application.client_id, None)).await;
        assert_eq!(done.status, 200);
        assert!(done.body.contains("Everything is withdrawn"));
        assert!(done.texts("h2 bdi").is_empty());
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(allowed(&server, EMAIL, &application).await, None);
        assert_eq!(server.audit("consent_withdrawn").await[0].detail, "rooms:create rooms:list");
        let asked = browser.get(&application.request(&[]).0).await;
        assert_eq!(asked.attributes(SCOPE, "value"), ["rooms:create", "rooms:list"]);
    },
    manual_clock
);

on_every_storage!(
    /// Twenty permissions withdrawn at the same moment are all withdrawn: none brings another back.
    twenty_withdrawals_at_once,
    |server| async move {
        let user = server.user(EMAIL).await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let services = &server.state.services;
        let scopes: Vec<String> = (0..20).map(|number| format!("thing{number}:do")).collect();
        let all = format!("{} stays", scopes.join(" ")).parse().expect("scopes");
        let client_id = &application.client_id;
        assert!(consents::save(&services.database, user.id, client_id, None, &all, 1).await.expect("saved"));
        let withdrawing = scopes.iter().map(|scope| services.withdraw(&user, client_id, Some(scope), "192.0.2.1"));
        for done in join_all(withdrawing).await {
            assert_eq!(done.expect("an answer").expect("withdrawn").withdrawn.len(), 1);
        }
        assert_eq!(allowed(&server, EMAIL, &application).await.as_deref(), Some("stays"));
        let all_at_once = (0..20).map(|_| services.withdraw(&user, client_id, None, "192.0.2.1"));
        let done = join_all(all_at_once).await;
        let counted = done.into_iter().filter(|one| one.as_ref().expect("an answer").is_some()).count();
        assert_eq!(counted, 1, "one of them withdrew it");
    }
);

on_every_storage!(
    /// A decision on a page that was shown before something was withdrawn brings nothing back: it is asked again.
    a_late_answer_brings_nothing_back,
    |server| async move {
        let user = server.user(EMAIL).await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let database = &server.state.services.database;
        let parse = |scope: &str| scope.parse().expect("a scope");
        let (old, new, wrong) = (parse("rooms:list"), parse("rooms:create rooms:list"), parse("rooms:create"));
        let client_id = &application.client_id;
        let save = async |before, scope| {
            consents::save(database, user.id, client_id, before, scope, 1).await.expect("an answer")
        };
        assert!(!save(Some(&old), &new).await, "nothing is remembered");
        assert!(save(None, &old).await);
        assert!(!save(None, &new).await, "something is remembered");
        assert!(!save(Some(&wrong), &new).await);
        assert!(save(Some(&old), &new).await);
        assert_eq!(allowed(&server, EMAIL, &application).await.as_deref(), Some("rooms:create rooms:list"));
    }
);

/// The event for other systems, with what was withdrawn.
#[tokio::test]
async fn other_systems_hear_of_a_withdrawal() {
    let server = Server::start_with(Options {
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()],
        ..Options::manual_clock()
    })
    .await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let services = &server.state.services;
    let new = NewEndpoint {
        url: "http://127.0.0.1:9/hook".to_owned(),
        events: vec![EventType::GrantWithdrawn],
    };
    let made = services.create_webhook(&new, Subject::default()).await;
    let (endpoint, _) = made.expect("a receiver");
    let browser = server.signed_in().await;
    connect(&browser, &application).await;
    let page = browser.get("/account").await;
    let form = withdraw_form(&page, &application.client_id, Some("rooms:list"));
    assert_eq!(browser.submit_once(&form).await.status, 303);
    let deliveries = webhooks::deliveries(&services.database, endpoint.id, None, 10).await;
    let deliveries = deliveries.expect("deliveries");
    assert_eq!(deliveries.len(), 1);
    assert!(
        deliveries[0].payload.contains("rooms:list"),
        "{}",
        deliveries[0].payload
    );
    assert!(deliveries[0].payload.contains(&application.client_id));
}
