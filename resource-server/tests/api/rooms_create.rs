//! `POST /external-api/v1.0/rooms`

use std::collections::HashSet;

use reqwest::{Method, header};
use resource_server::domain::access::{Participant, Role};
use resource_server::domain::actor::Author;
use resource_server::domain::principal::{AuthMethod, Principal};
use resource_server::domain::room::AccessLevel;
use resource_server::store::NewRoom;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::app::ROOMS;
use crate::harness::{App, Person, Reply, on_each_database};

fn telephony(config: &mut resource_server::config::Config) {
    config.telephony.enabled = true;
    config.telephony.phone_number = "+1-555-0100".into();
}

fn assert_slug(room: &Value) {
    let slug = room["slug"].as_str().unwrap();
    let groups: Vec<usize> = slug.split('-').map(str::len).collect();
    assert_eq!(groups, [3, 4, 3], "{slug}");
    assert!(
        slug.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()),
        "{slug}"
    );
    assert_eq!(room["url"], format!("https://rooms.example.org/{slug}"));
}

on_each_database! {
    /// S0.28, S0.29, S0.30, S0.33, S0.36, S0.50, S0.51, S0.52, S1.25, S1.30
    async fn everything_but_the_name_is_made_by_the_server(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        for body in [
            None,
            Some(json!({})),
            Some(json!({
                "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "slug": "aaa-aaaa-aaa", "access_level": "public",
                "url": "https://evil.example", "telephony": { "pin_code": "1" }, "pin_code": "1",
                "client_id": "x", "attendees": ["x"], "unknown": [1, { "deep": true }],
            })),
        ] {
            let reply = app.call(Method::POST, ROOMS, &ann, body).await;
            assert_eq!(reply.status, 201, "{reply:?}");
            let room = reply.body;
            assert_slug(&room);
            assert_eq!(room["access_level"], "trusted");
            assert_ne!(room["id"], "7c9e6679-7425-40de-944b-e07fc1f90ae7");
            assert_ne!(room["slug"], "aaa-aaaa-aaa");
            room["id"].as_str().unwrap().parse::<Uuid>().unwrap();
            let mut keys: Vec<_> = room.as_object().unwrap().keys().collect();
            keys.sort();
            assert_eq!(keys, ["access_level", "id", "slug", "url"]);
        }
        assert_eq!(app.get(ROOMS, &ann).await.body["count"], 3);
    }

    /// S0.32, S0.35, S1.25
    async fn the_user_owns_the_room_and_the_application_is_recorded(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let trusted = Person::with(&app, |claims| {
            claims["delegated"] = true.into();
            claims["scope"] = "rooms:create rooms:list".into();
        });
        for (person, method) in [(&ann, "resource-server"), (&trusted, "application-delegated")] {
            let room = app.make_room(person).await;
            let id: Uuid = room["id"].as_str().unwrap().parse().unwrap();
            assert_eq!(app.get(ROOMS, person).await.body["results"][0]["id"], room["id"]);
            let trail = app.state.database.audit_trail(id).await.unwrap();
            assert_eq!(trail.len(), 1);
            assert_eq!(trail[0].user_id.as_deref(), Some(person.id.to_string().as_str()));
            assert_eq!(trail[0].client_id, person.client_id);
            assert_eq!((trail[0].action.as_str(), trail[0].auth_method.as_str()), ("create", method));
            assert!((app.now_millis() / 1000 - trail[0].at).abs() <= 5);
        }
    }

    /// S0.34, S0.53
    async fn a_pin_is_made_when_telephony_is_on(engine) {
        let app = App::start_with(engine, telephony).await;
        let ann = Person::new(&app);
        let room = app.make_room(&ann).await;
        let pin = room["telephony"]["pin_code"].as_str().unwrap();
        assert!(pin.len() == 10 && pin.bytes().all(|byte| byte.is_ascii_digit()), "{pin}");
        assert_eq!(
            room["telephony"],
            json!({ "enabled": true, "pin_code": pin, "phone_number": "+1-555-0100", "default_country": "US" })
        );
        let path = format!("{ROOMS}/{}", room["id"].as_str().unwrap());
        assert_eq!(app.get(&path, &ann).await.body["telephony"], room["telephony"]);
    }

    async fn a_name_may_be_given(engine) {
        let app = App::start(engine).await;
        let ann = Person::new(&app);
        let create = async |body: Value| app.call(Method::POST, ROOMS, &ann, Some(body)).await;
        assert_eq!(create(json!({ "name": " Réunion ☕ " })).await.body["name"], "Réunion ☕");
        for nameless in [json!(null), json!(""), json!("  ")] {
            let reply = create(json!({ "name": nameless })).await;
            assert_eq!((reply.status.as_u16(), reply.body.get("name")), (201, None));
        }
        for wrong in [json!(1), json!(["a"]), json!({}), json!("a\0b"), json!("a\nb"), json!("é".repeat(201))] {
            let reply = create(json!({ "name": wrong })).await;
            assert_eq!(reply.status, 400, "{wrong}");
            assert!(reply.body["name"][0].is_string(), "{reply:?}");
        }
        assert_eq!(create(json!({ "name": "é".repeat(200) })).await.status, 201);
    }

    /// S0.33
    async fn rooms_made_at_once_have_slugs_and_pins_of_their_own(engine) {
        let app = App::start_with(engine, |config| {
            telephony(config);
            // Twenty PINs out of 10,000, beside a hundred taken ones.
            config.telephony.pin_length = 4;
        })
        .await;
        let ann = Person::new(&app);
        let replies = futures_util::future::join_all((0..20).map(|_| app.make_room(&ann))).await;
        for part in ["/slug", "/telephony/pin_code", "/id"] {
            let values: HashSet<_> = replies.iter().map(|room| room.pointer(part).unwrap().to_string()).collect();
            assert_eq!(values.len(), 20, "{part}");
        }
    }

    /// S0.33, S0.34: on a collision the next identifiers are tried.
    async fn a_taken_slug_or_pin_is_replaced(engine) {
        let app = App::start(engine).await;
        let database = &app.state.database;
        let creator = Principal {
            user_id: Uuid::new_v4(),
            email: None,
            client_id: "app".into(),
            auth_method: AuthMethod::ResourceServer,
        };
        let new = || NewRoom {
            id: Uuid::new_v4(),
            name: None,
            description: None,
            schedule: None,
            access_level: AccessLevel::Trusted,
            created_at: 1,
            participants: vec![Participant { user_id: creator.user_id, role: Role::Owner }],
            attendees: Vec::new(),
        };
        let by = Author::from(&creator);
        let taken = ("aaa-aaaa-aaa".to_owned(), Some("0000".to_owned()));
        database.create_room(&new(), by, || taken.clone()).await.unwrap().unwrap();
        let mut offers = vec![
            ("bbb-bbbb-bbb".to_owned(), Some("1111".to_owned())),
            ("bbb-bbbb-bbb".to_owned(), taken.1.clone()),
            (taken.0.clone(), Some("1111".to_owned())),
        ];
        let room = database.create_room(&new(), by, || offers.pop().unwrap()).await.unwrap().unwrap();
        assert_eq!((room.slug.as_str(), room.pin_code.as_deref()), ("bbb-bbbb-bbb", Some("1111")));
        assert!(offers.is_empty());
        // It ends, and leaves nothing behind.
        let lost = new();
        assert!(database.create_room(&lost, by, || taken.clone()).await.unwrap().is_none());
        assert!(database.audit_trail(lost.id).await.unwrap().is_empty());
    }

    /// S0.28, C25
    async fn bodies_are_json_or_empty(engine) {
        let app = App::start_with(engine, |config| config.server.body_limit = 1000).await;
        let ann = Person::new(&app);
        let post = async |kind: Option<&str>, body: &[u8]| {
            let mut request = app.request(Method::POST, ROOMS).bearer_auth(&ann.token).body(body.to_vec());
            if let Some(kind) = kind {
                request = request.header(header::CONTENT_TYPE, kind);
            }
            Reply::of(request).await
        };
        for (kind, body) in [
            (None, &b""[..]),
            (Some("application/json"), b""),
            (Some("text/plain"), b""),
            (None, b"{}"),
            (Some("application/json; charset=utf-8"), b"{}"),
            (Some("Application/JSON"), b" {} "),
        ] {
            assert_eq!(post(kind, body).await.status, 201, "{kind:?} {body:?}");
        }
        let malformed: [&[u8]; 8] = [
            b"{", b"nul", b"{\"a\":}", b"\xff\xfe", b"{} {}", b"{\"a\":\"\\ud800\"}", b"{\"a\":1e999}",
            &[b'['; 900],
        ];
        for body in malformed {
            let reply = post(Some("application/json"), body).await;
            assert_eq!(reply.status, 400, "{body:?}");
            assert!(reply.body["detail"].is_string(), "{reply:?}");
        }
        for body in ["[]", "null", "1", "\"{}\""] {
            assert_eq!(post(Some("application/json"), body.as_bytes()).await.status, 400, "{body}");
        }
        for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "json", ""] {
            assert_eq!(post(Some(kind), b"name=x").await.status, 415, "{kind}");
        }
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(1000));
        assert_eq!(post(Some("application/json"), large.as_bytes()).await.status, 413);
        // Without a length in the head, too.
        let chunks = futures_util::stream::iter(["x".repeat(600), "x".repeat(600)].map(Ok::<_, std::io::Error>));
        let request = app
            .request(Method::POST, ROOMS)
            .bearer_auth(&ann.token)
            .header(header::CONTENT_TYPE, "application/json")
            .body(reqwest::Body::wrap_stream(chunks));
        assert_eq!(Reply::of(request).await.status, 413);
    }
}
