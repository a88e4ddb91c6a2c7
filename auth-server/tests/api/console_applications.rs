//! The console's pages about applications: `/admin` and `/admin/applications`.

use auth_server::domain::policy::Profile;
use auth_server::domain::role::Role;
use auth_server::flows::registry::Actor;
use reqwest::Method;
use uuid::Uuid;

use crate::harness::{Browser, EMAIL, Ldap, NewApplication, Options, PASSWORD, Page, Server};

const ADMIN: &str = "admin@example.com";

async fn admin(server: &Server) -> Browser {
    server.add_administrator(ADMIN, PASSWORD).await;
    server.signed_in_as(ADMIN).await
}

/// Posts a form of the page at `path`, with its token and version.
async fn post(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(path).await;
    let token = page.attributes("main input[name=csrf]", "value");
    let version = page.attributes("main input[name=version]", "value");
    let mut all = vec![("csrf", token.first().map_or("", String::as_str))];
    if let Some(version) = version.first()
        && fields.iter().all(|(name, _)| *name != "version")
    {
        all.push(("version", version));
    }
    all.extend(fields);
    browser.send(browser.request(Method::POST, path).form(&all)).await
}

/// H1, H2: every page is for those whose role opens it, every form for administrators in their own session, and ids
/// that nobody has are not found.
#[tokio::test(flavor = "multi_thread")]
async fn who_may_see_and_do_what() {
    let server = Server::start().await;
    let app = server.application(NewApplication::of(Profile::Standard)).await;
    let one = format!("/admin/applications/{}", app.client_id);
    let stranger = server.signed_in().await;
    let (_, developer) = server.person("dev@example.com", &[Role::Developer]).await;
    let (_, reviewer) = server.person("rev@example.com", &[Role::Reviewer]).await;
    let (_, auditor) = server.person("aud@example.com", &[Role::Auditor]).await;
    let admin = admin(&server).await;
    for (path, auditors) in [
        ("/admin", 200),
        ("/admin/applications", 200),
        ("/admin/applications/new", 403),
        (one.as_str(), 200),
    ] {
        let anonymous = server.browser().get_once(path).await;
        assert_eq!(anonymous.status, 303, "{path}");
        assert!(
            anonymous
                .location()
                .expect("a place")
                .starts_with("/login?return_to="),
            "{path}"
        );
        for nobody in [&stranger, &developer] {
            assert_eq!(nobody.get(path).await.status, 403, "{path}");
        }
        let reviewers = reviewer.get_once(path).await;
        if path == "/admin" {
            assert_eq!(reviewers.location().as_deref(), Some("/admin/review"));
        } else {
            assert_eq!(reviewers.status, 403, "{path}");
        }
        assert_eq!(auditor.get(path).await.status, auditors, "{path}");
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
    assert!(
        !auditor.get(&one).await.body.contains("button-danger"),
        "auditors change nothing"
    );
    for path in ["/admin/applications/new", one.as_str()] {
        let own = admin.get(path).await.attributes("main input[name=csrf]", "value")[0].clone();
        let attempt = async |browser: &Browser, csrf: &str| {
            let fields = [
                ("csrf", csrf),
                ("action", "disable"),
                ("name", "X"),
                ("profile", "standard"),
            ];
            browser
                .send(browser.request(Method::POST, path).form(&fields))
                .await
                .status
        };
        assert_eq!(attempt(&server.browser(), &own).await, 303, "{path}");
        for browser in [&stranger, &developer, &reviewer, &auditor] {
            assert_eq!(attempt(browser, &own).await, 403, "{path}");
        }
        for wrong in ["", "x"] {
            assert_eq!(attempt(&admin, wrong).await, 403, "{path}");
        }
        let elsewhere = admin
            .request(Method::POST, path)
            .header("origin", "https://evil.example")
            .form(&[("csrf", own.as_str()), ("action", "disable")]);
        assert_eq!(admin.send(elsewhere).await.status, 403, "{path}");
    }
    let registry = server.state.services.registry(Actor::command_line());
    let now = registry
        .application(&app.client_id)
        .await
        .expect("known")
        .application;
    assert!(!now.disabled, "nothing was done");
    for id in [Uuid::new_v4().to_string(), "nonsense".to_owned()] {
        let path = format!("/admin/applications/{id}");
        assert_eq!(admin.get(&path).await.status, 404);
    }
    for (action, field) in [("revoke_secret", "secret"), ("remove_token", "token")] {
        for id in [
            Uuid::new_v4().to_string(),
            format!("family:{}", Uuid::new_v4()),
            "x".to_owned(),
        ] {
            let page = post(&admin, &one, &[("action", action), (field, &id)]).await;
            assert_eq!(page.status, 404, "{action} {id}");
        }
    }
}

/// S3.2, S3.20, S3.21, S3.51, H3: an administrator registers an application under "API, OAuth2": the id is made, and
/// the secret is shown once, works, and is shown nowhere afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_registered() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let list = admin.get("/admin/applications").await;
    assert!(
        list.texts("nav.tabs [aria-current]")
            .concat()
            .contains("API → OAuth2")
    );
    let path = "/admin/applications/new";
    let made = post(
        &admin,
        path,
        &[
            ("name", "Calendar"),
            (
                "redirect_uris",
                "https://calendar.example/cb\r\nhttps://calendar.example/other",
            ),
            ("profile", "standard"),
            ("kind", "confidential"),
            ("permission", "conferences"),
            ("permission", "groups:read"),
            ("client_id", "chosen-by-hand"),
        ],
    )
    .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = made.texts("#client_id")[0].clone();
    assert!(id.parse::<Uuid>().is_ok(), "made, not chosen: {id}");
    let secret = made.texts("#secret")[0].clone();
    let token = crate::harness::client()
        .post(server.at("/oauth2/token"))
        .basic_auth(&id, Some(&secret))
        .form(&[
            ("grant_type", "client_credentials"),
            ("scope", "conferences:write"),
        ])
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        token.status(),
        200,
        "the general permission stands for both (S3.49)"
    );
    let one = format!("/admin/applications/{id}");
    for page in [
        admin.get(&one).await,
        admin.get("/admin/applications?search=Cal").await,
    ] {
        assert!(page.body.contains("Calendar") && !page.body.contains(&secret));
    }
    let ticked = admin
        .get(&one)
        .await
        .attributes("input[name=permission][checked]", "value");
    assert_eq!(
        ticked,
        [
            "conferences",
            "conferences:read",
            "conferences:write",
            "groups:read"
        ]
    );
    assert!(
        admin
            .get("/admin/applications?search=nobody")
            .await
            .texts(".empty")
            .len()
            == 1
    );
    let lines = server.audit("admin_command").await;
    assert!(
        lines
            .iter()
            .any(|line| line.detail.contains(ADMIN) && line.detail.contains("Calendar"))
    );
}

/// S3.52: the address is needed where the profile has Authorization Code, and `https://localhost/` is one. What is
/// wrong stands beside its field, and what was typed is kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    let path = "/admin/applications/new";
    let try_with = async |name: &str, uris: &str, profile: &str| {
        let fields = [
            ("name", name),
            ("redirect_uris", uris),
            ("profile", profile),
            ("permission", "users"),
        ];
        post(&admin, path, &fields).await
    };
    let missing = try_with("", "", "trueconf").await;
    assert_eq!(missing.status, 422);
    assert_eq!(
        missing.texts("#name-problem li, #redirect_uris-problem li").len(),
        2
    );
    assert_eq!(
        missing
            .attributes("#redirect_uris[aria-invalid=true]", "aria-describedby")
            .len(),
        1
    );
    let bad = try_with(
        "Kept <name>",
        "https://a.example/\nhttps://*.example/",
        "standard",
    )
    .await;
    assert_eq!(bad.status, 422);
    let said = bad.texts("#redirect_uris-problem li").concat();
    assert!(said.contains("Line 2") && said.contains('*'), "{said}");
    assert_eq!(bad.attributes("#name", "value"), ["Kept <name>"]);
    assert!(
        bad.attributes("input[name=permission][checked]", "value")
            .contains(&"users:write".to_owned())
    );
    assert_eq!(
        try_with("Server", "https://localhost/", "trueconf").await.status,
        200
    );
    assert_eq!(try_with("Delegated", "", "meet-delegated").await.status, 200);
    assert_eq!(try_with("None", "https://localhost/", "none").await.status, 422);
}

/// S3.53: every property can be edited, with its policy; a change about a version that is no more is refused, and the
/// page shows what there is now.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_edited() {
    let server = Server::start().await;
    let app = server.application(NewApplication::of(Profile::Standard)).await;
    let admin = admin(&server).await;
    let path = format!("/admin/applications/{}", app.client_id);
    let edit = [
        ("action", "edit"),
        ("name", "Renamed"),
        ("redirect_uris", "https://new.example/cb"),
        ("profile", "meet"),
        ("domains", "Example.org\nexample.net"),
        ("owner", EMAIL),
        ("homepage_url", "https://new.example/"),
        ("use_case", "calendar"),
        ("permission", "users:read"),
        ("other_scope", "rooms:special"),
    ];
    let saved = post(&admin, &path, &edit).await;
    assert_eq!(
        saved.location(),
        Some(format!("{path}?done=saved")),
        "{}",
        saved.body
    );
    let registry = server.state.services.registry(Actor::command_line());
    let now = registry
        .application(&app.client_id)
        .await
        .expect("known")
        .application;
    assert_eq!((now.name.as_str(), now.profile), ("Renamed", Profile::Meet));
    assert_eq!(now.redirect_uris, ["https://new.example/cb"]);
    assert_eq!(now.domains, ["example.org", "example.net"]);
    assert_eq!(now.scope, "users:read rooms:special".parse().expect("a scope"));
    assert!(now.owner_id.is_some());
    assert_eq!(now.about.use_case.as_deref(), Some("calendar"));
    let policy = [
        ("action", "policy"),
        ("grant", "authorization_code"),
        ("grant", "refresh_token"),
        ("access_seconds", "600"),
        ("refresh_seconds", "86400"),
        ("family_seconds", "86400"),
        ("code_seconds", "30"),
        ("pkce", "optional_for_confidential"),
        ("access_format", "opaque"),
        ("refresh", "keep"),
        ("redirect_uri_at_exchange", "optional"),
        ("token_type", "bearer"),
        ("review", "true"),
    ];
    assert_eq!(post(&admin, &path, &policy).await.status, 303);
    let now = registry
        .application(&app.client_id)
        .await
        .expect("known")
        .application;
    assert_eq!((now.policy.access_seconds, now.policy.code_seconds), (600, 30));
    assert!(now.policy.review && now.policy.access_from_refresh_seconds.is_none());
    let long = [&policy[..3], &[("access_seconds", "99999999")], &policy[4..]].concat();
    let refused = post(&admin, &path, &long).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.attributes("#access_seconds", "value"), ["99999999"]);
    assert_eq!(refused.texts("#access_seconds-problem li").len(), 1);
    // One range for a field, whatever is wrong with it, and everything wrong at once.
    for seconds in ["-5", "700000", "soon"] {
        let wrong: Vec<_> = policy
            .iter()
            .map(|(name, value)| match *name {
                "access_seconds" => (*name, seconds),
                "code_seconds" => (*name, "0"),
                "family_seconds" => (*name, ""),
                _ => (*name, *value),
            })
            .collect();
        let refused = post(&admin, &path, &wrong).await;
        assert_eq!(refused.status, 422);
        let marked = refused.attributes("[aria-invalid=true]", "name");
        assert_eq!(marked, ["access_seconds", "family_seconds", "code_seconds"]);
        let text = refused.texts("#access_seconds-problem").concat();
        assert!(text.contains("604800"), "{seconds}: {text}");
    }
    let mut stale = edit.to_vec();
    stale[1] = ("name", "Overwritten");
    stale.push(("version", "1"));
    let conflict = post(&admin, &path, &stale).await;
    assert_eq!(conflict.status, 409, "{}", conflict.body);
    assert_eq!(conflict.attributes("#name", "value"), ["Renamed"]);
    assert_eq!(conflict.texts("[role=alert]").len(), 1);
}

/// S3.5, S3.9, S3.53, S3.54: the tokens that users gave an application are listed with the user, removed one by one or
/// all at once, and blocking ends what is left.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_listed_and_removed() {
    let server = Server::start().await;
    let app = server.application(NewApplication::of(Profile::Standard)).await;
    let other = server.application(NewApplication::of(Profile::Standard)).await;
    let admin = admin(&server).await;
    let path = format!("/admin/applications/{}", app.client_id);
    let (first, second) = (app.tokens(&server, &[]).await, app.tokens(&server, &[]).await);
    let foreign = other.tokens(&server, &[]).await;
    let page = admin.get(&path).await;
    let section = page.texts("section[aria-labelledby=tokens] tbody").concat();
    assert!(
        section.contains(EMAIL) && section.contains("rooms:list"),
        "{section}"
    );
    let ids = page.attributes("input[name=token]", "value");
    assert_eq!(ids.len(), 2);
    let elsewhere = admin
        .get(&format!("/admin/applications/{}", other.client_id))
        .await;
    let theirs = elsewhere.attributes("input[name=token]", "value")[0].clone();
    let wrong = post(&admin, &path, &[("action", "remove_token"), ("token", &theirs)]).await;
    assert_eq!(wrong.status, 404, "a token of another application");
    assert!(server.is_active(foreign.access()).await);
    // The newest comes first.
    let removed = post(&admin, &path, &[("action", "remove_token"), ("token", &ids[0])]).await;
    assert_eq!(removed.location(), Some(format!("{path}?done=token-removed")));
    let live = [
        server.is_active(first.access()).await,
        server.is_active(second.access()).await,
    ];
    assert_eq!(live.iter().filter(|live| **live).count(), 1);
    assert_eq!(
        post(&admin, &path, &[("action", "remove_tokens")]).await.status,
        303
    );
    assert!(!server.is_active(first.access()).await && !server.is_active(second.access()).await);
    let third = app.tokens(&server, &[]).await;
    assert_eq!(post(&admin, &path, &[("action", "disable")]).await.status, 303);
    assert!(!server.is_active(third.access()).await);
    assert_eq!(
        app.token(&[("grant_type", "client_credentials")]).await.status,
        401
    );
    assert!(admin.get(&path).await.body.contains("badge-bad"));
    assert_eq!(post(&admin, &path, &[("action", "enable")]).await.status, 303);
    assert_eq!(
        app.token(&[("grant_type", "client_credentials")]).await.status,
        200
    );
    assert!(server.is_active(foreign.access()).await);
}

/// S3.22, S3.55, S3.56, S3.57, H3: a regenerated secret is shown once; the old one fails, or works through the overlap;
/// tokens obtained with it live on, and are refreshed with the new one.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_regenerated() {
    let server = Server::start().await;
    let mut app = server.application(NewApplication::of(Profile::Standard)).await;
    let admin = admin(&server).await;
    let path = format!("/admin/applications/{}", app.client_id);
    let tokens = app.tokens(&server, &[]).await;
    let own = [("grant_type", "client_credentials")];
    let made = post(
        &admin,
        &path,
        &[("action", "rotate_secret"), ("overlap", "0"), ("label", "Second")],
    )
    .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let secret = made.texts("#secret")[0].clone();
    assert_eq!(app.token(&own).await.status, 401, "the old one");
    assert!(server.is_active(tokens.access()).await);
    app.secret = Some(secret.clone());
    assert_eq!(app.token(&own).await.status, 200, "the new one");
    assert_eq!(app.refresh(tokens.refresh()).await.status, 200);
    let page = admin.get(&path).await;
    assert!(
        !page.body.contains(&secret)
            && page
                .texts("section[aria-labelledby=secrets]")
                .concat()
                .contains("Second")
    );
    let added = post(
        &admin,
        &path,
        &[("action", "add_secret"), ("label", "Third"), ("days", "30")],
    )
    .await;
    app.secret = Some(added.texts("#secret")[0].clone());
    assert_eq!(app.token(&own).await.status, 200);
    let ids = admin.get(&path).await.attributes("input[name=secret]", "value");
    assert_eq!(ids.len(), 2);
    for id in &ids {
        assert_eq!(
            post(&admin, &path, &[("action", "revoke_secret"), ("secret", id)])
                .await
                .status,
            303
        );
    }
    assert_eq!(app.token(&own).await.status, 401);
    let wrong = post(&admin, &path, &[("action", "add_secret"), ("days", "0")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.texts("#days-problem li").len(), 1);
    assert_eq!(
        post(&admin, &path, &[("action", "rotate_secret"), ("overlap", "x")])
            .await
            .status,
        422
    );
}

/// S3.58: where users live in an LDAP directory, the permissions that write there are shown and cannot be ticked; sent
/// all the same, they are refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_takes_permissions_away() {
    let people = [("bob", "bob@example.org", "Bob", "bob's password")];
    let directory = Ldap::start(&people).await;
    let server = Server::start_with(Options {
        directory: Some(directory.settings()),
        ..Options::default()
    })
    .await;
    let browser = server.browser();
    browser.sign_in("bob@example.org", "bob's password").await;
    let registry = server.state.services.registry(Actor::command_line());
    let bob = registry
        .user_by_email("bob@example.org")
        .await
        .expect("bob")
        .user
        .id;
    server.give_roles(bob, &[Role::Admin]).await;
    let path = "/admin/applications/new";
    let locked = browser
        .get(path)
        .await
        .attributes("input[name=permission][disabled]", "value");
    for scope in ["users", "users:write", "groups:write", "groups.users:write"] {
        assert!(locked.contains(&scope.to_owned()), "{scope}: {locked:?}");
    }
    assert!(!locked.contains(&"users:read".to_owned()));
    let forced = [
        ("name", "Forced"),
        ("redirect_uris", "https://localhost/"),
        ("profile", "standard"),
        ("permission", "users:write"),
    ];
    let refused = post(&browser, path, &forced).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.texts("#scope-problem li").len(), 1);
}
