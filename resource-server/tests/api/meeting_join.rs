//! `POST /api/meetings/{id}/join`

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use resource_server::config::Config;
use resource_server::domain::access::Role;
use resource_server::domain::principal::{AuthMethod, Principal};
use resource_server::domain::room::{AccessLevel, RoomChange};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{App, Engine, Person, Reply, on_each_database};

const SECRET: &str = "a secret of thirty-two characters";
const LIVEKIT: &str = "wss://meet.example.org";
const SCOPE: &str = "meeting:join meeting:create";

fn livekit(config: &mut Config) {
    config.livekit.url = LIVEKIT.into();
    config.livekit.api_key = "APIkey".into();
    config.livekit.api_secret = SECRET.into();
}

async fn make(app: &App, owner: &Person) -> Uuid {
    let made = app.call(Method::POST, "/api/meetings", owner, None).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["id"].as_str().unwrap().parse().unwrap()
}

async fn join(app: &App, person: &Person, meeting: impl std::fmt::Display) -> Reply {
    app.call(
        Method::POST,
        &format!("/api/meetings/{meeting}/join"),
        person,
        None,
    )
    .await
}

/// Header and claims of a token whose signature is right.
fn verified(token: &str) -> (Value, Value) {
    let (signed, tag) = token.rsplit_once('.').unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).unwrap()).expect("the signature");
    let (header, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (read(header), read(claims))
}

on_each_database! {
    /// S4.35: the token opens this meeting to this user, in LiveKit's format and for a short time.
    async fn the_owner_gets_a_join_token(engine) {
        let app = App::start_with(engine, livekit).await;
        let ann = Person::scoped(&app, SCOPE);
        app.issuer.scim.has_user(ann.id, "ann@example.org", "Ann Lee");
        let id = make(&app, &ann).await;
        let reply = join(&app, &ann, id).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.header("cache-control"), "private, no-store");
        let token = reply.body["token"].as_str().unwrap();
        assert_eq!(reply.body, json!({
            "token": token, "url": LIVEKIT, "room": id, "identity": ann.id, "expires_in": 300,
        }));
        let (header, claims) = verified(token);
        assert_eq!(header, json!({ "alg": "HS256", "typ": "JWT" }));
        let nbf = claims["nbf"].as_i64().unwrap();
        assert!((app.now_millis() / 1000 - nbf).abs() <= 5, "{claims}");
        let metadata: Value = serde_json::from_str(claims["metadata"].as_str().unwrap()).unwrap();
        assert_eq!(metadata, json!({ "role": "owner" }));
        assert_eq!(claims, json!({
            "iss": "APIkey", "sub": ann.id, "name": "Ann Lee", "nbf": nbf, "exp": nbf + 300, "jti": claims["jti"],
            "video": {
                "room": id, "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true,
                "roomAdmin": true,
            },
            "metadata": claims["metadata"],
        }));
        let again = join(&app, &ann, id).await;
        assert_ne!(verified(again.body["token"].as_str().unwrap()).1["jti"], claims["jti"]);
    }

    /// S4.35: who may enter a public, a trusted and a restricted meeting, and who rules there.
    async fn access_level_and_role_decide_who_enters(engine) {
        let app = App::start_with(engine, livekit).await;
        let ann = Person::scoped(&app, SCOPE);
        let id = make(&app, &ann).await;
        let database = &app.state.database;
        let (stranger, invited) = (Person::scoped(&app, "meeting:join"), Person::scoped(&app, "meeting:join"));
        let mut people = vec![(ann.clone(), "owner", true)];
        for (role, manages) in [(Role::Administrator, true), (Role::Member, false)] {
            let person = Person::scoped(&app, "meeting:join");
            database.set_role(id, person.id, role).await.unwrap();
            people.push((person, role.as_str(), manages));
        }
        let set = json!({ "attendees": [invited.email()] });
        let update = ann.again(&app, |claims| claims["scope"] = "meeting:update".into());
        assert_eq!(app.call(Method::PATCH, &format!("/api/meetings/{id}"), &update, Some(set)).await.status, 200);
        people.push((invited, "attendee", false));
        people.push((stranger, "guest", false));

        let owner = Principal {
            user_id: ann.id,
            email: None,
            client_id: ann.client_id.clone(),
            auth_method: AuthMethod::ResourceServer,
        };
        let room = database.find_room(id, (&owner).into()).await.unwrap().unwrap().room;
        for level in [AccessLevel::Public, AccessLevel::Trusted, AccessLevel::Restricted] {
            let change = RoomChange { access_level: Some(level), ..RoomChange::default() };
            // The owner does this on the room's page: no API makes a room public.
            assert!(database.update_room(&room, &change, (&owner).into(), room.created_at).await.unwrap());
            for (person, role, manages) in &people {
                let reply = join(&app, person, id).await;
                if level == AccessLevel::Restricted && *role == "guest" {
                    assert_eq!((reply.status.as_u16(), reply.body), (404, json!({ "detail": "Not found." })));
                    continue;
                }
                assert_eq!(reply.status, 200, "{level:?} {role} {reply:?}");
                let (_, claims) = verified(reply.body["token"].as_str().unwrap());
                let metadata = format!("{{\"role\":\"{role}\"}}");
                assert_eq!(
                    (&claims["sub"], &claims["video"]["roomAdmin"], claims["metadata"].as_str().unwrap()),
                    (&json!(person.id), &json!(manages), metadata.as_str()),
                );
            }
        }
    }

    async fn what_is_no_meeting_cannot_be_joined(engine) {
        let app = App::start_with(engine, livekit).await;
        let ann = Person::scoped(&app, SCOPE);
        for id in [Uuid::new_v4().to_string(), "x".into()] {
            let reply = join(&app, &ann, &id).await;
            assert_eq!((reply.status.as_u16(), reply.body), (404, json!({ "detail": "Not found." })), "{id}");
        }
        let get = app.get(&format!("/api/meetings/{}/join", Uuid::new_v4()), &ann).await;
        assert_eq!(get.status, 405);
    }
}

/// Joining is off until a LiveKit server is configured; the rest of the door works.
#[tokio::test]
async fn without_livekit_the_answer_says_so() {
    let app = App::start(Engine::Sqlite).await;
    let ann = Person::scoped(&app, SCOPE);
    let id = make(&app, &ann).await;
    let reply = join(&app, &ann, id).await;
    assert_eq!(
        (reply.status.as_u16(), reply.body),
        (
            404,
            json!({ "detail": "Meetings cannot be joined on this server." })
        )
    );
}

/// The life of a token is a setting.
#[tokio::test]
async fn the_life_of_a_join_token_is_set() {
    let app = App::start_with(Engine::Sqlite, |config| {
        livekit(config);
        config.livekit.token_life = std::time::Duration::from_mins(1);
    })
    .await;
    let ann = Person::scoped(&app, SCOPE);
    let reply = join(&app, &ann, make(&app, &ann).await).await;
    assert_eq!(reply.body["expires_in"], 60);
    let (_, claims) = verified(reply.body["token"].as_str().unwrap());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(),
        60
    );
}

/// A directory that is away keeps nobody out: the participant has no name then.
#[tokio::test]
async fn a_name_is_not_needed() {
    let app = App::start_with(Engine::Sqlite, livekit).await;
    let ann = Person::scoped(&app, SCOPE);
    let id = make(&app, &ann).await;
    app.issuer.scim.has_user(ann.id, "ann@example.org", "Ann Lee");
    app.issuer.scim.set_status(500);
    let reply = join(&app, &ann, id).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let (_, claims) = verified(reply.body["token"].as_str().unwrap());
    assert_eq!(claims.get("name"), None);
}

/// The secret is in nothing that could be logged.
#[tokio::test]
async fn the_secret_is_not_shown() {
    let app = App::start_with(Engine::Sqlite, livekit).await;
    let shown = format!("{:?}", app.state);
    assert!(shown.contains("APIkey") && shown.contains(LIVEKIT), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
}
