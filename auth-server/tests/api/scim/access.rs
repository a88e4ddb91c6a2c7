//! Who may use `/scim/v2`.

use auth_server::domain::policy::Profile;
use auth_server::domain::token::RevocationTarget;
use reqwest::Method;
use serde_json::json;

use super::{GROUP, PATCH, Presents, Scim, USER, refused};
use crate::harness::{NewApplication, Options, Server, Tokens, client, read, within_a_second};
use crate::on_every_storage;

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Every request that there is, with the permission it needs, and the status for who has it.
async fn requests(scim: &Scim, known: &Scim) -> Vec<(&'static str, String, Tokens)> {
    let user = known.user(&format!("{}@example.com", uuid::Uuid::new_v4())).await;
    let group = known.group("Team", &[]).await;
    let name = format!("{}@example.com", uuid::Uuid::new_v4());
    let search = json!({"schemas": [SEARCH]});
    let user_body = json!({"schemas": [USER], "userName": name});
    let group_body = json!({"schemas": [GROUP], "displayName": "x"});
    let patch = json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": "externalId"}]});
    let (one_user, one_group) = (format!("/Users/{user}"), format!("/Groups/{group}"));
    let mut answers = Vec::new();
    for (right, method, path, body) in [
        ("scim:read", Method::GET, "/ServiceProviderConfig", None),
        ("scim:read", Method::GET, "/ResourceTypes", None),
        ("scim:read", Method::GET, "/ResourceTypes/User", None),
        ("scim:read", Method::GET, "/Schemas", None),
        (
            "scim:read",
            Method::GET,
            "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
            None,
        ),
        ("scim:read", Method::GET, "/Users", None),
        ("scim:read", Method::HEAD, "/Users", None),
        ("scim:read", Method::POST, "/Users/.search", Some(&search)),
        ("scim:read", Method::GET, &one_user, None),
        ("scim:read", Method::GET, "/Groups", None),
        ("scim:read", Method::POST, "/Groups/.search", Some(&search)),
        ("scim:read", Method::GET, &one_group, None),
        ("scim:write", Method::POST, "/Users", Some(&user_body)),
        ("scim:write", Method::PUT, &one_user, Some(&user_body)),
        ("scim:write", Method::PATCH, &one_user, Some(&patch)),
        ("scim:write", Method::DELETE, &one_user, None),
        ("scim:write", Method::POST, "/Groups", Some(&group_body)),
        ("scim:write", Method::PUT, &one_group, Some(&group_body)),
        ("scim:write", Method::PATCH, &one_group, Some(&patch)),
        ("scim:write", Method::DELETE, &one_group, None),
    ] {
        // The name that POST took is taken.
        let body = body.map(|body| {
            if method == Method::PUT && path.starts_with("/Users") {
                json!({"schemas": [USER], "userName": format!("{}@example.com", uuid::Uuid::new_v4())})
            } else {
                body.clone()
            }
        });
        let what = format!("{method} {path}");
        let request = scim
            .request(method, path)
            .header("content-type", "application/scim+json");
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        answers.push((right, what, read(request).await));
    }
    answers
}

/// A permission allows its own requests and no other; without it the answer is 403 and names it (RFC 6750 3.1).
#[tokio::test(flavor = "multi_thread")]
async fn permissions() {
    let server = Server::start().await;
    let own = Scim::of(&server);
    for (scope, has) in [
        ("scim:read", &["scim:read"][..]),
        ("scim:write", &["scim:write"]),
        ("scim", &["scim:read", "scim:write"]),
        ("scim:read scim:write", &["scim:read", "scim:write"]),
        ("admin", &[]),
    ] {
        let scim = Scim::bearer(&server, scope).await;
        for (right, what, answer) in requests(&scim, &own).await {
            if has.contains(&right) {
                assert!(
                    (200..300).contains(&answer.status),
                    "{scope}: {what} {}",
                    answer.status
                );
            } else {
                assert_eq!(answer.status, 403, "{scope}: {what}");
                let challenge = answer.headers["www-authenticate"].to_str().expect("text");
                let expected = format!("error=\"insufficient_scope\", scope=\"{right}\"");
                assert!(
                    challenge.starts_with("Bearer ") && challenge.ends_with(&expected),
                    "{challenge}"
                );
            }
        }
    }
    for (_, what, answer) in requests(&own, &own).await {
        assert!(
            (200..300).contains(&answer.status),
            "{what} {} {}",
            answer.status,
            answer.body
        );
    }
}

/// Everybody else is 401, on every request: nobody, strangers, wrong secrets, tokens of others and for others.
#[tokio::test(flavor = "multi_thread")]
async fn strangers() {
    let server = Server::start().await;
    let own = Scim::of(&server);
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let for_rooms = application.tokens(&server, &[]).await.access().to_owned();
    let server_wide = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    let blocked = server.add_resource("https://blocked.example", true).await;
    auth_server::store::sql::resources::set_disabled(
        &server.state.services.database,
        &blocked.client_id,
        true,
    )
    .await
    .expect("written");
    server
        .state
        .services
        .clients
        .reload_resources()
        .await
        .expect("resource servers");
    let basic = |id: &str, secret: &str| Presents::Basic(id.to_owned(), secret.to_owned());
    let Presents::Bearer(good) = Scim::bearer(&server, "scim").await.presents else {
        panic!("a token");
    };
    for presents in [
        Presents::Nothing,
        basic(&server.resource.client_id, "cs-wrong"),
        basic(&server.resource.client_id, ""),
        basic("unknown", &server.resource_secret),
        basic(&blocked.client_id, &blocked.secret),
        basic(&application.client_id, "cs-wrong"),
        Presents::Bearer("nonsense".to_owned()),
        Presents::Bearer(String::new()),
        Presents::Bearer(format!("{good}x")),
        Presents::Bearer(for_rooms),
        Presents::Bearer(server_wide.access().to_owned()),
    ] {
        let scim = Scim::with(&server, presents.clone());
        for (_, what, answer) in requests(&scim, &own).await {
            assert_eq!(answer.status, 401, "{presents:?}: {what}");
            let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
            assert_eq!(challenges.len(), 2, "{what}");
            if !what.starts_with("HEAD") {
                refused(&answer, 401, None);
            }
        }
    }
    // Two credentials at once, and one that is no scheme of ours.
    let two = client()
        .get(own.url.clone() + "/Users")
        .bearer_auth(&good)
        .basic_auth("a", Some("b"));
    refused(&read(two).await, 400, Some("invalidSyntax"));
    let digest = client()
        .get(own.url.clone() + "/Users")
        .header("authorization", "Digest x");
    refused(&read(digest).await, 401, None);
    // A token in the query is none.
    let in_query = client().get(format!("{}/Users?access_token={good}", own.url));
    refused(&read(in_query).await, 401, None);
}

/// Known, but not for SCIM: other operators' resource servers, applications by their secret, users' tokens.
#[tokio::test(flavor = "multi_thread")]
async fn not_for_them() {
    let server = Server::start().await;
    let own = Scim::of(&server);
    let third = server.add_resource("https://other.example", false).await;
    let new = NewApplication::of(Profile::Standard).scope("scim rooms:list");
    let application = server.application(new).await;
    let secret = application.secret.clone().expect("a secret");
    let issuer = server.config.issuer_url.clone();
    let users = application.tokens(&server, &[("resource", &issuer)]).await;
    for presents in [
        Presents::Basic(third.client_id, third.secret),
        Presents::Basic(application.client_id.clone(), secret),
        Presents::Bearer(users.access().to_owned()),
    ] {
        let scim = Scim::with(&server, presents.clone());
        for (_, what, answer) in requests(&scim, &own).await {
            assert_eq!(answer.status, 403, "{presents:?}: {what}");
        }
    }
}

on_every_storage!(
    /// A token that is revoked, or whose application is blocked, is refused at once.
    revoked,
    |server| async move {
        let new = NewApplication::of(Profile::Standard).scope("scim:read");
        let application = server.application(new).await;
        let issuer = server.config.issuer_url.clone();
        let fields = [("grant_type", "client_credentials"), ("resource", issuer.as_str())];
        let first = application.token(&fields).await.ok().access().to_owned();
        let second = application.token(&fields).await.ok().access().to_owned();
        let status = async |token: &String| {
            Scim::with(&server, Presents::Bearer(token.clone())).get("/Users").await.status
        };
        assert_eq!((status(&first).await, status(&second).await), (200, 200));
        assert_eq!(application.post("/oauth2/revoke", &[("token", &first)]).await.status, 200);
        assert_eq!((status(&first).await, status(&second).await), (401, 200));
        server.revoke(&RevocationTarget::Client(application.client_id.clone())).await;
        assert_eq!(status(&second).await, 401);
        server.set_application_disabled(&application, true).await;
        within_a_second("blocked", async || application.token(&fields).await.status == 401).await;
    }
);

/// B8: guesses at credentials are counted against the address.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted() {
    let server = Server::start_with(Options::configured(|config| {
        config.limits.failures_per_address = 5;
    }))
    .await;
    let guess = Scim::with(&server, Presents::Bearer("guess".to_owned()));
    for _ in 0..5 {
        refused(&guess.get("/Users").await, 401, None);
    }
    let throttled = Scim::of(&server).get("/Users").await;
    refused(&throttled, 429, None);
    assert!(throttled.headers.contains_key("retry-after"));
}

/// S3.34, S3.36, S3.38: where users live in an LDAP directory, they are read here and changed there.
#[tokio::test(flavor = "multi_thread")]
async fn ldap_mode() {
    use auth_server::config::DirectoryMode;
    let server = Server::start().await;
    let own = Scim::of(&server);
    let mut config = server.config.clone();
    config.directory.mode = DirectoryMode::Ldap;
    "ldap://127.0.0.1:1".clone_into(&mut config.directory.ldap.url);
    "dc=example".clone_into(&mut config.directory.ldap.base_dn);
    let (_state, url) = server.instance_with(&config).await;
    let scim = Scim {
        url: format!("{url}/scim/v2"),
        ..own.clone()
    };
    for (right, what, answer) in requests(&scim, &own).await {
        let expected = if right == "scim:read" { 200 } else { 403 };
        assert_eq!(answer.status, expected, "{what} {}", answer.body);
    }
}
