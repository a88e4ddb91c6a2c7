//! What the four tiers of the keyed door serve.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::app::ROOMS;
use crate::harness::{App, Person, Reply, on_each_database};
use crate::keyed::Keyed;

const RECORD: &str = "/pro/establishment";

async fn send(keyed: &Keyed, app: &App, method: Method, path: &str, body: Option<Value>) -> Reply {
    let mut request = keyed.full(app, method, path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    Reply::of(request).await
}

fn publication(feed: &str) -> String {
    format!("{RECORD}/publications/{feed}")
}

on_each_database! {
    /// S2.2, S2.26: the open tier.
    async fn open(engine) {
        let app = App::start(engine).await;
        let get = async |path: &str| Reply::of(app.request(Method::GET, path)).await;
        let status = get("/ext/status").await;
        assert_eq!((status.status.as_u16(), &status.body["database"]), (200, &json!(true)));
        assert!(status.body["time"].as_str().unwrap().ends_with('Z'));
        let english = get("/ext/permissions?page_size=100").await;
        assert_eq!(english.body["count"].as_u64(), english.body["results"].as_array().map(|all| all.len() as u64));
        let of = |reply: &Reply, key: &str| {
            let all = reply.body["results"].as_array().unwrap().clone();
            all.into_iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("{key} in {reply:?}"))
        };
        let (text, french) = (of(&english, "conferences:read"), get("/ext/permissions?page_size=100&lang=fr").await);
        assert!(!text["label"].as_str().unwrap().is_empty() && !text["description"].as_str().unwrap().is_empty());
        assert_ne!(of(&french, "conferences:read")["label"], text["label"]);
        assert_eq!(french.header("content-language"), "fr");
        let asked = app.request(Method::GET, "/ext/permissions?page_size=100").header("accept-language", "fr-CA,en;q=0.5");
        let asked = Reply::of(asked).await;
        assert_eq!(asked.body["results"], french.body["results"]);
        assert!(!english.body.to_string().contains("\"admin\""), "the authorization server's own");
        assert_eq!(get("/ext/permissions?lang=xx").await.body, json!({ "lang": ["Must be one of: en, fr."] }));
        assert_eq!(get("/ext/permissions?page=99").await.status, 404);
        assert_eq!(get("/ext/permissions?page_size=0").await.status, 400);
        assert_eq!(get("/ext/nothing").await.status, 404);
    }

    /// S2.3: a key alone finds rooms that are no secret, and learns nothing of their people.
    async fn rooms_by_slug(engine) {
        let app = App::start(engine).await;
        let keyed = Keyed::new(&app);
        let ann = Person::new(&app);
        let room = app.make_room(&ann).await;
        let slug = room["slug"].as_str().unwrap();
        let path = format!("/public/rooms/{slug}");
        let find = async |path: &str| Reply::of(keyed.alone(&app, path)).await;
        let found = find(&path).await;
        assert_eq!(found.status, 200);
        let expected = json!({ "name": null, "slug": slug, "url": room["url"], "access_level": "trusted" });
        assert_eq!(found.body, expected);
        let change = json!({ "access_level": "restricted", "attendees": ["bob@example.org"] });
        let one = format!("{ROOMS}/{}", room["id"].as_str().unwrap());
        assert_eq!(app.call(Method::PATCH, &one, &ann, Some(change)).await.status, 200);
        let restricted = find(&path).await;
        let missing = find("/public/rooms/aaa-aaaa-aaa").await;
        assert_eq!((restricted.status.as_u16(), &restricted.body), (404, &missing.body));
        let (id, upper) = (room["id"].as_str().unwrap(), slug.to_uppercase());
        for odd in [id, &upper, "abc-defg-hi%00", "%27", "%ff", &"a".repeat(3_000)] {
            assert_eq!(find(&format!("/public/rooms/{odd}")).await.status, 404, "{odd}");
        }
    }

    /// S2.4, S2.10: the user's tier shows the user's own.
    async fn the_user(engine) {
        let app = App::start(engine).await;
        let keyed = Keyed::new(&app);
        let me = send(&keyed, &app, Method::GET, "/user/me", None).await;
        assert_eq!((&me.body["id"], &me.body["email"]), (&json!(keyed.user.id), &json!(keyed.user.email().to_lowercase())));
        assert_eq!(me.body["name"], Value::Null);
        let known = Keyed::new(&app);
        app.issuer.scim.has_user(known.user.id, "ann@example.org", "Ann Lee");
        let me = send(&known, &app, Method::GET, "/user/me", None).await;
        assert_eq!(me.body, json!({ "id": known.user.id, "email": "ann@example.org", "name": "Ann Lee" }));
        app.issuer.scim.set_status(500);
        let unknown = Keyed::new(&app);
        assert_eq!(send(&unknown, &app, Method::GET, "/user/me", None).await.status, 503);
        let owner = keyed.user.again(&app, |claims| claims["scope"] = json!(crate::harness::token::ALL));
        let (first, second) = (app.make_room(&owner).await, app.make_room(&owner).await);
        app.make_room(&Person::new(&app)).await;
        let rooms = send(&keyed, &app, Method::GET, "/user/rooms?page_size=1", None).await;
        assert_eq!((rooms.status.as_u16(), &rooms.body["count"]), (200, &json!(2)));
        assert_eq!(rooms.body["results"][0]["id"], second["id"]);
        assert_eq!(rooms.body["next"], "https://rooms.example.org/user/rooms?page=2&page_size=1");
        let next = send(&keyed, &app, Method::GET, "/user/rooms?page=2&page_size=1", None).await;
        assert_eq!(next.body["results"][0]["id"], first["id"]);
        assert_eq!(next.body["results"][0]["slug"], first["slug"]);
        assert_eq!(send(&keyed, &app, Method::GET, "/user/rooms?page=9", None).await.status, 404);
        assert_eq!(send(&keyed, &app, Method::GET, "/user/rooms?page_size=101", None).await.status, 400);
        assert_eq!(send(&keyed, &app, Method::POST, "/user/rooms", None).await.status, 405);
    }

    /// S2.5: the record is made, read, replaced and changed; it is each user's own.
    async fn the_record(engine) {
        let app = App::start(engine).await;
        let (keyed, other) = (Keyed::new(&app), Keyed::new(&app));
        let missing = send(&keyed, &app, Method::GET, RECORD, None).await;
        assert_eq!(missing.status, 404);
        let change = Some(json!({ "city": "Lyon" }));
        assert_eq!(send(&keyed, &app, Method::PATCH, RECORD, change.clone()).await.status, 404);
        let record = json!({
            "name": " Café de la Gare ", "description": "Deux\nlignes", "street": "1 place de la Gare",
            "postal_code": "69002", "city": "Lyon", "country": "FR", "phone": "+33 4 12 34 56 78",
            "email": "Cafe@Example.org", "website": "https://cafe.example/?a=b",
            "opening_hours": [
                { "day": "monday", "opens": "08:00", "closes": "12:30" },
                { "day": "monday", "opens": "14:00", "closes": "24:00" },
            ],
        });
        let made = send(&keyed, &app, Method::PUT, RECORD, Some(record.clone())).await;
        assert_eq!(made.status, 201, "{made:?}");
        let mut expected = record.clone();
        expected["name"] = json!("Café de la Gare");
        expected["email"] = json!("cafe@example.org");
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&made.body[member], value, "{member}");
        }
        assert_eq!(send(&keyed, &app, Method::GET, RECORD, None).await.body, made.body);
        assert_eq!(send(&other, &app, Method::GET, RECORD, None).await.status, 404);

        app.pass(60);
        let patch = json!({ "city": "Paris", "phone": null, "website": "", "opening_hours": [], "user_id": Uuid::nil() });
        let changed = send(&keyed, &app, Method::PATCH, RECORD, Some(patch)).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        expected["city"] = json!("Paris");
        expected["phone"] = Value::Null;
        expected["website"] = Value::Null;
        expected["opening_hours"] = json!([]);
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&changed.body[member], value, "{member}");
        }
        assert_eq!(changed.body["created_at"], made.body["created_at"]);
        assert_ne!(changed.body["updated_at"], made.body["updated_at"]);
        let replaced = send(&keyed, &app, Method::PUT, RECORD, Some(json!({ "name": "Bar" }))).await;
        assert_eq!((replaced.status.as_u16(), &replaced.body["city"]), (200, &Value::Null));
        assert_eq!(replaced.body["created_at"], made.body["created_at"]);
        assert_eq!(send(&other, &app, Method::PATCH, RECORD, change).await.status, 404);
    }

    /// S2.5: what is no name, number, address or time is refused with its field, and nothing is stored.
    async fn refused_fields(engine) {
        let app = App::start(engine).await;
        let keyed = Keyed::new(&app);
        let hours = |day: &str, opens: &str, closes: &str| json!([{ "day": day, "opens": opens, "closes": closes }]);
        let long = |length: usize| json!("x".repeat(length));
        for (field, value) in [
            ("name", json!("")),
            ("name", Value::Null),
            ("name", json!(7)),
            ("name", long(201)),
            ("name", json!("a\u{0}b")),
            ("name", json!("two\nlines")),
            ("description", long(5_001)),
            ("description", json!("\u{1b}[31m")),
            ("street", long(301)),
            ("postal_code", long(21)),
            ("city", json!(["Lyon"])),
            ("city", long(101)),
            ("country", json!("fr")),
            ("country", json!("FRA")),
            ("phone", json!("call me")),
            ("phone", json!("1".repeat(33))),
            ("email", json!("nobody")),
            ("website", json!("javascript:alert(1)")),
            ("website", json!("https://bank.example@evil.example/")),
            ("website", json!(format!("https://example.org/{}", "x".repeat(2_000)))),
            ("opening_hours", json!("always")),
            ("opening_hours", json!([1])),
            ("opening_hours", hours("lundi", "08:00", "12:00")),
            ("opening_hours", hours("monday", "12:00", "12:00")),
            ("opening_hours", hours("monday", "8:00", "12:00")),
            ("opening_hours", hours("monday", "08:00", "25:00")),
            ("opening_hours", json!(vec![json!({ "day": "monday", "opens": "08:00", "closes": "09:00" }); 29])),
        ] {
            let mut record = json!({ "name": "Bar" });
            record[field] = value.clone();
            let reply = send(&keyed, &app, Method::PUT, RECORD, Some(record)).await;
            assert_eq!(reply.status, 400, "{field}: {value}");
            assert!(reply.body[field][0].is_string(), "{field}: {reply:?}");
        }
        let nameless = send(&keyed, &app, Method::PUT, RECORD, Some(json!({ "city": "Lyon" }))).await;
        assert_eq!(nameless.body, json!({ "name": ["This field is required."] }));
        assert_eq!(send(&keyed, &app, Method::PUT, RECORD, Some(json!([]))).await.status, 400);
        let text = keyed.full(&app, Method::PUT, RECORD).header("content-type", "text/plain").body("{}");
        assert_eq!(Reply::of(text).await.status, 415);
        let large = keyed.full(&app, Method::PUT, RECORD).body("x".repeat(3_000_000));
        assert_eq!(Reply::of(large).await.status, 413);
        assert_eq!(send(&keyed, &app, Method::GET, RECORD, None).await.status, 404);
    }

    /// S2.5: the record is published on feeds and withdrawn from them, each once.
    async fn publications(engine) {
        let app = App::start(engine).await;
        let (keyed, other) = (Keyed::new(&app), Keyed::new(&app));
        assert_eq!(send(&keyed, &app, Method::PUT, &publication("map"), None).await.status, 404);
        for one in [&keyed, &other] {
            assert_eq!(send(one, &app, Method::PUT, RECORD, Some(json!({ "name": "Bar" }))).await.status, 201);
        }
        let first = send(&keyed, &app, Method::PUT, &publication("map"), None).await;
        assert_eq!((first.status.as_u16(), &first.body["feed"]), (200, &json!("map")));
        app.pass(60);
        let again = send(&keyed, &app, Method::PUT, &publication("map"), None).await;
        assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
        send(&keyed, &app, Method::PUT, &publication("directory"), None).await;
        let record = send(&keyed, &app, Method::GET, RECORD, None).await;
        let feeds = |body: &Value| -> Vec<Value> {
            body.as_array().unwrap().iter().map(|one| one["feed"].clone()).collect()
        };
        assert_eq!(feeds(&record.body["publications"]), ["directory", "map"]);
        assert_eq!(send(&other, &app, Method::GET, RECORD, None).await.body["publications"], json!([]));
        let listed = send(&keyed, &app, Method::GET, "/pro/feeds", None).await;
        assert_eq!(feeds(&listed.body["results"]), ["directory", "map", "events"]);
        assert_eq!(listed.body["count"], 3);
        assert_eq!(listed.body["results"][1]["published_at"], first.body["published_at"]);
        assert_eq!(listed.body["results"][2]["published_at"], Value::Null);
        let french = send(&keyed, &app, Method::GET, "/pro/feeds?lang=fr&page_size=1&page=2", None).await;
        assert_eq!(french.body["results"][0]["description"], "La carte des établissements");
        assert_eq!(send(&other, &app, Method::DELETE, &publication("map"), None).await.status, 404);
        // Replacing the record leaves it where it is published.
        send(&keyed, &app, Method::PUT, RECORD, Some(json!({ "name": "Café" }))).await;
        assert_eq!(send(&keyed, &app, Method::DELETE, &publication("map"), None).await.status, 204);
        assert_eq!(send(&keyed, &app, Method::DELETE, &publication("map"), None).await.status, 404);
        let record = send(&keyed, &app, Method::GET, RECORD, None).await;
        assert_eq!(feeds(&record.body["publications"]), ["directory"]);
        for odd in ["Map", "nothing", "%00", "%ff"] {
            for method in [Method::PUT, Method::DELETE] {
                assert_eq!(send(&keyed, &app, method, &publication(odd), None).await.status, 404, "{odd}");
            }
        }
    }

    /// Twenty who make the record at once make one; twenty changes of different fields at once are all kept.
    async fn at_the_same_moment(engine) {
        let app = App::start(engine).await;
        let keyed = Keyed::new(&app);
        let at_once = async |method: Method, bodies: Vec<Value>| -> Vec<u16> {
            let tasks: Vec<_> = bodies
                .into_iter()
                .map(|body| tokio::spawn(Reply::of(keyed.full(&app, method.clone(), RECORD).json(&body))))
                .collect();
            let mut statuses = Vec::new();
            for task in tasks {
                statuses.push(task.await.unwrap().status.as_u16());
            }
            statuses
        };
        let statuses = at_once(Method::PUT, vec![json!({ "name": "Bar" }); 20]).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 201].contains(status)), "{statuses:?}");
        let fields = ["description", "street", "postal_code", "city"];
        let changes = (0..20).map(|at| json!({ fields[at % 4]: "kept" })).collect();
        let statuses = at_once(Method::PATCH, changes).await;
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        let record = send(&keyed, &app, Method::GET, RECORD, None).await;
        for field in fields {
            assert_eq!(record.body[field], "kept", "{field}");
        }
        let tasks: Vec<_> = (0..20)
            .map(|_| tokio::spawn(Reply::of(keyed.full(&app, Method::PUT, &publication("map")))))
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().status, 200);
        }
        let tasks: Vec<_> = (0..20)
            .map(|_| tokio::spawn(Reply::of(keyed.full(&app, Method::DELETE, &publication("map")))))
            .collect();
        let mut withdrawn = 0;
        for task in tasks {
            withdrawn += usize::from(task.await.unwrap().status == 204);
        }
        assert_eq!(withdrawn, 1);
    }
}
