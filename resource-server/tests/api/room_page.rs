//! `GET /{slug}`: the page of a room, for everybody.

use reqwest::Method;
use resource_server::domain::access::Role;
use resource_server::domain::change::Change;
use resource_server::domain::principal::{AuthMethod, Principal};
use resource_server::domain::room::{AccessLevel, RoomChange};
use serde_json::json;

use crate::harness::app::{RESOURCE, ROOMS};
use crate::harness::browser::{Page, with_sign_in};
use crate::harness::{App, Browser, Engine, Person, Reply, on_each_database};

const NAME: &str = "Stand-up <b>&amp;</b> \"é\"";

/// A room of Ann's with a name and an access level.
pub async fn named_room(app: &App, ann: &Person, level: AccessLevel) -> String {
    let made = app.make_room(ann).await;
    let slug = made["slug"].as_str().unwrap().to_owned();
    let room = app
        .state
        .database
        .find_room_by_slug(&slug)
        .await
        .unwrap()
        .unwrap();
    let change = RoomChange {
        name: Change::Set(NAME.to_owned()),
        access_level: Some(level),
        ..RoomChange::default()
    };
    let by = Principal {
        user_id: ann.id,
        email: None,
        client_id: "test".to_owned(),
        auth_method: AuthMethod::ResourceServer,
    };
    assert!(
        app.state
            .database
            .update_room(&room, &change, (&by).into(), 1)
            .await
            .unwrap()
    );
    slug
}

fn telephony(config: &mut resource_server::config::Config) {
    config.telephony.enabled = true;
    "+33 1 23 45 67 89".clone_into(&mut config.telephony.phone_number);
    with_sign_in(config);
}

fn text(reply: &Reply) -> &str {
    reply.body.as_str().unwrap()
}

on_each_database! {
    /// S0.52: what the API calls a room's `url` leads to a page of it.
    async fn the_url_of_a_room_leads_to_its_page(engine) {
        let app = App::start_with(engine, telephony).await;
        let ann = Person::new(&app);
        let url = app.make_room(&ann).await["url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix(RESOURCE).unwrap();
        let reply = Browser::new(&app).get(path).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let page = Page::of(&reply);
        assert_eq!(page.texts("h1"), [path.trim_start_matches('/')], "a room without a name goes by its slug");
        assert_eq!(page.texts(".room-facts .badge"), ["Open to people who sign in"]);
        assert_eq!(page.attribute(".aside a", "href"), format!("/webapp/sign-in?room={}", &path[1..]));
        assert_eq!(page.texts("code.issuer"), [url]);
    }

    /// A stranger reads a name, and of a restricted room not even that; nobody but those with a role learns who
    /// takes part or how to dial in.
    async fn each_reader_sees_what_is_theirs_to_see(engine) {
        let app = App::start_with(engine, telephony).await;
        let ann = Person::new(&app);
        let member = Person::new(&app);
        let attendee = Person::new(&app);
        let manager = Person::new(&app);
        for level in AccessLevel::ALL {
            let slug = named_room(&app, &ann, level).await;
            let room = app.state.database.find_room_by_slug(&slug).await.unwrap().unwrap();
            let database = &app.state.database;
            database.set_role(room.id, member.id, Role::Member).await.unwrap();
            database.set_role(room.id, manager.id, Role::Administrator).await.unwrap();
            let path = format!("{ROOMS}/{}", room.id);
            let body = json!({ "attendees": [attendee.email()] });
            assert_eq!(app.call(Method::PATCH, &path, &ann, Some(body)).await.status, 200);
            let pin = room.pin_code.clone().unwrap();
            let invited = attendee.email().to_lowercase();
            for (person, takes_part, manages) in [
                (None, false, false),
                (Some(Person::new(&app)), false, false),
                (Some(attendee.clone()), true, false),
                (Some(member.clone()), true, false),
                (Some(manager.clone()), true, true),
                (Some(ann.clone()), true, true),
            ] {
                let browser = match &person {
                    Some(person) => Browser::of(&app, person).await,
                    None => Browser::new(&app),
                };
                let reply = browser.get(&format!("/{slug}")).await;
                let case = format!("{level:?} {takes_part} {manages}");
                assert_eq!(reply.status, 200, "{case}");
                let page = Page::of(&reply);
                let is_named = takes_part || level != AccessLevel::Restricted;
                let heading = if is_named { NAME } else { "A private room" };
                assert_eq!(page.texts("h1"), [heading], "{case}");
                assert_eq!(text(&reply).contains("Stand-up"), is_named, "{case}");
                assert_eq!(text(&reply).contains(&pin), takes_part, "{case}");
                assert_eq!(text(&reply).contains("+33 1 23"), takes_part, "{case}");
                let is_self = person.as_ref().is_some_and(|person| person.id == attendee.id);
                assert_eq!(text(&reply).contains(&invited), manages || is_self, "{case}");
                assert_eq!(page.has("form.card"), manages, "{case}");
                assert_eq!(page.has("form[action='/webapp/sign-out']"), person.is_some(), "{case}");
            }
        }
    }

    async fn an_unknown_slug_is_told_kindly(engine) {
        let app = App::start_with(engine, with_sign_in).await;
        let reply = Browser::new(&app).get("/abc-defg-hij").await;
        assert_eq!(reply.status, 404);
        let page = Page::of(&reply);
        assert_eq!(page.texts("h1"), ["There is no such room"]);
        let id = reply.header("x-error-id");
        assert_eq!((id.len(), page.texts(".error-id")), (32, vec![id.to_owned()]));
    }
}

/// Only the exact form of a slug is a page: everything else at the root is answered as before.
#[tokio::test]
async fn nothing_but_a_slug_is_taken_for_one() {
    let app = App::start_with(Engine::Sqlite, with_sign_in).await;
    for path in [
        "/",
        "/rooms",
        "/abc-defg",
        "/ABC-DEFG-HIJ",
        "/abc-defg-hij/",
        "/abc-defg-hijk",
        "/abc-defg-hij%0A",
        "/abc%2Ddefg%2Dhi1",
        "/abc-defg-hij/name",
    ] {
        for method in [Method::GET, Method::POST] {
            let reply = Reply::of(app.request(method.clone(), path)).await;
            assert_eq!(reply.status, 404, "{method} {path} {reply:?}");
            assert_eq!(reply.body["detail"], "Not found.", "{method} {path}");
        }
    }
    let reply = Reply::of(app.request(Method::DELETE, "/abc-defg-hij")).await;
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("allow"), "GET,HEAD");
    for path in ["/openapi.json", "/metrics", "/health/live"] {
        assert_eq!(
            app.request(Method::GET, path).send().await.unwrap().status(),
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn pages_are_off_where_rooms_live_elsewhere() {
    let app = App::start_with(Engine::Sqlite, |config| {
        with_sign_in(config);
        config.rooms.app_url = "https://meet.example.org/".to_owned();
    })
    .await;
    let ann = Person::new(&app);
    let room = app.make_room(&ann).await;
    let slug = room["slug"].as_str().unwrap();
    assert_eq!(room["url"], format!("https://meet.example.org/{slug}"));
    for path in [
        &format!("/{slug}"),
        "/webapp/sign-in?room=abc-defg-hij",
        "/assets/anteroom.css",
    ] {
        let reply = Reply::of(app.request(Method::GET, path)).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body["detail"]),
            (404, &json!("Not found.")),
            "{path}"
        );
    }
}

/// A23, A24, F13
#[tokio::test]
async fn pages_have_strict_headers_and_no_inline_code() {
    let app = App::start_with(Engine::Sqlite, with_sign_in).await;
    let ann = Person::new(&app);
    let slug = named_room(&app, &ann, AccessLevel::Trusted).await;
    let browser = Browser::of(&app, &ann).await;
    for path in [
        &format!("/{slug}"),
        "/abc-defg-hij",
        "/webapp/callback",
        "/webapp/sign-in",
    ] {
        let reply = browser.get(path).await;
        assert_eq!(
            reply.header("content-security-policy"),
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'",
            "{path}"
        );
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(name), value, "{path}");
        }
        let page = Page::of(&reply);
        assert!(
            !page.has("script, style, [style], iframe, base, object"),
            "{path}"
        );
        for element in page.all("*") {
            assert!(
                element.value().attrs().all(|(name, _)| !name.starts_with("on")),
                "{path}"
            );
        }
        for element in page.all("[src], link[href]") {
            let url = element.attr("src").or(element.attr("href")).unwrap();
            assert!(url.starts_with("/assets/"), "{path} {url}");
            let asset = app.request(Method::GET, url).send().await.unwrap();
            assert_eq!(asset.status(), 200, "{url}");
            let cache = asset.headers()["cache-control"].to_str().unwrap().to_owned();
            assert_eq!(cache, "public, max-age=31536000, immutable", "{url}");
        }
        for form in page.all("form") {
            assert_eq!(form.attr("method"), Some("post"), "{path}");
        }
        assert_eq!(
            page.all("form").len(),
            page.all("form input[name=csrf]").len(),
            "{path}"
        );
    }
    let other = app
        .request(Method::GET, "/assets/anteroom.css?v=old")
        .send()
        .await
        .unwrap();
    assert_eq!(other.headers()["cache-control"], "public, max-age=60");
    assert_eq!(
        Reply::of(app.request(Method::GET, "/assets/..%2Fbase.html"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_reader_chooses_the_language() {
    let app = App::start_with(Engine::Sqlite, with_sign_in).await;
    let slug = named_room(&app, &Person::new(&app), AccessLevel::Public).await;
    let path = format!("/{slug}");
    let french = |browser: &Browser<'_>, path: &str| {
        browser
            .app
            .request(Method::GET, path)
            .header("accept-language", "fr-CH, en;q=0.5")
    };
    let browser = Browser::new(&app);
    let language = |reply: &Reply| Page::of(reply).attribute("html", "lang");
    assert_eq!(language(&browser.get(&path).await), "en");
    let reply = browser.send(french(&browser, &path)).await;
    assert_eq!(language(&reply), "fr");
    assert_eq!(
        Page::of(&reply).texts(".room-facts .badge"),
        ["Ouverte à tout le monde"]
    );
    let link = Page::of(&reply).attribute("footer a", "href");
    assert_eq!(link, format!("{path}?lang=en"));
    assert_eq!(language(&browser.send(french(&browser, &link)).await), "en");
    // It is remembered, also on other pages, and what is no language of ours changes nothing.
    assert_eq!(
        language(&browser.send(french(&browser, "/abc-defg-hij")).await),
        "en"
    );
    assert_eq!(
        language(&browser.send(french(&browser, &format!("{path}?lang=xx"))).await),
        "en"
    );
    assert_eq!(language(&browser.get("/abc-defg-hij?lang=fr").await), "fr");
}

/// The page of a server behind a path, and one where people meet elsewhere.
#[tokio::test]
async fn links_follow_the_settings() {
    let app = App::start_with(Engine::Sqlite, |config| {
        with_sign_in(config);
        config.server.resource_url = "https://example.org/rooms/".to_owned();
        config.webapp.meeting_url = "https://meet.example.org/r/".to_owned();
    })
    .await;
    let ann = Person::with(&app, |claims| claims["aud"] = json!("https://example.org/rooms/"));
    let slug = app.make_room(&ann).await["slug"].as_str().unwrap().to_owned();
    let page = Page::of(&Browser::new(&app).get(&format!("/{slug}")).await);
    assert_eq!(
        page.attribute(".join a", "href"),
        format!("https://meet.example.org/r/{slug}")
    );
    assert_eq!(
        page.attribute(".aside a", "href"),
        format!("/rooms/webapp/sign-in?room={slug}")
    );
    assert!(
        page.attribute("link[rel=stylesheet]", "href")
            .starts_with("/rooms/assets/anteroom.css?v=")
    );
    assert_eq!(
        page.attribute("footer a", "href"),
        format!("/rooms/{slug}?lang=fr")
    );
    let reply = Browser::new(&app)
        .get(&format!("/webapp/sign-in?room={slug}"))
        .await;
    assert!(
        reply
            .header("location")
            .contains("redirect_uri=https%3A%2F%2Fexample.org%2Frooms%2Fwebapp%2Fcallback")
    );
}

#[tokio::test]
async fn without_credentials_the_pages_have_no_sign_in() {
    let app = App::start(Engine::Sqlite).await;
    let slug = named_room(&app, &Person::new(&app), AccessLevel::Public).await;
    let browser = Browser::new(&app);
    let page = Page::of(&browser.get(&format!("/{slug}")).await);
    assert!(!page.has("a[href*=sign-in], form"));
    let reply = browser.get(&format!("/webapp/sign-in?room={slug}")).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (400, ""));
    assert_eq!(browser.get("/webapp/callback?code=x&state=y").await.status, 400);
}
