//! `directory.mode = "ldap"`, against a real slapd: who signs in, what is kept, and what cannot be had.

use auth_server::domain::policy::Profile;
use auth_server::ldap::{Bound, LdapDirectory};
use auth_server::store::sql::{provisional, users};
use serde_json::Value;

use crate::harness::{Ldap, NewApplication, Options, Server, Tokens, claims, client};

const PEOPLE: [(&str, &str, &str, &str); 3] = [
    ("bob", "Bob@example.org", "Bob Martin", "bob's password"),
    ("twin-a", "twin@example.org", "Twin A", "twin's password"),
    ("twin-b", "twin@example.org", "Twin B", "twin's password"),
];

async fn start() -> (Ldap, Server) {
    let directory = Ldap::start(&PEOPLE).await;
    let options = Options {
        directory: Some(directory.settings()),
        ..Options::default()
    };
    (directory, Server::start_with(options).await)
}

async fn password_grant(server: &Server, username: &str, password: &str) -> Tokens {
    let new = NewApplication::of(Profile::Trueconf).scope("conferences users groups:read");
    let form = [
        ("grant_type", "password"),
        ("username", username),
        ("password", password),
    ];
    server.application(new).await.token(&form).await
}

/// The directory decides: the right password signs in, on the page and by the password grant, whatever the case
/// of the address; the record made for the person is one and the same each time, under the directory's name.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_the_directory_signs_in() {
    let (directory, server) = start().await;
    let first = password_grant(&server, "bob@example.org", "bob's password")
        .await
        .ok();
    let id = claims(first.access())["sub"].clone();
    directory.rename("bob", "Robert Martin").await;
    let second = password_grant(&server, "BOB@EXAMPLE.ORG", "bob's password")
        .await
        .ok();
    assert_eq!(claims(second.access())["sub"], id);
    let user = users::find_by_email(&server.state.services.database, "bob@example.org")
        .await
        .expect("the database")
        .expect("a record");
    assert_eq!(Value::from(user.id.to_string()), id);
    assert_eq!((user.name.as_str(), user.password_hash), ("Robert Martin", None));
    let browser = server.browser();
    browser.sign_in("bob@example.org", "bob's password").await;
    let home = browser.get("/").await;
    assert!(home.body.contains("bob@example.org"), "{}", home.body);
}

/// RFC 4513 5.1.2, RFC 4515: an empty password, a filter in the address, an address of two people, a person of
/// our own database and a person who has left are all the same refusal.
#[tokio::test(flavor = "multi_thread")]
async fn whom_the_directory_does_not_know_is_refused() {
    let (directory, server) = start().await;
    for (username, password) in [
        ("bob@example.org", "wrong"),
        ("bob@example.org", ""),
        ("nobody@example.org", "bob's password"),
        ("*", "bob's password"),
        ("b*@example.org", "bob's password"),
        ("x)(|(mail=bob@example.org))", "bob's password"),
        ("twin@example.org", "twin's password"),
        (crate::harness::EMAIL, crate::harness::PASSWORD),
    ] {
        let answer = password_grant(&server, username, password).await;
        let expected = if password.is_empty() {
            "invalid_request"
        } else {
            "invalid_grant"
        };
        assert_eq!(answer.error(), expected, "{username:?} {password:?}");
    }
    password_grant(&server, "bob@example.org", "bob's password")
        .await
        .ok();
    directory.remove("bob").await;
    let answer = password_grant(&server, "bob@example.org", "bob's password").await;
    assert_eq!(answer.error(), "invalid_grant");
}

/// RFC 4513 5.1.2: a bind with a name and no password succeeds as an anonymous one, and proves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_no_proof() {
    let directory = Ldap::start(&PEOPLE).await;
    let client = LdapDirectory::new(directory.settings());
    let refused = client.bind("bob@example.org", "").await.expect("an answer");
    assert!(matches!(refused, Bound::Refused(_)), "{refused:?}");
    let accepted = client
        .bind("bob@example.org", "bob's password")
        .await
        .expect("an answer");
    assert!(matches!(accepted, Bound::Accepted(_)), "{accepted:?}");
}

/// S3.6: blocked here is blocked, whatever the directory says; a sign-in does not lift it.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_holds() {
    let (_directory, server) = start().await;
    password_grant(&server, "bob@example.org", "bob's password")
        .await
        .ok();
    let database = &server.state.services.database;
    let user = users::find_by_email(database, "bob@example.org")
        .await
        .expect("the database")
        .expect("a record");
    let accounts = server.state.services.accounts();
    assert!(accounts.set_disabled(user.id, true).await.expect("blocked"));
    for _ in 0..2 {
        let answer = password_grant(&server, "bob@example.org", "bob's password").await;
        assert_eq!(answer.error(), "invalid_grant");
    }
}

/// Twenty first sign-ins at once make one record.
#[tokio::test(flavor = "multi_thread")]
async fn first_sign_ins_at_once() {
    let (_directory, server) = start().await;
    let new = NewApplication::of(Profile::Trueconf).scope("users:read");
    let application = server.application(new).await;
    let form = [
        ("grant_type", "password"),
        ("username", "bob@example.org"),
        ("password", "bob's password"),
    ];
    let tokens = futures_util::future::join_all((0..20).map(|_| application.token(&form))).await;
    let mut subjects: Vec<String> = tokens
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| claims(answer.access())["sub"].to_string())
        .collect();
    assert!(!subjects.is_empty());
    subjects.dedup();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
}

/// S3.34, S3.36, S3.38, S3.58: the permissions that write users or groups are refused; a general permission gives
/// its reading half.
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_cannot_be_written() {
    let (_directory, server) = start().await;
    let scope = "users groups groups.users:write users.avatar:write conferences";
    let application = server
        .application(NewApplication::of(Profile::Trueconf).scope(scope))
        .await;
    let ask = |scope: &'static str| {
        let application = &application;
        async move {
            application
                .token(&[("grant_type", "client_credentials"), ("scope", scope)])
                .await
        }
    };
    for refused in [
        "users:write",
        "users",
        "groups:write",
        "groups",
        "groups.users:write",
    ] {
        assert_eq!(ask(refused).await.error(), "invalid_scope", "{refused}");
    }
    for granted in [
        "users:read",
        "groups:read",
        "users.avatar:write",
        "conferences:write",
    ] {
        ask(granted).await.ok();
    }
    let all = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    assert_eq!(
        claims(all.access())["scope"],
        "conferences groups:read users.avatar:write users:read"
    );
}

/// S3.58: what resource servers and provisioning systems ask for is refused, too; they may read.
#[tokio::test(flavor = "multi_thread")]
async fn provisioning_reads_and_does_not_write() {
    let (_directory, server) = start().await;
    let users = server.at("/scim/v2/Users");
    let person =
        r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "new@example.org"}"#;
    let send = |method: reqwest::Method, body: &'static str| {
        client()
            .request(method, &users)
            .basic_auth(&server.resource.client_id, Some(&server.resource_secret))
            .header("content-type", "application/scim+json")
            .body(body)
            .send()
    };
    let read = send(reqwest::Method::GET, "").await.expect("an answer");
    assert_eq!(read.status(), 200);
    let written = send(reqwest::Method::POST, person).await.expect("an answer");
    assert_eq!(written.status(), 403);
    let told: Value = written.json().await.expect("JSON");
    assert!(
        told["detail"].as_str().is_some_and(|text| text.contains("LDAP")),
        "{told}"
    );
}

/// A directory that is down is nobody's wrong password: 503 with Retry-After, and it works when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage() {
    let (mut directory, server) = start().await;
    directory.stop().await;
    for _ in 0..2 {
        let answer = password_grant(&server, "bob@example.org", "bob's password").await;
        assert_eq!(answer.status, 503);
        assert!(answer.headers.contains_key("retry-after"));
    }
    directory.restart().await;
    password_grant(&server, "bob@example.org", "bob's password")
        .await
        .ok();
}

/// U0.6: a person for whom an application acted before their first sign-in gets that record, which nobody can claim
/// after them.
#[tokio::test(flavor = "multi_thread")]
async fn a_provisional_user_is_claimed_by_the_sign_in() {
    let (_directory, server) = start().await;
    let services = &server.state.services;
    let named = server.unstored_user("bob@example.org");
    assert!(
        provisional::insert(&services.database, &named)
            .await
            .expect("SQL")
    );
    let tokens = password_grant(&server, "bob@example.org", "bob's password")
        .await
        .ok();
    assert_eq!(claims(tokens.access())["sub"], named.id.to_string());
    let claimed = provisional::claim(&services.database, &named).await;
    assert_eq!(claimed.expect("SQL"), None);
}
