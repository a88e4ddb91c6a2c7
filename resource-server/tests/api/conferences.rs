//! `/api/v3/conferences`

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::app::ROOMS;
use crate::harness::{App, Person, on_each_database};

pub const CONFERENCES: &str = "/api/v3/conferences";

/// Makes a conference and gives its path.
pub async fn make(app: &App, person: &Person, body: Value) -> String {
    let reply = app.call(Method::POST, CONFERENCES, person, Some(body)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    format!("{CONFERENCES}/{}", reply.body["id"].as_str().unwrap())
}

/// Gives somebody a role in the conference of this path.
pub async fn give(app: &App, path: &str, person: &Person, role: Role) {
    let id: Uuid = path.rsplit_once('/').unwrap().1.parse().unwrap();
    app.state.database.set_role(id, person.id, role).await.unwrap();
}

fn ids(body: &Value) -> Vec<&str> {
    let results = body["results"].as_array().unwrap();
    results.iter().map(|room| room["id"].as_str().unwrap()).collect()
}

on_each_database! {
    /// S3.11, S3.12, S3.24, S3.25: a user's token sees the conferences of its user, a server-wide one sees all.
    async fn who_sees_which_conferences(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, "conferences");
        let bob = Person::scoped(&app, "conferences:read conferences:write");
        let server = Person::server_wide(&app, "conferences");
        let make = async |person: &Person, body: Value| {
            make(&app, person, body).await.rsplit_once('/').unwrap().1.to_owned()
        };
        let of_ann = make(&ann, json!({ "name": "Ann's" })).await;
        let of_bob = make(&bob, json!({ "owner": bob.id })).await;
        let of_nobody = make(&server, json!({})).await;
        let given = make(&server, json!({ "owner": ann.id })).await;

        assert_eq!(ids(&app.get(CONFERENCES, &ann).await.body), [&given, &of_ann]);
        assert_eq!(ids(&app.get(CONFERENCES, &bob).await.body), [&of_bob]);
        let all = app.get(CONFERENCES, &server).await.body;
        assert_eq!(ids(&all), [&given, &of_nobody, &of_bob, &of_ann]);
        assert_eq!(all["count"], 4);
        let owners: Vec<_> = (0..4).map(|at| all["results"][at]["owners"].clone()).collect();
        assert_eq!(owners, [json!([ann.id]), json!([]), json!([bob.id]), json!([ann.id])]);
        let page = app.get(&format!("{CONFERENCES}?page_size=2&page=2&x=y"), &server).await.body;
        assert_eq!((ids(&page), &page["count"]), (vec![of_bob.as_str(), &of_ann], &json!(4)));
        assert_eq!(page["previous"], "https://rooms.example.org/api/v3/conferences?x=y&page=1&page_size=2");

        for (id, seen) in [(&of_ann, [200, 404, 200]), (&of_bob, [404, 200, 200]), (&of_nobody, [404, 404, 200])] {
            for (person, status) in [&ann, &bob, &server].into_iter().zip(seen) {
                let reply = app.get(&format!("{CONFERENCES}/{id}"), person).await;
                assert_eq!(reply.status, status);
            }
        }
        // The same room through the other door, for its user alone.
        let meet = ann.again(&app, |claims| claims["scope"] = "rooms:retrieve".into());
        assert_eq!(app.get(&format!("{ROOMS}/{of_ann}"), &meet).await.body["name"], "Ann's");
        let trail = app.state.database.audit_trail(of_nobody.parse().unwrap()).await.unwrap();
        assert_eq!((trail[0].user_id.as_deref(), trail[0].auth_method.as_str()), (None, "server-wide"));
        assert_eq!(trail[0].client_id, server.client_id);
    }

    /// S3.25
    async fn a_conference_is_made_of_what_the_request_says(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, "conferences");
        let body = json!({
            "name": " Monday ", "description": "What is new\nand what is not",
            "schedule": { "starts_at": "2030-01-31T10:30:00+01:00", "duration_minutes": 45 },
            "id": Uuid::new_v4(), "slug": "x", "access_level": "public",
        });
        let made = app.call(Method::POST, CONFERENCES, &ann, Some(body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.body["name"], "Monday");
        assert_eq!(made.body["description"], "What is new\nand what is not");
        assert_eq!(made.body["schedule"], json!({ "starts_at": "2030-01-31T09:30:00Z", "duration_minutes": 45 }));
        assert_eq!(made.body["access_level"], "trusted");
        let path = format!("{CONFERENCES}/{}", made.body["id"].as_str().unwrap());
        assert_eq!(app.get(&path, &ann).await.body, made.body);
        let bare = app.call(Method::POST, CONFERENCES, &ann, None).await;
        assert_eq!((bare.status.as_u16(), &bare.body["name"], &bare.body["schedule"]), (201, &Value::Null, &Value::Null));
    }

    async fn what_makes_no_sense_is_refused(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, "conferences");
        let start = "2030-01-31T09:30:00Z";
        for (field, value) in [
            ("name", json!(1)),
            ("name", json!("a\nb")),
            ("description", json!("x".repeat(4001))),
            ("description", json!("\0")),
            ("owner", json!(Uuid::new_v4())),
            ("owner", json!("ann")),
            ("schedule", json!("tomorrow")),
            ("schedule", json!({})),
            ("schedule", json!({ "starts_at": start })),
            ("schedule", json!({ "starts_at": start, "duration_minutes": 0 })),
            ("schedule", json!({ "starts_at": start, "duration_minutes": 10_081 })),
            ("schedule", json!({ "starts_at": start, "duration_minutes": 1.5 })),
            ("schedule", json!({ "starts_at": "1969-12-31T23:59:59Z", "duration_minutes": 1 })),
            ("schedule", json!({ "starts_at": "9999-12-31T23:59:59-01:00", "duration_minutes": 1 })),
            ("schedule", json!({ "starts_at": 1, "duration_minutes": 1 })),
        ] {
            let reply = app.call(Method::POST, CONFERENCES, &ann, Some(json!({ field: value }))).await;
            assert_eq!(reply.status, 400, "{field} {value}");
            assert!(reply.body[field][0].is_string(), "{reply:?}");
        }
        assert_eq!(app.get(CONFERENCES, &ann).await.body["count"], 0);
        for id in ["x", "7c9e6679742540de944be07fc1f90ae7", "7c9e6679-7425-40de-944b-e07fc1f90ae7"] {
            assert_eq!(app.get(&format!("{CONFERENCES}/{id}"), &ann).await.status, 404);
        }
    }

    /// S3.48 to S3.50
    async fn general_permissions_imply_reading_and_writing(engine) {
        let app = App::start(engine).await;
        for (scope, get, post) in [
            ("conferences", 200, 201),
            ("conferences:read", 200, 403),
            ("conferences:write", 403, 201),
            ("conferences:read conferences:write", 200, 201),
            ("lasuite_visio lasuite_visio:conferences", 200, 201),
            ("conferences.participants conferences.invitations", 403, 403),
            ("conferences:read:x", 403, 403),
            ("meeting:read", 403, 403),
        ] {
            for person in [Person::scoped(&app, scope), Person::server_wide(&app, scope)] {
                assert_eq!(app.get(CONFERENCES, &person).await.status, get, "{scope}");
                assert_eq!(app.call(Method::POST, CONFERENCES, &person, None).await.status, post, "{scope}");
            }
        }
    }
}
