//! The console's pages of what the server sends out: messages and events.

use auth_server::domain::mail::{LinkPurpose, MailState};
use auth_server::domain::webhook::{DeliveryState, EventType, Happening};
use auth_server::flows::audit::Subject;
use auth_server::flows::post::Recipient;
use auth_server::flows::webhooks::NewEndpoint;
use auth_server::store::sql::{outbox, users, webhooks};
use reqwest::Method;

use crate::harness::{Browser, EMAIL, Neighbour, Options, PASSWORD, Page, Server};

const ADMIN: &str = "admin@example.com";

async fn server() -> Server {
    let server = Server::start_with(Options {
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()],
        ..Options::default()
    })
    .await;
    server.add_administrator(ADMIN, PASSWORD).await;
    server
}

async fn admin(server: &Server) -> Browser {
    server.signed_in_as(ADMIN).await
}

/// A message that was not sent, and a receiver with one delivery: their ids.
async fn things(server: &Server, neighbour: &Neighbour) -> (String, String, String) {
    let services = &server.state.services;
    let alice = users::find_by_email(&services.database, EMAIL)
        .await
        .expect("the database")
        .expect("alice");
    services
        .send_link(Recipient::user(&alice, "en"), LinkPurpose::ResetPassword)
        .await
        .expect("written");
    outbox::keep_all(&services.database).await.expect("kept");
    let message = outbox::list(&services.database, None, None, 1)
        .await
        .expect("the outbox")[0]
        .id;
    let new = NewEndpoint {
        url: neighbour.at("/hook"),
        events: vec![EventType::KeyRotated],
    };
    let (endpoint, _) = services
        .create_webhook(&new, Subject::default())
        .await
        .expect("a receiver");
    services.emit(Happening::new(EventType::KeyRotated)).await;
    let deliveries = webhooks::deliveries(&services.database, endpoint.id, None, 1)
        .await
        .expect("deliveries");
    (
        message.to_string(),
        endpoint.id.to_string(),
        deliveries[0].id.to_string(),
    )
}

/// H1, H2: every page and form is for administrators alone, and every form for their own session: anonymous visitors
/// are sent to the sign-in, others are refused, ids that nobody has are not found.
#[tokio::test(flavor = "multi_thread")]
async fn administrators_alone() {
    let server = server().await;
    let neighbour = Neighbour::start().await;
    let (message, endpoint, _) = things(&server, &neighbour).await;
    let stranger = server.signed_in().await;
    let admin = admin(&server).await;
    let nobody = uuid::Uuid::new_v4();
    let pages = [
        "/admin/outbox".to_owned(),
        format!("/admin/outbox/{message}"),
        "/admin/webhooks".to_owned(),
        "/admin/webhooks/new".to_owned(),
        format!("/admin/webhooks/{endpoint}"),
    ];
    for path in &pages {
        let anonymous = server.browser().get_once(path).await;
        assert_eq!(anonymous.status, 303, "{path}");
        assert!(
            anonymous
                .location()
                .expect("a place")
                .starts_with("/login?return_to="),
            "{path}"
        );
        assert_eq!(stranger.get(path).await.status, 403, "{path}");
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
    let forms = [&pages[1], &pages[3], &pages[4]];
    for path in forms {
        let own = admin.get(path).await.form(path);
        let csrf = own.value("csrf").expect("a token");
        let fields = |csrf: &str| vec![("csrf", csrf.to_owned()), ("action", "disable".to_owned())];
        let post = async |browser: &Browser, csrf: &str| {
            browser
                .send(browser.request(Method::POST, path).form(&fields(csrf)))
                .await
                .status
        };
        assert_eq!(post(&server.browser(), csrf).await, 303, "{path}");
        assert_eq!(post(&stranger, csrf).await, 403, "{path}");
        for wrong in ["", "x"] {
            assert_eq!(post(&admin, wrong).await, 403, "{path} {wrong:?}");
        }
        let elsewhere = admin
            .request(Method::POST, path)
            .header("origin", "https://evil.example")
            .form(&fields(csrf));
        assert_eq!(admin.send(elsewhere).await.status, 403, "{path}");
        let json = admin
            .request(Method::POST, path)
            .header("content-type", "text/plain")
            .body("{}");
        assert!(
            matches!(admin.send(json).await.status.as_u16(), 403 | 415),
            "{path}"
        );
    }
    let all = webhooks::endpoints(&server.state.services.database)
        .await
        .expect("receivers");
    assert!(!all[0].disabled, "nothing was done");
    for id in [nobody.to_string(), "nonsense".to_owned()] {
        for path in [format!("/admin/outbox/{id}"), format!("/admin/webhooks/{id}")] {
            assert_eq!(admin.get(&path).await.status, 404, "{path}");
        }
    }
}

/// A message that was not sent is shown and can be sent again; reading a link in it leaves a line in the audit log.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_read_and_sent_again() {
    let server = server().await;
    let neighbour = Neighbour::start().await;
    let (message, _, _) = things(&server, &neighbour).await;
    let admin = admin(&server).await;
    let list = admin.get("/admin/outbox?state=kept").await;
    assert!(list.body.contains("Choose a new password"), "{}", list.body);
    // An address may be broken before its host.
    let address = EMAIL.replace('@', "<wbr>@");
    assert!(list.body.contains(&address));
    assert!(!list.body.contains("token="), "a list shows no link");
    let sent = admin.get("/admin/outbox?state=sent").await;
    assert!(!sent.body.contains(EMAIL) && !sent.body.contains(&address));
    let path = format!("/admin/outbox/{message}");
    let shown = admin.get(&path).await;
    assert!(shown.body.contains("/reset-password?token="));
    let lines = server.audit("admin_command").await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].detail.contains(&message) && lines[0].user_id.is_some());
    let sent = admin.submit_once(&shown.form(&path)).await;
    assert_eq!(sent.location().as_deref(), Some(path.as_str()));
    assert_eq!(server.audit("admin_command").await.len(), 2);
    let id = message.parse().expect("an id");
    let message = outbox::find(&server.state.services.database, id)
        .await
        .expect("the outbox")
        .expect("a message");
    assert!(matches!(message.state, MailState::Waiting | MailState::Kept));
}

/// H3: a receiver's secret is on the page that answers its making, and on no other; what is wrong with an address is
/// said beside it.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_from_making_to_replay() {
    let server = server().await;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook", |_| "ok");
    let admin = admin(&server).await;
    let new = "/admin/webhooks/new";
    let form = admin.get(new).await.form(new);
    let url = neighbour.at("/hook");
    for (wrong, event) in [("https://10.0.0.1/", Some("key.rotated")), (url.as_str(), None)] {
        let mut filled = form.clone().with("url", wrong);
        if let Some(event) = event {
            filled = filled.and("event", event);
        }
        let refused = admin.submit_once(&filled).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("role=\"alert\""), "{}", refused.body);
    }
    let made = admin
        .submit_once(&form.clone().with("url", &url).and("event", "key.rotated"))
        .await;
    assert_eq!(
        (made.status.as_u16(), made.header("cache-control")),
        (200, "no-store")
    );
    let secret = made.texts("#secret").remove(0);
    assert!(secret.starts_with("whsec_"));
    let services = &server.state.services;
    let endpoint = webhooks::endpoints(&services.database)
        .await
        .expect("receivers")
        .remove(0);
    let path = format!("/admin/webhooks/{}", endpoint.id);
    for page in ["/admin/webhooks", &path] {
        assert!(!admin.get(page).await.body.contains(&secret), "{page}");
    }
    let act = async |fields: &[(&str, &str)]| admin.act(&path, fields).await.status.as_u16();
    assert_eq!(act(&[("action", "test")]).await, 303);
    let delivered = async |count: usize| {
        for _ in 0..300 {
            let listed = webhooks::deliveries(&services.database, endpoint.id, None, 10)
                .await
                .expect("deliveries");
            let done = listed.iter().all(|one| one.state == DeliveryState::Delivered);
            if done && neighbour.received().len() == count {
                return listed[0].id.to_string();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("not delivered");
    };
    let id = delivered(1).await;
    assert_eq!(act(&[("action", "replay"), ("delivery", &id)]).await, 303);
    delivered(2).await;
    let edited = [
        ("action", "edit"),
        ("url", url.as_str()),
        ("event", "user.created"),
        ("event", "grant.created"),
    ];
    assert_eq!(act(&edited).await, 303);
    let known = webhooks::endpoint(&services.database, endpoint.id)
        .await
        .expect("the database")
        .expect("it");
    assert_eq!(known.events, [EventType::UserCreated, EventType::GrantCreated]);
    assert_eq!(act(&[("action", "disable")]).await, 303);
    assert_eq!(act(&[("action", "enable")]).await, 303);
    assert_eq!(act(&[("action", "nonsense")]).await, 404);
    assert_eq!(
        act(&[
            ("action", "edit"),
            ("url", "https://127.0.0.2/"),
            ("event", "user.created")
        ])
        .await,
        422
    );
    for line in server.audit("webhook_changed").await {
        assert!(
            line.user_id.is_some() && !line.detail.contains(&secret),
            "{line:?}"
        );
    }
}

/// A page that was open meanwhile still has its buttons: they say why not, on the page as it is now.
#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_page_says_why_not() {
    let server = server().await;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook", |_| "ok");
    let (_, endpoint, delivery) = things(&server, &neighbour).await;
    let admin = admin(&server).await;
    let path = format!("/admin/webhooks/{endpoint}");
    let database = &server.state.services.database;
    let id = endpoint.parse().expect("an id");
    let refused = async |fields: &[(&str, &str)]| {
        let page = admin.act(&path, fields).await;
        assert_eq!(page.status, 409, "{fields:?}");
        assert_eq!(
            page.attributes("input[name=url]", "value"),
            [neighbour.at("/hook")]
        );
        page.texts("#notice").concat()
    };
    let replay = [("action", "replay"), ("delivery", delivery.as_str())];
    // Once it was delivered, it is to be sent again, at the end of time.
    let parsed = delivery.parse().expect("an id");
    let mut waits = false;
    for _ in 0..300 {
        waits = webhooks::replay(database, id, parsed, i64::MAX)
            .await
            .expect("the database");
        if waits {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(waits, "it was not delivered");
    assert!(refused(&replay).await.contains("waits to be sent already"));
    let unknown = uuid::Uuid::new_v4().to_string();
    let gone = [("action", "replay"), ("delivery", unknown.as_str())];
    assert!(refused(&gone).await.contains("not kept any more"));
    assert!(
        webhooks::set_disabled(database, id, true)
            .await
            .expect("the database")
    );
    for fields in [&replay[..], &[("action", "test")]] {
        assert!(
            refused(fields).await.contains("was turned off meanwhile"),
            "{fields:?}"
        );
    }
}

/// Of two administrators who change the same receiver one does; the other is told, and nothing of what they chose is
/// lost: sent once more, it counts.
#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_change_a_receiver() {
    let server = server().await;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook", |_| "ok");
    let (_, endpoint, _) = things(&server, &neighbour).await;
    let admin = admin(&server).await;
    let path = format!("/admin/webhooks/{endpoint}");
    let edit = |page: &Page, event| {
        let form = page.form_with(&path, "url").and("event", event);
        form.with("action", "edit")
    };
    let seen = admin.get(&path).await;
    let first = admin.submit_once(&edit(&seen, "user.created")).await;
    assert_eq!(first.status, 303);
    let late = admin.submit_once(&edit(&seen, "user.disabled")).await;
    assert_eq!(late.status, 409);
    assert!(
        late.texts("#notice")
            .concat()
            .contains("changed this receiver meanwhile")
    );
    let again = late.form_with(&path, "url").with("action", "edit");
    assert_eq!(admin.submit_once(&again).await.status, 303);
    let id = endpoint.parse().expect("an id");
    let known = webhooks::endpoint(&server.state.services.database, id).await;
    let events = known.expect("the database").expect("a receiver").events;
    assert_eq!(events, [EventType::UserDisabled, EventType::KeyRotated]);
}

/// Long lists have pages, each line on one of them.
#[tokio::test(flavor = "multi_thread")]
async fn lists_have_pages() {
    let server = server().await;
    let services = &server.state.services;
    let alice = users::find_by_email(&services.database, EMAIL)
        .await
        .expect("the database")
        .expect("alice");
    for _ in 0..120 {
        services
            .send_link(Recipient::user(&alice, "en"), LinkPurpose::VerifyEmail)
            .await
            .expect("written");
    }
    let admin = admin(&server).await;
    let mut seen = std::collections::HashSet::new();
    let mut next = Some("/admin/outbox".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = admin.get(&path).await;
        pages += 1;
        for link in page.attributes("td a", "href") {
            assert!(seen.insert(link), "each once");
        }
        next = page
            .attributes("a.button", "href")
            .into_iter()
            .find(|href| href.contains("before="));
    }
    assert_eq!((seen.len(), pages), (120, 3));
}
