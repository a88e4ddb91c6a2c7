//! Who may open the administration's pages, and whose forms act: every route, every role.

use auth_server::domain::mail::LinkPurpose;
use auth_server::domain::role::Role;
use auth_server::domain::webhook::EventType;
use auth_server::flows::audit::Subject;
use auth_server::flows::post::Recipient;
use auth_server::flows::registry::Actor;
use auth_server::flows::webhooks::NewEndpoint;
use auth_server::store::sql::{outbox, users};
use reqwest::Method;

use crate::harness::{Browser, EMAIL, Options, Server};

/// Who opens a page.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reader {
    /// Administrators alone.
    Admin,
    /// Auditors, too.
    Audit,
    /// Administrators and reviewers.
    Review,
}

/// A route: its address, who reads it, and the `action` of a form of it that would change something.
struct Route {
    path: String,
    reader: Reader,
    form: Option<&'static str>,
}

fn read(path: impl Into<String>) -> Route {
    read_by(path, Reader::Audit)
}

fn read_by(path: impl Into<String>, reader: Reader) -> Route {
    Route {
        path: path.into(),
        reader,
        form: None,
    }
}

fn acts(path: impl Into<String>, reader: Reader, form: &'static str) -> Route {
    Route {
        path: path.into(),
        reader,
        form: Some(form),
    }
}

async fn routes(server: &Server) -> Vec<Route> {
    let services = &server.state.services;
    let alice = users::find_by_email(&services.database, EMAIL)
        .await
        .expect("read")
        .expect("alice");
    let to = Recipient::user(&alice, "en");
    services
        .send_link(to, LinkPurpose::ResetPassword)
        .await
        .expect("written");
    outbox::keep_all(&services.database).await.expect("kept");
    let message = outbox::list(&services.database, None, None, 1)
        .await
        .expect("the outbox")[0]
        .id;
    let new = NewEndpoint {
        url: "http://127.0.0.1:9/hook/worth-something".to_owned(),
        events: vec![EventType::KeyRotated],
    };
    let (receiver, _) = services
        .create_webhook(&new, Subject::default())
        .await
        .expect("a receiver");
    vec![
        read("/admin"),
        read("/admin/applications"),
        acts("/admin/applications/new", Reader::Admin, ""),
        read_by("/admin/review", Reader::Review),
        read("/admin/users"),
        acts("/admin/users/new", Reader::Admin, ""),
        acts(format!("/admin/users/{}", alice.id), Reader::Audit, "block"),
        acts("/admin/api-keys", Reader::Audit, "add"),
        acts("/admin/keys", Reader::Audit, ""),
        read("/admin/audit"),
        read("/admin/audit/export"),
        read("/admin/errors"),
        read("/admin/outbox"),
        acts(format!("/admin/outbox/{message}"), Reader::Audit, ""),
        read("/admin/webhooks"),
        acts("/admin/webhooks/new", Reader::Admin, ""),
        acts(
            format!("/admin/webhooks/{}", receiver.id),
            Reader::Audit,
            "disable",
        ),
    ]
}

/// H1, H2: every route of the administration's pages about people, keys, history and what is sent, for everybody:
/// anonymous visitors are sent to the sign-in and come back, administrators do everything, auditors read, nobody else
/// gets in. A form acts for an administrator alone, with the token of the own session and from this site alone.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one walk over every route")]
async fn every_route_and_every_role() {
    let server = Server::start_with(Options {
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()],
        ..Options::default()
    })
    .await;
    let routes = routes(&server).await;
    let (_, admin) = server.person("admin@example.com", &[Role::Admin]).await;
    let (_, auditor) = server.person("auditor@example.com", &[Role::Auditor]).await;
    let others = [
        server.person("plain@example.com", &[]).await.1,
        server.person("developer@example.com", &[Role::Developer]).await.1,
    ];
    let (_, reviewer) = server.person("reviewer@example.com", &[Role::Reviewer]).await;
    let anonymous = server.browser();
    for Route { path, reader, form } in &routes {
        let sent = anonymous.get_once(path).await;
        assert_eq!(sent.status, 303, "{path}");
        assert!(
            sent.location()
                .expect("a place")
                .starts_with("/login?return_to=%2Fadmin"),
            "{path}"
        );
        for other in &others {
            let refused = other.get_once(path).await;
            assert_eq!(refused.status, 403, "{path}");
            assert_eq!(refused.attributes(".signed-in a", "href"), ["/logout"], "{path}");
        }
        let allowed = match (*path == "/admin", reader) {
            (true, _) => 303,
            (_, Reader::Review) => 200,
            _ => 403,
        };
        assert_eq!(reviewer.get_once(path).await.status, allowed, "{path}");
        let read = if *reader == Reader::Audit { 200 } else { 403 };
        let seen = auditor.get_once(path).await;
        assert_eq!(seen.status, read, "{path}");
        let forms = seen.attributes("main form[method=post]", "action");
        assert!(forms.is_empty(), "{path}: an auditor sees no form: {forms:?}");
        assert_eq!(admin.get_once(path).await.status, 200, "{path}");

        let post = async |browser: &Browser, csrf: &str, action: &str| {
            let fields = [
                ("csrf", csrf),
                ("action", action),
                ("name", "X"),
                ("confirm", "yes"),
            ];
            browser
                .send(browser.request(Method::POST, path).form(&fields))
                .await
                .status
                .as_u16()
        };
        let Some(action) = form else {
            for browser in [&anonymous, &others[0], &reviewer, &auditor, &admin] {
                assert_eq!(post(browser, "", "").await, 405, "{path}");
            }
            continue;
        };
        let csrf = admin
            .get(path)
            .await
            .form(path)
            .value("csrf")
            .expect("a token")
            .to_owned();
        assert_eq!(
            post(&anonymous, &csrf, action).await,
            303,
            "{path}: to the sign-in"
        );
        for other in others.iter().chain([&reviewer, &auditor]) {
            assert_eq!(post(other, &csrf, action).await, 403, "{path}");
        }
        for wrong in ["", "x"] {
            assert_eq!(post(&admin, wrong, action).await, 403, "{path} {wrong:?}");
        }
        let elsewhere = admin
            .request(Method::POST, path)
            .header("origin", "https://evil.example")
            .form(&[("csrf", csrf.as_str()), ("action", action)]);
        assert_eq!(admin.send(elsewhere).await.status, 403, "{path}");
        let text = admin
            .request(Method::POST, path)
            .header("content-type", "text/plain")
            .body("{}");
        assert_eq!(admin.send(text).await.status, 415, "{path}");
    }
    // The token of one form is none of another's, and another administrator's is none of mine.
    let (_, second) = server.person("second@example.com", &[Role::Admin]).await;
    let token = async |browser: &Browser, path: &str| {
        browser
            .get(path)
            .await
            .form(path)
            .value("csrf")
            .expect("a token")
            .to_owned()
    };
    let of_keys = token(&admin, "/admin/keys").await;
    let of_second = token(&second, "/admin/api-keys").await;
    for csrf in [of_keys, of_second] {
        let fields = [("csrf", csrf.as_str()), ("action", "add"), ("name", "X")];
        let sent = admin
            .send(admin.request(Method::POST, "/admin/api-keys").form(&fields))
            .await;
        assert_eq!(sent.status, 403);
    }
    // Nothing of all this was done.
    let registry = server.state.services.registry(Actor::command_line());
    let alice = registry.user_by_email(EMAIL).await.expect("alice");
    assert!(!alice.user.disabled);
    assert!(
        registry
            .api_keys(None, None, 10)
            .await
            .expect("keys")
            .items
            .is_empty()
    );
    assert_eq!(registry.signing_keys(&server.state.services.keys).len(), 1);
    assert!(!server.state.services.webhooks().await.expect("receivers")[0].disabled);
}

/// H1, H3: an auditor reads the outbox without the links in it, and where events go without the part of an address that
/// may be worth something; an administrator sees both.
#[tokio::test(flavor = "multi_thread")]
async fn auditors_read_no_secret() {
    let server = Server::start_with(Options {
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.1".to_owned()],
        ..Options::default()
    })
    .await;
    let routes = routes(&server).await;
    let (_, admin) = server.person("admin@example.com", &[Role::Admin]).await;
    let (_, auditor) = server.person("auditor@example.com", &[Role::Auditor]).await;
    for Route { path, .. } in &routes {
        let body = auditor.get(path).await.body;
        assert!(!body.contains("token="), "{path}");
        assert!(!body.contains("worth-something"), "{path}");
    }
    let message = routes
        .iter()
        .find(|route| route.path.starts_with("/admin/outbox/"))
        .expect("it");
    assert!(
        server
            .audit("admin_command")
            .await
            .iter()
            .all(|line| !line.detail.contains("link read"))
    );
    assert!(
        auditor
            .get(&message.path)
            .await
            .body
            .contains("only administrators may read it")
    );
    assert!(admin.get(&message.path).await.body.contains("token="));
    assert!(
        admin
            .get("/admin/webhooks")
            .await
            .body
            .contains("worth-something")
    );
}
