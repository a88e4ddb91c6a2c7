//! The forms of a room's page: by whom, from where, and what comes of them.

use reqwest::Method;
use resource_server::domain::access::Role;
use resource_server::domain::attendee::InvitationRefusal;
use resource_server::domain::room::{AccessLevel, Room};
use serde_json::{Value, json};

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::browser::{Page, with_sign_in};
use crate::harness::issuer::WEBAPP_ID;
use crate::harness::{App, Browser, Engine, Person, Reply, on_each_database};
use crate::room_page::named_room;

/// The forms that change a room, filled in.
const FORMS: [(&str, &str, &str); 4] = [
    ("name", "name", "Weekly"),
    ("access-level", "access_level", "public"),
    ("attendees", "email", "new@example.org"),
    ("attendees/remove", "email", "old@example.org"),
];

struct Scene {
    app: App,
    ann: Person,
    slug: String,
    room: Room,
}

impl Scene {
    async fn set(engine: Engine) -> Self {
        let app = App::start_with(engine, with_sign_in).await;
        let ann = Person::new(&app);
        let slug = named_room(&app, &ann, AccessLevel::Trusted).await;
        let room = app
            .state
            .database
            .find_room_by_slug(&slug)
            .await
            .unwrap()
            .unwrap();
        let scene = Self { app, ann, slug, room };
        let path = scene.api();
        let body = json!({ "attendees": ["old@example.org"] });
        assert_eq!(
            scene
                .app
                .call(Method::PATCH, &path, &scene.ann, Some(body))
                .await
                .status,
            200
        );
        scene
    }

    fn api(&self) -> String {
        format!("{ROOMS}/{}", self.room.id)
    }

    fn form(&self, name: &str) -> String {
        format!("/webapp/rooms/{}/{name}", self.slug)
    }

    async fn seen_by_api(&self) -> Value {
        self.app.get(&self.api(), &self.ann).await.body
    }
}

fn assert_page(reply: &Reply, status: u16, heading: &str, case: &str) {
    assert_eq!(reply.status, status, "{case} {reply:?}");
    assert_eq!(Page::of(reply).texts("h1"), [heading], "{case}");
}

on_each_database! {
    /// S0.31: the page makes a room public, which the API does not; the rest goes either way.
    async fn owners_change_name_access_and_attendees(engine) {
        let scene = Scene::set(engine).await;
        let browser = Browser::of(&scene.app, &scene.ann).await;
        let notices = [
            "The name is saved.",
            "Who gets in is saved.",
            "The invitation is on the list.",
            "The invitation is off the list.",
        ];
        for ((form, field, value), notice) in FORMS.into_iter().zip(notices) {
            let reply = browser.submit(&scene.slug, &scene.form(form), &[(field, value)]).await;
            assert_eq!(reply.status, 303, "{form} {reply:?}");
            assert_eq!(reply.header("location"), format!("/{}", scene.slug));
            let page = Page::of(&browser.get(&format!("/{}", scene.slug)).await);
            assert_eq!(page.texts("[role=status]"), [notice]);
        }
        let seen = scene.seen_by_api().await;
        assert_eq!(seen["name"], "Weekly");
        assert_eq!(seen["access_level"], "public");
        assert_eq!(seen["attendees"], json!(["new@example.org"]));
        let body = json!({ "access_level": "public" });
        assert_eq!(scene.app.call(Method::PATCH, &scene.api(), &scene.ann, Some(body)).await.status, 400);

        // Who did it, through what.
        let trail = scene.app.state.database.audit_trail(scene.room.id).await.unwrap();
        let by_page: Vec<_> = trail.iter().filter(|entry| entry.auth_method == "webapp").collect();
        assert_eq!(by_page.len(), 4, "{trail:?}");
        for entry in by_page {
            assert_eq!((entry.action.as_str(), entry.client_id.as_str()), ("update", WEBAPP_ID));
            assert_eq!(entry.user_id, Some(scene.ann.id.to_string()));
        }
        // An empty name is none; each level can be chosen.
        browser.submit(&scene.slug, &scene.form("name"), &[("name", "  ")]).await;
        assert_eq!(scene.seen_by_api().await.get("name"), None);
        for level in ["restricted", "trusted", "public"] {
            browser.submit(&scene.slug, &scene.form("access-level"), &[("access_level", level)]).await;
            assert_eq!(scene.seen_by_api().await["access_level"], level);
        }
    }

    /// The rules of the API: owners and administrators change a room; members, attendees and strangers do not,
    /// whatever they send.
    async fn roles_decide_who_may_change(engine) {
        let scene = Scene::set(engine).await;
        for (role, may) in [
            (None, false),
            (Some(Role::Member), false),
            (Some(Role::Attendee), false),
            (Some(Role::Administrator), true),
            (Some(Role::Owner), true),
        ] {
            let person = Person::new(&scene.app);
            match role {
                None => {}
                Some(Role::Attendee) => {
                    let body = json!({ "attendees": ["old@example.org", person.email()] });
                    scene.app.call(Method::PATCH, &scene.api(), &scene.ann, Some(body)).await;
                }
                Some(role) => scene.app.state.database.set_role(scene.room.id, person.id, role).await.unwrap(),
            }
            let before = scene.seen_by_api().await;
            let browser = Browser::of(&scene.app, &person).await;
            let token = browser.form_token(&scene.slug).await;
            for (form, field, value) in FORMS {
                let reply = browser.post(&scene.form(form), &[(field, value), ("csrf", &token)]).await;
                if may {
                    assert!([303, 400].contains(&reply.status.as_u16()), "{role:?} {form} {reply:?}");
                } else {
                    assert_page(&reply, 403, "That is not yours to change", &format!("{role:?} {form}"));
                }
            }
            if may {
                assert_eq!(scene.seen_by_api().await["access_level"], "public", "{role:?}");
            } else {
                assert_eq!(scene.seen_by_api().await, before, "{role:?}");
            }
        }
    }

    /// B4, H2: without the token of this very session, nothing changes.
    async fn forms_of_others_change_nothing(engine) {
        let scene = Scene::set(engine).await;
        let before = scene.seen_by_api().await;
        let browser = Browser::of(&scene.app, &scene.ann).await;
        let own = browser.form_token(&scene.slug).await;
        let foreign = Browser::of(&scene.app, &scene.ann).await.form_token(&scene.slug).await;
        assert_ne!(own, foreign, "another session of the same user has another token");
        let cut = own[..own.len() - 1].to_owned();
        let forms = FORMS.iter().map(|(form, field, value)| (scene.form(form), *field, *value));
        let forms = forms.chain([("/webapp/sign-out".to_owned(), "room", scene.slug.as_str())]);
        for (form, field, value) in forms {
            for (case, token) in [("none", None), ("empty", Some("")), ("foreign", Some(foreign.as_str())), ("cut", Some(&cut))] {
                let mut fields = vec![(field, value)];
                fields.extend(token.map(|token| ("csrf", token)));
                let reply = browser.post(&form, &fields).await;
                assert_page(&reply, 403, "Please sign in once more", &format!("{form} {case}"));
            }
            for (name, sender) in [
                ("origin", "https://evil.example"),
                ("origin", "https://rooms.example.org.evil.example"),
                ("origin", "http://rooms.example.org"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let request = scene.app.request(Method::POST, &form).form(&[(field, value), ("csrf", &own)]);
                let reply = browser.send(request.header(name, sender)).await;
                assert_page(&reply, 403, "Please sign in once more", &format!("{form} {name} {sender}"));
            }
            let reply = Browser::new(&scene.app).post(&form, &[(field, value), ("csrf", &own)]).await;
            assert_page(&reply, 403, "Please sign in once more", &format!("{form} nobody signed in"));
        }
        assert_eq!(scene.seen_by_api().await, before);
        for origin in [RESOURCE, "null"] {
            let fields = [("name", "Weekly"), ("csrf", own.as_str())];
            let request = scene.app.request(Method::POST, &scene.form("name")).form(&fields);
            let reply = browser.send(request.header("origin", origin).header("sec-fetch-site", "same-origin")).await;
            assert_eq!(reply.status, 303, "{origin}");
        }
    }

    /// What the user did not agree to at the consent page stays out of reach, also for an owner.
    async fn without_consent_to_changes_the_page_only_shows(engine) {
        let scene = Scene::set(engine).await;
        let browser = Browser::new(&scene.app);
        let token = browser.token(&scene.ann, "lasuite_visio lasuite_visio:rooms:retrieve");
        assert_eq!(browser.sign_in_with(&token).await.status, 303);
        let page = Page::of(&browser.get(&format!("/{}", scene.slug)).await);
        assert!(!page.has("form.card"));
        assert_eq!(page.attribute(".aside a", "href"), format!("/webapp/sign-in?room={}", scene.slug));
        let before = scene.seen_by_api().await;
        for (form, field, value) in FORMS {
            let reply = browser.submit(&scene.slug, &scene.form(form), &[(field, value)]).await;
            assert_page(&reply, 403, "That is not yours to change", form);
        }
        assert_eq!(scene.seen_by_api().await, before);
    }

    async fn what_is_wrong_is_told_beside_the_field(engine) {
        let scene = Scene::set(engine).await;
        let browser = Browser::of(&scene.app, &scene.ann).await;
        let before = scene.seen_by_api().await;
        let long = "é".repeat(201);
        for (form, field, value, id) in [
            ("name", "name", long.as_str(), "name"),
            ("name", "name", "a\u{0}b", "name"),
            ("name", "name", "a\u{202e}\u{7}b", "name"),
            ("attendees", "email", "", "email"),
            ("attendees", "email", "nobody", "email"),
            ("attendees", "email", "<script>@example.org", "email"),
            ("attendees", "email", "a@example.org b@example.org", "email"),
            ("attendees", "email", "OLD@example.org", "email"),
        ] {
            let reply = browser.submit(&scene.slug, &scene.form(form), &[(field, value)]).await;
            assert_eq!(reply.status, 400, "{value:?}");
            let page = Page::of(&reply);
            let input = format!("#{id}[aria-invalid=true][aria-describedby~={id}-problem]");
            assert_eq!(page.attribute(&input, "value"), value.replace('\u{0}', "\u{fffd}"), "{value:?}");
            assert_eq!(page.texts(".field-problem").len(), 1, "{value:?}");
            assert!(!page.has("main script"), "{value:?}");
        }
        for level in ["", "Public", "private", "public "] {
            let reply = browser.submit(&scene.slug, &scene.form("access-level"), &[("access_level", level)]).await;
            assert_page(&reply, 400, "We did not understand that", level);
        }
        let reply = browser.submit(&scene.slug, &scene.form("access-level"), &[("access_level", "public"), ("access_level", "trusted")]).await;
        assert_eq!(reply.status, 400);
        assert_eq!(scene.seen_by_api().await, before);
    }

    /// Two who invite at the same moment lose nothing, and the list never outgrows its limit.
    async fn twenty_invitations_at_once(engine) {
        let scene = Scene::set(engine).await;
        let invited: Vec<_> = (0..490).map(|n| format!("p{n}@example.org")).collect();
        let body = json!({ "attendees": invited });
        scene.app.call(Method::PATCH, &scene.api(), &scene.ann, Some(body)).await;
        let browser = Browser::of(&scene.app, &scene.ann).await;
        let token = browser.form_token(&scene.slug).await;
        let cookies = browser.cookies.borrow().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let attempts = (0..20).map(|n| {
            let email = format!("new{n}@example.org");
            let request = scene.app.request(Method::POST, &scene.form("attendees")).header("cookie", &cookies);
            let request = request.form(&[("email", email.as_str()), ("csrf", token.as_str())]);
            tokio::spawn(async move { Reply::of(request).await.status.as_u16() })
        });
        let mut statuses = Vec::new();
        for attempt in attempts.collect::<Vec<_>>() {
            statuses.push(attempt.await.unwrap());
        }
        let count = |status| statuses.iter().filter(|found| **found == status).count();
        assert_eq!((count(303), count(400)), (10, 10), "{statuses:?}");
        assert_eq!(scene.seen_by_api().await["attendees"].as_array().unwrap().len(), 500);
        // One who is there already is told so, even then.
        let email = resource_server::domain::attendee::Email::parse("p1@example.org").unwrap();
        let by = principal(&scene);
        let added = scene.app.state.database.invite(scene.room.id, &email, (&by).into(), 1).await.unwrap();
        assert_eq!(added, Some(Err(InvitationRefusal::AlreadyThere)));
    }

    async fn a_room_that_is_gone_meanwhile_is_told(engine) {
        let scene = Scene::set(engine).await;
        let browser = Browser::of(&scene.app, &scene.ann).await;
        let token = browser.form_token(&scene.slug).await;
        assert_eq!(scene.app.call(Method::DELETE, &scene.api(), &scene.ann, None).await.status, 204);
        for (form, field, value) in FORMS {
            let reply = browser.post(&scene.form(form), &[(field, value), ("csrf", &token)]).await;
            assert_page(&reply, 404, "There is no such room", form);
        }
        let email = resource_server::domain::attendee::Email::parse("a@example.org").unwrap();
        let added = scene.app.state.database.invite(scene.room.id, &email, (&principal(&scene)).into(), 1).await.unwrap();
        assert_eq!(added, None);
    }
}

fn principal(scene: &Scene) -> resource_server::domain::principal::Principal {
    resource_server::domain::principal::Principal {
        user_id: scene.ann.id,
        email: None,
        client_id: "test".to_owned(),
        auth_method: resource_server::domain::principal::AuthMethod::Webapp,
    }
}

/// H7: hostile bodies get a page, never a 5xx.
#[tokio::test]
async fn bodies_that_are_no_forms_are_refused() {
    let scene = Scene::set(Engine::Sqlite).await;
    let browser = Browser::of(&scene.app, &scene.ann).await;
    let path = scene.form("name");
    let form = "application/x-www-form-urlencoded";
    for (kind, body, status) in [
        ("application/json", b"{}".to_vec(), 415),
        ("text/plain", b"name=x".to_vec(), 415),
        ("multipart/form-data; boundary=x", b"--x--".to_vec(), 415),
        (form, vec![b'a'; 70_000], 413),
        (form, b"name=\xff\xfe".to_vec(), 400),
        (form, b"csrf=a&csrf=b".to_vec(), 400),
        (form, Vec::new(), 403),
        (form, b"&&&=&%zz=%".to_vec(), 403),
        (form, "x=1&".repeat(15_000).into_bytes(), 403),
    ] {
        let request = scene
            .app
            .request(Method::POST, &path)
            .header("content-type", kind)
            .body(body);
        let reply = browser.send(request).await;
        assert_eq!(reply.status, status, "{kind} {reply:?}");
        assert!(Page::of(&reply).has(".error-id"), "{kind}");
    }
    let reply = browser.get(&path).await;
    assert_eq!(reply.status, 405);
}
