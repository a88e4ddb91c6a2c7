//! `/api/v3/conferences/{id}/session` and `/api/v3/sessions`

use futures_util::future::join_all;
use reqwest::Method;
use resource_server::domain::access::Role;
use resource_server::domain::principal::{AuthMethod, Principal};
use resource_server::domain::room::{AccessLevel, RoomChange};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::conferences::{give, make};
use crate::harness::{App, Person, Reply, on_each_database};

const SESSIONS: &str = "/api/v3/sessions";
const ALL: &str = "conferences conferences.participants conferences.sessions:read \
     conferences.sessions.participants:read conferences.sessions.podiums.participants";

/// The conference that a path names.
pub fn id_of(path: &str) -> Uuid {
    path.rsplit_once('/').unwrap().1.parse().unwrap()
}

pub async fn start(app: &App, person: &Person, path: &str) -> Reply {
    app.call(Method::POST, &format!("{path}/session"), person, None)
        .await
}

pub async fn end(app: &App, person: &Person, path: &str) -> u16 {
    let reply = app
        .call(Method::DELETE, &format!("{path}/session"), person, None)
        .await;
    reply.status.as_u16()
}

pub async fn join(app: &App, person: &Person, path: &str) -> Reply {
    app.call(
        Method::POST,
        &format!("{path}/session/participants"),
        person,
        None,
    )
    .await
}

/// Lets a user in as an application that acts for itself.
async fn bring(app: &App, server: &Person, path: &str, body: Value) -> Reply {
    app.call(
        Method::POST,
        &format!("{path}/session/participants"),
        server,
        Some(body),
    )
    .await
}

pub async fn leave(app: &App, person: &Person, path: &str, user: Uuid) -> u16 {
    let path = format!("{path}/session/participants/{user}");
    app.call(Method::DELETE, &path, person, None)
        .await
        .status
        .as_u16()
}

async fn podium(app: &App, method: Method, person: &Person, path: &str, user: Uuid) -> Reply {
    app.call(method, &format!("{path}/session/podium/{user}"), person, None)
        .await
}

/// Who is in, in the order of the list.
async fn present(app: &App, person: &Person, path: &str) -> Vec<Uuid> {
    let page = app
        .get(&format!("{path}/session/participants"), person)
        .await
        .body;
    let results = page["results"].as_array().unwrap_or_else(|| panic!("{page}"));
    results
        .iter()
        .map(|item| item["user_id"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// As the owner does on the room's page.
pub async fn set_level(app: &App, owner: &Person, path: &str, level: AccessLevel) {
    let owner = Principal {
        user_id: owner.id,
        email: None,
        client_id: owner.client_id.clone(),
        auth_method: AuthMethod::Webapp,
    };
    let database = &app.state.database;
    let room = database
        .find_room(id_of(path), (&owner).into())
        .await
        .unwrap()
        .unwrap()
        .room;
    let change = RoomChange {
        access_level: Some(level),
        ..RoomChange::default()
    };
    assert!(
        database
            .update_room(&room, &change, (&owner).into(), room.created_at)
            .await
            .unwrap()
    );
}

/// A conference of a new user, and that user.
async fn conference(app: &App) -> (Person, String) {
    let ann = Person::scoped(app, ALL);
    let path = make(app, &ann, json!({ "name": "Monday round" })).await;
    (ann, path)
}

on_each_database! {
    /// S3.30: a session is started, read and ended, and then there is none.
    async fn a_session_has_a_beginning_and_an_end(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        let session = format!("{path}/session");
        assert_eq!(app.get(&session, &ann).await.status, 404);
        assert_eq!(end(&app, &ann, &path).await, 404);

        let started = start(&app, &ann, &path).await;
        assert_eq!(started.status, 201, "{started:?}");
        assert_eq!(started.body, json!({
            "id": started.body["id"], "conference_id": id_of(&path), "name": "Monday round",
            "started_at": started.body["started_at"], "record": false, "participants": 0,
        }));
        let time = started.body["started_at"].as_str().unwrap();
        assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
        let again = start(&app, &ann, &path).await;
        assert_eq!((again.status.as_u16(), &again.body), (200, &started.body));
        assert_eq!(app.get(&session, &ann).await.body, started.body);

        assert_eq!(end(&app, &ann, &path).await, 204);
        assert_eq!(end(&app, &ann, &path).await, 404);
        assert_eq!(app.get(&session, &ann).await.status, 404);
        assert_eq!(app.get(SESSIONS, &ann).await.body["count"], 0);
        let next = start(&app, &ann, &path).await;
        assert_eq!(next.status, 201);
        assert_ne!(next.body["id"], started.body["id"]);
    }

    /// S3.30: 20 callers start a session, and some of them join it: there is one.
    async fn of_many_starts_one_session_comes(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        let starts = (0..20).map(|at| {
            let (app, ann, path) = (&app, &ann, &path);
            async move {
                if at % 4 == 3 {
                    let joined = join(app, ann, path).await;
                    assert!([200, 201].contains(&joined.status.as_u16()), "{joined:?}");
                    return None;
                }
                let started = start(app, ann, path).await;
                Some((started.status.as_u16(), started.body["id"].as_str().unwrap().to_owned()))
            }
        });
        let mut answers: Vec<_> = join_all(starts).await.into_iter().flatten().collect();
        assert_eq!(answers.len(), 15);
        assert!(answers.iter().filter(|(status, _)| *status == 201).count() <= 1, "{answers:?}");
        assert!(answers.iter().all(|(status, _)| [200, 201].contains(status)), "{answers:?}");
        answers.dedup_by(|one, other| one.1 == other.1);
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(app.everything("room_call").await.lines().count(), 1);
        assert_eq!(present(&app, &ann, &path).await, [ann.id]);
    }

    /// S3.31: 20 callers let the same user in: the user is in once. 20 let them out: one does.
    async fn somebody_is_in_once(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        assert_eq!(start(&app, &ann, &path).await.status, 201);
        let joins = join_all((0..20).map(|_| join(&app, &ann, &path))).await;
        let statuses: Vec<_> = joins.iter().map(|reply| reply.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 19, "{statuses:?}");
        assert_eq!(app.get(&format!("{path}/session"), &ann).await.body["participants"], 1);
        let leaves = join_all((0..20).map(|_| leave(&app, &ann, &path, ann.id))).await;
        assert_eq!(leaves.iter().filter(|status| **status == 204).count(), 1, "{leaves:?}");
        assert_eq!(leaves.iter().filter(|status| **status == 404).count(), 19, "{leaves:?}");
        assert_eq!(present(&app, &ann, &path).await, [] as [Uuid; 0]);
    }

    /// S3.12, S3.30: who starts and ends, by role.
    async fn owners_and_administrators_start_and_end(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        let server = Person::server_wide(&app, ALL);
        for (role, started, ended) in [
            (None, 404, 404),
            (Some(Role::Member), 403, 403),
            (Some(Role::Administrator), 201, 204),
            (Some(Role::Owner), 201, 204),
        ] {
            let person = Person::scoped(&app, ALL);
            if let Some(role) = role {
                give(&app, &path, &person, role).await;
            }
            assert_eq!(start(&app, &person, &path).await.status, started, "{role:?}");
            start(&app, &ann, &path).await;
            assert_eq!(end(&app, &person, &path).await, ended, "{role:?}");
            end(&app, &ann, &path).await;
        }
        assert_eq!(start(&app, &server, &path).await.status, 201);
        assert_eq!(end(&app, &server, &path).await, 204);
        for body in [json!({ "record": null }), json!({ "record": "yes" }), json!({ "record": 1 })] {
            let reply = app.call(Method::POST, &format!("{path}/session"), &ann, Some(body)).await;
            assert_eq!((reply.status.as_u16(), &reply.body["record"][0]), (400, &json!("Must be a valid boolean.")));
        }
    }

    /// S3.12, S3.30: a user's token lists the sessions that concern its user, a server-wide one all of them.
    async fn who_sees_which_sessions(engine) {
        let app = App::start(engine).await;
        let (ann, of_ann) = conference(&app).await;
        let (bob, of_bob) = conference(&app).await;
        let (eve, server) = (Person::scoped(&app, ALL), Person::server_wide(&app, ALL));
        let (_, quiet) = conference(&app).await;
        for (person, path) in [(&ann, &of_ann), (&bob, &of_bob)] {
            assert_eq!(start(&app, person, path).await.status, 201);
        }
        let seen = async |person: &Person| {
            let page = app.get(SESSIONS, person).await.body;
            let results = page["results"].as_array().unwrap();
            assert_eq!(page["count"], results.len());
            results.iter().map(|call| call["conference_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (ann_id, bob_id) = (id_of(&of_ann).to_string(), id_of(&of_bob).to_string());
        assert_eq!(seen(&ann).await, [ann_id.as_str()]);
        assert_eq!(seen(&bob).await, [bob_id.as_str()]);
        assert_eq!(seen(&eve).await, [] as [&str; 0]);
        assert_eq!(seen(&server).await, [bob_id.as_str(), &ann_id]);
        let second = app.get(&format!("{SESSIONS}?page_size=1&page=2"), &server).await.body;
        assert_eq!((&second["count"], &second["results"][0]["conference_id"]), (&json!(2), &json!(ann_id)));
        // Not of others, not of one that is quiet, not by any part of it.
        for path in [&of_ann, &quiet] {
            for path in [format!("{path}/session"), format!("{path}/session/participants")] {
                assert_eq!(app.get(&path, &eve).await.status, 404, "{path}");
            }
        }
        // A guest who is in sees it until they leave; an invited person does all the time.
        assert_eq!(join(&app, &eve, &of_ann).await.status, 201);
        assert_eq!(seen(&eve).await, [ann_id.as_str()]);
        assert_eq!(present(&app, &eve, &of_ann).await, [eve.id]);
        assert_eq!(leave(&app, &eve, &of_ann, eve.id).await, 204);
        assert_eq!(seen(&eve).await, [] as [&str; 0]);
        assert_eq!(app.get(&format!("{of_ann}/session"), &eve).await.status, 404);
        let invite = ann.again(&app, |claims| claims["scope"] = "conferences.invitations".into());
        let body = Some(json!({ "email": eve.email() }));
        let invited = app.call(Method::POST, &format!("{of_ann}/invitations"), &invite, body).await;
        assert_eq!(invited.status, 201, "{invited:?}");
        assert_eq!(seen(&eve).await, [ann_id.as_str()]);
        assert_eq!(join(&app, &eve, &of_ann).await.body["role"], "attendee");
    }

    /// S3.28, S3.31: users come as themselves, with their role and the name in the directory.
    async fn people_join_and_leave(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        app.issuer.scim.has_user(ann.id, "ann@example.org", "Ann Lee");
        let (bob, eve) = (Person::scoped(&app, ALL), Person::scoped(&app, ALL));
        give(&app, &path, &bob, Role::Member).await;
        // Only who may start a session opens it.
        for person in [&bob, &eve] {
            let early = join(&app, person, &path).await;
            assert_eq!(
                (early.status.as_u16(), early.body),
                (409, json!({ "detail": "The session has not started." }))
            );
        }
        assert_eq!(app.get(&format!("{path}/session"), &ann).await.status, 404);

        let joined = join(&app, &ann, &path).await;
        assert_eq!(joined.status, 201, "{joined:?}");
        assert_eq!(joined.body, json!({
            "user_id": ann.id, "name": "Ann Lee", "role": "owner", "joined_at": joined.body["joined_at"],
            "on_podium": false,
        }));
        let again = join(&app, &ann, &path).await;
        assert_eq!((again.status.as_u16(), &again.body), (200, &joined.body));
        assert_eq!(join(&app, &bob, &path).await.body["role"], "member");
        assert_eq!(join(&app, &eve, &path).await.body["role"], "guest");
        let list = format!("{path}/session/participants");
        let page = app.get(&list, &bob).await.body;
        assert_eq!((&page["count"], &page["results"][0]), (&json!(3), &joined.body));
        assert_eq!(present(&app, &bob, &path).await, [ann.id, bob.id, eve.id]);
        let second = app.get(&format!("{list}?page_size=2&page=2"), &bob).await.body;
        assert_eq!((&second["count"], &second["results"][0]["user_id"]), (&json!(3), &json!(eve.id)));

        // Users come and go for themselves alone; managers send others out.
        let body = Some(json!({ "user_id": ann.id }));
        let other = app.call(Method::POST, &list, &bob, body).await;
        assert_eq!((other.status.as_u16(), other.body["user_id"][0].is_string()), (400, true), "{other:?}");
        assert_eq!(leave(&app, &bob, &path, ann.id).await, 403);
        assert_eq!(leave(&app, &eve, &path, ann.id).await, 404);
        assert_eq!(present(&app, &ann, &path).await.len(), 3);
        assert_eq!(leave(&app, &eve, &path, eve.id).await, 204);
        assert_eq!(leave(&app, &ann, &path, bob.id).await, 204);
        assert_eq!(leave(&app, &ann, &path, bob.id).await, 404);
        assert_eq!(present(&app, &ann, &path).await, [ann.id]);
        assert_eq!(join(&app, &bob, &path).await.status, 201);
        assert_eq!(present(&app, &ann, &path).await, [ann.id, bob.id]);
        // The end sends everybody out.
        assert_eq!(end(&app, &ann, &path).await, 204);
        assert_eq!(join(&app, &bob, &path).await.status, 409);
        assert_eq!(start(&app, &ann, &path).await.body["participants"], 0);
        assert_eq!(leave(&app, &ann, &path, ann.id).await, 404);
    }

    /// S3.12: the same rules as at every door: a restricted conference is not there without a role in it.
    async fn the_access_level_decides_who_joins(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        assert_eq!(start(&app, &ann, &path).await.status, 201);
        for level in AccessLevel::ALL {
            set_level(&app, &ann, &path, level).await;
            let (guest, member) = (Person::scoped(&app, ALL), Person::scoped(&app, ALL));
            give(&app, &path, &member, Role::Member).await;
            assert_eq!(join(&app, &member, &path).await.status, 201, "{level:?}");
            let reply = join(&app, &guest, &path).await;
            let expected = if level == AccessLevel::Restricted { 404 } else { 201 };
            assert_eq!(reply.status, expected, "{level:?}");
        }
        assert_eq!(present(&app, &ann, &path).await.len(), 5);
    }

    /// S3.11, S3.28: an application that acts for itself says who comes.
    async fn applications_let_users_in(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        let server = Person::server_wide(&app, ALL);
        for (body, field) in [
            (json!({}), "user_id"),
            (json!({ "user_id": "ann" }), "user_id"),
            (json!({ "user_id": ann.id, "name": 5 }), "name"),
            (json!({ "user_id": ann.id, "name": "a".repeat(201) }), "name"),
            (json!({ "user_id": ann.id, "name": "a\u{0}b" }), "name"),
        ] {
            let reply = bring(&app, &server, &path, body).await;
            assert_eq!((reply.status.as_u16(), reply.body[field][0].is_string()), (400, true), "{reply:?}");
        }
        let joined = bring(&app, &server, &path, json!({ "user_id": ann.id, "name": "Ann" })).await;
        assert_eq!(joined.status, 201, "{joined:?}");
        assert_eq!((&joined.body["name"], &joined.body["role"]), (&json!("Ann"), &json!("owner")));
        let user = Uuid::new_v4();
        let guest = bring(&app, &server, &path, json!({ "user_id": user })).await;
        assert_eq!((&guest.body["name"], &guest.body["role"]), (&Value::Null, &json!("guest")));
        assert_eq!(leave(&app, &server, &path, user).await, 204);
        assert_eq!(present(&app, &server, &path).await, [ann.id]);
        let nowhere = format!("/api/v3/conferences/{}", Uuid::new_v4());
        assert_eq!(bring(&app, &server, &nowhere, json!({ "user_id": user })).await.status, 404);
    }

    /// S3.32: managers invite who is in to the podium, and take them off.
    async fn the_podium(engine) {
        let app = App::start(engine).await;
        let (ann, path) = conference(&app).await;
        let (bob, eve, server) =
            (Person::scoped(&app, ALL), Person::scoped(&app, ALL), Person::server_wide(&app, ALL));
        give(&app, &path, &bob, Role::Member).await;
        // Nobody is on the podium of no session.
        assert_eq!(podium(&app, Method::PUT, &ann, &path, bob.id).await.status, 404);
        assert_eq!(start(&app, &ann, &path).await.status, 201);
        assert_eq!(podium(&app, Method::PUT, &ann, &path, bob.id).await.status, 404);
        assert_eq!(join(&app, &bob, &path).await.status, 201);
        for person in [&ann, &server] {
            assert_eq!(podium(&app, Method::DELETE, person, &path, bob.id).await.status, 404);
            for _ in 0..2 {
                let on = podium(&app, Method::PUT, person, &path, bob.id).await;
                assert_eq!(
                    (on.status.as_u16(), &on.body["user_id"], &on.body["on_podium"]),
                    (200, &json!(bob.id), &json!(true))
                );
            }
            let list = app.get(&format!("{path}/session/participants"), &bob).await.body;
            assert_eq!(list["results"][0]["on_podium"], true);
            assert_eq!(podium(&app, Method::DELETE, person, &path, bob.id).await.status, 204);
        }
        for (person, status) in [(&bob, 403), (&eve, 404)] {
            for method in [Method::PUT, Method::DELETE] {
                assert_eq!(podium(&app, method, person, &path, bob.id).await.status, status);
            }
        }
        // Who leaves is not on the podium when they come back.
        assert_eq!(podium(&app, Method::PUT, &ann, &path, bob.id).await.status, 200);
        assert_eq!(leave(&app, &bob, &path, bob.id).await, 204);
        assert_eq!(podium(&app, Method::DELETE, &ann, &path, bob.id).await.status, 404);
        assert_eq!(join(&app, &bob, &path).await.body["on_podium"], false);
    }

    /// S3.26: a recorded session is a recording when it ends, and only then.
    async fn a_recorded_session_becomes_a_recording(engine) {
        let app = App::start(engine).await;
        let scope = format!("{ALL} conferences.records:read");
        let ann = Person::scoped(&app, &scope);
        let path = make(&app, &ann, json!({ "name": "Monday round" })).await;
        let records = format!("{path}/records");
        let body = Some(json!({ "record": true }));
        let started = app.call(Method::POST, &format!("{path}/session"), &ann, body).await;
        assert_eq!((started.status.as_u16(), &started.body["record"]), (201, &json!(true)));
        assert_eq!(start(&app, &ann, &path).await.body["record"], true);
        assert_eq!(app.get(&records, &ann).await.body["count"], 0);
        app.pass(90);
        assert_eq!(end(&app, &ann, &path).await, 204);
        let page = app.get(&records, &ann).await.body;
        let record = &page["results"][0];
        let duration = record["duration_seconds"].as_i64().unwrap();
        assert!((90..150).contains(&duration), "{record}");
        assert_eq!((&page["count"], record), (&json!(1), &json!({
            "id": record["id"], "name": "Monday round", "started_at": started.body["started_at"],
            "duration_seconds": duration, "size_bytes": null, "url": null,
        })));
        assert_eq!(start(&app, &ann, &path).await.body["record"], false);
        assert_eq!(end(&app, &ann, &path).await, 204);
        assert_eq!(app.get(&records, &ann).await.body["count"], 1);
    }
}
