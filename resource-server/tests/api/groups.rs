//! `/api/v3/groups`

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{App, Engine, Person, Reply};

const GROUPS: &str = "/api/v3/groups";
const EVERYTHING: &str = "groups groups.users";

struct Setting {
    app: App,
    ann: Person,
    bob: Person,
    server: Person,
    staff: Uuid,
    others: Uuid,
}

/// Ann is in one group, Bob in both.
async fn setting() -> Setting {
    let app = App::start(Engine::Sqlite).await;
    let [ann, bob] = ["Ann", "Bob"].map(|name| {
        let person = Person::scoped(&app, EVERYTHING);
        app.issuer
            .scim
            .has_user(person.id, &person.email().to_lowercase(), name);
        person
    });
    let server = Person::server_wide(&app, EVERYTHING);
    let staff = app.issuer.scim.has_group("Staff", &[ann.id, bob.id]);
    let others = app.issuer.scim.has_group("Others", &[bob.id]);
    Setting {
        app,
        ann,
        bob,
        server,
        staff,
        others,
    }
}

fn path(id: Uuid) -> String {
    format!("{GROUPS}/{id}")
}

fn users(id: Uuid) -> String {
    format!("{GROUPS}/{id}/users")
}

fn ids(reply: &Reply) -> Vec<Uuid> {
    let results = reply.body["results"].as_array().unwrap().iter();
    results
        .map(|item| item["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// S3.11, S3.12, S3.33, S3.35: a user's token sees the groups of its user and who is in them.
#[tokio::test]
async fn who_sees_which_groups() {
    let Setting {
        app,
        ann,
        bob,
        server,
        staff,
        others,
    } = setting().await;
    for (person, groups) in [
        (&ann, vec![staff]),
        (&bob, vec![staff, others]),
        (&server, vec![staff, others]),
    ] {
        let reply = app.get(GROUPS, person).await;
        assert_eq!(
            (ids(&reply), &reply.body["count"]),
            (groups.clone(), &json!(groups.len()))
        );
        for id in [staff, others] {
            let status = if groups.contains(&id) { 200 } else { 404 };
            assert_eq!(app.get(&path(id), person).await.status, status);
            assert_eq!(app.get(&users(id), person).await.status, status);
        }
    }
    assert_eq!(
        app.get(&path(staff), &ann).await.body,
        json!({ "id": staff, "name": "Staff" })
    );
    let page = app.get(&format!("{GROUPS}?page_size=1&page=2"), &server).await;
    assert_eq!((ids(&page), &page.body["count"]), (vec![others], &json!(2)));
    for id in [Uuid::new_v4().to_string(), "x".to_owned()] {
        for path in [format!("{GROUPS}/{id}"), format!("{GROUPS}/{id}/users")] {
            assert_eq!(app.get(&path, &server).await.status, 404);
            assert_eq!(app.get(&path, &ann).await.status, 404);
        }
    }
}

/// S3.35: names are for everybody in the group, addresses for applications that act for themselves.
#[tokio::test]
async fn the_users_of_a_group() {
    let Setting {
        app,
        ann,
        bob,
        server,
        staff,
        ..
    } = setting().await;
    let reply = app.get(&users(staff), &ann).await;
    let expected = json!([{ "id": ann.id, "name": "Ann" }, { "id": bob.id, "name": "Bob" }]);
    assert_eq!(
        (&reply.body["results"], &reply.body["count"]),
        (&expected, &json!(2))
    );
    let reply = app
        .get(&format!("{}?page=2&page_size=1", users(staff)), &server)
        .await;
    let expected = json!([{ "id": bob.id, "name": "Bob", "email": bob.email().to_lowercase() }]);
    assert_eq!(
        (&reply.body["results"], &reply.body["count"]),
        (&expected, &json!(2))
    );
    assert_eq!(
        app.get(&format!("{}?page=3", users(staff)), &server).await.status,
        404
    );
}

/// S3.34
#[tokio::test]
async fn applications_make_rename_and_delete_groups() {
    let Setting {
        app,
        ann,
        server,
        staff,
        ..
    } = setting().await;
    let made = app
        .call(Method::POST, GROUPS, &server, Some(json!({ "name": " Crew " })))
        .await;
    assert_eq!(
        (made.status.as_u16(), &made.body["name"]),
        (201, &json!("Crew")),
        "{made:?}"
    );
    let crew: Uuid = made.body["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(app.get(&path(crew), &server).await.body, made.body);
    for (method, name) in [(Method::PATCH, "Team"), (Method::PUT, "Squad")] {
        let reply = app
            .call(method, &path(crew), &server, Some(json!({ "name": name })))
            .await;
        assert_eq!(reply.body, json!({ "id": crew, "name": name }));
        assert_eq!(app.get(&path(crew), &server).await.body["name"], name);
    }
    for body in [
        json!({}),
        json!({ "name": null }),
        json!({ "name": " " }),
        json!({ "name": 1 }),
        json!({ "name": "a\0b" }),
        json!({ "name": "x".repeat(201) }),
        json!({ "name": "Others" }),
    ] {
        for (method, path) in [(Method::POST, GROUPS.to_owned()), (Method::PATCH, path(crew))] {
            let reply = app.call(method, &path, &server, Some(body.clone())).await;
            assert_eq!(reply.status, 400, "{body}");
            assert!(reply.body["name"][0].is_string(), "{reply:?}");
        }
    }
    assert_eq!(
        app.call(Method::DELETE, &path(staff), &server, None).await.status,
        204
    );
    for (method, body) in [
        (Method::GET, None),
        (Method::DELETE, None),
        (Method::PATCH, Some(json!({ "name": "x" }))),
    ] {
        assert_eq!(app.call(method, &path(staff), &server, body).await.status, 404);
    }
    assert!(ids(&app.get(GROUPS, &ann).await).is_empty());
}

/// S3.36
#[tokio::test]
async fn applications_add_and_remove_users() {
    let Setting {
        app,
        ann,
        bob,
        server,
        others,
        ..
    } = setting().await;
    let add = async |body: Value| app.call(Method::POST, &users(others), &server, Some(body)).await;
    assert_eq!(app.get(&path(others), &ann).await.status, 404);
    for _ in 0..2 {
        let reply = add(json!({ "user_id": ann.id })).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body["name"]),
            (201, &json!("Ann")),
            "{reply:?}"
        );
    }
    assert_eq!(ids(&app.get(&users(others), &ann).await), [ann.id, bob.id]);
    for body in [
        json!({}),
        json!({ "user_id": null }),
        json!({ "user_id": "x" }),
        json!({ "user_id": Uuid::new_v4() }),
    ] {
        let reply = add(body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.body["user_id"][0].is_string(), "{reply:?}");
    }
    let member = format!("{}/{}", users(others), bob.id);
    for status in [204, 404] {
        assert_eq!(
            app.call(Method::DELETE, &member, &server, None).await.status,
            status
        );
    }
    assert_eq!(app.get(&path(others), &bob).await.status, 404);
    assert_eq!(ids(&app.get(&users(others), &server).await), [ann.id]);
    let nowhere = users(Uuid::new_v4());
    let reply = app
        .call(
            Method::POST,
            &nowhere,
            &server,
            Some(json!({ "user_id": ann.id })),
        )
        .await;
    assert_eq!(reply.status, 404);
    let gone = format!("{nowhere}/{}", ann.id);
    assert_eq!(app.call(Method::DELETE, &gone, &server, None).await.status, 404);
}

/// S3.12, S3.34, S3.36: users' tokens change no group; those of others are not there for them.
#[tokio::test]
async fn users_change_no_groups() {
    let Setting {
        app,
        ann,
        bob,
        staff,
        others,
        ..
    } = setting().await;
    let body = || Some(json!({ "name": "x", "user_id": ann.id }));
    assert_eq!(app.call(Method::POST, GROUPS, &ann, body()).await.status, 403);
    for (group, status) in [(staff, 403), (others, 404)] {
        for (method, path) in [
            (Method::PATCH, path(group)),
            (Method::PUT, path(group)),
            (Method::DELETE, path(group)),
            (Method::POST, users(group)),
            (Method::DELETE, format!("{}/{}", users(group), bob.id)),
        ] {
            let reply = app.call(method.clone(), &path, &ann, body()).await;
            assert_eq!(reply.status, status, "{method} {path}");
        }
    }
    let stored = |id| app.issuer.scim.record("Groups", id).unwrap();
    assert_eq!(stored(staff)["displayName"], "Staff");
    assert_eq!(stored(staff)["members"].as_array().unwrap().len(), 2);
    assert_eq!(stored(others)["members"].as_array().unwrap().len(), 1);
}

/// S3.34, S3.36: with users in LDAP the authorization server makes no changes, and says so.
#[tokio::test]
async fn a_read_only_directory_says_so() {
    let Setting {
        app,
        ann,
        server,
        staff,
        ..
    } = setting().await;
    app.issuer.scim.set_read_only(403);
    for (method, path) in [
        (Method::POST, GROUPS.to_owned()),
        (Method::PATCH, path(staff)),
        (Method::DELETE, path(staff)),
        (Method::POST, users(staff)),
        (Method::DELETE, format!("{}/{}", users(staff), ann.id)),
    ] {
        let body = json!({ "name": "x", "user_id": ann.id });
        let reply = app.call(method.clone(), &path, &server, Some(body)).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body["detail"]),
            (403, &json!("Users and groups come from LDAP.")),
            "{method}"
        );
    }
}
