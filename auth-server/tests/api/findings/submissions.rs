//! Which submission an examination belongs to, and who makes it.

use auth_server::domain::application as domain;
use auth_server::domain::finding::{Finding, FindingField, FindingKind};
use auth_server::store::sql::{applications, findings};
use uuid::Uuid;

use super::{PNG, kinds, known, options, proposed, reviewed, running, submitted};
use crate::harness::Neighbour;
use crate::on_every_storage;

const OTHER_PNG: &[u8] = b"\x89PNG\r\n\x1a\nanother picture";

on_every_storage!(
    /// A submission that nobody examined when it was made, such as one of the command line, is examined behind.
    a_submission_of_the_command_line_is_examined,
    |server| async move {
        let services = &server.state.services;
        let template = submitted(&server, |_| {}).await;
        let waiting = domain::Application {
            client_id: Uuid::new_v4().to_string(),
            name: "Waiting".to_owned(),
            review: domain::ReviewStatus::Pending,
            submitted_at: Some(services.clock.now()),
            ..template
        };
        applications::insert(&services.database, &waiting, None).await.expect("registered");
        while services.examine_next().await.expect("examined") {}
        let known = services.examination(&waiting.client_id, services.clock.now()).await.expect("the database");
        assert!(known.expect("it was examined").completed_at.is_some());
    },
    options()
);

on_every_storage!(
    /// An examination that an instance left when it stopped is taken over by one of many.
    an_abandoned_examination_is_taken_over,
    |server| async move {
        let services = &server.state.services;
        let application = submitted(&server, |_| {}).await;
        let now = services.clock.now();
        let submission = findings::Submission { client_id: &application.client_id, submitted_at: now };
        let run = Uuid::new_v4;
        findings::begin(&services.database, submission, run(), &[], now).await.expect("begun");
        assert_eq!(findings::take_over(&services.database, run(), now, now).await.expect("the database"), None);
        let taking = (0..20).map(|_| {
            let database = services.database.clone();
            tokio::spawn(async move { findings::take_over(&database, run(), now + 61, now + 61).await.expect("the database") })
        });
        let mut taken = 0;
        for one in taking.collect::<Vec<_>>() {
            taken += usize::from(one.await.expect("it ends").is_some());
        }
        assert_eq!(taken, 1);
        server.advance(std::time::Duration::from_secs(200));
        assert!(services.resume_examination().await.expect("resumed"));
        let known = services.examination(&application.client_id, now).await.expect("the database");
        assert!(known.expect("it was examined").completed_at.is_some());
    },
    options()
);

on_every_storage!(
    /// Of two examinations of one submission the later one counts, whichever ends first; and who looked at the
    /// submission before its logo was fetched anew does not decide about that one.
    the_latest_examination_counts,
    |server| async move {
        let services = &server.state.services;
        let database = &services.database;
        let app = submitted(&server, |_| {}).await;
        let key = findings::Submission { client_id: &app.client_id, submitted_at: 1000 };
        let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
        findings::begin(database, key, first, &[], 1000).await.expect("begun");
        findings::begin(database, key, second, &[], 1001).await.expect("begun");
        let version = known(&server, &app.client_id).await.version;
        let bad = Finding::new(FindingField::Homepage, "https://a.example/", FindingKind::PageMissing, "404");
        let complete = async |run: Uuid, found: &[Finding], logo: Option<&str>| {
            findings::complete(database, key, run, found, logo, 1002).await.expect("the database")
        };
        assert!(complete(second, std::slice::from_ref(&bad), Some("a")).await);
        assert!(!complete(first, &[], Some("b")).await, "it was begun anew");
        let kept = findings::find(database, key).await.expect("the database").expect("examined");
        assert_eq!((kept.findings, kept.logo.as_deref()), (vec![bad], Some("a")));
        assert_eq!(known(&server, &app.client_id).await.version, version + 1);
        for (logo, more) in [("a", 1), ("b", 2)] {
            findings::begin(database, key, second, &[], 1003).await.expect("begun");
            assert!(complete(second, &[], Some(logo)).await);
            assert_eq!(known(&server, &app.client_id).await.version, version + more, "{logo}");
        }
    },
    options()
);

on_every_storage!(
    /// What is found about a change belongs to the change: what was found about the running version, and the logo that
    /// was reviewed, stay as they are, even where another picture lies at the same address by now.
    a_change_is_examined_by_itself,
    |server| async move {
        let services = &server.state.services;
        let neighbour = Neighbour::start().await;
        neighbour.on("/logo", |_| PNG);
        neighbour.on("/new", |_| OTHER_PNG);
        let logo_url = neighbour.named("pages.example", "/logo");
        let app = running(&server, |application| {
            application.about.logo_url = Some(logo_url.clone());
            application.homepage_url = Some("https://nowhere.example/".to_owned());
        })
        .await;
        reviewed(&server, &app.client_id, domain::ReviewStatus::Pending).await;
        let own = known(&server, &app.client_id).await.submission().expect("submitted");
        services.examine_submission(&own).await.expect("examined");
        reviewed(&server, &app.client_id, domain::ReviewStatus::Approved).await;
        let shown = known(&server, &app.client_id).await.application.about.logo.expect("a logo");
        let before = services.examination(&app.client_id, own.submitted_at).await.expect("the database");

        neighbour.on("/logo", |_| OTHER_PNG);
        let change = proposed(&server, &app.client_id, |change| {
            change.homepage_url = Some(Some("https://gone.example/".to_owned()));
        })
        .await;
        assert!(change.is_change && change.submitted_at > own.submitted_at);
        let found = services.examine_submission(&change).await.expect("examined");
        let about_the_change = |found: &[Finding]| {
            let homepage = found.iter().filter(|finding| finding.field == FindingField::Homepage);
            homepage.map(|finding| (finding.url.clone(), finding.kind)).collect::<Vec<_>>()
        };
        let gone = [("https://gone.example/".to_owned(), FindingKind::Unresolved)];
        assert_eq!(about_the_change(&found.findings), gone);
        assert_eq!(known(&server, &app.client_id).await.application.about.logo.as_ref(), Some(&shown));
        let after = services.examination(&app.client_id, own.submitted_at).await.expect("the database");
        assert_eq!(after, before, "the running version's own");

        // A stopped instance left it: what is gone on with is the change.
        let key = findings::Submission { client_id: &app.client_id, submitted_at: change.submitted_at };
        let long_ago = services.clock.now() - 100;
        findings::begin(&services.database, key, Uuid::new_v4(), &[], long_ago).await.expect("begun");
        while services.resume_examination().await.expect("resumed") {}
        let again = services.examination(&app.client_id, change.submitted_at).await.expect("the database");
        assert_eq!(about_the_change(&again.expect("examined").findings), gone);
        assert_eq!(known(&server, &app.client_id).await.application.about.logo.as_ref(), Some(&shown));

        // One that was submitted just before an instance stopped is examined, too.
        let other = running(&server, |application| application.homepage_url = None).await;
        let change = proposed(&server, &other.client_id, |change| {
            change.homepage_url = Some(Some("https://nowhere.example/".to_owned()));
        })
        .await;
        while services.examine_next().await.expect("examined") {}
        let found = services.examination(&other.client_id, change.submitted_at).await.expect("the database");
        let found = found.expect("examined").findings;
        assert!(kinds(&found).contains(&(FindingField::Homepage, FindingKind::Unresolved)), "{found:?}");
    },
    options()
);
