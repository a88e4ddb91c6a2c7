//! `/api/meetings`

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::{App, Engine, Person, Reply, on_each_database};

const MEETINGS: &str = "/api/meetings";
const ALL: &str = "meeting:create meeting:delete meeting:update meeting:read user:read";

fn person(app: &App) -> Person {
    Person::scoped(app, ALL)
}

/// The same user, through another application that may do everything here.
fn elsewhere(app: &App, person: &Person, scope: &str) -> Person {
    person.again(app, |claims| {
        claims["client_id"] = "another-application".into();
        claims["scope"] = scope.into();
    })
}

struct Meeting {
    id: Uuid,
    path: String,
    body: Value,
}

async fn meeting(app: &App, owner: &Person, fields: Value) -> Meeting {
    let reply = app.call(Method::POST, MEETINGS, owner, Some(fields)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let id: Uuid = reply.body["id"].as_str().unwrap().parse().unwrap();
    Meeting {
        id,
        path: format!("{MEETINGS}/{id}"),
        body: reply.body,
    }
}

fn ids(body: &Value) -> Vec<Uuid> {
    let results = body["results"].as_array().unwrap().iter();
    results
        .map(|one| one["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

on_each_database! {
    /// S4.31, S4.33: what is made is there, in the list and by its id, with details and participants.
    async fn a_meeting_is_made_and_read(engine) {
        let app = App::start(engine).await;
        let ann = person(&app);
        let fields = json!({
            "name": " Planning ", "description": "Two lines,\nand a half", "access_level": "restricted",
            "schedule": { "starts_at": "2030-01-31T10:30:00+01:00", "duration_minutes": 45 },
            "attendees": ["Bob@Example.org", { "email": "bob@example.org" }, "carl@example.org"],
            "id": Uuid::nil(), "slug": "aaa-aaaa-aaa", "participants": [], "created_at": "x", "client_id": "x",
        });
        let made = meeting(&app, &ann, fields).await;
        let slug = made.body["slug"].as_str().unwrap();
        assert_ne!((made.id, slug), (Uuid::nil(), "aaa-aaaa-aaa"));
        let created_at = made.body["created_at"].as_str().unwrap();
        assert!(created_at.len() == 20 && created_at.starts_with("20") && created_at.ends_with('Z'), "{created_at}");
        assert_eq!(made.body, json!({
            "id": made.id, "name": "Planning", "description": "Two lines,\nand a half", "slug": slug,
            "url": format!("{RESOURCE}/{slug}"), "access_level": "restricted", "created_at": created_at,
            "schedule": { "starts_at": "2030-01-31T09:30:00Z", "duration_minutes": 45 },
            "participants": [{ "user_id": ann.id, "role": "owner" }],
            "attendees": ["bob@example.org", "carl@example.org"],
        }));
        let read = app.get(&made.path, &ann).await;
        assert_eq!((read.status.as_u16(), &read.body), (200, &made.body));
        assert_eq!(read.header("cache-control"), "private, no-store");

        let mut listed = made.body.clone();
        listed.as_object_mut().unwrap().retain(|name, _| !["participants", "attendees"].contains(&name.as_str()));
        let list = app.get(MEETINGS, &ann).await;
        assert_eq!(list.body, json!({ "count": 1, "next": null, "previous": null, "results": [listed] }));

        let trail = app.state.database.audit_trail(made.id).await.unwrap();
        assert_eq!((trail.len(), trail[0].action.as_str(), &trail[0].client_id), (1, "create", &ann.client_id));
    }

    /// S4.31: everything may be left out.
    async fn a_meeting_needs_no_fields(engine) {
        let app = App::start(engine).await;
        let ann = person(&app);
        for body in [None, Some(json!({})), Some(json!({ "name": null, "description": " ", "schedule": null }))] {
            let reply = app.call(Method::POST, MEETINGS, &ann, body).await;
            assert_eq!(reply.status, 201, "{reply:?}");
            for absent in ["name", "description", "schedule"] {
                assert_eq!(reply.body[absent], Value::Null);
            }
            assert_eq!((&reply.body["access_level"], &reply.body["attendees"]), (&json!("trusted"), &json!([])));
        }
        assert_eq!(app.get(MEETINGS, &ann).await.body["count"], 3);
    }

    /// S4.33: those the user owns or takes part in, and no others. Rooms of the other doors are among them.
    async fn only_the_users_meetings_are_seen(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (person(&app), person(&app));
        let room = app.make_room(&elsewhere(&app, &ann, "rooms:create")).await;
        let own = meeting(&app, &ann, json!({})).await;
        let others = meeting(&app, &bob, json!({})).await;
        let member = meeting(&app, &bob, json!({})).await;
        app.state.database.set_role(member.id, ann.id, Role::Member).await.unwrap();
        let invited = meeting(&app, &bob, json!({ "attendees": [ann.email()] })).await;

        let list = app.get(MEETINGS, &ann).await.body;
        let room_id = room["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(ids(&list), [invited.id, member.id, own.id, room_id]);
        assert_eq!(list["count"], 4);
        let stranger = app.get(&others.path, &ann).await;
        assert_eq!((stranger.status.as_u16(), stranger.body), (404, json!({ "detail": "Not found." })));

        // The people with a role are shown to all of them, the invited addresses to those who manage.
        let seen = app.get(&member.path, &ann).await.body;
        let mut people = vec![
            json!({ "user_id": bob.id, "role": "owner" }), json!({ "user_id": ann.id, "role": "member" }),
        ];
        people.sort_by_key(|one| one["user_id"].to_string());
        let mut shown = seen["participants"].as_array().unwrap().clone();
        shown.sort_by_key(|one| one["user_id"].to_string());
        assert_eq!(shown, people);
        assert_eq!(seen.get("attendees"), None);
        assert_eq!(app.get(&invited.path, &ann).await.body.get("attendees"), None);
        assert_eq!(app.get(&invited.path, &bob).await.body["attendees"], json!([ann.email().to_lowercase()]));
        app.state.database.set_role(member.id, ann.id, Role::Administrator).await.unwrap();
        assert_eq!(app.get(&member.path, &ann).await.body["attendees"], json!([]));
    }

    /// S4.33: the one page object of every collection.
    async fn meetings_come_in_pages(engine) {
        let app = App::start(engine).await;
        let ann = person(&app);
        let mut made = Vec::new();
        for _ in 0..5 {
            made.insert(0, meeting(&app, &ann, json!({})).await.id);
        }
        let page = app.get(&format!("{MEETINGS}?page=2&page_size=2"), &ann).await.body;
        assert_eq!(ids(&page), made[2..4]);
        assert_eq!((&page["count"], &page["next"], &page["previous"]), (
            &json!(5),
            &json!(format!("{RESOURCE}{MEETINGS}?page=3&page_size=2")),
            &json!(format!("{RESOURCE}{MEETINGS}?page=1&page_size=2")),
        ));
        let beyond = app.get(&format!("{MEETINGS}?page=4&page_size=2"), &ann).await;
        assert_eq!((beyond.status.as_u16(), beyond.body), (404, json!({ "detail": "Invalid page." })));
        let huge = app.get(&format!("{MEETINGS}?page_size=101"), &ann).await;
        assert_eq!(huge.status, 400);
        assert!(huge.body["page_size"][0].is_string(), "{huge:?}");
    }

    /// S4.34: each field changes by itself; what is absent stays; null takes away.
    async fn a_meeting_is_changed(engine) {
        let app = App::start(engine).await;
        let ann = person(&app);
        let made = meeting(&app, &ann, json!({ "name": "Before", "attendees": ["bob@example.org"] })).await;
        let mut expected = made.body.clone();
        let schedule = json!({ "starts_at": "2031-05-01T08:00:00Z", "duration_minutes": 10_080 });
        for (method, field, value) in [
            (Method::PATCH, "name", json!("After")),
            (Method::PUT, "description", json!("Why")),
            (Method::PATCH, "schedule", schedule),
            (Method::PUT, "access_level", json!("restricted")),
            (Method::PATCH, "attendees", json!(["carl@example.org"])),
            (Method::PUT, "attendees", json!([])),
            (Method::PATCH, "schedule", Value::Null),
            (Method::PUT, "description", Value::Null),
            (Method::PATCH, "name", Value::Null),
        ] {
            expected[field] = value.clone();
            let reply = app.call(method, &made.path, &ann, Some(json!({ field: value }))).await;
            assert_eq!((reply.status.as_u16(), &reply.body), (200, &expected), "{field}");
            assert_eq!(app.get(&made.path, &ann).await.body, expected, "{field}");
        }
        let trail = app.state.database.audit_trail(made.id).await.unwrap();
        assert_eq!(trail.iter().filter(|entry| entry.action == "update").count(), 9);
    }

    /// S4.32, S4.34: only meetings created by the user, with whichever application. To those who do not see a meeting
    /// it is not there.
    async fn only_the_creator_changes_and_deletes(engine) {
        let app = App::start(engine).await;
        let ann = person(&app);
        let made = meeting(&app, &ann, json!({ "name": "Mine" })).await;
        let invited = person(&app);
        let set = json!({ "attendees": [invited.email()] });
        assert_eq!(app.call(Method::PATCH, &made.path, &ann, Some(set)).await.status, 200);
        let mut people = vec![(invited, 403), (person(&app), 404)];
        for role in [Role::Administrator, Role::Member] {
            let one = person(&app);
            app.state.database.set_role(made.id, one.id, role).await.unwrap();
            people.push((one, 403));
        }
        for (one, status) in &people {
            for (method, body) in [(Method::PATCH, Some(json!({ "name": "x" }))), (Method::PUT, None), (Method::DELETE, None)] {
                let reply = app.call(method.clone(), &made.path, one, body).await;
                assert_eq!(reply.status, *status, "{method} {reply:?}");
                assert!(reply.body["detail"].is_string());
            }
        }
        assert_eq!(app.get(&made.path, &ann).await.body["name"], "Mine");

        // Meet's door keeps its own rule: there, only the application that made a room deletes it.
        let room = format!("{ROOMS}/{}", made.id);
        let other = elsewhere(&app, &ann, &format!("{ALL} rooms:delete"));
        assert_eq!(app.call(Method::DELETE, &room, &other, None).await.status, 403);
        assert_eq!(app.call(Method::PATCH, &made.path, &other, Some(json!({ "name": "Still mine" }))).await.status, 200);
        let deleted = app.call(Method::DELETE, &made.path, &other, None).await;
        assert_eq!((deleted.status.as_u16(), deleted.body), (204, Value::Null));
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            assert_eq!(app.call(method, &made.path, &ann, None).await.status, 404);
        }
        let trail = app.state.database.audit_trail(made.id).await.unwrap();
        assert!(trail.iter().any(|entry| entry.action == "delete" && entry.client_id == other.client_id), "{trail:?}");
    }

    /// S4.30 to S4.35, S4.56: each operation asks for its own permission, and every other one together is not enough.
    async fn nothing_outside_the_granted_scopes(engine) {
        let app = App::start(engine).await;
        let ann = person(&app);
        let made = meeting(&app, &ann, json!({})).await;
        let join = format!("{}/join", made.path);
        let scopes = ["user:read", "meeting:create", "meeting:read", "meeting:update", "meeting:delete", "meeting:join"];
        for (method, path, scope) in [
            (Method::GET, "/api/user/profile", "user:read"),
            (Method::POST, MEETINGS, "meeting:create"),
            (Method::GET, MEETINGS, "meeting:read"),
            (Method::GET, made.path.as_str(), "meeting:read"),
            (Method::PATCH, made.path.as_str(), "meeting:update"),
            (Method::PUT, made.path.as_str(), "meeting:update"),
            (Method::POST, join.as_str(), "meeting:join"),
            (Method::DELETE, made.path.as_str(), "meeting:delete"),
        ] {
            let others: Vec<_> = scopes.into_iter().filter(|one| *one != scope).collect();
            let without = ann.again(&app, |claims| {
                claims["scope"] = format!("{} lasuite_visio rooms:list meeting:write conferences", others.join(" ")).into();
            });
            let reply = app.call(method.clone(), path, &without, None).await;
            let detail = format!("Insufficient permissions. Required scope: '{scope}'");
            assert_eq!((reply.status.as_u16(), &reply.body), (403, &json!({ "detail": detail })), "{method} {path}");
            assert!(reply.header("www-authenticate").contains("insufficient_scope"), "{reply:?}");

            let anonymous = Reply::of(app.request(method.clone(), path)).await;
            assert_eq!(anonymous.status, 401, "{method} {path}");

            // An application for itself has no meetings.
            let server_wide = ann.again(&app, |claims| {
                claims["scope"] = scopes.join(" ").into();
                claims["sub"] = claims["client_id"].clone();
                claims.as_object_mut().unwrap().retain(|name, _| !["user_id", "email"].contains(&name.as_str()));
            });
            let reply = app.call(method.clone(), path, &server_wide, None).await;
            assert_eq!(reply.status, 403, "{method} {path}");
            assert!(reply.body["detail"].as_str().unwrap().contains("acts for a user"), "{reply:?}");
        }
        assert_eq!(app.get(&made.path, &ann).await.status, 200);
    }

    async fn bad_input_is_refused_and_changes_nothing(engine) {
        let app = App::start(engine).await;
        let ann = person(&app);
        let made = meeting(&app, &ann, json!({ "name": "Good" })).await;
        let long = |length| "x".repeat(length);
        let many: Vec<_> = (0..501).map(|n| format!("p{n}@example.org")).collect();
        for (field, value) in [
            ("name", json!(1)), ("name", json!(long(201))), ("name", json!("a\u{0}b")),
            ("description", json!(["x"])), ("description", json!(long(4001))),
            ("schedule", json!("tomorrow")), ("schedule", json!({})), ("schedule", json!({ "duration_minutes": 5 })),
            ("schedule", json!({ "starts_at": "2030-01-31T09:30:00Z", "duration_minutes": 0 })),
            ("schedule", json!({ "starts_at": "2030-13-31T09:30:00Z", "duration_minutes": 5 })),
            ("access_level", json!("public")), ("access_level", Value::Null), ("access_level", json!("open")),
            ("attendees", Value::Null), ("attendees", json!("a@example.org")), ("attendees", json!(["nobody"])),
            ("attendees", json!(many)),
        ] {
            for (method, path) in [(Method::POST, MEETINGS), (Method::PATCH, made.path.as_str()), (Method::PUT, made.path.as_str())] {
                let body = json!({ field: value, "name": if field == "name" { value.clone() } else { "Bad".into() } });
                let reply = app.call(method.clone(), path, &ann, Some(body)).await;
                assert_eq!(reply.status, 400, "{method} {field} {reply:?}");
                assert!(reply.body[field][0].is_string(), "{method} {field} {reply:?}");
            }
        }
        for id in ["x", "00000000-0000-0000-0000-000000000000", &made.id.simple().to_string()] {
            for method in [Method::GET, Method::PATCH, Method::PUT, Method::DELETE] {
                let reply = app.call(method, &format!("{MEETINGS}/{id}"), &ann, None).await;
                assert_eq!((reply.status.as_u16(), reply.body), (404, json!({ "detail": "Not found." })), "{id}");
            }
        }
        let text = app.request(Method::POST, MEETINGS).bearer_auth(&ann.token).header("content-type", "text/plain").body("x");
        assert_eq!(Reply::of(text).await.status, 415);
        let list = app.call(Method::POST, MEETINGS, &ann, Some(json!([]))).await;
        assert_eq!(list.status, 400);
        assert_eq!(app.call(Method::DELETE, MEETINGS, &ann, None).await.status, 405);
        let after = app.get(MEETINGS, &ann).await.body;
        assert_eq!((&after["count"], &after["results"][0]["name"]), (&json!(1), &json!("Good")));
    }
}

/// S0.1, S4.61: the guide for developers names every route and permission of this door, and every text that one of its
/// errors may have.
#[tokio::test]
async fn the_guide_for_developers_is_complete() {
    let guide = include_str!("../../../docs/integrate/jiomeet.md");
    let app = App::start(Engine::Sqlite).await;
    let document = Reply::of(app.request(Method::GET, "/openapi.json")).await.body;
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/api/meetings") && !path.starts_with("/api/user/") {
            continue;
        }
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            assert!(
                guide.contains(path) && guide.contains(&method.to_uppercase()),
                "{method} {path}"
            );
            let scope = operation["security"][0]["bearer"][0].as_str().unwrap();
            assert!(guide.contains(&format!("`{scope}`")), "{scope}");
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(status.starts_with('2') || guide.contains(status), "{status}");
            }
        }
    }
    assert_eq!(operations, 8);
    for text in [
        "Token expired.",
        "Invalid token.",
        "Insufficient permissions. Required scope: 'meeting:read'",
        "This API acts for a user: ",
        "Only the person who created a meeting may change it.",
        "Not found.",
        "Invalid page.",
        "Meetings cannot be joined on this server.",
        "Service temporarily unavailable, try again later.",
    ] {
        assert!(guide.contains(text), "{text}");
    }
}
