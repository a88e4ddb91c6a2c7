//! `GET /external-api/v1.0/rooms`

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::app::ROOMS;
use crate::harness::{App, Person, on_each_database};

fn ids(body: &Value) -> Vec<&str> {
    body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|room| room["id"].as_str().unwrap())
        .collect()
}

on_each_database! {
    /// S0.20, S1.23: own rooms, rooms with a role, rooms one is invited to by address; no others.
    async fn only_rooms_of_the_user_are_listed(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::new(&app), Person::new(&app));
        let own = app.make_room(&ann).await;
        app.make_room(&bob).await;
        let member = app.make_room(&bob).await;
        let invited = app.make_room(&bob).await;
        let both = app.make_room(&bob).await;
        let id = |room: &Value| room["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        for room in [&member, &both] {
            app.state.database.set_role(id(room), ann.id, Role::Member).await.unwrap();
        }
        for room in [&invited, &both] {
            let path = format!("{ROOMS}/{}", room["id"].as_str().unwrap());
            let body = json!({ "attendees": [ann.email().to_uppercase()] });
            assert_eq!(app.call(Method::PATCH, &path, &bob, Some(body)).await.status, 200);
        }
        let reply = app.get(ROOMS, &ann).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body["count"], 4);
        // Newest first.
        let expected: Vec<_> = [&both, &invited, &member, &own].map(|room| room["id"].as_str().unwrap()).into();
        assert_eq!(ids(&reply.body), expected);
    }

    /// S0.23, S0.24, S0.25, S1.24
    async fn pages_are_linked_and_counted(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let mut made = Vec::new();
        for _ in 0..21 {
            made.push(app.make_room(&ann).await["id"].as_str().unwrap().to_owned());
        }
        made.reverse();

        let first = app.get(ROOMS, &ann).await;
        assert_eq!(first.body["count"], 21);
        assert_eq!(first.body["next"], "https://rooms.example.org/external-api/v1.0/rooms?page=2");
        assert_eq!(first.body["previous"], Value::Null);
        assert_eq!(ids(&first.body), made[..20]);

        let second = app.get(&format!("{ROOMS}?page=2"), &ann).await;
        assert_eq!(second.body["count"], 21);
        assert_eq!(second.body["next"], Value::Null);
        assert_eq!(second.body["previous"], "https://rooms.example.org/external-api/v1.0/rooms?page=1");
        assert_eq!(ids(&second.body), made[20..]);

        let small = app.get(&format!("{ROOMS}/?page_size=7&page=2"), &ann).await;
        assert_eq!(small.body["count"], 21);
        assert_eq!(small.body["next"], "https://rooms.example.org/external-api/v1.0/rooms?page=3&page_size=7");
        assert_eq!(ids(&small.body), made[7..14]);
        // The last page is full: nothing follows it.
        let last = app.get(&format!("{ROOMS}?page_size=7&page=3"), &ann).await;
        assert_eq!((&last.body["count"], &last.body["next"]), (&json!(21), &Value::Null));
        assert_eq!(app.get(&format!("{ROOMS}?page_size=100"), &ann).await.body["results"].as_array().unwrap().len(), 21);
    }

    async fn an_empty_collection_has_a_first_page_and_no_second(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let reply = app.get(ROOMS, &ann).await;
        assert_eq!(reply.body, json!({ "count": 0, "next": null, "previous": null, "results": [] }));
        assert_eq!(app.get(&format!("{ROOMS}?page=2"), &ann).await.status, 404);
    }

    /// S0.21, S0.22, S0.56, S0.60
    async fn pages_out_of_range_are_refused(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        app.make_room(&ann).await;
        for page in ["2", "0", "-1", "abc", "1.0", "99999999999999999999", "4294967295"] {
            let reply = app.get(&format!("{ROOMS}?page={page}"), &ann).await;
            assert_eq!((reply.status.as_u16(), &reply.body), (404, &json!({ "detail": "Invalid page." })), "{page}");
        }
        for size in ["0", "101", "abc", "-1", "99999999999999999999"] {
            let reply = app.get(&format!("{ROOMS}?page_size={size}"), &ann).await;
            assert_eq!(reply.status, 400, "{size}");
            assert!(reply.body["page_size"][0].is_string(), "{reply:?}");
            assert_eq!(reply.body.as_object().unwrap().len(), 1);
        }
        // Empty counts as absent; twice is refused.
        assert_eq!(app.get(&format!("{ROOMS}?page=&page_size="), &ann).await.status, 200);
        let twice = app.get(&format!("{ROOMS}?page=1&page=1"), &ann).await;
        assert_eq!(twice.status, 400);
        assert!(twice.body["page"][0].is_string());
    }
}
