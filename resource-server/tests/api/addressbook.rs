//! `/api/v3/users/{id}/addressbook`

use reqwest::Method;
use resource_server::domain::contact::MAX_CONTACTS;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::harness::{App, Engine, Person, on_each_database};

const SCOPE: &str = "users.addressbook";

fn book(owner: Uuid) -> String {
    format!("/api/v3/users/{owner}/addressbook")
}

/// Somebody with a token, whom the authorization server knows.
fn known(app: &App) -> Person {
    let person = Person::scoped(app, SCOPE);
    app.issuer.scim.has_user(person.id, &person.email(), "Ann");
    person
}

fn emails(body: &Value) -> Vec<&str> {
    let results = body["results"].as_array().unwrap();
    results
        .iter()
        .map(|contact| contact["email"].as_str().unwrap())
        .collect()
}

async fn add(app: &App, person: &Person, owner: Uuid, email: &str) -> String {
    let body = json!({ "name": "Somebody", "email": email });
    let reply = app.call(Method::POST, &book(owner), person, Some(body)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    format!("{}/{}", book(owner), reply.body["id"].as_str().unwrap())
}

on_each_database! {
    /// S3.39, S3.40
    async fn contacts_are_made_read_changed_and_deleted(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, SCOPE);
        let friend = Uuid::new_v4();
        let full = json!({
            "name": " Bob Lee ", "email": "Bob@Example.org", "user_id": friend, "phone": " +33 1 23 45 67 89 ", "id": "x",
        });
        let made = app.call(Method::POST, &book(ann.id), &ann, Some(full)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let (id, created) = (made.body["id"].clone(), made.body["created_at"].clone());
        assert!(created.as_str().unwrap().ends_with('Z'), "{created}");
        let path = format!("{}/{}", book(ann.id), id.as_str().unwrap());
        let mut expected = json!({
            "id": id, "name": "Bob Lee", "email": "bob@example.org", "user_id": friend, "phone": "+33 1 23 45 67 89",
            "created_at": created, "updated_at": created,
        });
        assert_eq!(made.body, expected);
        assert_eq!(app.get(&path, &ann).await.body, expected);
        app.pass(60);
        for (method, change) in [
            (Method::PATCH, json!({ "phone": null })),
            (Method::PUT, json!({ "name": "Robert", "user_id": null })),
            (Method::PATCH, json!({ "email": "robert@example.org" })),
            (Method::PATCH, json!({})),
        ] {
            let reply = app.call(method, &path, &ann, Some(change.clone())).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            for (field, value) in change.as_object().unwrap() {
                expected[field] = value.clone();
            }
            assert_ne!(reply.body["updated_at"], created);
            expected["updated_at"] = reply.body["updated_at"].clone();
            assert_eq!(reply.body, expected);
            assert_eq!(app.get(&path, &ann).await.body, expected);
        }
        for status in [204, 404] {
            assert_eq!(app.call(Method::DELETE, &path, &ann, None).await.status, status);
        }
        assert_eq!(app.get(&path, &ann).await.status, 404);
        assert_eq!(app.call(Method::PATCH, &path, &ann, None).await.status, 404);
    }

    /// S3.39
    async fn an_address_book_is_read_page_by_page(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, SCOPE);
        for name in ["c", "a", "b"] {
            add(&app, &ann, ann.id, &format!("{name}@example.org")).await;
            app.pass(1);
        }
        let first = app.get(&format!("{}?page_size=2", book(ann.id)), &ann).await.body;
        assert_eq!((emails(&first), &first["count"]), (vec!["c@example.org", "a@example.org"], &json!(3)));
        let next = first["next"].as_str().unwrap().strip_prefix("https://rooms.example.org").unwrap();
        assert_eq!(emails(&app.get(next, &ann).await.body), ["b@example.org"]);
        assert_eq!(app.get(&format!("{}?page=2", book(ann.id)), &ann).await.status, 404);
    }

    /// S3.10 to S3.12, S3.39, S3.40: users read and write their own book, applications every book of a user there is.
    async fn who_reads_and_writes_which_book(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (known(&app), known(&app));
        let server = Person::server_wide(&app, SCOPE);
        let of_ann = add(&app, &ann, ann.id, "c@example.org").await;
        let of_bob = add(&app, &server, bob.id, "c@example.org").await;
        assert_eq!(emails(&app.get(&book(bob.id), &bob).await.body), ["c@example.org"]);
        let body = || Some(json!({ "name": "x", "email": "x@example.org" }));
        for (person, owner, contact, status) in [
            (&ann, bob.id, &of_bob, 404),
            (&bob, ann.id, &of_ann, 404),
            (&server, Uuid::new_v4(), &format!("{}/{}", book(Uuid::new_v4()), Uuid::new_v4()), 404),
            (&server, ann.id, &of_ann, 200),
        ] {
            assert_eq!(app.get(&book(owner), person).await.status, status);
            assert_eq!(app.get(contact, person).await.status, status);
            assert_eq!(app.call(Method::PATCH, contact, person, body()).await.status, status);
            let another = json!({ "name": "y", "email": "y@example.org" });
            let posted = app.call(Method::POST, &book(owner), person, Some(another)).await;
            assert_eq!(posted.status, if status == 200 { 201 } else { status });
            let deleted = app.call(Method::DELETE, contact, person, None).await;
            assert_eq!(deleted.status, if status == 200 { 204 } else { status });
        }
        // A contact is found in its own book alone.
        let elsewhere = of_bob.replace(&bob.id.to_string(), &ann.id.to_string());
        for (method, body) in [(Method::GET, None), (Method::PATCH, body()), (Method::DELETE, None)] {
            assert_eq!(app.call(method, &elsewhere, &ann, body).await.status, 404);
        }
        let stored = app.get(&of_bob, &bob).await.body;
        assert_eq!((&stored["name"], &stored["email"]), (&json!("Somebody"), &json!("c@example.org")));
        // One's own book needs no directory.
        app.issuer.scim.set_status(500);
        assert_eq!(app.get(&book(bob.id), &bob).await.status, 200);
        assert_eq!(app.get(&book(Uuid::new_v4()), &server).await.status, 503);
    }

    async fn what_makes_no_contact_is_refused(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, SCOPE);
        let taken = add(&app, &ann, ann.id, "taken@example.org").await;
        let other = add(&app, &ann, ann.id, "other@example.org").await;
        for (field, value) in [
            ("name", json!(null)), ("name", json!(" ")), ("name", json!(1)), ("name", json!("a\0b")),
            ("name", json!("x".repeat(201))), ("email", json!(null)), ("email", json!("x")), ("email", json!(["a@b.c"])),
            ("email", json!("Taken@example.org")), ("user_id", json!("x")), ("user_id", json!(1)), ("phone", json!(1)),
            ("phone", json!("call me")), ("phone", json!("+")), ("phone", json!("1".repeat(41))),
        ] {
            let mut body = json!({ "name": "x", "email": "x@example.org" });
            body[field] = value.clone();
            for (method, path) in [(Method::POST, &book(ann.id)), (Method::PATCH, &other)] {
                let reply = app.call(method, path, &ann, Some(body.clone())).await;
                assert_eq!(reply.status, 400, "{field} {value} {reply:?}");
                assert!(reply.body[field][0].is_string(), "{reply:?}");
            }
        }
        for missing in ["name", "email"] {
            let mut body = json!({ "name": "x", "email": "x@example.org" });
            body.as_object_mut().unwrap().remove(missing);
            let reply = app.call(Method::POST, &book(ann.id), &ann, Some(body)).await;
            assert_eq!((reply.status.as_u16(), &reply.body[missing][0]), (400, &json!("This field is required.")));
        }
        // Its own address is not taken by itself.
        let again = app.call(Method::PATCH, &taken, &ann, Some(json!({ "email": "TAKEN@example.org" }))).await;
        assert_eq!(again.status, 200);
        assert_eq!(app.get(&book(ann.id), &ann).await.body["count"], 2);
    }

    /// Of twenty who add the same address at the same moment, one does.
    async fn an_address_is_in_a_book_once(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, SCOPE);
        let calls = (0..20).map(|n| {
            let body = json!({ "name": format!("{n}"), "email": "c@example.org" });
            let (request, token) = (app.request(Method::POST, &book(ann.id)), ann.token.clone());
            tokio::spawn(async move { request.bearer_auth(token).json(&body).send().await.unwrap().status().as_u16() })
        });
        let mut statuses = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            statuses.push(call.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses[0], 201);
        assert_eq!(statuses[1..], [400; 19]);
        assert_eq!(app.get(&book(ann.id), &ann).await.body["count"], 1);
    }
}

/// Filled to the brim in the database itself; through the server it takes minutes.
async fn fill(app: &App, engine: Engine, owner: Uuid) {
    let statement = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MAX_CONTACTS}) \
         INSERT INTO contact (id, owner_id, name, email, created_at, updated_at) \
         SELECT '{owner}-' || i, '{owner}', 'x', i || '@example.org', 0, 0 FROM n WHERE i < {MAX_CONTACTS}"
    );
    let url = app.state.config.database.url.expose();
    let statement = sqlx::AssertSqlSafe(statement);
    match engine {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
    }
}

on_each_database! {
    async fn a_book_has_an_end(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::scoped(&app, SCOPE), Person::scoped(&app, SCOPE));
        fill(&app, engine, ann.id).await;
        let last = add(&app, &ann, ann.id, "last@example.org").await;
        let body = || Some(json!({ "name": "x", "email": "x@example.org" }));
        let reply = app.call(Method::POST, &book(ann.id), &ann, body()).await;
        assert_eq!(reply.status, 400, "{reply:?}");
        assert!(reply.body["non_field_errors"][0].is_string(), "{reply:?}");
        // The book of another has room, and this one again after a deletion.
        assert_eq!(app.call(Method::POST, &book(bob.id), &bob, body()).await.status, 201);
        assert_eq!(app.call(Method::DELETE, &last, &ann, None).await.status, 204);
        assert_eq!(app.call(Method::POST, &book(ann.id), &ann, body()).await.status, 201);
    }
}
