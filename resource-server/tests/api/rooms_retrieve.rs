//! `GET /external-api/v1.0/rooms/{id}`

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::json;
use uuid::Uuid;

use crate::harness::app::ROOMS;
use crate::harness::{App, Person, on_each_database};

on_each_database! {
    /// S0.38, S0.39, S0.50, S1.26
    async fn the_owner_sees_the_room_with_and_without_final_slash(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let room = app.make_room(&ann).await;
        let id = room["id"].as_str().unwrap();
        for path in [format!("{ROOMS}/{id}"), format!("{ROOMS}/{id}/"), format!("{ROOMS}/{}", id.to_uppercase())] {
            let reply = app.get(&path, &ann).await;
            assert_eq!(reply.status, 200, "{path}");
            for field in ["id", "slug", "access_level", "url"] {
                assert_eq!(reply.body[field], room[field]);
            }
            assert_eq!(reply.body["attendees"], json!([]));
        }
    }

    /// S0.40, S0.41: nobody learns whether a room of others exists.
    async fn a_room_of_others_is_not_found_like_one_that_does_not_exist(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::new(&app), Person::new(&app));
        let room = app.make_room(&ann).await;
        let not_found = json!({ "detail": "Not found." });
        for id in [
            room["id"].as_str().unwrap(),
            &Uuid::new_v4().to_string(),
            "abc",
            "%00",
            "%ff%fe",
            &Uuid::new_v4().simple().to_string(),
            &format!("{{{}}}", Uuid::new_v4()),
            "7c9e6679-7425-40de-944b-e07fc1f90ae'",
        ] {
            let reply = app.get(&format!("{ROOMS}/{id}"), &bob).await;
            assert_eq!((reply.status.as_u16(), &reply.body), (404, &not_found), "{id}");
        }
    }

    /// Everybody with a role sees the room; those who manage it see who is invited.
    async fn roles_see_the_room(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let room = app.make_room(&ann).await;
        let id: Uuid = room["id"].as_str().unwrap().parse().unwrap();
        let path = format!("{ROOMS}/{id}");
        let invited = Person::new(&app);
        let body = json!({ "attendees": ["zoe@example.org", invited.email()] });
        assert_eq!(app.call(Method::PATCH, &path, &ann, Some(body)).await.status, 200);
        for (role, sees_attendees) in [(Role::Owner, true), (Role::Administrator, true), (Role::Member, false)] {
            let person = Person::new(&app);
            assert_eq!(app.get(&path, &person).await.status, 404);
            app.state.database.set_role(id, person.id, role).await.unwrap();
            let reply = app.get(&path, &person).await;
            assert_eq!(reply.status, 200, "{role:?}");
            assert_eq!(reply.body.get("attendees").is_some(), sees_attendees, "{role:?}");
        }
        let reply = app.get(&path, &invited).await;
        assert_eq!((reply.status.as_u16(), reply.body.get("attendees")), (200, None));
        // Without the address in the token, the same user is nobody here.
        let anonymous = invited.again(&app, |claims| {
            claims.as_object_mut().unwrap().remove("email");
        });
        assert_eq!(app.get(&path, &anonymous).await.status, 404);
    }

    /// A warm token costs one query and no network call.
    async fn one_query_and_no_call(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let path = format!("{ROOMS}/{}", app.make_room(&ann).await["id"].as_str().unwrap());
        let count = async |query: &str| app.metric(&format!("database_seconds_count{{query=\"{query}\"}}")).await;
        let (before, jwks) = (count("rooms.retrieve").await, app.issuer.jwks_fetches());
        let hits = app.metric("token_cache_hits_total").await;
        for _ in 0..5 {
            assert_eq!(app.get(&path, &ann).await.status, 200);
        }
        assert!((count("rooms.retrieve").await - before - 5.0).abs() < 0.1);
        assert!((app.metric("token_cache_hits_total").await - hits - 5.0).abs() < 0.1);
        assert_eq!((app.issuer.jwks_fetches(), app.issuer.introspections()), (jwks, 0));
    }
}
