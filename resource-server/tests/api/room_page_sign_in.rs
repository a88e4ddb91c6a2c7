//! Signing in on the pages: the way to the authorization server and back, and the session after it.

use reqwest::Method;
use resource_server::domain::room::AccessLevel;
use serde_json::{Value, json};

use crate::harness::browser::{ATTEMPT, Page, SESSION, with_sign_in};
use crate::harness::issuer::WEBAPP_ID;
use crate::harness::{App, Browser, Engine, Person, Reply, eventually, on_each_database};
use crate::room_page::named_room;

async fn start(engine: Engine) -> App {
    App::start_with(engine, with_sign_in).await
}

async fn is_signed_in(browser: &Browser<'_>, slug: &str) -> bool {
    let reply = browser.get(&format!("/{slug}")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    Page::of(&reply).has("form[action='/webapp/sign-out']")
}

/// Bends the answer (code, state, iss) of the authorization server; knows the state of another browser.
type Bend = fn(&mut Vec<(&'static str, String)>, &str);
/// Changes the claims of a token.
type Change = fn(&mut Value);

/// Nobody was signed in, and the page says so.
fn assert_failed(browser: &Browser<'_>, reply: &Reply, case: &str) {
    assert_eq!(reply.status, 400, "{case} {reply:?}");
    assert_eq!(
        Page::of(reply).texts("h1"),
        ["You could not be signed in"],
        "{case}"
    );
    assert_eq!(browser.cookie(SESSION), None, "{case}");
}

on_each_database! {
    async fn signing_in_ends_at_the_room_and_signing_out_kills_the_session(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let slug = named_room(&app, &ann, AccessLevel::Trusted).await;
        let browser = Browser::new(&app);
        let asked = browser.leave(&slug).await;
        let expected = [
            ("client_id", WEBAPP_ID),
            ("redirect_uri", "https://rooms.example.org/webapp/callback"),
            ("response_type", "code"),
            ("code_challenge_method", "S256"),
            ("scope", "lasuite_visio lasuite_visio:rooms:retrieve lasuite_visio:rooms:update"),
            ("resource", "https://rooms.example.org"),
            ("ui_locales", "en"),
        ];
        for (name, value) in expected {
            assert_eq!(asked[name], value, "{name}");
        }
        assert_eq!((asked["state"].len(), asked["code_challenge"].len()), (43, 43));
        let token = browser.token(&ann, "lasuite_visio lasuite_visio:rooms:retrieve");
        app.issuer.issue_code("c1", &asked["code_challenge"], &asked["redirect_uri"], &token);
        let answer = [("code", "c1"), ("state", asked["state"].as_str()), ("iss", app.issuer.url.as_str())];
        let reply = browser.come_back(&answer).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, format!("/{slug}").as_str()), "{reply:?}");
        assert_eq!(browser.cookie(ATTEMPT), None);
        assert!(is_signed_in(&browser, &slug).await);
        // B2
        let cookie = reply.headers.get_all("set-cookie").iter().find(|line| line.to_str().unwrap().starts_with(SESSION));
        let cookie = cookie.unwrap().to_str().unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=28800; Secure"), "{cookie}");

        // B9: the session itself ends, not only its cookie.
        let old = browser.cookie(SESSION).unwrap();
        assert_eq!(old.len(), 43);
        let reply = browser.submit(&slug, "/webapp/sign-out", &[("room", slug.as_str())]).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, format!("/{slug}").as_str()));
        assert_eq!(browser.cookie(SESSION), None);
        let page = Page::of(&browser.get(&format!("/{slug}")).await);
        assert_eq!(page.attribute("[role=status] a", "href"), format!("{}/logout", app.issuer.url));
        assert!(!page.has("form"));
        browser.cookies.borrow_mut().insert(SESSION.to_owned(), old);
        assert!(!is_signed_in(&browser, &slug).await);
    }

    /// An answer counts once, in the browser that asked for it, from the issuer, with its code.
    async fn answers_that_do_not_fit_sign_nobody_in(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let iss = app.issuer.url.clone();
        let other = Browser::new(&app).leave("aaa-bbbb-ccc").await["state"].clone();
        let cases: [(&str, Bend); 10] = [
            ("no state", |answer, _| answer.retain(|(name, _)| *name != "state")),
            ("the state of another browser", |answer, other| other.clone_into(&mut answer[1].1)),
            ("a state that is cut short", |answer, _| answer[1].1.truncate(42)),
            ("an empty state", |answer, _| answer[1].1.clear()),
            ("two states", |answer, _| answer.push(("state", answer[1].1.clone()))),
            ("no iss", |answer, _| answer.retain(|(name, _)| *name != "iss")),
            ("another iss", |answer, _| "https://evil.example".clone_into(&mut answer[2].1)),
            ("nearly the iss", |answer, _| answer[2].1.push('/')),
            ("no code", |answer, _| answer.retain(|(name, _)| *name != "code")),
            ("another code", |answer, _| answer[0].1.push('x')),
        ];
        for (case, bend) in cases {
            let browser = Browser::new(&app);
            let asked = browser.leave("aaa-bbbb-ccc").await;
            let token = browser.token(&ann, crate::harness::token::ALL);
            app.issuer.issue_code("c", &asked["code_challenge"], &asked["redirect_uri"], &token);
            let mut answer = vec![("code", "c".to_owned()), ("state", asked["state"].clone()), ("iss", iss.clone())];
            let good = answer.clone();
            bend(&mut answer, &other);
            let exchanges = app.issuer.code_exchanges();
            let answer: Vec<_> = answer.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let reply = browser.come_back(&answer).await;
            assert_eq!(reply.status, 400, "{case} {reply:?}");
            assert_eq!(browser.cookie(SESSION), None, "{case}");
            let asked_issuer = app.issuer.code_exchanges() - exchanges;
            assert_eq!(asked_issuer, usize::from(case == "another code"), "{case}");
            // The attempt is used up, so that nobody tries states out.
            let good: Vec<_> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_failed(&browser, &browser.come_back(&good).await, case);
        }
    }

    async fn a_code_is_worth_nothing_twice_or_elsewhere(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let iss = app.issuer.url.clone();
        let browser = Browser::new(&app);
        let asked = browser.leave("aaa-bbbb-ccc").await;
        let token = browser.token(&ann, crate::harness::token::ALL);
        app.issuer.issue_code("c", &asked["code_challenge"], &asked["redirect_uri"], &token);
        let answer = [("code", "c"), ("state", asked["state"].as_str()), ("iss", iss.as_str())];
        let attempt = browser.cookie(ATTEMPT).unwrap();
        assert_eq!(browser.come_back(&answer).await.status, 303);
        let thief = Browser::new(&app);
        assert_failed(&thief, &thief.come_back(&answer).await, "without the attempt");
        thief.cookies.borrow_mut().insert(ATTEMPT.to_owned(), attempt);
        assert_failed(&thief, &thief.come_back(&answer).await, "with the attempt, the code is used up");
        // PKCE: a code of another attempt does not fit the verifier of this one.
        let asked = thief.leave("aaa-bbbb-ccc").await;
        app.issuer.issue_code("stolen", "challenge-of-another-attempt", &asked["redirect_uri"], &token);
        let answer = [("code", "stolen"), ("state", asked["state"].as_str()), ("iss", iss.as_str())];
        assert_failed(&thief, &thief.come_back(&answer).await, "a code that was injected");
    }

    /// F5, F10: the token is checked like any other, and must have been made for these pages.
    async fn tokens_that_prove_nothing_here_sign_nobody_in(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let cases: [(&str, Change); 6] = [
            ("another application's", |claims| claims["client_id"] = json!("another")),
            ("another audience's", |claims| claims["aud"] = json!("https://other.example")),
            ("expired", |claims| claims["exp"] = json!(1)),
            ("without a user", |claims| claims["user_id"] = Value::Null),
            ("without the right to see rooms", |claims| claims["scope"] = json!("lasuite_visio lasuite_visio:rooms:update")),
            ("without the base scope", |claims| claims["scope"] = json!("lasuite_visio:rooms:retrieve")),
        ];
        for (case, change) in cases {
            let token = ann.again(&app, |claims| {
                claims["client_id"] = WEBAPP_ID.into();
                change(claims);
            });
            let browser = Browser::new(&app);
            let reply = browser.sign_in_with(&token.token).await;
            assert_failed(&browser, &reply, case);
        }
    }

    /// B1: a planted cookie is not adopted, and the session before a sign-in ends with it.
    async fn the_session_is_new_at_every_sign_in(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let slug = named_room(&app, &ann, AccessLevel::Trusted).await;
        let victim = Browser::new(&app);
        let planted = "A".repeat(43);
        victim.cookies.borrow_mut().insert(SESSION.to_owned(), planted.clone());
        victim.sign_in(&ann).await;
        let first = victim.cookie(SESSION).unwrap();
        assert_ne!(first, planted);
        let attacker = Browser::new(&app);
        attacker.cookies.borrow_mut().insert(SESSION.to_owned(), planted);
        assert!(!is_signed_in(&attacker, &slug).await);
        victim.sign_in(&ann).await;
        assert!(is_signed_in(&victim, &slug).await);
        attacker.cookies.borrow_mut().insert(SESSION.to_owned(), first);
        assert!(!is_signed_in(&attacker, &slug).await);
    }

    async fn a_session_ends_after_its_time(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let slug = named_room(&app, &ann, AccessLevel::Trusted).await;
        let browser = Browser::of(&app, &ann).await;
        app.pass(28_790);
        assert!(is_signed_in(&browser, &slug).await);
        app.pass(20);
        assert!(!is_signed_in(&browser, &slug).await);
    }

    /// What ends the token that a session began with ends the session, also when that token is long over.
    async fn a_revocation_ends_the_session(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let slug = named_room(&app, &ann, AccessLevel::Trusted).await;
        let still = Browser::of(&app, &Person::new(&app)).await;
        app.pass(7200);
        for kind in ["user", "grant", "client"] {
            let browser = Browser::of(&app, &ann).await;
            assert!(is_signed_in(&browser, &slug).await);
            let cookie = browser.cookie(SESSION).unwrap();
            let others = if kind == "client" { None } else { Some(&still) };
            let before = app.now_millis();
            app.issuer.revoke(json!({ "kind": kind, "user_id": ann.id, "client_id": WEBAPP_ID, "before_ms": before }));
            eventually(async || {
                let signed_in = is_signed_in(&browser, &slug).await;
                (!signed_in).then_some(()).ok_or(format!("{kind}: still signed in"))
            })
            .await;
            let session = resource_server::domain::session::SessionCookie::presented(cookie);
            assert_eq!(app.state.database.find_session(&session, 0).await.unwrap(), None, "{kind}");
            if let Some(other) = others {
                assert!(is_signed_in(other, &slug).await, "{kind}");
            }
        }
    }

    /// H4: neither cookie nor token is in the database.
    async fn only_hashes_are_stored(engine) {
        let app = start(engine).await;
        let ann = Person::new(&app);
        let browser = Browser::new(&app);
        let token = browser.token(&ann, crate::harness::token::ALL);
        assert_eq!(browser.sign_in_with(&token).await.status, 303);
        let cookie = browser.cookie(SESSION).unwrap();
        let rows = app.everything("webapp_sessions").await;
        assert!(rows.contains(&ann.id.to_string()), "{rows}");
        for secret in [cookie.as_str(), token.as_str(), token.rsplit('.').next().unwrap()] {
            assert!(!rows.contains(secret), "{rows}");
        }
    }
}

#[tokio::test]
async fn who_says_no_is_not_signed_in_and_told_so() {
    let app = start(Engine::Sqlite).await;
    let slug = named_room(&app, &Person::new(&app), AccessLevel::Trusted).await;
    let browser = Browser::new(&app);
    let asked = browser.leave(&slug).await;
    let iss = app.issuer.url.clone();
    let answer = [
        ("error", "access_denied"),
        ("state", &asked["state"]),
        ("iss", &iss),
    ];
    let reply = browser.come_back(&answer).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (303, format!("/{slug}").as_str())
    );
    let page = Page::of(&browser.get(&format!("/{slug}")).await);
    assert!(page.texts("[role=status]")[0].starts_with("You said no"));
    let page = Page::of(&browser.get(&format!("/{slug}")).await);
    assert!(!page.has("[role=status]"), "it is told once");
    // Any other error is a matter of this server's registration.
    let asked = browser.leave(&slug).await;
    let answer = [
        ("error", "invalid_scope"),
        ("state", &asked["state"]),
        ("iss", &iss),
    ];
    assert_eq!(browser.come_back(&answer).await.status, 503);
}

/// A31: the way back ends at a room of this server.
#[tokio::test]
async fn the_way_back_cannot_be_bent() {
    let app = start(Engine::Sqlite).await;
    let ann = Person::new(&app);
    let browser = Browser::new(&app);
    for room in [
        "",
        "//evil.example",
        "https://evil.example",
        "%2F%2Fevil.example",
        "\\\\evil",
        "aaa-bbbb-ccc/../x",
        "aaa-bbbb-ccc%0d%0ax",
    ] {
        let reply = browser.get(&format!("/webapp/sign-in?room={room}")).await;
        assert_eq!(reply.status, 400, "{room}");
        assert_eq!(reply.header("location"), "", "{room}");
    }
    let iss = app.issuer.url.clone();
    let token = browser.token(&ann, crate::harness::token::ALL);
    let asked = browser.leave("aaa-bbbb-ccc").await;
    app.issuer
        .issue_code("c", &asked["code_challenge"], &asked["redirect_uri"], &token);
    let nonce = browser.cookie(ATTEMPT).unwrap();
    let nonce = nonce.split('.').next().unwrap();
    for room in ["//evil.example", "xxx-yyyy-zzz"] {
        let bent = format!("{nonce}.{room}");
        browser.cookies.borrow_mut().insert(ATTEMPT.to_owned(), bent);
        let reply = browser
            .come_back(&[("code", "c"), ("state", &asked["state"]), ("iss", &iss)])
            .await;
        assert_failed(&browser, &reply, room);
    }
}

/// While nobody can tell what was revoked, nobody is believed to be signed in; visitors notice nothing.
#[tokio::test]
async fn without_the_feed_sessions_wait() {
    let app = App::start_with(Engine::Sqlite, |config| {
        with_sign_in(config);
        config.revocation_feed.max_silence = std::time::Duration::from_millis(300);
    })
    .await;
    let ann = Person::new(&app);
    let slug = named_room(&app, &ann, AccessLevel::Trusted).await;
    let browser = Browser::of(&app, &ann).await;
    app.issuer.set_silent(true);
    eventually(
        async || match browser.get(&format!("/{slug}")).await.status.as_u16() {
            503 => Ok(()),
            other => Err(other.to_string()),
        },
    )
    .await;
    let reply = browser.get(&format!("/{slug}")).await;
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(Page::of(&reply).texts("h1"), ["We’ll be right back"]);
    assert_eq!(Browser::new(&app).get(&format!("/{slug}")).await.status, 200);
    app.issuer.set_silent(false);
    eventually(
        async || match browser.get(&format!("/{slug}")).await.status.as_u16() {
            200 => Ok(()),
            other => Err(other.to_string()),
        },
    )
    .await;
}

/// F11: an authorization server that is away, or does not know this server, is no fault of the reader.
#[tokio::test]
async fn trouble_at_the_authorization_server_is_told() {
    let app = App::start_with(Engine::Sqlite, |config| {
        with_sign_in(config);
        config.webapp.client_secret = "wrong".into();
    })
    .await;
    let browser = Browser::new(&app);
    let reply = browser.sign_in(&Person::new(&app)).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(browser.cookie(SESSION), None);
    let page = Page::of(&reply);
    assert_eq!(page.attribute(".actions a", "href"), "/aaa-bbbb-ccc");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = crate::harness::Issuer::absent(listener.local_addr().unwrap());
    drop(listener);
    let app = App::start_early(Engine::Sqlite, nobody, with_sign_in).await;
    let reply = Reply::of(app.request(Method::GET, "/webapp/sign-in?room=aaa-bbbb-ccc")).await;
    assert_eq!(reply.status, 503, "{reply:?}");
}
