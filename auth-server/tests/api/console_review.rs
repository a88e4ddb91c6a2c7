//! The console's review queue: `/admin/review`.

use std::time::Duration;

use auth_server::domain::application::ReviewStatus;
use auth_server::domain::finding::{Finding, FindingField, FindingKind};
use auth_server::domain::role::Role;
use auth_server::domain::user::User;
use auth_server::flows::registry::{Actor, Conflict, Decision, Draft, Registry, RegistryError};
use auth_server::store::sql::findings::{self, Submission};
use reqwest::Method;
use uuid::Uuid;

use crate::harness::{Browser, EMAIL, Options, Page, Server};

fn draft(name: &str) -> Draft {
    Draft {
        name: name.to_owned(),
        homepage_url: Some("https://app.example/".to_owned()),
        policy_url: Some("https://app.example/policy".to_owned()),
        logo_url: Some("https://app.example/logo.png".to_owned()),
        use_case: Some("calendar".to_owned()),
        description: Some("For calendars.".to_owned()),
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        scope: "user:read meeting:read".parse().expect("a scope"),
        public: false,
    }
}

fn registry<'a>(server: &'a Server, user: &User) -> Registry<'a> {
    server.state.services.registry(Actor::user(user, None))
}

async fn submitted(server: &Server, owner: &User, name: &str) -> String {
    let registry = registry(server, owner);
    let made = registry
        .create_draft(owner.id, &draft(name))
        .await
        .expect("a draft");
    let id = made.application.client_id;
    registry.submit(owner.id, &id).await.expect("submitted");
    id
}

async fn decide(browser: &Browser, page: &Page, id: &str, decision: &str, reason: &str) -> Page {
    let path = format!("/admin/review/{id}");
    let form = page.form(&path).with("decision", decision).with("reason", reason);
    browser
        .send(browser.request(Method::POST, &path).form(&form.fields))
        .await
}

/// H1, H2: administrators and reviewers alone see and decide, in their own session; drafts and unknown ids are not found.
#[tokio::test(flavor = "multi_thread")]
async fn reviewers_alone() {
    let server = Server::start().await;
    let (dev, _) = server.person("dev@example.com", &[Role::Developer]).await;
    let id = submitted(&server, &dev, "Calendar").await;
    let one = format!("/admin/review/{id}");
    for (email, role) in [
        ("rev@example.com", Role::Reviewer),
        ("adm@example.com", Role::Admin),
        ("aud@example.com", Role::Auditor),
    ] {
        server.person(email, &[role]).await;
    }
    let reviewer = server.signed_in_as("rev@example.com").await;
    let csrf = reviewer
        .get(&one)
        .await
        .form(&one)
        .value("csrf")
        .expect("a token")
        .to_owned();
    let fields = |csrf: &str| {
        vec![
            ("csrf", csrf.to_owned()),
            ("version", "2".to_owned()),
            ("decision", "approved".to_owned()),
        ]
    };
    let send = async |browser: &Browser, csrf: &str| {
        browser
            .send(browser.request(Method::POST, &one).form(&fields(csrf)))
            .await
            .status
    };
    for path in ["/admin/review", "/admin/review?state=on_hold", one.as_str()] {
        assert_eq!(server.browser().get_once(path).await.status, 303);
        for (email, status) in [
            (EMAIL, 403),
            ("dev@example.com", 403),
            ("aud@example.com", 403),
            ("rev@example.com", 200),
            ("adm@example.com", 200),
        ] {
            assert_eq!(
                server.signed_in_as(email).await.get(path).await.status,
                status,
                "{email} {path}"
            );
        }
    }
    assert_eq!(send(&server.browser(), &csrf).await, 303);
    for email in [EMAIL, "dev@example.com", "aud@example.com", "adm@example.com"] {
        assert_eq!(
            send(&server.signed_in_as(email).await, &csrf).await,
            403,
            "{email}: not their token"
        );
    }
    assert_eq!(send(&reviewer, "").await, 403);
    let foreign = reviewer
        .request(Method::POST, &one)
        .header("origin", "https://evil.example")
        .form(&fields(&csrf));
    assert_eq!(reviewer.send(foreign).await.status, 403);
    let unsubmitted = registry(&server, &dev)
        .create_draft(dev.id, &draft("Draft"))
        .await
        .expect("a draft");
    for nothing in [
        unsubmitted.application.client_id,
        Uuid::new_v4().to_string(),
        "x".to_owned(),
    ] {
        assert_eq!(
            reviewer.get(&format!("/admin/review/{nothing}")).await.status,
            404
        );
    }
    let now = registry(&server, &dev)
        .application(&id)
        .await
        .expect("known")
        .application;
    assert_eq!(now.review, ReviewStatus::Pending);
}

/// S4.15, S4.16, S4.18: the oldest submission comes first, overdue after 48 hours; a reviewer sees what the developer
/// gave and what was found, must give a reason for holding and rejecting, and the queue grows shorter.
#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_reviewed() {
    let server = Server::start_with(Options::manual_clock()).await;
    let (dev, _) = server.person("dev@example.com", &[Role::Developer]).await;
    server.person("rev@example.com", &[Role::Reviewer]).await;
    let first = submitted(&server, &dev, "Oldest").await;
    server.advance(Duration::from_hours(47));
    let second = submitted(&server, &dev, "Newer").await;
    let reviewer = server.signed_in_as("rev@example.com").await;
    let queue = reviewer.get("/admin/review").await;
    assert_eq!(queue.texts("tbody a"), ["Oldest", "Newer"]);
    assert!(queue.texts(".badge-bad").is_empty(), "47 hours are not overdue");
    server.advance(Duration::from_secs(3_601));
    let reviewer = server.signed_in_as("rev@example.com").await;
    let queue = reviewer.get("/admin/review").await;
    assert_eq!(queue.texts("tbody .badge-bad").len(), 1);
    let services = &server.state.services;
    let known = registry(&server, &dev).application(&first).await.expect("known");
    let submission = Submission {
        client_id: &first,
        submitted_at: known.application.submitted_at.expect("submitted"),
    };
    let run = Uuid::new_v4();
    let found = Finding::new(
        FindingField::Homepage,
        "https://app.example/",
        FindingKind::PageMissing,
        "404",
    );
    findings::begin(
        &services.database,
        submission,
        run,
        &[found],
        services.clock.now(),
    )
    .await
    .expect("findings");
    let page = reviewer.get(&format!("/admin/review/{first}")).await;
    for shown in [
        "For calendars.",
        "https://app.example/callback",
        "https://app.example/policy",
        "meeting:read",
        "dev@example.com",
        "Still checking",
        "There is no such page",
        "Worth a look",
    ] {
        assert!(page.body.contains(shown), "{shown}");
    }
    for decision in ["on_hold", "rejected"] {
        let refused = decide(&reviewer, &page, &first, decision, "  ").await;
        assert_eq!(refused.status, 422, "{decision}");
        assert_eq!(
            refused.attributes("#reason[aria-invalid=true]", "aria-describedby"),
            ["notice reason-hint"]
        );
    }
    assert_eq!(decide(&reviewer, &page, &first, "pending", "x").await.status, 422);
    let held = decide(&reviewer, &page, &first, "on_hold", "Please mend the home page.").await;
    assert_eq!(
        held.location().as_deref(),
        Some("/admin/review?done=on_hold"),
        "{}",
        held.body
    );
    let now = registry(&server, &dev)
        .application(&first)
        .await
        .expect("known")
        .application;
    assert_eq!(now.review, ReviewStatus::OnHold);
    assert_eq!(now.review_reason.as_deref(), Some("Please mend the home page."));
    assert_eq!(reviewer.get("/admin/review").await.texts("tbody a"), ["Newer"]);
    assert_eq!(
        reviewer.get("/admin/review?state=on_hold").await.texts("tbody a"),
        ["Oldest"]
    );
    let again = reviewer.get(&format!("/admin/review/{first}")).await;
    assert!(
        again
            .texts("section[aria-labelledby=timeline]")
            .concat()
            .contains("rev@example.com")
    );
    assert_eq!(
        decide(&reviewer, &again, &first, "approved", "").await.status,
        303
    );
    let page = reviewer.get(&format!("/admin/review/{second}")).await;
    assert_eq!(
        decide(&reviewer, &page, &second, "rejected", "No.").await.status,
        303
    );
    assert_eq!(reviewer.get("/admin/review").await.texts(".empty").len(), 1);
}

/// S4.15: of two reviewers who look at the same submission one decides; the other is told, and sees what happened. What
/// the developer changes in between is not approved unseen.
#[tokio::test(flavor = "multi_thread")]
async fn two_reviewers() {
    let server = Server::start().await;
    let (dev, _) = server.person("dev@example.com", &[Role::Developer]).await;
    server.person("one@example.com", &[Role::Reviewer]).await;
    server.person("two@example.com", &[Role::Reviewer]).await;
    let id = submitted(&server, &dev, "Calendar").await;
    let path = format!("/admin/review/{id}");
    let (one, two) = (
        server.signed_in_as("one@example.com").await,
        server.signed_in_as("two@example.com").await,
    );
    let (seen_by_one, seen_by_two) = (one.get(&path).await, two.get(&path).await);
    assert_eq!(
        decide(&one, &seen_by_one, &id, "on_hold", "Wait.").await.status,
        303
    );
    let late = decide(&two, &seen_by_two, &id, "approved", "").await;
    assert_eq!(late.status, 409);
    assert_eq!(late.texts("[role=alert]").len(), 1);
    assert!(
        late.body.contains("one@example.com") && late.body.contains("Wait."),
        "what happened"
    );
    let owners = registry(&server, &dev);
    let seen = two.get(&path).await;
    owners
        .edit_own(dev.id, &id, &draft("Something else"), None)
        .await
        .expect("changed");
    assert_eq!(decide(&two, &seen, &id, "approved", "").await.status, 409);
    let now = owners.application(&id).await.expect("known").application;
    assert_eq!(now.review, ReviewStatus::OnHold);
}

/// S4.15: nobody decides about an application of their own: the page offers nothing, a form sent all the same changes
/// nothing, and neither does the registry behind it, for the application and for its proposal.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_reviews_their_own() {
    let server = Server::start().await;
    let (owner, _) = server.person("own@example.com", &[Role::Admin]).await;
    let id = submitted(&server, &owner, "Mine").await;
    let path = format!("/admin/review/{id}");
    let browser = server.signed_in_as("own@example.com").await;
    let page = browser.get(&path).await;
    assert!(!page.body.contains("name=\"decision\""), "{}", page.body);
    let own = registry(&server, &owner);
    let decision = |seen| Decision {
        status: ReviewStatus::Approved,
        reason: None,
        seen: Some(seen),
        first_secret: false,
    };
    let version = own.application(&id).await.expect("known").version;
    let refused = own.decide(&id, &decision(version)).await;
    assert!(
        matches!(refused, Err(RegistryError::Conflict(Conflict::OwnApplication))),
        "{refused:?}"
    );
    let operator = server.state.services.registry(Actor::command_line());
    operator.decide(&id, &decision(version)).await.expect("approved");
    own.edit_own(owner.id, &id, &draft("Mine, renamed"), None)
        .await
        .expect("a proposal");
    let version = own.submit(owner.id, &id).await.expect("submitted").version;
    let refused = own.decide_proposal(&id, &decision(version)).await;
    assert!(
        matches!(refused, Err(RegistryError::Conflict(Conflict::OwnApplication))),
        "{refused:?}"
    );
    assert_eq!(
        own.application(&id).await.expect("known").application.name,
        "Mine"
    );
    let (other, _) = server.person("rev@example.com", &[Role::Reviewer]).await;
    let reviewer = server.signed_in_as(&other.email).await;
    assert_eq!(
        reviewer.get("/admin/review").await.texts("tbody .badge").concat(),
        "Change"
    );
    let page = reviewer.get(&path).await;
    let change = page.texts("section[aria-labelledby=change] tbody").concat();
    assert!(
        change.contains("Mine") && change.contains("Mine, renamed"),
        "{change}"
    );
    assert_eq!(decide(&reviewer, &page, &id, "approved", "").await.status, 303);
    assert_eq!(
        own.application(&id).await.expect("known").application.name,
        "Mine, renamed"
    );
}

/// S4.15, S4.18: a change that is on hold is found where applications on hold are, with its reason; it is decided from
/// there. What was found about it is what the reviewer reads.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_hold_is_found() {
    let server = Server::start_with(Options::manual_clock()).await;
    let (dev, _) = server.person("dev@example.com", &[Role::Developer]).await;
    server.person("rev@example.com", &[Role::Reviewer]).await;
    let (id, held) = (
        submitted(&server, &dev, "Calendar").await,
        submitted(&server, &dev, "Held").await,
    );
    let reviewer = server.signed_in_as("rev@example.com").await;
    let path = format!("/admin/review/{id}");
    let first = reviewer.get(&path).await;
    assert_eq!(decide(&reviewer, &first, &id, "approved", "").await.status, 303);
    let page = reviewer.get(&format!("/admin/review/{held}")).await;
    assert_eq!(
        decide(&reviewer, &page, &held, "on_hold", "Wait.").await.status,
        303
    );
    server.advance(Duration::from_mins(1));
    let own = registry(&server, &dev);
    own.edit_own(dev.id, &id, &draft("Better calendar"), None)
        .await
        .expect("proposed");
    let proposal = own
        .submit(dev.id, &id)
        .await
        .expect("submitted")
        .submission()
        .expect("submitted");
    let services = &server.state.services;
    let about = async |submitted_at, detail| {
        let submission = Submission {
            client_id: &id,
            submitted_at,
        };
        let found = Finding::new(
            FindingField::Homepage,
            "https://app.example/",
            FindingKind::PageMissing,
            detail,
        );
        findings::begin(
            &services.database,
            submission,
            Uuid::new_v4(),
            &[found],
            services.clock.now(),
        )
        .await
        .expect("findings");
    };
    let known = own.application(&id).await.expect("known");
    about(
        known.application.submitted_at.expect("submitted"),
        "of the application",
    )
    .await;
    about(proposal.submitted_at, "of the change").await;
    let page = reviewer.get(&path).await;
    assert!(page.body.contains("of the change") && !page.body.contains("of the application"));
    assert_eq!(
        decide(&reviewer, &page, &id, "on_hold", "Why better?")
            .await
            .status,
        303
    );
    assert_eq!(reviewer.get("/admin/review").await.texts(".empty").len(), 1);
    let list = reviewer.get("/admin/review?state=on_hold").await;
    assert_eq!(list.texts("tbody a"), ["Held", "Better calendar"]);
    assert_eq!(list.texts("tbody .badge"), ["Change"]);
    let page = reviewer.get(&path).await;
    assert!(page.body.contains("Why better?"));
    assert_eq!(decide(&reviewer, &page, &id, "approved", "").await.status, 303);
    assert_eq!(
        reviewer.get("/admin/review?state=on_hold").await.texts("tbody a"),
        ["Held"]
    );
}

/// S4.15: what runs is not taken back by a form of the queue: that is for administrators, elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_does_not_take_back_what_runs() {
    let server = Server::start().await;
    let (dev, _) = server.person("dev@example.com", &[Role::Developer]).await;
    server.person("rev@example.com", &[Role::Reviewer]).await;
    let id = submitted(&server, &dev, "Calendar").await;
    let reviewer = server.signed_in_as("rev@example.com").await;
    let path = format!("/admin/review/{id}");
    let page = reviewer.get(&path).await;
    assert_eq!(decide(&reviewer, &page, &id, "approved", "").await.status, 303);
    let own = registry(&server, &dev);
    for decision in ["on_hold", "rejected"] {
        let now = own.application(&id).await.expect("known");
        let form = page.form(&path).with("version", &now.version.to_string());
        let form = form
            .with("decision", decision)
            .with("reason", "I changed my mind.");
        let refused = reviewer
            .send(reviewer.request(Method::POST, &path).form(&form.fields))
            .await;
        assert_eq!(refused.status, 409, "{decision}");
        let now = own.application(&id).await.expect("known").application;
        assert_eq!(now.review, ReviewStatus::Approved, "{decision}");
    }
}

/// S4.17: the steps of one second stand in the order in which they were taken.
#[tokio::test(flavor = "multi_thread")]
async fn steps_of_one_second_keep_their_order() {
    let server = Server::start_with(Options::manual_clock()).await;
    let (dev, _) = server.person("dev@example.com", &[Role::Developer]).await;
    let id = submitted(&server, &dev, "Calendar").await;
    let own = registry(&server, &dev);
    let operator = server.state.services.registry(Actor::command_line());
    let mut expected = vec!["created", "submitted"];
    for status in [ReviewStatus::OnHold, ReviewStatus::Rejected, ReviewStatus::OnHold] {
        let decision = Decision {
            status,
            reason: Some("Because.".to_owned()),
            seen: None,
            first_secret: false,
        };
        operator.decide(&id, &decision).await.expect("decided");
        own.submit(dev.id, &id).await.expect("again");
        expected.extend([status.as_str(), "submitted"]);
    }
    let steps = own.timeline(&id).await.expect("the steps");
    assert!(steps.iter().all(|step| step.at == steps[0].at), "in one second");
    let what: Vec<&str> = steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(what, expected);
}

/// S4.6: a name that somebody took while its change waited is not approved; the reviewer is told which field it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_taken_meanwhile() {
    let server = Server::start().await;
    let (dev, _) = server.person("dev@example.com", &[Role::Developer]).await;
    server.person("rev@example.com", &[Role::Reviewer]).await;
    let id = submitted(&server, &dev, "Calendar").await;
    let reviewer = server.signed_in_as("rev@example.com").await;
    let path = format!("/admin/review/{id}");
    let page = reviewer.get(&path).await;
    assert_eq!(decide(&reviewer, &page, &id, "approved", "").await.status, 303);
    let own = registry(&server, &dev);
    own.edit_own(dev.id, &id, &draft("Planner"), None)
        .await
        .expect("proposed");
    own.submit(dev.id, &id).await.expect("submitted");
    submitted(&server, &dev, "Planner").await;
    let page = reviewer.get(&path).await;
    let refused = decide(&reviewer, &page, &id, "approved", "").await;
    assert_eq!(refused.status, 422);
    let said = refused.texts("#notice[role=alert]").concat();
    assert!(
        said.contains("Name") && said.contains("has this name already"),
        "{said}"
    );
    assert!(
        refused.attributes("#reason[aria-invalid]", "id").is_empty(),
        "it is not the reason"
    );
    let now = own.application(&id).await.expect("known").application;
    assert_eq!(now.name, "Calendar");
}
