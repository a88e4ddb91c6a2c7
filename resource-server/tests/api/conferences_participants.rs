//! `/api/v3/conferences/{id}/participants`

use std::collections::HashSet;

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::conferences::{CONFERENCES, give, make};
use crate::harness::{App, Person, on_each_database};

const BOTH: &str = "conferences conferences.participants";

fn roles(page: &Value) -> Vec<(Uuid, String)> {
    let results = page["results"].as_array().unwrap();
    let role = |item: &Value| {
        (
            item["user_id"].as_str().unwrap().parse().unwrap(),
            item["role"].as_str().unwrap().to_owned(),
        )
    };
    results.iter().map(role).collect()
}

on_each_database! {
    /// S3.12, S3.27, S3.28: whoever is on the list sees the conference, and no longer when taken off.
    async fn participants_are_added_read_changed_and_removed(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::scoped(&app, BOTH), Person::scoped(&app, BOTH));
        let path = make(&app, &ann, json!({})).await;
        let list = format!("{path}/participants");
        let of_bob = format!("{list}/{}", bob.id);
        assert_eq!(app.get(&path, &bob).await.status, 404);
        assert_eq!(app.get(&of_bob, &ann).await.status, 404);

        let added = app.call(Method::POST, &list, &ann, Some(json!({ "user_id": bob.id }))).await;
        assert_eq!((added.status.as_u16(), &added.body), (201, &json!({ "user_id": bob.id, "role": "member" })));
        assert_eq!(app.get(&path, &bob).await.status, 200);
        assert_eq!(app.get(CONFERENCES, &bob).await.body["count"], 1);
        // Members see the list.
        let page = app.get(&list, &bob).await.body;
        let mut expected = vec![(ann.id, "owner".to_owned()), (bob.id, "member".to_owned())];
        expected.sort();
        assert_eq!((roles(&page), &page["count"]), (expected.clone(), &json!(2)));
        let second = app.get(&format!("{list}?page_size=1&page=2"), &ann).await.body;
        assert_eq!((roles(&second), &second["count"]), (vec![expected[1].clone()], &json!(2)));

        let again = app.call(Method::POST, &list, &ann, Some(json!({ "user_id": bob.id, "role": "owner" }))).await;
        assert_eq!(again.status, 409);
        assert!(again.body["detail"].is_string());
        for (method, role) in [(Method::PUT, "administrator"), (Method::PATCH, "owner"), (Method::PATCH, "member")] {
            let reply = app.call(method, &of_bob, &ann, Some(json!({ "role": role }))).await;
            assert_eq!((reply.status.as_u16(), &reply.body["role"]), (200, &json!(role)));
            assert_eq!(app.get(&of_bob, &bob).await.body, json!({ "user_id": bob.id, "role": role }));
        }
        assert_eq!(app.call(Method::DELETE, &of_bob, &ann, None).await.status, 204);
        assert_eq!(app.call(Method::DELETE, &of_bob, &ann, None).await.status, 404);
        assert_eq!(app.call(Method::PATCH, &of_bob, &ann, Some(json!({ "role": "member" }))).await.status, 404);
        assert_eq!(app.get(&path, &bob).await.status, 404);
        let trail = app.state.database.audit_trail(path.rsplit_once('/').unwrap().1.parse().unwrap()).await.unwrap();
        assert_eq!(trail.iter().filter(|entry| entry.action == "update").count(), 5);
    }

    /// S3.28: who may do what, as `domain::access` has it, through the API.
    async fn roles_decide_who_changes_the_list(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let server = Person::server_wide(&app, BOTH);
        let path = make(&app, &ann, json!({})).await;
        let list = format!("{path}/participants");
        let add = async |person: &Person, role: &str| {
            let body = json!({ "user_id": Uuid::new_v4(), "role": role });
            app.call(Method::POST, &list, person, Some(body)).await.status.as_u16()
        };
        for (role, member, owner) in [
            (None, 404, 404),
            (Some(Role::Member), 403, 403),
            (Some(Role::Administrator), 201, 403),
            (Some(Role::Owner), 201, 201),
        ] {
            let person = Person::scoped(&app, BOTH);
            if let Some(role) = role {
                give(&app, &path, &person, role).await;
            }
            assert_eq!((add(&person, "member").await, add(&person, "owner").await), (member, owner), "{role:?}");
            // Nobody below an owner touches an owner.
            if role != Some(Role::Owner) {
                let of_ann = format!("{list}/{}", ann.id);
                assert_eq!(app.call(Method::DELETE, &of_ann, &person, None).await.status, owner, "{role:?}");
                let body = Some(json!({ "role": "member" }));
                assert_eq!(app.call(Method::PATCH, &of_ann, &person, body).await.status, owner, "{role:?}");
            }
        }
        assert_eq!((add(&server, "member").await, add(&server, "owner").await), (201, 201));
        // A conference of nobody gets its owner from the application.
        let path = make(&app, &server, json!({})).await;
        let body = json!({ "user_id": ann.id, "role": "owner" });
        assert_eq!(app.call(Method::POST, &format!("{path}/participants"), &server, Some(body)).await.status, 201);
        assert_eq!(app.get(&path, &ann).await.body["owners"], json!([ann.id]));
    }

    /// A user's token never leaves a conference without an owner; a server-wide one may.
    async fn the_last_owner_stays(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let server = Person::server_wide(&app, BOTH);
        let path = make(&app, &ann, json!({})).await;
        let of_ann = format!("{path}/participants/{}", ann.id);
        let leave = app.call(Method::DELETE, &of_ann, &ann, None).await;
        assert_eq!((leave.status.as_u16(), &leave.body["detail"]), (409, &json!("A conference must have an owner.")));
        let step_down = app.call(Method::PATCH, &of_ann, &ann, Some(json!({ "role": "administrator" }))).await;
        assert_eq!(step_down.status, 409);
        assert_eq!(app.get(&of_ann, &ann).await.body["role"], "owner");
        assert_eq!(app.call(Method::DELETE, &of_ann, &server, None).await.status, 204);
        assert_eq!(app.get(&path, &ann).await.status, 404);
        assert_eq!(app.get(&path, &server).await.body["owners"], json!([]));
    }

    /// 20 owners leave at the same time, each of them allowed to while another is there: one stays.
    async fn of_many_owners_who_leave_at_once_one_stays(engine) {
        let app = App::start(engine).await;
        let first = Person::scoped(&app, BOTH);
        let path = make(&app, &first, json!({})).await;
        let mut owners = vec![first];
        for _ in 0..19 {
            let owner = Person::scoped(&app, BOTH);
            give(&app, &path, &owner, Role::Owner).await;
            owners.push(owner);
        }
        let leave = owners.iter().map(|owner| {
            let of_owner = format!("{path}/participants/{}", owner.id);
            let app = &app;
            async move { app.call(Method::DELETE, &of_owner, owner, None).await.status.as_u16() }
        });
        let statuses = futures_util::future::join_all(leave).await;
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 19, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 1, "{statuses:?}");
        let left = app.get(&path, &Person::server_wide(&app, BOTH)).await.body;
        assert_eq!(left["owners"].as_array().unwrap().len(), 1);
    }

    /// 20 callers add the same user: one does.
    async fn a_participant_is_added_once(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let path = make(&app, &ann, json!({})).await;
        let user = Uuid::new_v4();
        let add = (0..20).map(|_| {
            let (app, ann, list) = (&app, &ann, format!("{path}/participants"));
            async move { app.call(Method::POST, &list, ann, Some(json!({ "user_id": user }))).await.status.as_u16() }
        });
        let statuses = futures_util::future::join_all(add).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().collect::<HashSet<_>>().len(), 2, "{statuses:?}");
    }

    async fn what_makes_no_sense_is_refused(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let path = make(&app, &ann, json!({})).await;
        let list = format!("{path}/participants");
        for (body, field) in [
            (json!({}), "user_id"),
            (json!({ "user_id": null }), "user_id"),
            (json!({ "user_id": "ann" }), "user_id"),
            (json!({ "user_id": Uuid::new_v4(), "role": "attendee" }), "role"),
            (json!({ "user_id": Uuid::new_v4(), "role": "Owner" }), "role"),
            (json!({ "user_id": Uuid::new_v4(), "role": null }), "role"),
        ] {
            let reply = app.call(Method::POST, &list, &ann, Some(body.clone())).await;
            assert_eq!(reply.status, 400, "{body}");
            assert!(reply.body[field][0].is_string(), "{reply:?}");
        }
        let reply = app.call(Method::PATCH, &format!("{list}/{}", ann.id), &ann, Some(json!({}))).await;
        assert_eq!((reply.status.as_u16(), &reply.body), (400, &json!({ "role": ["This field is required."] })));
        for path in [format!("{list}/ann"), format!("{CONFERENCES}/x/participants")] {
            assert_eq!(app.get(&path, &ann).await.status, 404);
        }
        assert_eq!(app.get(&list, &ann).await.body["count"], 1);
    }
}
