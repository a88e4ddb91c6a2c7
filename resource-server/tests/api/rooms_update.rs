//! `PUT` and `PATCH /external-api/v1.0/rooms/{id}`

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::app::ROOMS;
use crate::harness::{App, Person, on_each_database};

struct Room {
    id: Uuid,
    path: String,
}

async fn room(app: &App, owner: &Person) -> Room {
    let id: Uuid = app.make_room(owner).await["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    Room {
        id,
        path: format!("{ROOMS}/{id}"),
    }
}

on_each_database! {
    /// S0.14
    async fn name_and_access_level_change_and_the_rest_stays(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let room = room(&app, &ann).await;
        let before = app.get(&room.path, &ann).await.body;
        for (method, body, name, level) in [
            (Method::PATCH, json!({ "name": "Weekly" }), json!("Weekly"), "trusted"),
            (Method::PUT, json!({ "access_level": "restricted" }), json!("Weekly"), "restricted"),
            (Method::PATCH, json!({}), json!("Weekly"), "restricted"),
            (Method::PUT, json!({ "name": "Daily", "access_level": "trusted" }), json!("Daily"), "trusted"),
            (Method::PATCH, json!({ "slug": "x", "id": "x", "url": "x", "client_id": "x" }), json!("Daily"), "trusted"),
            (Method::PATCH, json!({ "name": null }), Value::Null, "trusted"),
        ] {
            let reply = app.call(method, &format!("{}/", room.path), &ann, Some(body.clone())).await;
            assert_eq!(reply.status, 200, "{body}");
            assert_eq!((&reply.body["name"], reply.body["access_level"].as_str().unwrap()), (&name, level), "{body}");
            assert_eq!(app.get(&room.path, &ann).await.body, reply.body);
        }
        assert_eq!(app.get(&room.path, &ann).await.body, before);
        let trail = app.state.database.audit_trail(room.id).await.unwrap();
        assert_eq!(trail.iter().filter(|entry| entry.action == "update").count(), 6);
        assert!(trail.iter().all(|entry| entry.client_id == ann.client_id && entry.user_id.as_deref() == Some(&ann.id.to_string())));
    }

    /// S0.30, S0.31: the API can never make a room public.
    async fn a_room_cannot_be_made_public(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let room = room(&app, &ann).await;
        for level in [json!("public"), json!("Trusted"), json!(null), json!(1), json!("")] {
            let body = json!({ "access_level": level, "name": "not taken over either" });
            let reply = app.call(Method::PATCH, &room.path, &ann, Some(body)).await;
            assert_eq!(reply.status, 400, "{level}");
            assert!(reply.body["access_level"][0].is_string(), "{reply:?}");
        }
        let body = app.get(&room.path, &ann).await.body;
        assert_eq!((&body["access_level"], body.get("name")), (&json!("trusted"), None));
        assert_eq!(app.state.database.audit_trail(room.id).await.unwrap().len(), 1);
    }

    /// S0.16
    async fn attendees_are_replaced_and_see_the_room(engine) {
        let app = App::start(engine).await;
        let (ann, bob, eve) = (Person::new(&app), Person::new(&app), Person::new(&app));
        let room = room(&app, &ann).await;
        let set = async |attendees: Value| {
            app.call(Method::PATCH, &room.path, &ann, Some(json!({ "attendees": attendees }))).await
        };
        let both = [bob.email().to_lowercase(), "carl@example.org".to_owned()];
        // Bare and as objects, in any case, the same one twice.
        let reply = set(json!([{ "email": bob.email() }, "Carl@Example.org", "carl@example.org"])).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let shown: Vec<_> = reply.body["attendees"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
        let mut expected: Vec<_> = both.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(shown, expected);
        assert_eq!(app.get(&room.path, &ann).await.body["attendees"], reply.body["attendees"]);
        assert_eq!(app.get(&room.path, &bob).await.status, 200);
        assert_eq!(app.get(&room.path, &eve).await.status, 404);
        // A change of something else keeps them; an empty list sends them away.
        app.call(Method::PATCH, &room.path, &ann, Some(json!({ "name": "x" }))).await;
        assert_eq!(app.get(&room.path, &bob).await.status, 200);
        assert_eq!(set(json!([])).await.body["attendees"], json!([]));
        assert_eq!(app.get(&room.path, &bob).await.status, 404);
    }

    async fn what_is_no_list_of_addresses_is_refused(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let room = room(&app, &ann).await;
        for attendees in [
            json!(null), json!("ann@example.org"), json!({}), json!(["x"]), json!([1]), json!([null]), json!([{}]),
            json!([{ "email": 1 }]), json!([{ "mail": "ann@example.org" }]), json!(["ann@example.org", "\0@example.org"]),
            json!((0..501).map(|n| format!("p{n}@example.org")).collect::<Vec<_>>()),
        ] {
            let reply = app.call(Method::PATCH, &room.path, &ann, Some(json!({ "attendees": attendees }))).await;
            assert_eq!(reply.status, 400, "{attendees}");
            assert!(reply.body["attendees"][0].is_string(), "{reply:?}");
        }
        let many: Vec<_> = (0..500).map(|n| format!("p{n}@example.org")).collect();
        let reply = app.call(Method::PATCH, &room.path, &ann, Some(json!({ "attendees": many }))).await;
        assert_eq!((reply.status.as_u16(), reply.body["attendees"].as_array().unwrap().len()), (200, 500));
    }

    /// Owners and administrators change a room; others with a role may not, and to the rest it is not there.
    async fn roles_decide_who_may_change_a_room(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let room = room(&app, &ann).await;
        for (role, status) in
            [(None, 404), (Some(Role::Owner), 200), (Some(Role::Administrator), 200), (Some(Role::Member), 403)]
        {
            let person = Person::new(&app);
            if let Some(role) = role {
                app.state.database.set_role(room.id, person.id, role).await.unwrap();
            }
            let reply = app.call(Method::PATCH, &room.path, &person, Some(json!({ "name": "x" }))).await;
            assert_eq!(reply.status, status, "{role:?}");
            assert!(reply.status == 200 || reply.body["detail"].is_string(), "{reply:?}");
        }
        let invited = Person::new(&app);
        app.call(Method::PATCH, &room.path, &ann, Some(json!({ "attendees": [invited.email()] }))).await;
        assert_eq!(app.call(Method::PUT, &room.path, &invited, None).await.status, 403);
    }
}
