//! Developers and their applications.

use std::sync::Arc;

use auth_server::domain::application::ReviewStatus;
use auth_server::flows::registry::{Conflict, Decision, Draft, RegistryError, Thing};

use super::{Person, draft, named};
use crate::harness::{Options, Server, within_a_second};
use crate::on_every_storage;

fn decision(status: ReviewStatus, seen: i64) -> Decision {
    Decision {
        status,
        reason: Some("Because.".to_owned()),
        seen: Some(seen),
        first_secret: false,
    }
}

/// S4.6 to S4.13, S4.19 to S4.23: every rule of a submission has a message of its own, beside its field, and for the
/// value that breaks it; one to ten redirect URIs.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn rules_of_a_submission() {
    let server = Arc::new(Server::start().await);
    let person = Person::new(&server, "dev@example.com").await;
    let registry = person.registry();
    assert_eq!(registry.check_submission(&draft("Calendar")), []);
    let empty = named(Err::<(), _>(RegistryError::Invalid(
        registry.check_submission(&Draft::default()),
    )));
    assert_eq!(
        empty,
        [
            ("name", "name"),
            ("homepage_url", "required"),
            ("policy_url", "required"),
            ("logo_url", "required"),
            ("use_case", "required"),
            ("redirect_uris", "required"),
            ("scope", "required"),
        ]
    );
    for (uri, code) in [
        ("http://app.example/cb", "url_plain_http"),
        ("http://localhost/cb", "url_plain_http"),
        ("https://192.0.2.1/cb", "url_ip_address"),
        ("https://[2001:db8::1]/cb", "url_ip_address"),
        ("https://app.example/cb?token=x", "url_query_parameter"),
        ("https://app.example/cb?sessionId=x", "url_query_parameter"),
        ("https://app.example/cb?success=x", "url_query_parameter"),
        ("https://app.example/cb?redirect_uri=x", "url_query_parameter"),
        ("https://app.example/cb?clientId=x", "url_query_parameter"),
        ("https://*.example/cb", "url_wildcard"),
        ("https://app.example/cb#x", "url_fragment"),
        ("no uri", "url_characters"),
        ("noscheme", "url_malformed"),
        ("https:callback", "url_malformed"),
        ("https:/app.example/cb", "url_malformed"),
        ("https:///app.example/cb", "url_malformed"),
        ("HTTPS://app.example/cb", "url_malformed"),
        ("javascript:alert(1)", "url_dangerous_scheme"),
        ("com.example.app:/cb", "url_scheme"),
        ("https://user@app.example/", "url_credentials"),
    ] {
        let mut wrong = draft("Calendar");
        wrong.redirect_uris.push(uri.to_owned());
        let problems = registry.check_submission(&wrong);
        assert_eq!(problems.len(), 1, "{uri}: {problems:?}");
        assert_eq!(
            (problems[0].field, problems[0].index, problems[0].problem.code()),
            ("redirect_uris", Some(1), code),
            "{uri}"
        );
    }
    let with = |count: usize| Draft {
        redirect_uris: (0..count)
            .map(|number| format!("https://app.example/{number}"))
            .collect(),
        ..draft("Calendar")
    };
    assert_eq!(registry.check_submission(&with(10)), []);
    for (count, code) in [(0, "required"), (11, "too_many")] {
        let problems = registry.check_submission(&with(count));
        assert_eq!(
            (problems.len(), problems[0].problem.code()),
            (1, code),
            "S4.12: {count}"
        );
    }
    for (scope, code) in [
        ("admin", "scope_reserved"),
        ("admin:users:read", "scope_reserved"),
        ("scim:read", "scope_reserved"),
        ("no:such", "scope_unknown"),
    ] {
        let wrong = Draft {
            scope: scope.parse().expect("a scope"),
            ..draft("Calendar")
        };
        assert_eq!(
            registry.check_submission(&wrong)[0].problem.code(),
            code,
            "{scope}"
        );
    }
    for (url, code) in [
        ("http://app.example/", "url_plain_http"),
        ("https://192.0.2.1/", "url_ip_address"),
        ("https://app.example/?token=x", "url_query_parameter"),
        ("https://*.example/", "url_wildcard"),
        ("https://app.example/#top", "url_fragment"),
        ("ftp://app.example/", "url_dangerous_scheme"),
        ("https://u@a.example/", "url_credentials"),
        ("x", "url_malformed"),
    ] {
        for field in ["homepage_url", "policy_url", "logo_url"] {
            let mut wrong = draft("Calendar");
            let place = match field {
                "homepage_url" => &mut wrong.homepage_url,
                "policy_url" => &mut wrong.policy_url,
                _ => &mut wrong.logo_url,
            };
            *place = Some(url.to_owned());
            let problems = registry.check_submission(&wrong);
            assert_eq!(problems.len(), 1, "{field} {url}");
            let said = (problems[0].field, problems[0].problem.code());
            assert_eq!(said, (field, code), "S4.7 to S4.9: {url}");
        }
    }
    let wrong = Draft {
        use_case: Some("world domination".to_owned()),
        ..draft("Calendar")
    };
    assert_eq!(
        registry.check_submission(&wrong)[0].problem.code(),
        "choice",
        "S4.10"
    );
}

on_every_storage!(
    /// S4.6: of twenty developers who want a name at the same moment one gets it; the others are told, and nothing of
    /// theirs stays. Spaces and capitals make no other name.
    one_name,
    |server| async move {
        let server = Arc::new(server);
        let mut people = Vec::new();
        for number in 0..20 {
            people.push(Person::new(&server, &format!("dev{number}@example.com")).await);
        }
        let spellings = ["My Calendar", "my calendar", " My  Calendar", "MY CALENDAR"];
        let drafts = people.into_iter().enumerate().map(|(number, person)| {
            tokio::spawn(async move {
                let draft = draft(spellings[number % spellings.len()]);
                person.registry().create_draft(person.user.id, &draft).await
            })
        });
        let mut made = 0;
        for outcome in drafts.collect::<Vec<_>>() {
            match outcome.await.expect("a task") {
                Ok(_) => made += 1,
                other => assert_eq!(named(other), [("name", "name_taken")]),
            }
        }
        let registry = server.state.services.registry(auth_server::flows::registry::Actor::command_line());
        let query = auth_server::store::sql::registrations::ApplicationQuery {
            limit: 100,
            ..Default::default()
        };
        let all = registry.applications(&query).await.expect("SQL");
        assert_eq!((made, all.items.len()), (1, 1));
    }
);

/// S4.17, S4.18, S4.27: from a draft to credentials. Somebody else's application is not there.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn from_draft_to_credentials() {
    let server = Arc::new(Server::start().await);
    let dev = Person::new(&server, "dev@example.com").await;
    let reviewer = Person::new(&server, "reviewer@example.com").await;
    let reviews = reviewer.registry();
    let eve = Person::new(&server, "eve@example.com").await;
    let (registry, me) = (dev.registry(), dev.user.id);
    let half = Draft {
        name: "Calendar".to_owned(),
        ..Draft::default()
    };
    let made = registry.create_draft(me, &half).await.expect("a draft");
    let id = made.application.client_id.clone();
    assert_eq!(made.application.review, ReviewStatus::Draft);
    let lines = server.audit("developer_change").await;
    assert_eq!(lines.len(), 1, "H6");
    assert_eq!(lines[0].client_id.as_ref(), Some(&id), "H6");
    assert!(registry.submit(me, &id).await.is_err());
    let full = registry
        .edit_own(me, &id, &draft("Calendar"), Some(made.version))
        .await
        .expect("filled in");
    let stale = registry
        .edit_own(me, &id, &draft("Calendar"), Some(made.version))
        .await;
    assert!(matches!(stale, Err(RegistryError::Conflict(Conflict::Changed))));
    let undecided = reviews
        .decide(&id, &decision(ReviewStatus::Approved, full.version))
        .await;
    assert!(matches!(
        undecided,
        Err(RegistryError::Conflict(Conflict::NotSubmitted))
    ));

    let foreign = eve.registry();
    for outcome in [
        foreign.own_application(eve.user.id, &id).await.map(|_| ()),
        foreign
            .edit_own(eve.user.id, &id, &draft("Mine"), None)
            .await
            .map(|_| ()),
        foreign.submit(eve.user.id, &id).await.map(|_| ()),
        foreign.withdraw_proposal(eve.user.id, &id).await.map(|_| ()),
    ] {
        assert!(
            matches!(outcome, Err(RegistryError::NotFound(Thing::Application))),
            "H1: {outcome:?}"
        );
    }

    let submitted = registry.submit(me, &id).await.expect("submitted");
    assert!(submitted.application.submitted_at.is_some());
    let again = registry.submit(me, &id).await;
    assert!(matches!(again, Err(RegistryError::Conflict(Conflict::Already))));
    let secret = registry.add_secret(&id, None, None).await;
    assert!(
        matches!(secret, Err(RegistryError::Conflict(Conflict::NotApproved))),
        "S4.27"
    );
    let held = reviews
        .decide(&id, &decision(ReviewStatus::OnHold, submitted.version))
        .await
        .expect("held");
    assert_eq!(
        held.registration.application.review_reason.as_deref(),
        Some("Because.")
    );
    let back = registry.submit(me, &id).await.expect("again");
    assert_eq!(back.application.review_reason, None);
    reviews
        .decide(&id, &decision(ReviewStatus::Rejected, back.version))
        .await
        .expect("rejected");
    let back = registry.submit(me, &id).await.expect("again");
    let approved = reviews
        .decide(&id, &decision(ReviewStatus::Approved, back.version))
        .await
        .expect("approved");
    assert!(approved.secret.is_none(), "the developer makes it");
    registry
        .add_secret(&id, Some("First"), None)
        .await
        .expect("a secret");
    let steps = registry.timeline(&id).await.expect("SQL");
    let what: Vec<_> = steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "created",
            "submitted",
            "on_hold",
            "submitted",
            "rejected",
            "submitted",
            "approved"
        ]
    );
    let developers = ["created", "submitted"];
    for step in &steps {
        let who = if developers.contains(&step.what.as_str()) {
            me
        } else {
            reviewer.user.id
        };
        assert_eq!(step.actor_id, Some(who), "{}", step.what);
    }
    assert_eq!(
        registry
            .own_applications(me, None, 10)
            .await
            .expect("SQL")
            .items
            .len(),
        1
    );
    assert_eq!(
        foreign
            .own_applications(eve.user.id, None, 10)
            .await
            .expect("SQL")
            .items
            .len(),
        0
    );
}

/// What the review vouched for of an approved application changes by a proposal: the running one does not know of it
/// before it is approved. Words about it change at once.
#[tokio::test(flavor = "multi_thread")]
async fn proposals() {
    let server = Arc::new(Server::start_with(Options::default()).await);
    let dev = Person::new(&server, "dev@example.com").await;
    let reviewer = Person::new(&server, "reviewer@example.com").await;
    let reviews = reviewer.registry();
    let (registry, me) = (dev.registry(), dev.user.id);
    let made = registry
        .create_draft(me, &draft("Calendar"))
        .await
        .expect("a draft");
    let id = made.application.client_id;
    let submitted = registry.submit(me, &id).await.expect("submitted");
    let approved = decision(ReviewStatus::Approved, submitted.version);
    reviews.decide(&id, &approved).await.expect("approved");
    let nothing = registry.submit(me, &id).await;
    assert!(matches!(
        nothing,
        Err(RegistryError::Conflict(Conflict::NothingToSubmit))
    ));

    let mut wanted = draft("Better calendar");
    wanted.redirect_uris.push("https://app.example/second".to_owned());
    wanted.scope = "user:read meeting:read meeting:create".parse().expect("a scope");
    wanted.description = Some("For teams".to_owned());
    let edited = registry.edit_own(me, &id, &wanted, None).await.expect("proposed");
    assert_eq!(edited.application.name, "Calendar");
    assert_eq!(edited.application.redirect_uris.len(), 1);
    assert_eq!(edited.application.about.description.as_deref(), Some("For teams"));
    let proposal = edited.proposal.clone().expect("a proposal");
    assert_eq!(proposal.change.fields(), ["name", "redirect_uris", "scope"]);
    let clients = &server.state.services.clients;
    let runs = clients.application(&id).await.expect("SQL").expect("known");
    assert_eq!((runs.name.as_str(), runs.redirect_uris.len()), ("Calendar", 1));
    let early = reviews
        .decide_proposal(&id, &decision(ReviewStatus::Approved, edited.version))
        .await;
    assert!(matches!(
        early,
        Err(RegistryError::Conflict(Conflict::NotSubmitted))
    ));

    let waits = registry.submit(me, &id).await.expect("submitted");
    assert_eq!(waits.application.review, ReviewStatus::Approved);
    let queue = registry
        .queue(ReviewStatus::Pending, None, 10)
        .await
        .expect("SQL");
    assert_eq!((queue.items.len(), queue.items[0].is_proposal), (1, true));
    let rejected = decision(ReviewStatus::Rejected, waits.version);
    let refused = reviews.decide_proposal(&id, &rejected).await.expect("rejected");
    assert_eq!(
        refused.proposal.expect("still there").status,
        ReviewStatus::Rejected
    );
    assert_eq!(registry.queue_length().await.expect("SQL"), 0);
    let again = registry.submit(me, &id).await.expect("again");
    let approved = decision(ReviewStatus::Approved, again.version);
    let now = reviews.decide_proposal(&id, &approved).await.expect("approved");
    assert_eq!(
        (now.application.name.as_str(), now.proposal),
        ("Better calendar", None)
    );
    assert_eq!(now.application.redirect_uris.len(), 2);
    within_a_second("runs", async || {
        let runs = clients.application(&id).await.expect("SQL").expect("known");
        runs.name == "Better calendar"
    })
    .await;

    // The old name is free again, the new one is not; back to what runs is no proposal.
    registry.create_draft(me, &draft("Calendar")).await.expect("free");
    assert_eq!(
        named(registry.create_draft(me, &draft("better Calendar")).await),
        [("name", "name_taken")]
    );
    registry
        .edit_own(
            me,
            &id,
            &Draft {
                name: "Third".to_owned(),
                ..wanted.clone()
            },
            None,
        )
        .await
        .expect("proposed");
    let back = registry
        .edit_own(me, &id, &wanted, None)
        .await
        .expect("taken back");
    assert_eq!(back.proposal, None);
    let steps = registry.timeline(&id).await.expect("SQL");
    let what: Vec<_> = steps.iter().skip(3).map(|step| step.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "change_submitted",
            "change_rejected",
            "change_submitted",
            "change_approved"
        ]
    );
}

/// S3.58: in LDAP mode the permissions that write users or groups are refused, at registration and at a change; what is
/// registered already stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_written() {
    let server = Arc::new(Server::start().await);
    let dev = Person::new(&server, "dev@example.com").await;
    let mut registry = dev.registry();
    let wanted = Draft {
        scope: "users:write".parse().expect("a scope"),
        ..draft("Calendar")
    };
    let made = registry
        .create_draft(dev.user.id, &wanted)
        .await
        .expect("to be had");
    registry.directory_is_writable = false;
    let id = made.application.client_id;
    let more = Draft {
        scope: "users:write groups:write users groups:read"
            .parse()
            .expect("a scope"),
        ..wanted.clone()
    };
    assert_eq!(
        named(registry.edit_own(dev.user.id, &id, &more, None).await),
        [("scope", "scope_unavailable")]
    );
    let same = Draft {
        description: Some("x".to_owned()),
        ..wanted
    };
    registry
        .edit_own(dev.user.id, &id, &same, None)
        .await
        .expect("nothing new");
    let new = Draft {
        scope: "groups".parse().expect("a scope"),
        ..draft("Other")
    };
    let refused = registry.create_draft(dev.user.id, &new).await;
    assert_eq!(named(refused), [("scope", "scope_unavailable")]);
}
