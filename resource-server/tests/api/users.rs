//! `/api/v3/users`

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{App, Engine, Person, Reply, on_each_database};

const USERS: &str = "/api/v3/users";

fn path(id: Uuid) -> String {
    format!("{USERS}/{id}")
}

/// Somebody with a token, whom the authorization server knows by this name.
fn known(app: &App, name: &str, scope: &str) -> Person {
    let person = Person::scoped(app, scope);
    app.issuer
        .scim
        .has_user(person.id, &person.email().to_lowercase(), name);
    person
}

async fn app() -> App {
    App::start(Engine::Sqlite).await
}

async fn post(app: &App, person: &Person, body: Value) -> Reply {
    app.call(Method::POST, USERS, person, Some(body)).await
}

fn names(body: &Value) -> Vec<&str> {
    let results = body["results"].as_array().unwrap();
    results
        .iter()
        .map(|user| user["name"].as_str().unwrap())
        .collect()
}

/// S3.10, S3.11, S3.12, S3.37: a server-wide token sees all users, a user's token its own user.
#[tokio::test]
async fn who_sees_which_users() {
    let app = app().await;
    let (ann, bob) = (known(&app, "Ann", "users:read"), known(&app, "Bob", "users:read"));
    let server = Person::server_wide(&app, "users:read");
    let all = app.get(USERS, &server).await.body;
    assert_eq!((names(&all), &all["count"]), (vec!["Ann", "Bob"], &json!(2)));
    let page = app
        .get(&format!("{USERS}?page=2&page_size=1"), &server)
        .await
        .body;
    assert_eq!((names(&page), &page["count"]), (vec!["Bob"], &json!(2)));
    assert_eq!(
        page["previous"],
        "https://rooms.example.org/api/v3/users?page=1&page_size=1"
    );
    let past = app.get(&format!("{USERS}?page=3&page_size=1"), &server).await;
    assert_eq!(
        (past.status.as_u16(), &past.body["detail"]),
        (404, &json!("Invalid page."))
    );

    let own = app.get(USERS, &ann).await.body;
    assert_eq!((names(&own), &own["count"]), (vec!["Ann"], &json!(1)));
    assert_eq!(app.get(&format!("{USERS}?page=2"), &ann).await.status, 404);
    let expected =
        json!({ "id": bob.id, "email": bob.email().to_lowercase(), "name": "Bob", "active": true });
    for (person, status) in [(&server, 200), (&bob, 200), (&ann, 404)] {
        let reply = app.get(&path(bob.id), person).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(status == 404 || reply.body == expected, "{reply:?}");
    }
    for id in [
        Uuid::new_v4().to_string(),
        "x".to_owned(),
        bob.id.simple().to_string(),
    ] {
        assert_eq!(app.get(&format!("{USERS}/{id}"), &server).await.status, 404);
    }
}

/// S3.37
#[tokio::test]
async fn users_are_searched() {
    let app = app().await;
    let ann = known(&app, "Ann Lee", "users:read");
    known(&app, "Bob Lee", "users:read");
    let server = Person::server_wide(&app, "users:read");
    let email = ann.email();
    for (query, found) in [
        ("search=LEE", vec!["Ann Lee", "Bob Lee"]),
        ("search=ann", vec!["Ann Lee"]),
        ("search=%22%20or%20id%20pr", vec![]),
        ("search=", vec!["Ann Lee", "Bob Lee"]),
        (&format!("email={email}"), vec!["Ann Lee"]),
        ("email=nobody@example.org", vec![]),
    ] {
        let body = app.get(&format!("{USERS}?{query}"), &server).await.body;
        assert_eq!(names(&body), found, "{query}");
        let own: Vec<_> = found.into_iter().filter(|name| *name == "Ann Lee").collect();
        let body = app.get(&format!("{USERS}?{query}"), &ann).await.body;
        assert_eq!(names(&body), own, "{query}");
    }
    let long = "x".repeat(101);
    for (query, field) in [
        ("email=x", "email"),
        (&format!("search={long}"), "search"),
        ("search=%00", "search"),
        ("search=a&search=b", "search"),
        ("search=a&email=ann@example.org", "search"),
        ("page_size=0", "page_size"),
    ] {
        let reply = app.get(&format!("{USERS}?{query}"), &server).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.body[field][0].is_string(), "{reply:?}");
    }
}

/// S3.38, S3.13: applications that may write make users; the password is never shown again.
#[tokio::test]
async fn applications_make_users() {
    let app = app().await;
    let server = Person::server_wide(&app, "users");
    let made = post(
        &app,
        &server,
        json!({ "email": "Ann@Example.org", "name": " Ann Lee ", "password": "correct horse", "admin": true }),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let id: Uuid = made.body["id"].as_str().unwrap().parse().unwrap();
    let expected = json!({ "id": id, "email": "ann@example.org", "name": "Ann Lee", "active": true });
    assert_eq!(made.body, expected);
    assert_eq!(app.get(&path(id), &server).await.body, expected);
    assert_eq!(
        app.issuer.scim.record("Users", id).unwrap()["password"],
        "correct horse"
    );
    let bare = post(
        &app,
        &server,
        json!({ "email": "bob@example.org", "active": false }),
    )
    .await;
    assert_eq!(
        (&bare.body["name"], &bare.body["active"]),
        (&json!("bob"), &json!(false))
    );

    for (body, field) in [
        (json!({ "email": "ANN@example.org" }), "email"),
        (json!({}), "email"),
        (json!({ "email": "ann" }), "email"),
        (json!({ "email": 1 }), "email"),
        (json!({ "email": "c@example.org", "name": 1 }), "name"),
        (json!({ "email": "c@example.org", "name": "a\nb" }), "name"),
        (
            json!({ "email": "c@example.org", "name": "é".repeat(101) }),
            "name",
        ),
        (
            json!({ "email": "c@example.org", "name": "x".repeat(201) }),
            "name",
        ),
        (
            json!({ "email": "c@example.org", "password": "short" }),
            "password",
        ),
        (json!({ "email": "c@example.org", "password": 1 }), "password"),
        (
            json!({ "email": "c@example.org", "password": "x".repeat(1025) }),
            "password",
        ),
        (json!({ "email": "c@example.org", "active": "yes" }), "active"),
    ] {
        let reply = post(&app, &server, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.body[field][0].is_string(), "{reply:?}");
    }
    assert_eq!(app.get(USERS, &server).await.body["count"], 2);
}

/// S3.38: a user's token makes and deletes nobody, not even its own user.
#[tokio::test]
async fn users_make_and_delete_nobody() {
    let app = app().await;
    let (ann, bob) = (known(&app, "Ann", "users"), known(&app, "Bob", "users"));
    assert_eq!(
        post(&app, &ann, json!({ "email": "c@example.org" })).await.status,
        403
    );
    for (id, status) in [(ann.id, 403), (bob.id, 404), (Uuid::new_v4(), 404)] {
        let reply = app.call(Method::DELETE, &path(id), &ann, None).await;
        assert_eq!(reply.status, status);
        assert!(reply.body["detail"].is_string(), "{reply:?}");
    }
    assert!(app.issuer.scim.record("Users", ann.id).is_some());
    assert!(app.issuer.scim.record("Users", bob.id).is_some());
}

/// S3.38
#[tokio::test]
async fn applications_change_users() {
    let app = app().await;
    let ann = known(&app, "Ann", "users");
    let bob = known(&app, "Bob", "users");
    let server = Person::server_wide(&app, "users");
    for (method, body, expected) in [
        (Method::PATCH, json!({ "name": "Anna" }), ["Anna", "", "true"]),
        (Method::PUT, json!({ "active": false }), ["Anna", "", "false"]),
        (
            Method::PATCH,
            json!({ "email": "New@example.org", "active": true }),
            ["Anna", "new@example.org", "true"],
        ),
        (
            Method::PATCH,
            json!({ "id": "x", "role": "admin" }),
            ["Anna", "new@example.org", "true"],
        ),
    ] {
        let reply = app.call(method, &path(ann.id), &server, Some(body.clone())).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let email = if expected[1].is_empty() {
            ann.email().to_lowercase()
        } else {
            expected[1].to_owned()
        };
        let expected =
            json!({ "id": ann.id, "email": email, "name": expected[0], "active": expected[2] == "true" });
        assert_eq!(reply.body, expected, "{body}");
        assert_eq!(app.get(&path(ann.id), &server).await.body, expected);
    }
    for (body, field) in [
        (json!({ "email": bob.email() }), "email"),
        (json!({ "email": null }), "email"),
        (json!({ "name": null }), "name"),
        (json!({ "name": " " }), "name"),
        (json!({ "active": null }), "active"),
        (json!({ "password": "correct horse" }), "password"),
    ] {
        let reply = app
            .call(Method::PATCH, &path(ann.id), &server, Some(body.clone()))
            .await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.body[field][0].is_string(), "{reply:?}");
    }
    let nobody = app
        .call(
            Method::PATCH,
            &path(Uuid::new_v4()),
            &server,
            Some(json!({ "name": "x" })),
        )
        .await;
    assert_eq!(nobody.status, 404);
}

/// S3.12, S3.38: a user's token changes its user's name, and nothing else of anybody.
#[tokio::test]
async fn users_change_their_own_name() {
    let app = app().await;
    let (ann, bob) = (known(&app, "Ann", "users"), known(&app, "Bob", "users"));
    // What was read may be sent back, with another name.
    let mut body = app.get(&path(ann.id), &ann).await.body;
    body["name"] = "Anna".into();
    let reply = app.call(Method::PUT, &path(ann.id), &ann, Some(body)).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.body["name"]),
        (200, &json!("Anna"))
    );
    for body in [
        json!({ "email": "x@example.org" }),
        json!({ "active": false }),
        json!({ "name": "x", "active": false }),
    ] {
        let reply = app
            .call(Method::PATCH, &path(ann.id), &ann, Some(body.clone()))
            .await;
        assert_eq!(reply.status, 403, "{body}");
    }
    let reply = app
        .call(Method::PATCH, &path(bob.id), &ann, Some(json!({ "name": "x" })))
        .await;
    assert_eq!(reply.status, 404);
    let stored = app.issuer.scim.record("Users", ann.id).unwrap();
    assert_eq!(
        (&stored["displayName"], &stored["active"]),
        (&json!("Anna"), &json!(true))
    );
    assert_eq!(
        app.issuer.scim.record("Users", bob.id).unwrap()["displayName"],
        "Bob"
    );
}

on_each_database! {
    /// S3.38: what belongs to a user goes with the user, also when the first attempt got half-way.
    async fn a_deleted_user_leaves_nothing(engine) {
        let app = App::start(engine).await;
        let server = Person::server_wide(&app, "users users.addressbook users.avatar");
        let (ann, bob) = (known(&app, "Ann", "users"), known(&app, "Bob", "users"));
        for person in [&ann, &bob] {
            let book = format!("{}/addressbook", path(person.id));
            let contact = json!({ "name": "C", "email": "c@example.org" });
            assert_eq!(app.call(Method::POST, &book, &server, Some(contact)).await.status, 201);
            let picture = app.request(Method::PUT, &format!("{}/avatar", path(person.id))).bearer_auth(&server.token);
            assert_eq!(Reply::of(picture.body(&b"\xff\xd8\xff"[..])).await.status, 200);
        }
        assert_eq!(app.call(Method::DELETE, &path(ann.id), &server, None).await.status, 204);
        assert_eq!(app.get(&path(ann.id), &server).await.status, 404);
        let page = resource_server::domain::page::Page::SMALLEST;
        let database = &app.state.database;
        assert_eq!(database.list_contacts(ann.id, page).await.unwrap().0, 0);
        assert_eq!(database.find_avatar(ann.id).await.unwrap(), None);
        // Bob was deleted at the authorization server; here it goes on.
        assert!(app.state.directory.delete_user(bob.id).await.unwrap());
        assert_eq!(database.list_contacts(bob.id, page).await.unwrap().0, 1);
        assert_eq!(app.call(Method::DELETE, &path(bob.id), &server, None).await.status, 404);
        assert_eq!(database.list_contacts(bob.id, page).await.unwrap().0, 0);
        assert_eq!(database.find_avatar(bob.id).await.unwrap(), None);
    }
}

/// S3.38: with users in LDAP the authorization server makes no changes, and says so.
#[tokio::test]
async fn a_read_only_directory_says_so() {
    let app = app().await;
    let ann = known(&app, "Ann", "users");
    let server = Person::server_wide(&app, "users");
    for status in [403, 501] {
        app.issuer.scim.set_read_only(status);
        for (method, path, person) in [
            (Method::POST, USERS.to_owned(), &server),
            (Method::PATCH, path(ann.id), &server),
            (Method::PUT, path(ann.id), &ann),
            (Method::DELETE, path(ann.id), &server),
        ] {
            let body = json!({ "email": ann.email(), "name": "x" });
            let reply = app.call(method.clone(), &path, person, Some(body)).await;
            assert_eq!(reply.status, 403, "{method} {reply:?}");
            assert_eq!(reply.body["detail"], "Users and groups come from LDAP.");
        }
    }
    assert_eq!(app.get(&path(ann.id), &server).await.body["name"], "Ann");
}

/// F11: without the authorization server's users nothing is made up, and it works again by itself.
#[tokio::test]
async fn an_outage_of_the_directory_answers_503() {
    let app = app().await;
    let ann = known(&app, "Ann", "users");
    let server = Person::server_wide(&app, "users");
    for (status, retry_after) in [(503, "7"), (500, "7"), (401, "1"), (403, "1")] {
        app.issuer.scim.set_status(status);
        for (path, person) in [
            (USERS.to_owned(), &server),
            (path(ann.id), &server),
            (path(ann.id), &ann),
        ] {
            let reply = app.get(&path, person).await;
            assert_eq!(
                (reply.status.as_u16(), reply.header("retry-after")),
                (503, retry_after),
                "{reply:?}"
            );
            assert!(!reply.body.to_string().contains("INTROSPECTION"), "{reply:?}");
        }
    }
    app.issuer.scim.set_status(200);
    assert_eq!(app.get(&path(ann.id), &ann).await.status, 200);
}
