//! `PUT`, `PATCH` and `DELETE /api/v3/conferences/{id}`

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::{Value, json};

use crate::conferences::{CONFERENCES, give, make};
use crate::harness::app::ROOMS;
use crate::harness::{App, Person, on_each_database};

on_each_database! {
    /// S3.25
    async fn fields_change_one_by_one(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, "conferences");
        let path = make(&app, &ann, json!({ "name": "One", "description": "first" })).await;
        let schedule = |minutes| json!({ "starts_at": "2030-01-31T09:30:00Z", "duration_minutes": minutes });
        let mut expected = app.get(&path, &ann).await.body;
        for (method, body, field, value) in [
            (Method::PATCH, json!({ "name": "Two" }), "name", json!("Two")),
            (Method::PUT, json!({ "description": "second" }), "description", json!("second")),
            (Method::PATCH, json!({ "schedule": schedule(30) }), "schedule", schedule(30)),
            (Method::PATCH, json!({ "schedule": { "starts_at": "2030-01-31T09:30:00.5Z" } }), "schedule", schedule(30)),
            (Method::PUT, json!({ "access_level": "restricted" }), "access_level", json!("restricted")),
            (Method::PATCH, json!({ "id": 1, "slug": "x", "owners": [], "created_at": 1 }), "name", json!("Two")),
            (Method::PATCH, json!({ "name": null }), "name", Value::Null),
            (Method::PATCH, json!({ "description": " " }), "description", Value::Null),
            (Method::PATCH, json!({ "schedule": null }), "schedule", Value::Null),
        ] {
            expected[field] = value;
            let reply = app.call(method, &path, &ann, Some(body.clone())).await;
            assert_eq!((reply.status.as_u16(), &reply.body), (200, &expected), "{body}");
            assert_eq!(app.get(&path, &ann).await.body, expected, "{body}");
        }
        for (field, value) in
            [("access_level", json!("public")), ("access_level", json!(null)), ("schedule", json!({ "starts_at": "2030-01-31T09:30:00Z" }))]
        {
            let reply = app.call(Method::PATCH, &path, &ann, Some(json!({ field: value, "name": "x" }))).await;
            assert_eq!(reply.status, 400, "{field} {value}");
            assert!(reply.body[field][0].is_string(), "{reply:?}");
        }
        assert_eq!(app.get(&path, &ann).await.body, expected);
    }

    /// S3.11, S3.12, S3.25: owners and administrators change, owners delete, a server-wide token does both; to
    /// strangers it is not there.
    async fn roles_decide_who_changes_and_deletes(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, "conferences");
        let server = Person::server_wide(&app, "conferences");
        for (role, change, delete) in [
            (None, 404, 404),
            (Some(Role::Member), 403, 403),
            (Some(Role::Administrator), 200, 403),
            (Some(Role::Owner), 200, 204),
        ] {
            let path = make(&app, &ann, json!({})).await;
            let person = Person::scoped(&app, "conferences");
            if let Some(role) = role {
                give(&app, &path, &person, role).await;
            }
            let reply = app.call(Method::PATCH, &path, &person, Some(json!({ "name": "x" }))).await;
            assert_eq!(reply.status, change, "{role:?}");
            assert_eq!(app.call(Method::PUT, &path, &person, Some(json!({ "name": "x" }))).await.status, change);
            let reply = app.call(Method::DELETE, &path, &person, None).await;
            assert_eq!(reply.status, delete, "{role:?}");
            assert_eq!(app.get(&path, &ann).await.status, if delete == 204 { 404 } else { 200 });
        }
        let path = make(&app, &ann, json!({})).await;
        let reply = app.call(Method::PATCH, &path, &server, Some(json!({ "name": "Theirs" }))).await;
        assert_eq!((reply.status.as_u16(), &reply.body["name"], &reply.body["owners"]), (200, &json!("Theirs"), &json!([ann.id])));
        assert_eq!(app.call(Method::DELETE, &path, &server, None).await.status, 204);
        assert_eq!(app.call(Method::DELETE, &path, &server, None).await.status, 404);
        let trail = app.state.database.audit_trail(path.rsplit_once('/').unwrap().1.parse().unwrap()).await.unwrap();
        let authors: Vec<_> = trail.iter().map(|entry| (entry.action.as_str(), entry.user_id.is_some())).collect();
        assert_eq!(authors.len(), 3);
        for author in [("create", true), ("update", false), ("delete", false)] {
            assert!(authors.contains(&author), "{authors:?}");
        }
    }

    /// S0.15 is a rule of the Meet API alone: here an owner deletes what another application made.
    async fn the_application_that_made_it_does_not_matter(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let id = app.make_room(&ann).await["id"].as_str().unwrap().to_owned();
        let other = ann.again(&app, |claims| {
            claims["client_id"] = "another-application".into();
            claims["scope"] = "rooms:delete conferences".into();
        });
        assert_eq!(app.call(Method::DELETE, &format!("{ROOMS}/{id}"), &other, None).await.status, 403);
        assert_eq!(app.call(Method::DELETE, &format!("{CONFERENCES}/{id}"), &other, None).await.status, 204);
        assert_eq!(app.get(&format!("{ROOMS}/{id}"), &ann).await.status, 404);
    }
}
