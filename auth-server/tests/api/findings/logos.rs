//! Logos: fetched, kept, shown as reviewed, deleted.

use auth_server::domain::application as domain;
use auth_server::domain::finding::{Finding, FindingField, FindingKind};
use auth_server::domain::registration::ApplicationChange;
use auth_server::flows::logo::{Logo, LogoProblem};
use auth_server::flows::registry::{Actor, Conflict, Decision, Draft, RegistryError};
use auth_server::outbound::OutboundError;
use auth_server::store::sql::registrations::{self, Beside, ProposalChange};
use auth_server::store::sql::{applications, findings, logos};
use uuid::Uuid;

use super::{PNG, known, options, proposed, reviewed, running, submission, submitted};
use crate::harness::{Application, Neighbour, NewApplication, Server, client};
use crate::on_every_storage;

on_every_storage!(
    /// A logo is a picture of a kind that carries no script, of 256 KiB at most, served from here as nothing else.
    what_is_a_logo,
    |server| async move {
        let services = &server.state.services;
        let neighbour = Neighbour::start().await;
        neighbour.on("/logo", |_| ([("content-type", "text/html")], PNG));
        neighbour.on("/svg", |_| ([("content-type", "image/svg+xml")], "<svg><script>alert(1)</script></svg>"));
        neighbour.on("/large", |_| [PNG, &vec![0; 256 * 1024]].concat());
        let at = |path| neighbour.named("pages.example", path);
        assert_eq!(services.fetch_logo(&at("/svg")).await, Err(LogoProblem::NotAPicture));
        assert_eq!(services.fetch_logo(&at("/none")).await, Err(LogoProblem::Status(404)));
        let too_large = OutboundError::TooLarge(256 * 1024);
        assert_eq!(services.fetch_logo(&at("/large")).await, Err(LogoProblem::Outbound(too_large)));
        let logo = services.fetch_logo(&at("/logo")).await.expect("a logo");
        services.store_logo(&logo).await.expect("stored");
        services.store_logo(&logo).await.expect("stored twice");
        let answer = client().get(server.at(&format!("/logos/{}", logo.hash))).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        for (name, value) in [
            ("content-type", "image/png"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("cache-control", "public, max-age=31536000, immutable"),
        ] {
            assert_eq!(answer.headers()[name], value, "{name}");
        }
        assert_eq!(answer.bytes().await.expect("a body"), PNG);
        let none = client().get(server.at("/logos/none")).send().await.expect("an answer");
        assert_eq!(none.status(), 404);
    },
    options()
);

/// The consent page shows the logo that was fetched, from this server.
#[tokio::test(flavor = "multi_thread")]
async fn the_consent_page_shows_the_logo() {
    let server = Server::start_with(options()).await;
    let services = &server.state.services;
    let neighbour = Neighbour::start().await;
    neighbour.on("/logo", |_| PNG);
    let app = server.application(NewApplication::public()).await;
    let found = applications::find(&services.database, &app.client_id)
        .await
        .expect("the database");
    let mut shown = found.expect("it is registered");
    shown.client_id = Uuid::new_v4().to_string();
    shown.name = "With a logo".to_owned();
    shown.review = domain::ReviewStatus::Pending;
    shown.about.logo_url = Some(neighbour.named("pages.example", "/logo"));
    applications::insert(&services.database, &shown, None)
        .await
        .expect("registered");
    services
        .examine_submission(&submission(shown.clone(), services.clock.now()))
        .await
        .expect("examined");
    reviewed(&server, &shown.client_id, domain::ReviewStatus::Approved).await;
    services.clients.forget_application(&shown.client_id).await;
    let app = Application {
        client_id: shown.client_id,
        ..app
    };
    let browser = server.signed_in().await;
    let page = browser.get(&app.request(&[]).0).await;
    let source = page.attributes("img.tile", "src").remove(0);
    assert!(source.starts_with("/logos/"), "{source}");
    let logo = browser.get(&source).await;
    assert_eq!(logo.header("content-type"), "image/png");
}

/// The picture of a change is shown once the change is approved, and not before; a reviewer who saw another one does
/// not approve it.
#[tokio::test(flavor = "multi_thread")]
async fn the_logo_of_a_change_comes_with_its_approval() {
    let server = Server::start_with(options()).await;
    let services = &server.state.services;
    let database = &services.database;
    let owner = server.add_user("dev@example.com", crate::harness::PASSWORD).await;
    let draft = |logo: &str| Draft {
        name: "Calendar".to_owned(),
        homepage_url: Some("https://app.example/".to_owned()),
        policy_url: Some("https://app.example/policy".to_owned()),
        logo_url: Some(logo.to_owned()),
        use_case: Some("calendar".to_owned()),
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        scope: "user:read".parse().expect("a scope"),
        ..Draft::default()
    };
    let (old, new) = ("https://app.example/old.png", "https://app.example/new.png");
    let own = services.registry(Actor::user(&owner, None));
    let operator = services.registry(Actor::command_line());
    let made = own.create_draft(owner.id, &draft(old)).await.expect("a draft");
    let id = made.application.client_id;
    own.submit(owner.id, &id).await.expect("submitted");
    assert!(
        applications::set_logo(database, &id, Some(old), "old", false)
            .await
            .expect("the database")
    );
    let decision = |seen| Decision {
        status: domain::ReviewStatus::Approved,
        reason: None,
        seen,
        first_secret: false,
    };
    operator.decide(&id, &decision(None)).await.expect("approved");
    assert!(
        !applications::set_logo(database, &id, Some(old), "unseen", true)
            .await
            .expect("the database")
    );
    own.edit_own(owner.id, &id, &draft(new), None)
        .await
        .expect("proposed");
    let waits = own.submit(owner.id, &id).await.expect("submitted");
    let submission = waits.submission().expect("submitted");
    let own_submission = waits.application.submitted_at.expect("submitted");
    assert!(submission.submitted_at > own_submission, "in the same second");
    let key = findings::Submission {
        client_id: &id,
        submitted_at: submission.submitted_at,
    };
    let run = Uuid::new_v4();
    findings::begin(database, key, run, &[], services.clock.now())
        .await
        .expect("begun");
    let now = services.clock.now();
    findings::complete(database, key, run, &[], Some("new"), now)
        .await
        .expect("the database");
    let logo = async || known(&server, &id).await.application.about.logo;
    assert_eq!(logo().await.as_deref(), Some("old"));
    let late = operator
        .decide_proposal(&id, &decision(Some(waits.version)))
        .await;
    assert!(
        matches!(late, Err(RegistryError::Conflict(Conflict::Changed))),
        "{late:?}"
    );
    let seen = known(&server, &id).await.version;
    operator
        .decide_proposal(&id, &decision(Some(seen)))
        .await
        .expect("approved");
    assert_eq!(logo().await.as_deref(), Some("new"));
    // Another address, another picture: the one before is not shown for it.
    let change = ApplicationChange {
        logo_url: Some(Some("https://app.example/third.png".to_owned())),
        ..ApplicationChange::default()
    };
    operator
        .edit_application(&id, &change, None)
        .await
        .expect("changed");
    assert_eq!(logo().await, None);
}

on_every_storage!(
    /// The logo of an application that no review looks at is fetched as well, once; one that a review found wanting is
    /// not fetched behind the reviewer's back.
    logos_that_administrators_name,
    |server| async move {
        let services = &server.state.services;
        let neighbour = Neighbour::start().await;
        neighbour.on("/logo", |_| PNG);
        let named = async |path: &str| {
            let url = neighbour.named("pages.example", path);
            running(&server, |application| application.about.logo_url = Some(url)).await
        };
        let good = named("/logo").await;
        let missing = named("/none").await;
        // It runs only once its finding is written: the server looks for missing logos by itself, too.
        let mut wanting = submitted(&server, |application| {
            application.about.logo_url = Some(neighbour.named("pages.example", "/logo?wanting"));
        })
        .await;
        wanting.client_id = Uuid::new_v4().to_string();
        applications::insert(&services.database, &wanting, None).await.expect("registered");
        let key = findings::Submission { client_id: &wanting.client_id, submitted_at: 1 };
        let url = wanting.about.logo_url.as_deref().expect("an address");
        let found = Finding::new(FindingField::Logo, url, FindingKind::LogoUnusable, "no picture");
        findings::begin(&services.database, key, Uuid::new_v4(), &[found], 1).await.expect("begun");
        reviewed(&server, &wanting.client_id, domain::ReviewStatus::Approved).await;
        while services.fetch_missing_logo().await.expect("fetched") {}
        let logo = async |app: &domain::Application| known(&server, &app.client_id).await.application.about.logo;
        assert!(logo(&good).await.is_some());
        assert_eq!((logo(&missing).await, logo(&wanting).await), (None, None));
        assert!(!services.fetch_missing_logo().await.expect("fetched"), "it is not asked for again");
    },
    options()
);

on_every_storage!(
    /// S4.15: what a reviewer approved without its picture is shown without one. What lies at the address afterwards is
    /// what nobody looked at.
    no_logo_comes_behind_the_review,
    |server| async move {
        let services = &server.state.services;
        let neighbour = Neighbour::start().await;
        neighbour.on("/logo", |_| PNG);
        let url = neighbour.named("pages.example", "/logo");
        // The server examines what waits by itself: not here.
        server.end_tasks().await;
        let mut app = submitted(&server, |application| application.about.logo_url = Some(url)).await;
        app.client_id = Uuid::new_v4().to_string();
        app.submitted_at = Some(services.clock.now());
        applications::insert(&services.database, &app, None).await.expect("registered");
        let submission = known(&server, &app.client_id).await.submission().expect("it waits");
        let approved = Decision { status: domain::ReviewStatus::Approved, reason: None, seen: None, first_secret: false };
        services.registry(Actor::command_line()).decide(&app.client_id, &approved).await.expect("approved");
        let logo = async || known(&server, &app.client_id).await.application.about.logo;
        while services.fetch_missing_logo().await.expect("fetched") {}
        assert_eq!(logo().await, None);
        services.examine_submission(&submission).await.expect("examined");
        assert_eq!(logo().await, None);
    },
    options()
);

fn picture(content: u8) -> Logo {
    Logo {
        hash: format!("{content:064x}"),
        picture: auth_server::protocol::pictures::Picture::of(PNG).expect("a picture"),
        bytes: PNG.to_vec(),
    }
}

on_every_storage!(
    /// Logos that nobody shows any more go; those of an application or of a change under review stay, and so does one
    /// that was fetched a moment ago: whoever fetched it is about to name it.
    unused_logos_are_deleted,
    |server| async move {
        let services = &server.state.services;
        let database = &services.database;
        let [shown, proposed_one, left, again] = [1, 2, 3, 4].map(picture);
        for logo in [&shown, &proposed_one, &left, &again] {
            services.store_logo(logo).await.expect("stored");
        }
        let url = "https://app.example/logo.png";
        let app = running(&server, |application| application.about.logo_url = Some(url.to_owned())).await;
        assert!(applications::set_logo(database, &app.client_id, Some(url), &shown.hash, true).await.expect("the database"));
        let change = proposed(&server, &app.client_id, |change| {
            change.logo_url = Some(Some("https://app.example/new.png".to_owned()));
        })
        .await;
        let key = findings::Submission { client_id: &app.client_id, submitted_at: change.submitted_at };
        let run = Uuid::new_v4();
        findings::begin(database, key, run, &[], services.clock.now()).await.expect("begun");
        let hash = Some(proposed_one.hash.as_str());
        findings::complete(database, key, run, &[], hash, services.clock.now()).await.expect("the database");
        let rest = async || {
            let mut after = String::new();
            loop {
                after = services.delete_unused_logos(&after).await.expect("the database");
                if after.is_empty() {
                    break;
                }
            }
            let mut there = Vec::new();
            for logo in [&shown, &proposed_one, &left, &again] {
                there.push(services.logo(&logo.hash).await.expect("the database").is_some());
            }
            there
        };
        assert_eq!(rest().await, [true, true, true, true], "fetched a moment ago");
        server.advance(std::time::Duration::from_secs(3601));
        services.store_logo(&again).await.expect("fetched again");
        assert_eq!(rest().await, [true, true, false, true]);
        // The change is withdrawn: nobody will show its picture.
        let before = known(&server, &app.client_id).await;
        let beside = Beside { proposal: ProposalChange::Remove, ..Beside::default() };
        registrations::write(database, &before.application, Some(before.version), &beside).await.expect("written");
        assert_eq!(rest().await, [true, false, false, true]);
    },
    options()
);

on_every_storage!(
    /// A decision that is refused changes nothing: a logo that is still to be fetched is fetched afterwards.
    a_refused_decision_ends_no_fetch,
    |server| async move {
        server.end_tasks().await;
        let services = &server.state.services;
        let neighbour = Neighbour::start().await;
        neighbour.on("/logo", |_| PNG);
        let url = neighbour.named("pages.example", "/logo");
        let app = running(&server, |application| application.about.logo_url = Some(url)).await;
        let seen = Some(known(&server, &app.client_id).await.version);
        let again = Decision { status: domain::ReviewStatus::Approved, reason: None, seen, first_secret: false };
        let refused = services.registry(Actor::command_line()).decide(&app.client_id, &again).await;
        assert!(matches!(refused, Err(RegistryError::Conflict(Conflict::Already))), "{refused:?}");
        while services.fetch_missing_logo().await.expect("fetched") {}
        assert!(known(&server, &app.client_id).await.application.about.logo.is_some());
    },
    options()
);

/// A logo that was on its way when a reviewer decided comes too late: neither is it shown, nor does it open the way for
/// another one that the reviewer did not see.
#[tokio::test(flavor = "multi_thread")]
async fn a_logo_on_its_way_comes_too_late() {
    let server = Server::start_with(options()).await;
    let services = &server.state.services;
    let database = &services.database;
    server.end_tasks().await;
    let (old, new) = ("https://app.example/old.png", "https://app.example/new.png");
    let app = running(&server, |application| {
        application.about.logo_url = Some(old.to_owned());
    })
    .await;
    let missing = async || logos::missing(database).await.expect("the database");
    assert_eq!(missing().await, Some((app.client_id.clone(), old.to_owned())));
    // Somebody fetches it. Meanwhile a change is approved that no picture came for.
    proposed(&server, &app.client_id, |change| {
        change.logo_url = Some(Some(new.to_owned()));
    })
    .await;
    let approved = Decision {
        status: domain::ReviewStatus::Approved,
        reason: None,
        seen: None,
        first_secret: false,
    };
    let registry = services.registry(Actor::command_line());
    registry
        .decide_proposal(&app.client_id, &approved)
        .await
        .expect("approved");
    for url in [old, new] {
        let shown = applications::set_logo(database, &app.client_id, Some(url), "unseen", true).await;
        assert!(!shown.expect("the database"), "{url}");
    }
    logos::tried(database, &app.client_id, old)
        .await
        .expect("the database");
    assert_eq!(missing().await, None);
}
