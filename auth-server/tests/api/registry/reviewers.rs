//! Reviewers and administrators at the same moment.

use std::sync::Arc;

use auth_server::domain::application::ReviewStatus;
use auth_server::domain::listing::Place;
use auth_server::domain::registration::ApplicationChange;
use auth_server::domain::role::{Role, RolesChange};
use auth_server::flows::registry::{Actor, Conflict, Decision, RegistryError, UserChange};

use super::{Person, draft};
use crate::harness::{NewApplication, Server};
use crate::on_every_storage;

on_every_storage!(
    /// Of twenty reviewers who decide about the same submission at the same moment one decides, and the others are told;
    /// of twenty approvals on the command line one gives the first secret (S4.27).
    one_decision,
    |server| async move {
        let server = Arc::new(server);
        let dev = Person::new(&server, "dev@example.com").await;
        let made = dev.registry().create_draft(dev.user.id, &draft("Calendar")).await.expect("a draft");
        let id = made.application.client_id;
        let seen = dev.registry().submit(dev.user.id, &id).await.expect("submitted").version;
        let decide = |number: usize, seen: Option<i64>| {
            let (server, id) = (Arc::clone(&server), id.clone());
            tokio::spawn(async move {
                let status = if number.is_multiple_of(2) || seen.is_none() {
                    ReviewStatus::Approved
                } else {
                    ReviewStatus::Rejected
                };
                let decision = Decision {
                    status,
                    reason: Some(format!("reviewer {number}")),
                    seen,
                    first_secret: seen.is_none(),
                };
                let actor = Actor::command_line();
                server.state.services.registry(actor).decide(&id, &decision).await
            })
        };
        let mut decided = Vec::new();
        for outcome in (0..20).map(|number| decide(number, Some(seen))).collect::<Vec<_>>() {
            match outcome.await.expect("a task") {
                Ok(done) => decided.push(done.registration.application),
                Err(RegistryError::Conflict(Conflict::Changed | Conflict::Already)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(decided.len(), 1);
        let now = dev.registry().application(&id).await.expect("known").application;
        assert_eq!((now.review, &now.review_reason), (decided[0].review, &decided[0].review_reason));
        assert_eq!(server.audit("review").await.len(), 2, "the submission, and one decision");
        let mut secrets = 0;
        for outcome in (0..20).map(|number| decide(number, None)).collect::<Vec<_>>() {
            secrets += usize::from(outcome.await.expect("a task").expect("approved").secret.is_some());
        }
        assert_eq!(secrets, 1);
        let now = dev.registry().application(&id).await.expect("known").application;
        assert_eq!((now.review, now.secrets.len()), (ReviewStatus::Approved, 1));
    }
);

on_every_storage!(
    /// Twenty rotations at once leave one secret that works; twenty additions at once stop at ten; twenty changes at
    /// once are all made, one after another.
    twenty_at_once,
    |server| async move {
        let server = Arc::new(server);
        let new = NewApplication::of(auth_server::domain::policy::Profile::Standard);
        let id = server.application(new).await.client_id;
        let mut rotations = Vec::new();
        for _ in 0..20 {
            let (server, id) = (Arc::clone(&server), id.clone());
            rotations.push(tokio::spawn(async move {
                let registry = server.state.services.registry(Actor::command_line());
                registry.rotate_secret(&id, 0, None).await.expect("a secret")
            }));
        }
        let mut made = Vec::new();
        for rotation in rotations {
            made.push(rotation.await.expect("a task").id);
        }
        let registry = server.state.services.registry(Actor::command_line());
        let left = registry.application(&id).await.expect("known").application.secrets;
        assert_eq!(left.len(), 1);
        assert!(made.contains(&left[0].id));

        let mut additions = Vec::new();
        for number in 0..20 {
            let (server, id) = (Arc::clone(&server), id.clone());
            additions.push(tokio::spawn(async move {
                let registry = server.state.services.registry(Actor::command_line());
                let label = format!("number {number}");
                match registry.add_secret(&id, Some(&label), None).await {
                    Ok(_) => true,
                    Err(RegistryError::Conflict(Conflict::TooManySecrets)) => false,
                    Err(other) => panic!("{other}"),
                }
            }));
        }
        let mut added = 0;
        for addition in additions {
            added += usize::from(addition.await.expect("a task"));
        }
        assert_eq!(added, 9);
        assert_eq!(registry.application(&id).await.expect("known").application.secrets.len(), 10);

        let before = registry.application(&id).await.expect("known").version;
        let mut changes = Vec::new();
        for number in 0..20 {
            let (server, id) = (Arc::clone(&server), id.clone());
            changes.push(tokio::spawn(async move {
                let registry = server.state.services.registry(Actor::command_line());
                let change = ApplicationChange {
                    name: Some(format!("Name {number}")),
                    ..ApplicationChange::default()
                };
                registry.edit_application(&id, &change, None).await.expect("changed");
            }));
        }
        for change in changes {
            change.await.expect("a task");
        }
        assert_eq!(registry.application(&id).await.expect("known").version, before + 20);
    }
);

on_every_storage!(
    /// Two administrators who take each other's role at the same moment: one stays, however often it is tried.
    the_last_administrator,
    |server| async move {
        let server = Arc::new(server);
        let (one, other) = (
            Person::new(&server, "one@example.com").await,
            Person::new(&server, "other@example.com").await,
        );
        let roles = |given: bool| {
            let mut roles = RolesChange::default();
            roles.set(Role::Admin, given);
            UserChange { roles, ..UserChange::default() }
        };
        for _ in 0..5 {
            for person in [&one, &other] {
                let registry = server.state.services.registry(Actor::command_line());
                registry.edit_user(person.user.id, &roles(true), None).await.expect("an administrator");
            }
            let (by_one, by_other) = (one.registry(), other.registry());
            let change = roles(false);
            let (first, second) = tokio::join!(
                by_one.edit_user(other.user.id, &change, None),
                by_other.edit_user(one.user.id, &change, None),
            );
            let taken = usize::from(first.is_ok()) + usize::from(second.is_ok());
            assert_eq!(taken, 1);
            let told = [first, second].into_iter().find_map(Result::err);
            assert!(matches!(told, Some(RegistryError::Conflict(Conflict::LastAdministrator))));
        }
    }
);

/// The queue holds new applications and proposals, oldest first, in parts without a gap.
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_in_parts() {
    let server = Arc::new(Server::start().await);
    let dev = Person::new(&server, "dev@example.com").await;
    let reviewer = Person::new(&server, "reviewer@example.com").await;
    let reviews = reviewer.registry();
    let (registry, me) = (dev.registry(), dev.user.id);
    for number in 0..6 {
        let made = registry
            .create_draft(me, &draft(&format!("App {number}")))
            .await
            .expect("a draft");
        let id = made.application.client_id;
        let seen = registry.submit(me, &id).await.expect("submitted").version;
        if number % 2 == 0 {
            let decision = Decision {
                status: ReviewStatus::Approved,
                reason: None,
                seen: Some(seen),
                first_secret: false,
            };
            reviews.decide(&id, &decision).await.expect("approved");
            registry
                .edit_own(me, &id, &draft(&format!("App {number} b")), None)
                .await
                .expect("proposed");
            registry.submit(me, &id).await.expect("submitted");
        }
    }
    let mut seen = Vec::new();
    let mut after: Option<Place> = None;
    loop {
        let part = registry
            .queue(ReviewStatus::Pending, after.as_ref(), 1)
            .await
            .expect("SQL");
        seen.extend(
            part.items
                .into_iter()
                .map(|row| row.registration.application.client_id),
        );
        after = part.next.map(|place| place.to_string().parse().expect("a place"));
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 6);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6, "each one once");
    assert_eq!(registry.queue_length().await.expect("SQL"), 6);
}
