//! `/api/v3/conferences/{id}/records`

use reqwest::Method;
use resource_server::domain::access::Role;
use resource_server::domain::record::Record;
use serde_json::json;
use uuid::Uuid;

use crate::conferences::{give, make};
use crate::harness::{App, Person, on_each_database};

const BOTH: &str = "conferences conferences.records:read";

fn record(room_id: Uuid, started_at: i64) -> Record {
    Record {
        id: Uuid::new_v4(),
        room_id,
        name: format!("Take {started_at}"),
        started_at,
        duration_seconds: 61,
        size_bytes: Some(5_000_000_000),
        url: (started_at == 0).then(|| "https://media.example.org/1".to_owned()),
    }
}

on_each_database! {
    /// S3.26: whoever takes part sees what was recorded.
    async fn recordings_are_listed_and_read(engine) {
        let app = App::start(engine).await;
        let (ann, bob, eve) = (Person::scoped(&app, BOTH), Person::scoped(&app, BOTH), Person::scoped(&app, BOTH));
        let server = Person::server_wide(&app, BOTH);
        let path = make(&app, &ann, json!({})).await;
        let other = make(&app, &ann, json!({})).await;
        give(&app, &path, &bob, Role::Member).await;
        let id: Uuid = path.rsplit_once('/').unwrap().1.parse().unwrap();
        let [old, new] = [record(id, 0), record(id, 1_900_000_000)];
        for record in [&old, &new] {
            assert!(app.state.database.insert_record(record).await.unwrap());
        }
        let list = format!("{path}/records");
        for person in [&ann, &bob, &server] {
            let page = app.get(&list, person).await.body;
            assert_eq!(page["count"], 2);
            assert_eq!(
                page["results"],
                json!([
                    { "id": new.id, "name": "Take 1900000000", "started_at": "2030-03-17T17:46:40Z",
                      "duration_seconds": 61, "size_bytes": 5_000_000_000_i64, "url": null },
                    { "id": old.id, "name": "Take 0", "started_at": "1970-01-01T00:00:00Z",
                      "duration_seconds": 61, "size_bytes": 5_000_000_000_i64, "url": "https://media.example.org/1" },
                ])
            );
            assert_eq!(app.get(&format!("{list}/{}", old.id), person).await.body, page["results"][1]);
        }
        let second = app.get(&format!("{list}?page_size=1&page=2"), &bob).await.body;
        assert_eq!((&second["count"], &second["results"][0]["id"]), (&json!(2), &json!(old.id)));
        assert_eq!(app.get(&list, &eve).await.status, 404);
        assert_eq!(app.get(&format!("{list}/{}", old.id), &eve).await.status, 404);
        // Of this conference, not of another that the user sees.
        assert_eq!(app.get(&format!("{other}/records/{}", old.id), &ann).await.status, 404);
        assert_eq!(app.get(&format!("{other}/records"), &ann).await.body["count"], 0);
        // There is no permission to write, and no way to.
        assert_eq!(app.call(Method::POST, &list, &ann, Some(json!({}))).await.status, 405);
        // They go with their conference, and come to none that is gone.
        assert_eq!(app.call(Method::DELETE, &path, &ann, None).await.status, 204);
        assert_eq!(app.state.database.find_record(id, old.id).await.unwrap(), None);
        assert!(!app.state.database.insert_record(&record(id, 5)).await.unwrap());
    }
}
