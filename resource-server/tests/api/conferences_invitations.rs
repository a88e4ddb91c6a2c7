//! `/api/v3/conferences/{id}/invitations`

use reqwest::Method;
use resource_server::domain::access::Role;
use serde_json::json;

use crate::conferences::{CONFERENCES, give, make};
use crate::harness::{App, Person, on_each_database};

const BOTH: &str = "conferences conferences.invitations";

on_each_database! {
    /// S3.12, S3.29: one permission reads and edits; whoever is invited sees the conference.
    async fn people_are_invited_and_uninvited(engine) {
        let app = App::start(engine).await;
        let (ann, bob) = (Person::scoped(&app, BOTH), Person::scoped(&app, BOTH));
        let path = make(&app, &ann, json!({})).await;
        let list = format!("{path}/invitations");
        let email = bob.email().to_lowercase();
        let invite = async |email: &str| app.call(Method::POST, &list, &ann, Some(json!({ "email": email }))).await;

        let added = invite(&bob.email()).await;
        assert_eq!((added.status.as_u16(), &added.body), (201, &json!({ "email": email })));
        assert_eq!(invite(&email.to_uppercase()).await.status, 409);
        assert_eq!(invite("zoe@example.org").await.status, 201);
        let page = app.get(&list, &ann).await.body;
        assert_eq!((&page["count"], &page["results"][1]), (&json!(2), &json!({ "email": "zoe@example.org" })));
        let second = app.get(&format!("{list}?page_size=1&page=2"), &ann).await.body;
        assert_eq!(second["results"], json!([{ "email": "zoe@example.org" }]));

        assert_eq!(app.get(&path, &bob).await.status, 200);
        assert_eq!(app.get(CONFERENCES, &bob).await.body["count"], 1);
        // In another case, and with its characters encoded.
        let of_bob = format!("{list}/{}", email.to_uppercase().replace('@', "%40"));
        assert_eq!(app.call(Method::DELETE, &of_bob, &ann, None).await.status, 204);
        assert_eq!(app.call(Method::DELETE, &of_bob, &ann, None).await.status, 404);
        assert_eq!(app.get(&path, &bob).await.status, 404);
        let trail = app.state.database.audit_trail(path.rsplit_once('/').unwrap().1.parse().unwrap()).await.unwrap();
        assert_eq!(trail.iter().filter(|entry| entry.action == "update").count(), 3);
    }

    async fn managers_alone_see_and_change_invitations(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let path = make(&app, &ann, json!({})).await;
        let list = format!("{path}/invitations");
        let invited = Person::scoped(&app, BOTH);
        let body = Some(json!({ "email": invited.email() }));
        assert_eq!(app.call(Method::POST, &list, &ann, body).await.status, 201);
        let (stranger, member, administrator) =
            (Person::scoped(&app, BOTH), Person::scoped(&app, BOTH), Person::scoped(&app, BOTH));
        give(&app, &path, &member, Role::Member).await;
        give(&app, &path, &administrator, Role::Administrator).await;
        let server = Person::server_wide(&app, BOTH);
        for (at, (person, read, add, remove)) in [
            (&stranger, 404, 404, 404),
            (&invited, 403, 403, 403),
            (&member, 403, 403, 403),
            (&administrator, 200, 201, 204),
            (&server, 200, 201, 204),
        ]
        .into_iter()
        .enumerate()
        {
            let email = format!("guest{at}@example.org");
            assert_eq!(app.get(&list, person).await.status, read, "{at}");
            let reply = app.call(Method::POST, &list, person, Some(json!({ "email": email }))).await;
            assert_eq!(reply.status, add, "{at}");
            app.call(Method::POST, &list, &ann, Some(json!({ "email": email }))).await;
            let reply = app.call(Method::DELETE, &format!("{list}/{email}"), person, None).await;
            assert_eq!(reply.status, remove, "{at}");
        }
    }

    async fn what_makes_no_sense_is_refused(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, BOTH);
        let path = make(&app, &ann, json!({})).await;
        let list = format!("{path}/invitations");
        for body in [json!({}), json!({ "email": null }), json!({ "email": "ann" }), json!({ "email": ["ann@example.org"] })] {
            let reply = app.call(Method::POST, &list, &ann, Some(body.clone())).await;
            assert_eq!(reply.status, 400, "{body}");
            assert!(reply.body["email"][0].is_string(), "{reply:?}");
        }
        for email in ["ann", "%00@example.org", "%ff@example.org", "nobody@example.org"] {
            assert_eq!(app.call(Method::DELETE, &format!("{list}/{email}"), &ann, None).await.status, 404, "{email}");
        }
    }

    /// The limit holds among concurrent callers.
    async fn a_conference_has_only_so_many_invitations(engine) {
        let app = App::start(engine).await;
        let ann = Person::scoped(&app, "conferences conferences.invitations rooms:update");
        let path = make(&app, &ann, json!({})).await;
        let many: Vec<_> = (0..490).map(|n| format!("p{n}@example.org")).collect();
        let room = path.replace(CONFERENCES, crate::harness::app::ROOMS);
        assert_eq!(app.call(Method::PATCH, &room, &ann, Some(json!({ "attendees": many }))).await.status, 200);
        let invite = (0..20).map(|n| {
            let (app, ann, list) = (&app, &ann, format!("{path}/invitations"));
            let body = json!({ "email": format!("late{n}@example.org") });
            async move { app.call(Method::POST, &list, ann, Some(body)).await.status.as_u16() }
        });
        let statuses = futures_util::future::join_all(invite).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 10, "{statuses:?}");
        assert_eq!(app.get(&format!("{path}/invitations"), &ann).await.body["count"], 500);
    }
}
