//! The audit log and error ids on the administration's pages.

use std::time::Duration;

use auth_server::domain::audit::AuditKind;
use auth_server::flows::audit::Subject;
use auth_server::store::sql::users;

use crate::harness::{Browser, EMAIL, Options, PASSWORD, Server};

const ADMIN: &str = "admin@example.com";

async fn start() -> (Server, Browser) {
    let server = Server::start_with(Options::manual_clock()).await;
    server.add_administrator(ADMIN, PASSWORD).await;
    let admin = server.signed_in_as(ADMIN).await;
    (server, admin)
}

async fn written(server: &Server, kind: AuditKind, by: &Subject<'_>, detail: &str) {
    server.state.services.audit(kind, by.clone(), detail).await;
}

/// H6: lines are found by kind, by a user's address or id, by application and by day, page by page, each once.
#[tokio::test(flavor = "multi_thread")]
async fn lines_are_found() {
    let (server, admin) = start().await;
    let alice = users::find_by_email(&server.state.services.database, EMAIL)
        .await
        .expect("the database")
        .expect("alice");
    let about_alice = Subject {
        user_id: Some(alice.id),
        ..Subject::default()
    };
    let of_calendar = Subject {
        client_id: Some("calendar"),
        ..Subject::default()
    };
    for number in 0..110 {
        written(
            &server,
            AuditKind::ConsentGranted,
            &about_alice,
            &format!("number {number}"),
        )
        .await;
    }
    written(&server, AuditKind::Revocation, &of_calendar, "of the calendar").await;
    let today = chrono::DateTime::from_timestamp(server.state.services.clock.now(), 0).expect("a time");
    let day = |days: i64| {
        (today + chrono::Duration::days(days))
            .format("%Y-%m-%d")
            .to_string()
    };
    server.advance(Duration::from_hours(72));
    admin.sign_in(ADMIN, PASSWORD).await;
    written(&server, AuditKind::CodeReplay, &of_calendar, "much later").await;

    let lines = async |query: &str| {
        admin
            .get(&format!("/admin/audit?{query}"))
            .await
            .texts("td.in-words")
    };
    assert_eq!(
        lines("client_id=calendar").await,
        ["much later", "of the calendar"]
    );
    assert_eq!(
        lines("kind=revocation&client_id=calendar").await,
        ["of the calendar"]
    );
    assert_eq!(lines("kind=consent_granted").await.len(), 50);
    // WCAG 3.1.2: what is written down is English, whatever the page's language is.
    let page = admin.get("/admin/audit?kind=revocation").await;
    assert_eq!(page.attributes("td.in-words bdi", "lang"), ["en"]);
    let until = day(0);
    assert_eq!(
        lines(&format!("client_id=calendar&until={until}")).await,
        ["of the calendar"]
    );
    let from = day(2);
    assert_eq!(
        lines(&format!("client_id=calendar&from={from}")).await,
        ["much later"]
    );
    assert_eq!(
        lines(&format!("kind=consent_granted&user={}", alice.id))
            .await
            .len(),
        50
    );
    assert_eq!(
        lines(&format!("kind=consent_granted&user={ADMIN}")).await.len(),
        0
    );
    let mut seen = std::collections::HashSet::new();
    let (mut next, mut pages) = (Some(format!("/admin/audit?kind=consent_granted&user={EMAIL}")), 0);
    while let Some(path) = next {
        let page = admin.get(&path).await;
        pages += 1;
        for line in page.texts("td.in-words") {
            assert!(seen.insert(line), "each once");
        }
        next = page
            .attributes("a.button", "href")
            .into_iter()
            .find(|href| href.contains("after="));
    }
    assert_eq!((seen.len(), pages), (110, 3));
    for (query, field) in [
        ("user=nobody@example.com", "user"),
        ("user=nonsense", "user"),
        ("kind=zzz", "kind"),
        ("from=yesterday", "from"),
        ("until=2026-13-01", "until"),
    ] {
        let page = admin.get(&format!("/admin/audit?{query}")).await;
        assert_eq!(page.status, 422, "{query}");
        assert_eq!(page.attributes("[aria-invalid=true]", "name"), [field], "{query}");
        assert!(page.texts("td.in-words").is_empty(), "{query}");
    }
}

/// H6: what the filters leave is downloaded whole, as CSV or JSON lines; a filter that is none leads back to the page.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_downloaded() {
    let (server, admin) = start().await;
    for number in 0..600 {
        written(
            &server,
            AuditKind::ConsentDenied,
            &Subject::default(),
            &format!("=number {number}"),
        )
        .await;
    }
    written(&server, AuditKind::Review, &Subject::default(), "another").await;
    let page = admin.get("/admin/audit?kind=consent_denied").await;
    let links: Vec<_> = page
        .attributes("a.button", "href")
        .into_iter()
        .filter(|href| href.contains("export"))
        .collect();
    let csv = admin.get(&links[0]).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.header("content-disposition").starts_with("attachment"));
    assert_eq!(csv.header("cache-control"), "no-store");
    assert_eq!(csv.body.lines().count(), 601);
    assert!(csv.body.contains("\"'=number 0\"") && !csv.body.contains("another"));
    let json = admin.get(&links[1]).await;
    assert_eq!(json.header("content-type"), "application/jsonl");
    assert_eq!(json.body.lines().count(), 600);
    for line in json.body.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["kind"], "consent_denied");
    }
    let wrong = admin
        .get_once("/admin/audit/export?format=csv&from=yesterday")
        .await;
    assert_eq!(wrong.location().as_deref(), Some("/admin/audit?from=yesterday"));
    let kind = admin.get_once("/admin/audit/export?kind=zzz").await;
    assert_eq!(kind.location().as_deref(), Some("/admin/audit?kind=zzz"));
    assert_eq!(admin.get("/admin/audit/export?format=xml").await.status, 400);
}

/// H6: an error id leads to the exact reason; what is none, and what nobody knows, is said beside the field.
#[tokio::test(flavor = "multi_thread")]
async fn error_ids_are_looked_up() {
    let (server, admin) = start().await;
    let id = server.browser().get("/no/such/page").await.error_id();
    let reason = server.reason(&id).await;
    let found = admin.get(&format!("/admin/errors?id={id}")).await;
    assert_eq!(found.status, 200);
    let facts = found.texts("dd");
    assert_eq!(facts[0], reason);
    assert!(facts[1].starts_with("GET"), "{facts:?}");
    assert_eq!(facts[2], "404");
    assert_eq!(admin.get("/admin/errors").await.texts("dd").len(), 0);
    let unknown = uuid::Uuid::new_v4().to_string();
    for (id, status) in [
        ("nonsense", 422),
        ("%27%20OR%201%3D1--", 422),
        (unknown.as_str(), 404),
    ] {
        let page = admin.get(&format!("/admin/errors?id={id}")).await;
        assert_eq!(page.status, status, "{id}");
        assert_eq!(page.attributes("[aria-invalid=true]", "name"), ["id"], "{id}");
        assert!(page.texts("dd").is_empty());
    }
}
