//! From the submission to the decision, of an application and of its changes.

use auth_server::domain::application::ReviewStatus;
use auth_server::flows::registry::{Actor, Decision};

use super::{NEW, approved, decide, developer, filled, path, start, submitted};
use crate::harness::{Neighbour, Options, PASSWORD, Server, names, within_a_second};

/// S4.5, S4.14 to S4.18: draft, submission, hold and rejection with their reasons, mending and submitting again,
/// approval; the developer sees each of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_through_the_review() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    assert_eq!(
        browser
            .get("/")
            .await
            .attributes("main a[href='/developer']", "href")
            .len(),
        1
    );
    let list = browser.get("/developer").await;
    assert_eq!(list.texts(".empty").len(), 1);
    assert_eq!(list.attributes("main a[href='/developer/new']", "href").len(), 1);

    let page = browser.get(NEW).await;
    let draft = page
        .form(NEW)
        .with("name", "Calendar")
        .with("kind", "confidential")
        .with("action", "save");
    let saved = browser.submit_once(&draft).await.location().expect("saved");
    let id = saved["/developer/apps/".len()..]
        .split('?')
        .next()
        .expect("an id")
        .to_owned();
    let here = path(&id, "");
    let status = async || browser.get(&here).await.texts(".page-head .badge").remove(0);
    assert_eq!(status().await, "Draft");
    let page = browser.get(&here).await;
    let early = browser.submit_once(&page.form(&path(&id, "/submit"))).await;
    assert_eq!(early.status, 422, "it is not complete");
    assert_eq!(status().await, "Draft");

    let edit = path(&id, "/edit");
    let form = filled(&browser.get(&edit).await, &edit, "Calendar");
    let done = browser.submit_once(&form.with("action", "submit")).await;
    assert_eq!(
        done.location(),
        Some(format!("{here}?done=submitted")),
        "{}",
        done.body
    );
    assert_eq!(status().await, "Waiting for review");
    server.advance(std::time::Duration::from_mins(220));
    let page = browser.get(&here).await;
    assert!(page.body.contains("24 to 48 hours"), "{}", page.body);
    assert!(page.body.contains("3 hours ago"), "{}", page.body);
    assert!(!page.body.contains("overdue"));
    server.advance(std::time::Duration::from_hours(46));
    browser.sign_in("dev@example.com", PASSWORD).await;
    assert!(browser.get(&here).await.body.contains("overdue"));

    for (decision, shown, reason) in [
        (ReviewStatus::OnHold, "On hold", "Which calendar is it?"),
        (ReviewStatus::Rejected, "Rejected", "The policy page is empty."),
    ] {
        server.advance(std::time::Duration::from_mins(1));
        decide(&server, &id, decision, reason).await;
        let page = browser.get(&here).await;
        assert_eq!(page.texts(".page-head .badge"), [shown]);
        assert!(page.texts("main .notice .reason").contains(&reason.to_owned()));
        let again = browser.submit_once(&page.form(&path(&id, "/submit"))).await;
        assert_eq!(again.location(), Some(format!("{here}?done=submitted")));
        assert_eq!(status().await, "Waiting for review");
    }
    server.advance(std::time::Duration::from_mins(1));
    decide(&server, &id, ReviewStatus::Approved, "Fine.").await;
    let page = browser.get(&here).await;
    assert_eq!(page.texts(".page-head .badge"), ["Approved"]);
    assert_eq!(page.texts("section[aria-labelledby=timeline] li").len(), 7);
    let said = page.texts("section[aria-labelledby=timeline] .reason");
    assert_eq!(
        said,
        ["Which calendar is it?", "The policy page is empty.", "Fine."]
    );
}

/// S4.24, S4.26: what the automatic examination finds is shown to the developer.
#[tokio::test(flavor = "multi_thread")]
async fn findings_are_shown() {
    let server = Server::start_with(Options {
        lookup: || {
            names(&[
                ("app.example", "127.0.0.1"),
                ("xn--bcher-kva.example", "127.0.0.1"),
            ])
        },
        configure: |config| config.outbound.allow_private_targets = vec!["127.0.0.0/8".to_owned()],
        ..Options::manual_clock()
    })
    .await;
    let _neighbour = Neighbour::start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let page = browser.get(NEW).await;
    let form = filled(&page, NEW, "Calendar")
        .with("homepage_url", "https://nowhere.example/")
        .with("redirect_uri", "https://xn--bcher-kva.example/cb");
    let done = browser.submit(&form.with("action", "submit")).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let findings = done.texts("section[aria-labelledby=review] .rows li");
    let has = |words: &str, url: &str| {
        findings
            .iter()
            .any(|one| one.contains(words) && one.contains(url))
    };
    assert!(
        has("no host with this name", "https://nowhere.example/"),
        "{findings:?}"
    );
    assert!(
        has("letters that some programs show", "xn--bcher-kva"),
        "{findings:?}"
    );
}

/// S4.24, S4.26: what is edited while it is on hold is what a reviewer may approve next, so it is examined, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_on_hold_is_examined_anew() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let id = submitted(&browser, "Calendar").await;
    decide(&server, &id, ReviewStatus::OnHold, "Which calendar is it?").await;
    let edit = path(&id, "/edit");
    let form = filled(&browser.get(&edit).await, &edit, "Calendar")
        .with("redirect_uri", "https://xn--bcher-kva.example/cb")
        .with("action", "save");
    assert_eq!(browser.submit_once(&form).await.status, 303);
    let page = browser.get(&path(&id, "")).await;
    let findings = page.texts("section[aria-labelledby=review] .rows li").concat();
    assert!(findings.contains("xn--bcher-kva"), "{findings}");
}

/// A change of an approved application waits for a review of its own; it can be withdrawn. Words change at once.
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_an_approved_application_wait() {
    let server = start().await;
    let (user, browser) = developer(&server, "dev@example.com").await;
    let id = approved(&server, &browser, "Calendar").await;
    let (here, edit) = (path(&id, ""), path(&id, "/edit"));
    let registry = server.state.services.registry(Actor::command_line());
    let now = async || registry.own_application(user.id, &id).await.expect("it is there");
    let form = filled(&browser.get(&edit).await, &edit, "Better Calendar").with("description", "For days.");
    let done = browser.submit_once(&form.with("action", "submit")).await;
    assert_eq!(
        done.location(),
        Some(format!("{here}?done=submitted")),
        "{}",
        done.body
    );
    let page = browser.get(&here).await;
    assert_eq!(page.texts("h1"), ["Calendar"]);
    let change = page.texts("section[aria-labelledby=change] tbody tr");
    assert_eq!(change.len(), 1, "{change:?}");
    assert!(change[0].contains("Calendar") && change[0].contains("Better Calendar"));
    // What was found about either stands where it belongs, and so does the clock of this submission.
    for section in ["review", "change"] {
        let found = page.texts(&format!("section[aria-labelledby={section}] h3"));
        assert_eq!(found, ["What we found"], "{section}");
    }
    let said = page.texts("section[aria-labelledby=change]").concat();
    assert!(
        said.contains("24 to 48 hours") && said.contains("Submitted on"),
        "{said}"
    );
    let version = now().await.version;
    let hold = Decision {
        status: ReviewStatus::OnHold,
        reason: Some("Why another name?".to_owned()),
        seen: Some(version),
        first_secret: false,
    };
    registry.decide_proposal(&id, &hold).await.expect("held");
    let page = browser.get(&here).await;
    let said = page.texts("section[aria-labelledby=change]").concat();
    assert!(said.contains("Why another name?"), "{said}");
    assert!(!said.contains("Submitted on"), "the clock stands: {said}");
    assert_eq!(
        now().await.application.about.description.as_deref(),
        Some("For days.")
    );
    let withdraw = page.form(&path(&id, "/withdraw"));
    let gone = browser.submit_once(&withdraw).await;
    assert_eq!(gone.location(), Some(format!("{here}?done=withdrawn")));
    assert_eq!(now().await.proposal, None);
    assert_eq!(browser.submit_once(&withdraw).await.status, 404, "once");

    let stale = filled(&browser.get(&edit).await, &edit, "One").with("action", "save");
    let other = stale.clone().with("name", "Two");
    assert_eq!(browser.submit_once(&other).await.status, 303);
    let late = browser.submit_once(&stale).await;
    assert_eq!(late.status, 409, "it was changed since it was read");
    assert_eq!(late.attributes("#name", "value"), ["One"], "what was typed stays");
}

/// S4.15: an application that waits shows its own developer a page that goes on once it is approved, without a script,
/// also to one who has to sign in first; everybody else is told that it is not approved.
#[tokio::test(flavor = "multi_thread")]
async fn the_developer_waits_at_authorize() {
    let server = start().await;
    let (_, owner) = developer(&server, "dev@example.com").await;
    let (_, stranger) = developer(&server, "other@example.com").await;
    let id = submitted(&owner, "Calendar").await;
    let request = format!(
        "/oauth2/authorize?clientId={id}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code&state=a%2Bb%3D"
    );
    let waiting = owner.get_once(&request).await;
    assert_eq!(waiting.status, 200);
    assert_eq!(waiting.header("refresh"), "10");
    assert!(waiting.texts("h1")[0].contains("Calendar"));
    assert!(waiting.attributes("main a", "href").contains(&request));
    let still = owner.get_once(&format!("{request}&refresh=off")).await;
    assert_eq!((still.status.as_u16(), still.header("refresh")), (200, ""));
    let refused = stranger.get_once(&request).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("refresh"), "");
    assert!(!refused.body.contains("Calendar"));
    let anonymous = server.browser();
    let silent = format!("{request}&prompt=none");
    assert_eq!(anonymous.get_once(&silent).await.status, 403, "nobody is asked");
    let on = anonymous
        .get_once(&request)
        .await
        .location()
        .expect("to the sign-in");
    let sign_in = anonymous.get(&on).await;
    assert!(on.starts_with("/login?") && !sign_in.texts("main").concat().contains("Calendar"));
    let waiting = anonymous
        .submit(&sign_in.sign_in_form("dev@example.com", PASSWORD))
        .await;
    assert!(waiting.texts("h1")[0].contains("Calendar"), "{}", waiting.body);
    decide(&server, &id, ReviewStatus::OnHold, "Wait.").await;
    within_a_second("the hold is known", async || {
        owner.get_once(&request).await.body.contains("on hold")
    })
    .await;
    decide(&server, &id, ReviewStatus::Rejected, "No.").await;
    within_a_second("a rejected one does not wait", async || {
        owner.get_once(&request).await.status == 403
    })
    .await;
    assert_eq!(server.browser().get_once(&request).await.status, 403);
    decide(&server, &id, ReviewStatus::Approved, "Yes.").await;
    within_a_second("it goes on by itself", async || {
        let page = owner.get_once(&request).await;
        page.status == 200 && !page.attributes("form[action='/consent']", "method").is_empty()
    })
    .await;
}
