//! What is found about the URLs of an application (S4.19 to S4.25).

use auth_server::domain::finding::{FindingField, FindingKind, Severity};
use auth_server::domain::policy::Profile;
use auth_server::domain::registration::ApplicationChange;
use auth_server::flows::registry::{self, Actor};
use auth_server::outbound::Lookup;
use auth_server::store::sql::applications;
use axum::http::StatusCode;

use super::{kinds, options, proposed, submission, submitted};
use crate::harness::{Neighbour, NewApplication, Options, Server};
use crate::on_every_storage;

on_every_storage!(
    /// S4.19, S4.20, S4.21, S4.22, S4.23: each rule has a finding of its own, which blocks.
    forbidden_urls,
    |server| async move {
        for (url, kind) in [
            ("http://app.example/callback", FindingKind::PlainHttp),
            ("https://93.184.216.34/callback", FindingKind::Malformed),
            ("https://[2606:4700::1111]/callback", FindingKind::Malformed),
            ("https://app.example/callback?token=1", FindingKind::Malformed),
            ("https://*.app.example/callback", FindingKind::Malformed),
            ("https://app.example/callback#top", FindingKind::Malformed),
            ("https://app example/callback", FindingKind::Malformed),
            ("nonsense", FindingKind::Malformed),
            ("https://127.0.0.1/callback", FindingKind::PrivateTarget),
        ] {
            let application = submitted(&server, |application| {
                application.redirect_uris = vec![url.to_owned()];
            })
            .await;
            let found = server.state.services.examine(&application).await.expect("findings");
            assert_eq!(kinds(&found), [(FindingField::RedirectUri, kind)], "{url}");
            assert!(found[0].severity >= Severity::Warns, "{url}");
            assert_eq!(found[0].url, url);
        }
        for url in ["http://pages.example/", "https://pages.example/#top", "https://127.0.0.1/"] {
            let application = submitted(&server, |application| {
                application.homepage_url = Some(url.to_owned());
            })
            .await;
            let found = server.state.services.examine(&application).await.expect("findings");
            assert!(
                found.iter().any(|finding| finding.field == FindingField::Homepage && finding.severity == Severity::Blocks),
                "{url}: {found:?}"
            );
        }
    },
    options()
);

on_every_storage!(
    /// S4.24: pages that do not answer, hosts that do not exist. Redirect URIs are looked up, never called.
    pages_must_be_there,
    |server| async move {
        let neighbour = Neighbour::start().await;
        neighbour.on("/home", |_| "Welcome");
        neighbour.on("/gone", |_| StatusCode::GONE);
        let page = |path: &str| Some(neighbour.named("pages.example", path));
        let examine = async |homepage: Option<String>, policy: Option<String>, redirect: &str| {
            let application = submitted(&server, |application| {
                application.homepage_url = homepage;
                application.policy_url = policy;
                application.redirect_uris = vec![redirect.to_owned()];
            })
            .await;
            let found = server.state.services.examine(&application).await.expect("findings");
            // Plain http has a finding of its own; the tests' pages have no certificates.
            kinds(&found).into_iter().filter(|(_, kind)| *kind != FindingKind::PlainHttp).collect::<Vec<_>>()
        };
        let redirect = "https://app.example/callback";
        assert_eq!(examine(page("/home"), page("/home"), redirect).await, []);
        assert_eq!(
            examine(page("/gone"), page("/never"), redirect).await,
            [
                (FindingField::Homepage, FindingKind::PageMissing),
                (FindingField::Policy, FindingKind::PageMissing)
            ]
        );
        let nowhere = Some("https://nowhere.example/".to_owned());
        assert_eq!(
            examine(nowhere, None, "https://nowhere.example/callback").await,
            [
                (FindingField::RedirectUri, FindingKind::Unresolved),
                (FindingField::Homepage, FindingKind::Unresolved)
            ]
        );
        let inside = Some("https://inside.example/".to_owned());
        assert_eq!(
            examine(inside, None, "https://inside.example/callback").await,
            [
                (FindingField::Homepage, FindingKind::PrivateTarget),
                (FindingField::RedirectUri, FindingKind::PrivateTarget)
            ]
        );
        assert!(neighbour.received().iter().all(|received| received.path != "/callback"));
    },
    options()
);

on_every_storage!(
    /// S4.26: hosts that look like another application's, that mix scripts, or that are shown as Punycode.
    suspicious_hosts,
    |server| async move {
        let services = &server.state.services;
        let known = server
            .application(NewApplication::of(Profile::Standard).redirect_uris(&["https://paypal.example/callback"]))
            .await;
        while services.record_missing_hosts().await.expect("hosts") {}
        let find = async |uri: &str| {
            let application = submitted(&server, |application| {
                application.redirect_uris = vec![uri.to_owned()];
            })
            .await;
            kinds(&services.examine(&application).await.expect("findings"))
        };
        let alike = find("https://paypa1.example/callback").await;
        assert_eq!(alike, [(FindingField::RedirectUri, FindingKind::LookAlike)]);
        assert_eq!(find("https://app.example/callback").await, []);
        assert_eq!(
            find("https://xn--bcher-kva.example/callback").await,
            [(FindingField::RedirectUri, FindingKind::Punycode)]
        );
        // Cyrillic er and a, then Latin: as a browser sends it.
        let mixed = find("https://xn--ypal-43d9g.example/callback").await;
        for kind in [FindingKind::MixedScripts, FindingKind::LookAlike, FindingKind::Punycode] {
            assert!(mixed.contains(&(FindingField::RedirectUri, kind)), "{kind:?}: {mixed:?}");
        }
        // Its own host is no look-alike.
        let own = applications::find(&services.database, &known.client_id).await.expect("the database");
        let found = services.examine(&own.expect("it is registered")).await.expect("findings");
        assert!(found.iter().all(|finding| finding.kind == FindingKind::Unresolved), "{found:?}");
    },
    options()
);

/// S4.25: a host on the operator's list blocks, with its subdomains; the file is read again when it changes.
#[tokio::test(flavor = "multi_thread")]
async fn blocklist() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hosts.txt");
    std::fs::write(&path, "# none yet\n").expect("written");
    let server = Server::start_with(options()).await;
    let mut config = server.config.clone();
    config.review.blocklist_file = path.display().to_string();
    let (state, _) = server.instance_with(&config).await;
    let application = submitted(&server, |application| {
        application.redirect_uris = vec!["https://login.evil.example/callback".to_owned()];
    })
    .await;
    let find = async || {
        let found = state.services.examine(&application).await.expect("findings");
        found
            .into_iter()
            .filter(|finding| finding.kind == FindingKind::Blocklisted)
            .collect::<Vec<_>>()
    };
    assert_eq!(find().await, []);
    std::fs::write(&path, "# phishing\nEVIL.example\n").expect("written");
    let found = find().await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Blocks);
    // A list that is gone stays in force.
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(find().await.len(), 1);
    // A server that cannot read its list does not start.
    let clock = auth_server::domain::clock::Clock::System;
    let refused = auth_server::state::AppState::open(&config, clock).await;
    assert!(
        refused
            .expect_err("no list")
            .to_string()
            .contains("review.blocklist_file")
    );
}

/// A host that does not answer keeps nobody waiting: the findings so far are there at once, the rest comes behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_host_keeps_nobody_waiting() {
    fn dead() -> Lookup {
        std::sync::Arc::new(|_| Box::pin(std::future::pending()))
    }
    let server = Server::start_with(Options {
        lookup: dead,
        ..options()
    })
    .await;
    let services = &server.state.services;
    let application = submitted(&server, |application| {
        application.redirect_uris = vec![
            "https://dead.example/callback".to_owned(),
            "https://dead.example/#x".to_owned(),
        ];
    })
    .await;
    let examination = services
        .examine_submission(&submission(application.clone(), 1000))
        .await
        .expect("an examination");
    assert_eq!(examination.completed_at, None);
    assert_eq!(
        kinds(&examination.findings),
        [(FindingField::RedirectUri, FindingKind::Malformed)]
    );
    for _ in 0..400 {
        let known = services
            .examination(&application.client_id, 1000)
            .await
            .expect("the database");
        let known = known.expect("it was examined");
        if known.completed_at.is_some() {
            assert_eq!(known.findings.len(), 2);
            assert!(kinds(&known.findings).contains(&(FindingField::RedirectUri, FindingKind::Unreachable)));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("still checking");
}

on_every_storage!(
    /// The hosts that others' look-alikes are compared with are those that run: a change counts once it is approved.
    hosts_are_those_that_run,
    |server| async move {
        let services = &server.state.services;
        let operator = services.registry(Actor::command_line());
        let new = registry::NewApplication {
            redirect_uris: vec!["https://app.example/callback".to_owned()],
            ..registry::NewApplication::of(Profile::Standard, "Bank")
        };
        let bank = operator.create_application(new).await.expect("registered").registration.application;
        let alike = async || {
            let application = submitted(&server, |application| {
                application.redirect_uris = vec!["https://paypa1.example/callback".to_owned()];
            })
            .await;
            let found = services.examine(&application).await.expect("findings");
            kinds(&found).contains(&(FindingField::RedirectUri, FindingKind::LookAlike))
        };
        let change = proposed(&server, &bank.client_id, |change| {
            change.redirect_uris = Some(vec!["https://paypal.example/callback".to_owned()]);
        })
        .await;
        services.examine_submission(&change).await.expect("examined");
        assert!(!alike().await, "nobody approved it");
        let change = ApplicationChange {
            redirect_uris: Some(vec!["https://paypal.example/callback".to_owned()]),
            ..ApplicationChange::default()
        };
        operator.edit_application(&bank.client_id, &change, None).await.expect("changed");
        assert!(alike().await, "it runs");
    },
    options()
);
