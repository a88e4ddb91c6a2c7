//! `/api/v3/logs/calls`

use reqwest::Method;
use resource_server::config::Config;
use resource_server::domain::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::conferences::{give, make};
use crate::harness::{App, Person, on_each_database};
use crate::sessions::{end, id_of, join, leave, start};

const CALLS: &str = "/api/v3/logs/calls";
const ALL: &str = "conferences conferences.participants conferences.invitations conferences.sessions:read \
     logs.calls:read logs.calls.participants:read logs.calls.invites:read meeting:create meeting:join meeting:delete";

fn livekit(config: &mut Config) {
    config.livekit.url = "wss://meet.example.org".into();
    config.livekit.api_key = "APIkey".into();
    config.livekit.api_secret = "a secret of thirty-two characters".into();
}

/// The ids of a list.
async fn seen(app: &App, person: &Person) -> Vec<String> {
    let page = app.get(CALLS, person).await.body;
    let results = page["results"].as_array().unwrap_or_else(|| panic!("{page}"));
    assert_eq!(page["count"], results.len());
    results
        .iter()
        .map(|call| call["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Starts a session and gives its id.
async fn call(app: &App, person: &Person, path: &str) -> String {
    let started = start(app, person, path).await;
    assert_eq!(started.status, 201, "{started:?}");
    started.body["id"].as_str().unwrap().to_owned()
}

on_each_database! {
    /// S3.45, S3.46: what happened is in the log, while it happens and after.
    async fn a_call_is_in_the_log(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::scoped(&app, ALL), Person::scoped(&app, ALL));
        let path = make(&app, &ann, json!({ "name": "Monday round" })).await;
        let id = call(&app, &ann, &path).await;
        let one = format!("{CALLS}/{id}");
        for person in [&ann, &bob] {
            assert_eq!(join(&app, person, &path).await.status, 201);
        }
        let running = app.get(&one, &ann).await.body;
        assert_eq!(running, json!({
            "id": id, "conference_id": id_of(&path), "name": "Monday round", "started_at": running["started_at"],
            "ended_at": null, "participants": 2,
        }));
        // Bob comes back, and the conference gets another name: the log keeps the one of that time.
        app.pass(60);
        assert_eq!(leave(&app, &bob, &path, bob.id).await, 204);
        assert_eq!(app.get(&one, &ann).await.body["participants"], 1);
        assert_eq!(join(&app, &bob, &path).await.status, 201);
        let name = Some(json!({ "name": "Tuesday round" }));
        assert_eq!(app.call(Method::PATCH, &path, &ann, name).await.status, 200);
        app.pass(60);
        assert_eq!(end(&app, &ann, &path).await, 204);
        let over = app.get(&one, &ann).await.body;
        assert_eq!((&over["name"], &over["participants"]), (&json!("Monday round"), &json!(2)));
        assert!(over["ended_at"].as_str().unwrap() > over["started_at"].as_str().unwrap(), "{over}");
        assert_eq!(app.get(CALLS, &bob).await.body["results"], json!([over]));

        let page = app.get(&format!("{one}/participants"), &bob).await.body;
        let stays: Vec<_> = page["results"].as_array().unwrap().iter().map(|stay| {
            let (joined, left) = (stay["joined_at"].as_str().unwrap(), stay["left_at"].as_str().unwrap());
            assert!(joined < left, "{stay}");
            assert_eq!(stay.as_object().unwrap().len(), 5, "{stay}");
            (stay["user_id"].as_str().unwrap().parse().unwrap(), stay["role"].as_str().unwrap().to_owned())
        }).collect();
        let expected = [(ann.id, "owner".to_owned()), (bob.id, "guest".into()), (bob.id, "guest".into())];
        assert_eq!((&page["count"], stays.as_slice()), (&json!(3), expected.as_slice()));
        assert_eq!(page["results"][2]["left_at"], over["ended_at"]);
        let second = app.get(&format!("{one}/participants?page_size=2&page=2"), &ann).await.body;
        assert_eq!((&second["count"], &second["results"][0]), (&json!(3), &page["results"][2]));
    }

    /// S3.47: who was invited is what it was when the call started; addresses are for owners and administrators.
    async fn invites_are_a_snapshot(engine) {
        let app = App::start(engine).await;
        let (ann, adam, bob) = (Person::scoped(&app, ALL), Person::scoped(&app, ALL), Person::scoped(&app, ALL));
        let (guest, server) = (Person::scoped(&app, ALL), Person::server_wide(&app, ALL));
        let path = make(&app, &ann, json!({})).await;
        give(&app, &path, &adam, Role::Administrator).await;
        give(&app, &path, &bob, Role::Member).await;
        let invitations = format!("{path}/invitations");
        for email in ["zoe@example.org", "Yan@Example.org"] {
            let body = Some(json!({ "email": email }));
            assert_eq!(app.call(Method::POST, &invitations, &ann, body).await.status, 201);
        }
        let id = call(&app, &ann, &path).await;
        assert_eq!(join(&app, &guest, &path).await.status, 201);
        // What changes later does not change it.
        let late = Some(json!({ "email": "late@example.org" }));
        assert_eq!(app.call(Method::POST, &invitations, &ann, late).await.status, 201);
        let zoe = format!("{invitations}/zoe@example.org");
        assert_eq!(app.call(Method::DELETE, &zoe, &ann, None).await.status, 204);
        give(&app, &path, &bob, Role::Owner).await;

        let invites = format!("{CALLS}/{id}/invites");
        let page = app.get(&invites, &ann).await.body;
        let user = |id: Uuid, role: &str| json!({ "user_id": id, "email": null, "role": role });
        let address = |email: &str| json!({ "user_id": null, "email": email, "role": "attendee" });
        let mut expected = vec![user(ann.id, "owner"), user(adam.id, "administrator"), user(bob.id, "member")];
        expected.sort_by_key(|invite| invite["user_id"].to_string());
        let mut found = page["results"].as_array().unwrap().clone();
        // Databases differ in whether a letter comes before a digit.
        found.sort_by_key(|invite| (invite["user_id"].is_null(), invite["user_id"].to_string(), invite["email"].to_string()));
        expected.extend([address("yan@example.org"), address("zoe@example.org")]);
        assert_eq!((&page["count"], found), (&json!(5), expected));
        let second = app.get(&format!("{invites}?page_size=3&page=2"), &adam).await.body;
        assert_eq!((&second["count"], second["results"].as_array().unwrap().len()), (&json!(5), 2));
        assert_eq!(app.get(&invites, &server).await.body["count"], 5);
        // Bob is an owner now, and was not then.
        for person in [&bob, &guest] {
            assert_eq!(app.get(&invites, person).await.status, 403);
            assert_eq!(app.get(&format!("{CALLS}/{id}/participants"), person).await.status, 200);
        }
        assert_eq!(app.get(&invites, &Person::scoped(&app, ALL)).await.status, 404);
    }

    /// S3.12, S3.45: users see the calls they were in, invited to or owned; a server-wide token sees all.
    async fn who_sees_which_calls(engine) {
        let app = App::start(engine).await;
        let (ann, bob, zoe) = (Person::scoped(&app, ALL), Person::scoped(&app, ALL), Person::scoped(&app, ALL));
        let (eve, server) = (Person::scoped(&app, ALL), Person::server_wide(&app, ALL));
        let path = make(&app, &ann, json!({})).await;
        let first = call(&app, &ann, &path).await;
        assert_eq!(end(&app, &ann, &path).await, 204);
        give(&app, &path, &bob, Role::Member).await;
        let body = Some(json!({ "email": zoe.email() }));
        assert_eq!(app.call(Method::POST, &format!("{path}/invitations"), &ann, body).await.status, 201);
        let second = call(&app, &ann, &path).await;
        assert_eq!(end(&app, &ann, &path).await, 204);
        let of_bob = make(&app, &bob, json!({})).await;
        let third = call(&app, &bob, &of_bob).await;

        assert_eq!(seen(&app, &ann).await, [second.as_str(), &first]);
        assert_eq!(seen(&app, &bob).await, [third.as_str(), &second]);
        assert_eq!(seen(&app, &zoe).await, [second.as_str()]);
        assert_eq!(seen(&app, &eve).await, [] as [&str; 0]);
        assert_eq!(seen(&app, &server).await, [third.as_str(), &second, &first]);
        let page = app.get(&format!("{CALLS}?page_size=1&page=2"), &bob).await.body;
        assert_eq!((&page["count"], &page["results"][0]["id"]), (&json!(2), &json!(second)));
        let page = app.get(&format!("{CALLS}?page_size=2&page=2"), &server).await.body;
        assert_eq!((&page["count"], &page["results"][0]["id"]), (&json!(3), &json!(first)));

        for (person, id, status) in [
            (&ann, &first, 200), (&bob, &first, 404), (&zoe, &first, 404), (&zoe, &second, 200), (&eve, &second, 404),
            (&ann, &third, 404), (&server, &third, 200),
        ] {
            for part in ["", "/participants"] {
                let reply = app.get(&format!("{CALLS}/{id}{part}"), person).await;
                assert_eq!(reply.status, status, "{part} {reply:?}");
            }
        }
        // Who comes knows the call from then on, invited twice or not at all.
        assert_eq!(start(&app, &ann, &path).await.status, 201);
        let fourth = seen(&app, &ann).await[0].clone();
        for person in [&eve, &zoe] {
            assert_eq!(join(&app, person, &path).await.status, 201);
        }
        assert_eq!(seen(&app, &eve).await, [fourth.as_str()]);
        assert_eq!(seen(&app, &zoe).await, [fourth.as_str(), &second]);
        for path in [format!("{CALLS}/{}", Uuid::new_v4()), format!("{CALLS}/x"), format!("{CALLS}/x/invites")] {
            assert_eq!(app.get(&path, &server).await.status, 404);
        }
        assert_eq!(app.call(Method::DELETE, &format!("{CALLS}/{first}"), &server, None).await.status, 405);
    }

    /// The log outlives the conference, whichever door deletes it: the call is over, and nothing else is lost.
    async fn the_log_outlives_the_conference(engine) {
        let app = App::start(engine).await;
        for door in ["/api/v3/conferences", "/api/meetings"] {
            let (ann, bob) = (Person::scoped(&app, ALL), Person::scoped(&app, ALL));
            let path = make(&app, &ann, json!({})).await;
            let id = call(&app, &ann, &path).await;
            assert_eq!(join(&app, &bob, &path).await.status, 201);
            let delete = format!("{door}/{}", id_of(&path));
            assert_eq!(app.call(Method::DELETE, &delete, &ann, None).await.status, 204);
            let over = app.get(&format!("{CALLS}/{id}"), &ann).await.body;
            assert!(over["ended_at"].is_string(), "{over}");
            assert_eq!((&over["conference_id"], &over["participants"]), (&json!(id_of(&path)), &json!(1)));
            let stays = app.get(&format!("{CALLS}/{id}/participants"), &bob).await.body;
            assert_eq!(stays["results"][0]["left_at"], over["ended_at"]);
            assert_eq!(app.get(&format!("{CALLS}/{id}/invites"), &ann).await.body["count"], 1);
            assert_eq!(app.get("/api/v3/sessions", &ann).await.body["count"], 0);
            assert_eq!(start(&app, &ann, &path).await.status, 404);
            assert_eq!(join(&app, &bob, &path).await.status, 404);
        }
    }

    /// S3.31, S4.35: who joins at the door of meetings is in the session, and starts it.
    async fn joining_a_meeting_counts(engine) {
        let app = App::start_with(engine, livekit).await;
        let (ann, bob) = (Person::scoped(&app, ALL), Person::scoped(&app, ALL));
        app.issuer.scim.has_user(bob.id, "bob@example.org", "Bob");
        let path = make(&app, &ann, json!({})).await;
        let meeting = format!("/api/meetings/{}/join", id_of(&path));
        for _ in 0..2 {
            let entrance = app.call(Method::POST, &meeting, &bob, None).await;
            assert_eq!((entrance.status.as_u16(), entrance.body.as_object().unwrap().len()), (200, 5));
        }
        let call = app.get(CALLS, &bob).await.body["results"][0].clone();
        assert_eq!((&call["conference_id"], &call["participants"]), (&json!(id_of(&path)), &json!(1)));
        let stays = app.get(&format!("{CALLS}/{}/participants", call["id"].as_str().unwrap()), &ann).await.body;
        let stay = &stays["results"][0];
        assert_eq!(
            (&stays["count"], &stay["user_id"], &stay["name"], &stay["role"], &stay["left_at"]),
            (&json!(1), &json!(bob.id), &json!("Bob"), &json!("guest"), &Value::Null)
        );
        // Nobody is kept out because nothing can be written about them.
        app.execute("DROP TABLE room_call_participant").await;
        assert_eq!(app.call(Method::POST, &meeting, &ann, None).await.status, 200);
        assert!(join(&app, &ann, &path).await.status.is_server_error());
    }
}
