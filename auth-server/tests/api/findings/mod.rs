//! What is found about a submitted application, and its logo.

mod logos;
mod submissions;
mod urls;

use auth_server::domain::application as domain;
use auth_server::domain::finding::{Finding, FindingField, FindingKind};
use auth_server::domain::policy::Profile;
use auth_server::domain::registration::{ApplicationChange, Proposal, Registration, Submission};
use auth_server::outbound::Lookup;
use auth_server::store::sql::applications;
use auth_server::store::sql::registrations::{self, Beside, ProposalChange};
use uuid::Uuid;

use crate::harness::{NewApplication, Options, Server, names};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest";

/// Names the tests' pages have; they lead to this machine, which the tests' server may call.
fn lookup() -> Lookup {
    names(&[
        ("app.example", "127.0.0.1"),
        ("pages.example", "127.0.0.1"),
        ("inside.example", "10.0.0.7"),
        ("xn--bcher-kva.example", "127.0.0.1"),
        ("paypa1.example", "127.0.0.1"),
        ("evil.example", "127.0.0.1"),
        ("login.evil.example", "127.0.0.1"),
    ])
}

fn options() -> Options {
    Options {
        lookup,
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.0/8".to_owned()],
        ..Options::manual_clock()
    }
}

/// An application of profile jiomeet that waits for review, changed by `change`.
async fn submitted(server: &Server, change: impl FnOnce(&mut domain::Application)) -> domain::Application {
    let registered = server.application(NewApplication::of(Profile::Jiomeet)).await;
    let database = &server.state.services.database;
    let pending = domain::ReviewStatus::Pending;
    applications::set_review(database, &registered.client_id, pending, None)
        .await
        .expect("it waits");
    let mut application = applications::find(database, &registered.client_id)
        .await
        .expect("the database")
        .expect("it is registered");
    change(&mut application);
    application
}

fn submission(application: domain::Application, submitted_at: i64) -> Submission {
    Submission {
        status: application.review,
        is_change: false,
        submitted_at,
        application,
    }
}

/// An approved application that was submitted before, changed by `change`.
async fn running(server: &Server, change: impl FnOnce(&mut domain::Application)) -> domain::Application {
    let mut application = submitted(server, change).await;
    let services = &server.state.services;
    application.client_id = Uuid::new_v4().to_string();
    application.review = domain::ReviewStatus::Approved;
    application.submitted_at = Some(services.clock.now() - 10);
    applications::insert(&services.database, &application, None)
        .await
        .expect("registered");
    application
}

async fn reviewed(server: &Server, client_id: &str, status: domain::ReviewStatus) {
    applications::set_review(&server.state.services.database, client_id, status, None)
        .await
        .expect("the database");
}

async fn known(server: &Server, client_id: &str) -> Registration {
    let known = registrations::find(&server.state.services.database, client_id).await;
    known.expect("the database").expect("it is registered")
}

/// Puts a change of an application before the reviewers, and gives what was submitted.
async fn proposed(
    server: &Server,
    client_id: &str,
    change: impl FnOnce(&mut ApplicationChange),
) -> Submission {
    let services = &server.state.services;
    let before = known(server, client_id).await;
    let mut proposal = Proposal {
        change: ApplicationChange::default(),
        status: domain::ReviewStatus::Pending,
        reason: None,
        submitted_at: Some(services.clock.now()),
    };
    change(&mut proposal.change);
    let beside = Beside {
        proposal: ProposalChange::Set(&proposal),
        ..Beside::default()
    };
    let written = registrations::write(
        &services.database,
        &before.application,
        Some(before.version),
        &beside,
    );
    written.await.expect("the database").expect("written");
    known(server, client_id).await.submission().expect("submitted")
}

fn kinds(found: &[Finding]) -> Vec<(FindingField, FindingKind)> {
    found
        .iter()
        .map(|finding| (finding.field, finding.kind))
        .collect()
}
