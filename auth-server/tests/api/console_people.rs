//! The administration's pages about people.

use auth_server::domain::policy::Profile;
use auth_server::domain::role::{Role, RolesChange};
use auth_server::domain::user::User;
use auth_server::flows::registry::Actor;
use auth_server::store::sql::users;
use reqwest::StatusCode;

use crate::harness::{Browser, EMAIL, Ldap, NewApplication, Options, PASSWORD, Server};

const ADMIN: &str = "admin@example.com";

async fn admin(server: &Server) -> Browser {
    server.person(ADMIN, &[Role::Admin]).await.1
}

async fn user(server: &Server, email: &str) -> User {
    users::find_by_email(&server.state.services.database, email)
        .await
        .expect("the database")
        .expect("a user")
}

/// S3.6: who is blocked loses sessions and tokens at once and cannot sign in; unblocked, can again. A user's page says
/// where the user stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_blocked_and_unblocked() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let alice = user(&server, EMAIL).await;
    let theirs = server.signed_in().await;
    let tokens = server
        .application(NewApplication::of(Profile::Standard))
        .await
        .tokens(&server, &[])
        .await
        .ok();
    assert!(server.is_active(tokens.access()).await);
    let path = format!("/admin/users/{}", alice.id);
    let done = admin.act(&path, &[("action", "block")]).await;
    assert_eq!(done.location(), Some(format!("{path}?done=blocked")));
    assert!(!server.is_active(tokens.access()).await);
    assert_eq!(
        theirs.get_once("/account/security").await.status,
        303,
        "the session has ended"
    );
    let again = server.browser();
    let page = again.get("/login").await;
    let refused = again.submit(&page.sign_in_form(EMAIL, PASSWORD)).await;
    assert_ne!(refused.status, 200, "no sign-in");
    let shown = admin.get(&format!("{path}?done=blocked")).await;
    assert_eq!(
        shown.texts("[role=status]"),
        ["The user is blocked. Sessions and tokens have ended."]
    );
    assert!(shown.texts(".page-head .badge").contains(&"Blocked".to_owned()));
    assert_eq!(admin.act(&path, &[("action", "unblock")]).await.status, 303);
    server.signed_in().await;
    assert!(
        !server.is_active(tokens.access()).await,
        "unblocking brings no token back"
    );
    let lines = server.audit("admin_command").await;
    assert!(
        lines
            .iter()
            .any(|line| line.detail.contains(ADMIN) && line.detail.contains("blocked")),
        "{lines:?}"
    );
}

/// S3.9, S3.54: administrators see the tokens that applications hold for a user, and remove one, or all: the next use
/// fails. The list shows no token.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_listed_and_removed() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let alice = user(&server, EMAIL).await;
    let path = format!("/admin/users/{}", alice.id);
    let mut issued = Vec::new();
    for _ in 0..3 {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let tokens = application.tokens(&server, &[]).await.ok();
        issued.push((application.client_id, tokens.access().to_owned()));
    }
    let shown = admin.get(&path).await;
    for (client_id, token) in &issued {
        assert!(shown.body.contains(client_id.as_str()) && !shown.body.contains(token.as_str()));
    }
    let ids = shown.attributes("input[name=token]", "value");
    assert_eq!(ids.len(), 3);
    let other = server.add_user("other@example.com", PASSWORD).await;
    let elsewhere = format!("/admin/users/{}", other.id);
    let wrong = admin
        .act(&elsewhere, &[("action", "remove_token"), ("token", &ids[0])])
        .await;
    assert_eq!(wrong.status, 404, "a token of another user");
    assert!(server.audit("revocation").await.is_empty());
    let done = admin
        .act(&path, &[("action", "remove_token"), ("token", &ids[0])])
        .await;
    assert_eq!(done.location(), Some(format!("{path}?done=token")));
    let (removed, left) = issued.split_last().expect("three");
    let line = server.audit("revocation").await.remove(0);
    assert_eq!(
        (line.user_id, line.client_id),
        (Some(alice.id.to_string()), Some(removed.0.clone()))
    );
    assert!(
        !server.is_active(&removed.1).await,
        "the newest is the first of the list"
    );
    for (_, token) in left {
        assert!(server.is_active(token).await, "the others live on");
    }
    assert_eq!(
        admin
            .act(&path, &[("action", "remove_token"), ("token", "nonsense")])
            .await
            .status,
        404
    );
    assert_eq!(admin.act(&path, &[("action", "remove_tokens")]).await.status, 303);
    for (_, token) in left {
        assert!(!server.is_active(token).await);
    }
    assert!(server.audit("revocation").await.len() >= 2);
}

/// A user is added with roles and a password of the server's making, which is on that answer and nowhere after (H3);
/// a typed one is on no page at all. What is wrong is said beside its field, and what was typed stays.
#[tokio::test(flavor = "multi_thread")]
async fn users_are_added() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let path = "/admin/users/new";
    let form = admin.get(path).await.form(path);
    let made = admin
        .submit_once(
            &form
                .clone()
                .with("email", "New@Example.com")
                .and("role", "reviewer")
                .with("password", ""),
        )
        .await;
    assert_eq!(
        (made.status, made.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let password = made.texts("#secret").remove(0);
    let new = user(&server, "new@example.com").await;
    assert!(new.is_reviewer && !new.is_admin);
    let theirs = server.browser();
    theirs.sign_in("new@example.com", &password).await;
    let shown = format!("/admin/users/{}", new.id);
    for page in ["/admin/users", &shown, "/admin/audit"] {
        assert!(!admin.get(page).await.body.contains(&password), "{page}");
    }
    for line in server.audit("admin_command").await {
        assert!(!line.detail.contains(&password));
    }
    let typed = form
        .clone()
        .with("email", "other@example.com")
        .with("password", "a typed password");
    let done = admin.submit_once(&typed).await;
    assert!(done.location().expect("a place").ends_with("?done=created"));
    server
        .browser()
        .sign_in("other@example.com", "a typed password")
        .await;
    for (email, password, field) in [
        ("nonsense", "a typed password", "email"),
        ("new@example.com", "a typed password", "email"),
        ("third@example.com", "short", "password"),
    ] {
        let wrong = form
            .clone()
            .with("email", email)
            .with("password", password)
            .with("name", "Kept");
        let refused = admin.submit_once(&wrong).await;
        assert_eq!(refused.status, 422, "{email}");
        assert_eq!(
            refused.attributes("[aria-invalid=true]", "name"),
            [field],
            "{email}"
        );
        assert_eq!(refused.attributes("#name", "value"), ["Kept"]);
        assert_eq!(refused.attributes("#email", "value"), [email]);
        assert_eq!(
            refused.attributes("#password[value]", "value"),
            Vec::<String>::new(),
            "no password comes back"
        );
        assert_eq!(refused.texts("[role=alert]").len(), 1);
    }
}

/// Roles, name and language change; two administrators do not overwrite each other; the last administrator stays one.
#[tokio::test(flavor = "multi_thread")]
async fn users_are_changed() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let alice = user(&server, EMAIL).await;
    let path = format!("/admin/users/{}", alice.id);
    let form = admin.get(&path).await.form_with(&path, "version");
    let form = form.lacking("role").with("action", "save").with("language", "fr");
    let saved = admin
        .submit_once(
            &form
                .clone()
                .and("role", "developer")
                .and("role", "auditor")
                .with("name", "Alice M."),
        )
        .await;
    assert_eq!(
        saved.location(),
        Some(format!("{path}?done=saved")),
        "{}",
        saved.body
    );
    let after = user(&server, EMAIL).await;
    assert!(after.is_developer && after.is_auditor && !after.is_admin && !after.is_reviewer);
    assert_eq!(
        (after.name.as_str(), after.language.as_deref()),
        ("Alice M.", Some("fr"))
    );
    let stale = admin.submit_once(&form.with("name", "Old")).await;
    assert_eq!(stale.status, 422);
    assert!(stale.texts("[role=alert]")[0].contains("Somebody else changed"));
    assert_eq!(user(&server, EMAIL).await.name, "Alice M.");

    let own = format!("/admin/users/{}", user(&server, ADMIN).await.id);
    let form = admin
        .get(&own)
        .await
        .form_with(&own, "version")
        .lacking("role")
        .with("action", "save");
    for refused in [
        admin.submit_once(&form).await,
        admin.act(&own, &[("action", "block")]).await,
    ] {
        assert_eq!(refused.status, 422);
        assert!(refused.texts("[role=alert]")[0].contains("last administrator"));
    }
    let still = user(&server, ADMIN).await;
    assert!(still.is_admin && !still.disabled);
}

/// A password is replaced (made ones are shown once, H3), sessions are ended one by one and all, second factors are
/// removed. Ids of nothing are not found.
#[tokio::test(flavor = "multi_thread")]
async fn passwords_sessions_and_factors() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let alice = user(&server, EMAIL).await;
    let path = format!("/admin/users/{}", alice.id);
    let (one, two) = (server.signed_in().await, server.signed_in().await);
    let sids = admin.get(&path).await.attributes("input[name=sid]", "value");
    assert_eq!(sids.len(), 2);
    let lives = async |browser: &Browser| browser.get_once("/account/security").await.status == 200;
    assert_eq!(
        admin
            .act(&path, &[("action", "end_session"), ("sid", &sids[0])])
            .await
            .status,
        303
    );
    assert_ne!(lives(&one).await, lives(&two).await, "one of the two has ended");
    assert_eq!(
        admin
            .act(&path, &[("action", "end_session"), ("sid", &sids[0])])
            .await
            .status,
        404
    );
    let own = admin
        .get(&format!("/admin/users/{}", user(&server, ADMIN).await.id))
        .await;
    let own = own.attributes("input[name=sid]", "value").remove(0);
    let foreign = admin
        .act(&path, &[("action", "end_session"), ("sid", &own)])
        .await;
    assert_eq!(foreign.status, 404, "the session of somebody else");
    assert_eq!(admin.act(&path, &[("action", "end_sessions")]).await.status, 303);
    assert!(!lives(&one).await && !lives(&two).await && lives(&admin).await);

    let made = admin
        .act(&path, &[("action", "password"), ("password", "")])
        .await;
    let password = made.texts("#secret").remove(0);
    assert_eq!(made.header("cache-control"), "no-store");
    server.browser().sign_in(EMAIL, &password).await;
    assert!(!admin.get(&path).await.body.contains(&password));
    let short = admin
        .act(&path, &[("action", "password"), ("password", "short")])
        .await;
    assert_eq!(
        (
            short.status.as_u16(),
            short.attributes("[aria-invalid=true]", "name")
        ),
        (422, vec!["password".to_owned()])
    );
    let typed = admin
        .act(&path, &[("action", "password"), ("password", "another good one")])
        .await;
    assert_eq!(typed.location(), Some(format!("{path}?done=password")));
    server.browser().sign_in(EMAIL, "another good one").await;

    assert_eq!(admin.act(&path, &[("action", "factors")]).await.status, 303);
    assert_eq!(server.audit("second_factor_changed").await.len(), 1);
    assert_eq!(admin.act(&path, &[("action", "nonsense")]).await.status, 404);
    for id in [uuid::Uuid::new_v4().to_string(), "nonsense".to_owned()] {
        assert_eq!(admin.get(&format!("/admin/users/{id}")).await.status, 404);
    }
}

/// Users are found by how their address begins, by role and by state, page by page, each once.
#[tokio::test(flavor = "multi_thread")]
async fn users_are_found() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let registry = server.state.services.registry(Actor::command_line());
    for number in 0..120 {
        let new = auth_server::flows::registry::NewUser {
            email: format!("person{number}@example.com"),
            name: None,
            password: None,
            roles: RolesChange::default(),
            language: None,
        };
        registry
            .create_user(&server.state.services.passwords, new)
            .await
            .expect("a user");
    }
    let names = async |query: &str| admin.get(&format!("/admin/users{query}")).await.texts("td a");
    assert_eq!(names("?role=admin").await, [ADMIN]);
    assert_eq!(names("?search=ALICE").await, [EMAIL]);
    assert_eq!(names("?state=blocked").await, Vec::<String>::new());
    assert_eq!(names("?role=nonsense&after=nonsense").await.len(), 50);
    let mut seen = std::collections::HashSet::new();
    let (mut next, mut pages) = (Some("/admin/users?search=person".to_owned()), 0);
    while let Some(path) = next {
        let page = admin.get(&path).await;
        pages += 1;
        for link in page.attributes("td a", "href") {
            assert!(seen.insert(link), "each once");
        }
        next = page
            .attributes("a.button", "href")
            .into_iter()
            .find(|href| href.contains("after="));
    }
    assert_eq!((seen.len(), pages), (120, 3));
}

/// With LDAP, what the directory decides is shown and cannot be sent: name, address and password stay, even when a form
/// is made up; roles and the block are this server's.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_directory() {
    let directory = Ldap::start(&[("ada", ADMIN, "Ada", "ada's password")]).await;
    let server = Server::start_with(Options {
        directory: Some(directory.settings()),
        ..Options::default()
    })
    .await;
    let admin = server.browser();
    admin.sign_in(ADMIN, "ada's password").await;
    let ada = user(&server, ADMIN).await;
    server.give_roles(ada.id, &[Role::Admin]).await;
    let alice = user(&server, EMAIL).await;
    let path = format!("/admin/users/{}", alice.id);
    let page = admin.get(&path).await;
    assert_eq!(
        page.attributes("input[disabled]", "name"),
        ["email", "name", "password"]
    );
    assert!(page.body.contains("LDAP"));
    let form = page
        .form_with(&path, "version")
        .with("action", "save")
        .with("email", "x@example.com")
        .with("name", "X");
    assert_eq!(admin.submit_once(&form.and("role", "reviewer")).await.status, 303);
    let after = user(&server, EMAIL).await;
    assert_eq!((after.name, after.is_reviewer), (alice.name, true));
    let refused = admin
        .act(&path, &[("action", "password"), ("password", "another good one")])
        .await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts("[role=alert]")[0].contains("LDAP"));
    assert_eq!(admin.act(&path, &[("action", "block")]).await.status, 303);
    assert_eq!(
        admin
            .get("/admin/users/new")
            .await
            .attributes("input[disabled]", "name"),
        ["password"]
    );
}
