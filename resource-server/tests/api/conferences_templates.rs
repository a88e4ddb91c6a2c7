//! `/api/v3/templates/conferences`

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::conferences::CONFERENCES;
use crate::harness::{App, Person, on_each_database};

const TEMPLATES: &str = "/api/v3/templates/conferences";
const BOTH: &str = "conferences templates.conferences conferences.participants:read";

async fn make(app: &App, person: &Person, body: Value) -> Value {
    let reply = app.call(Method::POST, TEMPLATES, person, Some(body)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.body
}

fn path(template: &Value) -> String {
    format!("{TEMPLATES}/{}", template["id"].as_str().unwrap())
}

on_each_database! {
    /// S3.43, S3.44
    async fn templates_are_made_read_changed_and_deleted(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let guest = Uuid::new_v4();
        let body = json!({
            "name": "Weekly", "description": "All of us", "duration_minutes": 45,
            "participants": [{ "user_id": guest, "role": "administrator" }],
        });
        let mut expected = make(&app, &ann, body).await;
        assert_eq!(expected["owner"], json!(ann.id));
        assert_eq!(expected["participants"], json!([{ "user_id": guest, "role": "administrator" }]));
        let path = path(&expected);
        assert_eq!(app.get(&path, &ann).await.body, expected);
        for (method, body, field, value) in [
            (Method::PATCH, json!({ "name": "Daily" }), "name", json!("Daily")),
            (Method::PUT, json!({ "description": null }), "description", Value::Null),
            (Method::PATCH, json!({ "duration_minutes": 15 }), "duration_minutes", json!(15)),
            (Method::PATCH, json!({ "duration_minutes": null }), "duration_minutes", Value::Null),
            (Method::PATCH, json!({ "participants": [{ "user_id": ann.id }] }), "participants", json!([{ "user_id": ann.id, "role": "member" }])),
            (Method::PATCH, json!({ "owner": guest, "id": guest }), "owner", json!(ann.id)),
            (Method::PUT, json!({ "participants": [] }), "participants", json!([])),
        ] {
            expected[field] = value;
            let reply = app.call(method, &path, &ann, Some(body.clone())).await;
            assert_eq!((reply.status.as_u16(), &reply.body), (200, &expected), "{body}");
        }
        let other = make(&app, &ann, json!({ "name": "Other", "participants": [{ "user_id": guest }] })).await;
        let page = app.get(TEMPLATES, &ann).await.body;
        assert_eq!((&page["count"], &page["results"]), (&json!(2), &json!([other, expected])));
        let second = app.get(&format!("{TEMPLATES}?page_size=1&page=2"), &ann).await.body;
        assert_eq!((&second["count"], &second["results"]), (&json!(2), &json!([expected])));
        assert_eq!(app.call(Method::DELETE, &path, &ann, None).await.status, 204);
        assert_eq!(app.call(Method::DELETE, &path, &ann, None).await.status, 404);
        assert_eq!(app.get(&path, &ann).await.status, 404);
        assert_eq!(app.get(TEMPLATES, &ann).await.body["count"], 1);
    }

    /// S3.11, S3.12, S3.43: users have their own, a server-wide token has all.
    async fn templates_of_others_are_not_there(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::scoped(&app, BOTH), Person::scoped(&app, BOTH));
        let server = Person::server_wide(&app, BOTH);
        let of_ann = make(&app, &ann, json!({ "name": "Ann's" })).await;
        let of_nobody = make(&app, &server, json!({ "name": "Everybody's" })).await;
        let of_bob = make(&app, &server, json!({ "name": "Bob's", "owner": bob.id })).await;
        assert_eq!(of_nobody["owner"], Value::Null);
        let ids = |page: Value| -> Vec<Value> {
            page["results"].as_array().unwrap().iter().map(|template| template["id"].clone()).collect()
        };
        assert_eq!(ids(app.get(TEMPLATES, &ann).await.body), [of_ann["id"].clone()]);
        assert_eq!(ids(app.get(TEMPLATES, &bob).await.body), [of_bob["id"].clone()]);
        let all = [&of_bob, &of_nobody, &of_ann].map(|template| template["id"].clone());
        assert_eq!(ids(app.get(TEMPLATES, &server).await.body), all);
        for template in [&of_ann, &of_nobody] {
            let path = path(template);
            assert_eq!(app.get(&path, &bob).await.status, 404);
            assert_eq!(app.call(Method::PATCH, &path, &bob, Some(json!({ "name": "x" }))).await.status, 404);
            assert_eq!(app.call(Method::DELETE, &path, &bob, None).await.status, 404);
            let body = json!({ "template_id": template["id"] });
            let reply = app.call(Method::POST, CONFERENCES, &bob, Some(body)).await;
            assert_eq!((reply.status.as_u16(), reply.body["template_id"][0].is_string()), (400, true));
            assert_eq!(app.get(&path, &server).await.body, *template);
        }
        assert_eq!(app.get(CONFERENCES, &bob).await.body["count"], 0);
        assert_eq!(app.call(Method::DELETE, &path(&of_ann), &server, None).await.status, 204);
    }

    /// S3.43: a conference copies what its template has and the request does not say.
    async fn a_conference_starts_from_a_template(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let guest = Uuid::new_v4();
        let template = make(&app, &ann, json!({
            "name": "Weekly", "description": "All of us", "duration_minutes": 45,
            "participants": [{ "user_id": guest, "role": "administrator" }, { "user_id": ann.id, "role": "member" }],
        })).await;
        let create = async |body: Value| {
            let reply = app.call(Method::POST, CONFERENCES, &ann, Some(body)).await;
            assert_eq!(reply.status, 201, "{reply:?}");
            reply.body
        };
        let plain = create(json!({ "template_id": template["id"] })).await;
        assert_eq!((&plain["name"], &plain["description"], &plain["schedule"]), (&json!("Weekly"), &json!("All of us"), &Value::Null));
        assert_eq!(plain["owners"], json!([ann.id]));
        let participants = format!("{CONFERENCES}/{}/participants", plain["id"].as_str().unwrap());
        let page = app.get(&participants, &ann).await.body;
        assert_eq!(page["count"], 2);
        assert!(page["results"].as_array().unwrap().contains(&json!({ "user_id": guest, "role": "administrator" })));
        let start = "2030-01-31T09:30:00Z";
        let own = create(json!({
            "template_id": template["id"], "name": "Special", "description": null, "schedule": { "starts_at": start },
        })).await;
        assert_eq!((&own["name"], &own["description"]), (&json!("Special"), &Value::Null));
        assert_eq!(own["schedule"], json!({ "starts_at": start, "duration_minutes": 45 }));
        // It is a copy: the template may go.
        assert_eq!(app.call(Method::DELETE, &path(&template), &ann, None).await.status, 204);
        assert_eq!(app.get(&participants, &ann).await.body, page);
    }

    async fn what_makes_no_sense_is_refused(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let template = make(&app, &ann, json!({ "name": "x" })).await;
        let user = Uuid::new_v4();
        for (field, value) in [
            ("name", json!(null)),
            ("name", json!(" ")),
            ("name", json!(1)),
            ("duration_minutes", json!(0)),
            ("duration_minutes", json!("45")),
            ("description", json!("\u{7}")),
            ("participants", json!({})),
            ("participants", json!(null)),
            ("participants", json!([user])),
            ("participants", json!([{ "role": "member" }])),
            ("participants", json!([{ "user_id": user, "role": "attendee" }])),
            ("participants", json!([{ "user_id": user }, { "user_id": user, "role": "owner" }])),
            ("participants", json!((0..501).map(|_| json!({ "user_id": Uuid::new_v4() })).collect::<Vec<_>>())),
        ] {
            let mut body = json!({ "name": "y" });
            body[field] = value;
            for (method, path) in [(Method::POST, TEMPLATES.to_owned()), (Method::PATCH, path(&template))] {
                let reply = app.call(method, &path, &ann, Some(body.clone())).await;
                assert_eq!(reply.status, 400, "{field}");
                assert!(reply.body[field][0].is_string(), "{reply:?}");
            }
        }
        assert_eq!(app.call(Method::POST, TEMPLATES, &ann, Some(json!({ "owner": user, "name": "z" }))).await.status, 400);
        assert_eq!(app.call(Method::POST, TEMPLATES, &ann, None).await.body, json!({ "name": ["This field is required."] }));
        assert_eq!(app.get(TEMPLATES, &ann).await.body["results"], json!([template]));
        let reply = app.call(Method::POST, CONFERENCES, &ann, Some(json!({ "template_id": user }))).await;
        assert_eq!(reply.status, 400);
    }
}
