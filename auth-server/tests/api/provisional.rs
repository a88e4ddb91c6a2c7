//! Provisional users: made when an application acts for an address that nobody has an account for.

use auth_server::domain::policy::Profile;
use auth_server::domain::user::User;
use auth_server::store::sql::{outbox, provisional, users};
use serde_json::json;

use crate::harness::{
    Application, EMAIL, NewApplication, Options, PASSWORD, Server, Tokens, at_once, claims, client, read,
};
use crate::on_every_storage;

const NEW: &str = "new.person@example.com";

async fn application(server: &Server) -> Application {
    let new = NewApplication::of(Profile::MeetDelegated).domains(&["example.com"]);
    server.application(new).await
}

async fn ask(application: &Application, email: &str) -> Tokens {
    let body = json!({
        "client_id": application.client_id,
        "client_secret": application.secret,
        "grant_type": "client_credentials",
        "scope": email,
    });
    let path = "/external-api/v1.0/application/token";
    read(client().post(format!("{}{path}", application.url)).json(&body)).await
}

fn user_id(tokens: &Tokens) -> String {
    claims(tokens.access())["user_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

async fn find(server: &Server, email: &str) -> Option<User> {
    users::find_by_email(&server.state.services.database, email)
        .await
        .expect("SQL")
}

/// The account that an operator, or a directory, makes for an address.
async fn account(server: &Server, email: &str) -> User {
    let services = &server.state.services;
    let hash = services
        .passwords
        .hash(PASSWORD.to_owned())
        .await
        .expect("a hash");
    User {
        name: "New Person".to_owned(),
        password_hash: Some(hash),
        is_developer: true,
        ..server.unstored_user(email)
    }
}

/// An instance of the same server that makes provisional users.
async fn making(server: &Server, application: &Application) -> Application {
    let mut config = server.config.clone();
    config.delegation.create_users = true;
    let (_, url) = server.instance_with(&config).await;
    application.via(&url)
}

on_every_storage!(
    /// U0.6, U0.2: twenty first delegations at once, at two instances, make one user, whom the audit log names once.
    twenty_at_once,
    |server| async move {
        let application = application(&server).await;
        let [one, two] = [making(&server, &application).await, making(&server, &application).await];
        let requests = (0..20).map(|number| {
            let application = if number % 2 == 0 { one.clone() } else { two.clone() };
            async move { ask(&application, NEW).await }
        });
        let mut ids: Vec<_> = at_once(requests)
            .await
            .into_iter()
            .map(|answer| user_id(&answer.ok()))
            .collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        let user = find(&server, NEW).await.expect("a user");
        assert_eq!(user.id.to_string(), ids[0]);
        assert_eq!((user.name.as_str(), &user.password_hash), ("new.person", &None));
        assert!(!user.is_admin && !user.is_developer && !user.disabled);
        let lines = server.audit("provisional_user").await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].client_id.as_deref(), Some(application.client_id.as_str()));
    }
);

on_every_storage!(
    /// U0.6: a provisional user cannot sign in, until the record is claimed under the same id; nobody can claim it a
    /// second time, or an account that was never provisional.
    claimed_once,
    |server| async move {
        let database = &server.state.services.database;
        let application = making(&server, &application(&server).await).await;
        let first = user_id(&ask(&application, NEW).await.ok());
        let browser = server.browser();
        for password in ["", PASSWORD] {
            let form = browser.get("/login").await.sign_in_form(NEW, password);
            assert_eq!(browser.submit_once(&form).await.status, 401);
        }
        let account = account(&server, NEW).await;
        let claims = (0..20).map(|_| {
            let (database, account) = (database.clone(), account.clone());
            tokio::spawn(async move { provisional::claim(&database, &account).await.expect("SQL") })
        });
        let mut claimed = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            claimed.extend(claim.await.expect("a task"));
        }
        assert_eq!(claimed.len(), 1);
        assert_eq!(claimed[0].to_string(), first);
        let user = find(&server, NEW).await.expect("a user");
        assert_eq!((user.id.to_string(), user.name.as_str()), (first.clone(), "New Person"));
        assert!(user.is_developer);
        browser.sign_in(NEW, PASSWORD).await;
        assert_eq!(user_id(&ask(&application, NEW).await.ok()), first);
        let alice = self::account(&server, EMAIL).await;
        assert_eq!(provisional::claim(database, &alice).await.expect("SQL"), None);
    }
);

/// U0.6: an application's word for an address makes nobody an account: no link to choose a password is sent. A password
/// that an administrator sets does, and what is an account cannot be claimed.
#[tokio::test(flavor = "multi_thread")]
async fn no_password_by_a_link() {
    let server = Server::start().await;
    let services = &server.state.services;
    let application = making(&server, &application(&server).await).await;
    ask(&application, NEW).await.ok();
    services
        .ask_for_reset(NEW, "192.0.2.1", "en")
        .await
        .expect("asked");
    let messages = outbox::list(&services.database, None, None, 10)
        .await
        .expect("the outbox");
    assert!(messages.is_empty(), "{messages:?}");
    let user = find(&server, NEW).await.expect("a user");
    let known = provisional::is(&services.database, user.id).await.expect("SQL");
    assert!(known);
    let account = account(&server, NEW).await;
    let hash = account.password_hash.clone().expect("a hash");
    assert!(
        services
            .accounts()
            .set_password(user.id, &hash)
            .await
            .expect("set")
    );
    server.browser().sign_in(NEW, PASSWORD).await;
    assert_eq!(
        provisional::claim(&services.database, &account)
            .await
            .expect("SQL"),
        None
    );
}

/// U0.6, S1.16: off by default; where it is on, neither another domain nor a bad address makes a user, and a known one
/// is found as ever.
#[tokio::test(flavor = "multi_thread")]
async fn only_where_and_for_whom_it_is_allowed() {
    let server = Server::start().await;
    let application = application(&server).await;
    assert_eq!(ask(&application, NEW).await.body["error"], "User not found.");
    assert_eq!(find(&server, NEW).await, None);
    let making = making(&server, &application).await;
    for (email, status) in [("new@other.example", 403), ("new", 400), ("<x@example.com>", 400)] {
        assert_eq!(ask(&making, email).await.status, status);
        assert_eq!(find(&server, email).await, None);
    }
    let alice = find(&server, EMAIL).await.expect("alice").id.to_string();
    assert_eq!(user_id(&ask(&making, "Alice@Example.com").await.ok()), alice);
    assert!(server.audit("provisional_user").await.is_empty());
}

/// A provisional user who is blocked stays blocked, also when the record is claimed.
#[tokio::test(flavor = "multi_thread")]
async fn blocked() {
    let server = Server::start_with(Options::configured(|config| {
        config.delegation.create_users = true;
    }))
    .await;
    let application = application(&server).await;
    let tokens = ask(&application, NEW).await.ok();
    server.set_user_disabled(NEW, true).await;
    assert!(!server.is_active(tokens.access()).await);
    assert_eq!(ask(&application, NEW).await.body["error"], "User not found.");
    let account = account(&server, NEW).await;
    let database = &server.state.services.database;
    assert!(
        provisional::claim(database, &account)
            .await
            .expect("SQL")
            .is_some()
    );
    assert!(find(&server, NEW).await.expect("a user").disabled);
    assert_eq!(ask(&application, NEW).await.body["error"], "User not found.");
}
