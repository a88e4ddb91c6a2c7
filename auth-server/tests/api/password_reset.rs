//! A forgotten password: a link in a message, which works once and tells nobody who has an account.

use std::time::Duration;

use auth_server::store::sql::people::{self, Update};
use auth_server::store::sql::users;

use crate::harness::{Browser, EMAIL, NewApplication, Options, PASSWORD, Page, Server, Smtp};
use crate::on_every_storage;

const NEW: &str = "a new password of hers";

async fn with_mail() -> (Server, Smtp) {
    let sink = Smtp::start().await;
    let server = Server::start_with(Options {
        smtp_url: Some(sink.url()),
        ..Options::manual_clock()
    })
    .await;
    (server, sink)
}

/// Asks for a link by the page's form.
async fn ask(browser: &Browser, email: &str) -> Page {
    let form = browser.get("/forgot-password").await.form("/forgot-password");
    browser.submit(&form.with("email", email)).await
}

/// The local path of the link that came last.
async fn link(server: &Server, sink: &Smtp, count: usize) -> String {
    let messages = sink.wait_for(count).await;
    let link = messages[count - 1].link();
    link.strip_prefix(&server.url)
        .expect("a link to the server")
        .to_owned()
}

/// B10: a link sets a new password, once; every session and token of the user ends, and a message says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_new_password_once() {
    let (server, sink) = with_mail().await;
    let app = server.application(NewApplication::public()).await;
    let tokens = app.tokens(&server, &[]).await;
    let old = server.signed_in().await;
    let browser = server.browser();
    let asked = ask(&browser, "  Alice@Example.COM ").await;
    assert_eq!(asked.status, 200);
    let link = link(&server, &sink, 1).await;
    // Whoever only follows the link changes nothing.
    for _ in 0..2 {
        assert_eq!(browser.get(&link).await.status, 200);
    }
    let form = browser.get(&link).await.form("/reset-password");
    let short = browser.submit(&form.clone().with("password", "short")).await;
    assert_eq!(short.status, 422);
    let form = short.form("/reset-password");
    let set = browser.submit(&form.clone().with("password", NEW)).await;
    assert_eq!(set.status, 200, "{}", set.body);
    assert_eq!(
        browser
            .submit(&form.with("password", "another one of hers"))
            .await
            .status,
        410
    );
    assert_eq!(browser.get(&link).await.status, 410);
    assert!(!server.is_active(tokens.access()).await);
    app.refresh(tokens.refresh()).await.error();
    let ended = old.get("/logout").await;
    assert!(
        ended.body.contains("You are signed out"),
        "the old session has ended"
    );
    let again = server.browser();
    let page = again.get("/login").await;
    assert_eq!(
        again.submit(&page.sign_in_form(EMAIL, PASSWORD)).await.status,
        401
    );
    again.sign_in(EMAIL, NEW).await;
    let messages = sink.wait_for(2).await;
    assert!(messages[1].text().contains("was changed"));
    let lines = server.audit("password_reset").await;
    assert_eq!(lines.len(), 2);
    let secret = link.split("token=").nth(1).expect("a token");
    assert!(lines.iter().all(|line| !line.detail.contains(secret)));
}

/// B12: the answer is the same, byte for byte, whether or not the address has an account, is blocked, or is none.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_has_an_account() {
    let (server, sink) = with_mail().await;
    let blocked = server.add_user("blocked@example.com", PASSWORD).await;
    let update = Update {
        disabled: Some(true),
        ..Update::default()
    };
    people::update(&server.state.services.database, blocked.id, &update, 0)
        .await
        .expect("blocked");
    let browser = server.browser();
    let known = ask(&browser, EMAIL).await;
    for email in ["nobody@example.com", "blocked@example.com", "nonsense", ""] {
        let answer = ask(&browser, email).await;
        assert_eq!(
            (answer.status, &answer.body),
            (known.status, &known.body),
            "{email}"
        );
    }
    // A message to one who is known, after those to the others: nothing else came.
    ask(&browser, EMAIL).await;
    let messages = sink.wait_for(2).await;
    assert!(
        messages
            .iter()
            .all(|message| message.to == [format!("RCPT TO:<{EMAIL}>")])
    );
}

/// B13: what a request says about hosts does not change where the link in a message leads.
#[tokio::test(flavor = "multi_thread")]
async fn links_lead_to_this_server() {
    let (server, sink) = with_mail().await;
    let browser = server.browser();
    let form = browser.get("/forgot-password").await.form("/forgot-password");
    let form = form.with("email", EMAIL);
    let request = browser
        .request(reqwest::Method::POST, &form.action)
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example;proto=https")
        .form(&form.fields);
    assert_eq!(browser.send(request).await.status, 200);
    let text = sink.wait_for(1).await[0].text();
    assert!(
        text.contains(&format!("{}/reset-password?token=", server.url)),
        "{text}"
    );
    assert!(!text.contains("evil"));
}

on_every_storage!(
    /// A link ends after an hour, when a later one is asked for, when the address or the password changes, and when
    /// its user is blocked. Of twenty at once, one sets a password. Only three an hour are sent.
    a_link_ends,
    |server| async move {
        use auth_server::domain::secret::PlainToken;
        use auth_server::flows::password_reset::Reset;
        use auth_server::store::sql::outbox;
        let services = &server.state.services;
        let ask = async || {
            services.ask_for_reset(EMAIL, "192.0.2.1", "en").await.expect("asked");
            let kept = outbox::list(&services.database, None, None, 100).await.expect("the outbox");
            let token = kept[0].body.split("token=").nth(1).map(|rest| {
                PlainToken::presented(rest.lines().next().expect("a token"))
            });
            (kept.len(), token)
        };
        let (_, first) = ask().await;
        server.advance(Duration::from_secs(1));
        let (_, second) = ask().await;
        let (first, second) = (first.expect("a link"), second.expect("a link"));
        let owner = async |token: &PlainToken| services.reset_link_owner(token).await.expect("the database").is_some();
        assert!(!owner(&first).await, "a later link ends it");
        assert!(owner(&second).await);
        let alice = users::find_by_email(&services.database, EMAIL).await.expect("the database").expect("alice");
        for (change, back) in [
            (Update { disabled: Some(true), ..Update::default() }, Update { disabled: Some(false), ..Update::default() }),
            (Update { email: Some("new@example.com"), ..Update::default() }, Update { email: Some(EMAIL), ..Update::default() }),
        ] {
            people::update(&services.database, alice.id, &change, 0).await.expect("changed");
            assert!(!owner(&second).await, "{change:?}");
            people::update(&services.database, alice.id, &back, 0).await.expect("changed back");
            assert!(owner(&second).await);
        }
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (services, token) = (services.clone(), second.clone());
                tokio::spawn(async move { services.reset_password(&token, NEW, "test", "en").await.expect("answered") })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += usize::from(task.await.expect("it ends") == Reset::Done);
        }
        assert_eq!(done, 1);
        server.advance(Duration::from_secs(1));
        let (_, third) = ask().await;
        let third = third.expect("a link");
        assert!(owner(&third).await);
        // B10: who held a link of before a change may not undo it.
        assert!(services.accounts().set_password(alice.id, "$argon2id$").await.expect("set"));
        assert!(!owner(&third).await, "the password was changed otherwise");
        let count = outbox::list(&services.database, None, None, 100).await.expect("the outbox").len();
        server.advance(Duration::from_secs(1));
        assert_eq!(ask().await.0, count, "three an hour");
        server.advance(Duration::from_hours(1));
        let (_, third) = ask().await;
        let third = third.expect("a link");
        assert!(owner(&third).await);
        server.advance(Duration::from_hours(1));
        assert!(!owner(&third).await, "it has expired");
        assert_eq!(services.reset_password(&third, NEW, "test", "en").await.expect("answered"), Reset::DeadLink);
    },
    manual_clock
);

/// B3: the forms need their token, and the one of another browser does not fit.
#[tokio::test(flavor = "multi_thread")]
async fn forms_are_bound_to_the_browser() {
    let (server, _) = with_mail().await;
    let stranger = server
        .browser()
        .get("/forgot-password")
        .await
        .form("/forgot-password");
    for path in ["/forgot-password", "/reset-password", "/verify-email"] {
        let browser = server.browser();
        browser.get("/forgot-password").await;
        let foreign = stranger.value("csrf").expect("a token").to_owned();
        for csrf in [None, Some(foreign.as_str())] {
            let mut fields = vec![("email", EMAIL), ("token", "x"), ("password", NEW)];
            fields.extend(csrf.map(|token| ("csrf", token)));
            let request = browser.request(reqwest::Method::POST, path).form(&fields);
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 403, "{path} {csrf:?}");
        }
    }
}

/// An address is proven by the link in a message, with a press of a button, once.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_proven() {
    let (server, sink) = with_mail().await;
    let anonymous = server.browser().get_once("/verify-email").await;
    assert_eq!(anonymous.status, 303);
    let browser = server.signed_in().await;
    let form = browser.get("/verify-email").await.form("/verify-email");
    assert_eq!(browser.submit(&form).await.status, 200);
    let link = link(&server, &sink, 1).await;
    let database = &server.state.services.database;
    let alice = users::find_by_email(database, EMAIL)
        .await
        .expect("the database")
        .expect("alice");
    let verified = async || {
        auth_server::store::sql::mail_links::verified_at(database, alice.id)
            .await
            .expect("the database")
    };
    // In another browser: the mailbox may be on another device.
    let other = server.browser();
    let form = other.get(&link).await.form("/verify-email");
    assert_eq!(verified().await, None);
    assert_eq!(other.submit(&form).await.status, 200);
    assert!(verified().await.is_some());
    assert_eq!(other.submit(&form).await.status, 410);
    // Another address is another matter.
    let update = Update {
        email: Some("new@example.com"),
        ..Update::default()
    };
    people::update(database, alice.id, &update, 0)
        .await
        .expect("changed");
    assert_eq!(verified().await, None);
}
