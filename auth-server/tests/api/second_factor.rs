//! The second step of a sign-in: codes of an authenticator app (RFC 6238), recovery codes, and the state between.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::secret::PlainToken;
use auth_server::domain::session::Amr;
use futures_util::future::join_all;

use crate::harness::{App, Browser, EMAIL, Ldap, NewApplication, Options, PASSWORD, Page, Server};
use crate::on_every_storage;

const STEP: &str = "/login/second-factor";
const SESSION: &str = "anteroom_session";
const HALF: &str = "anteroom_second_factor";

/// So that attempts at the same moment are looked at, every one.
fn unlimited() -> Options {
    Options {
        configure: |config| {
            config.limits.sign_in_failures_per_account_and_address = 0;
            config.limits.sign_in_failures_per_account = 0;
            config.limits.second_factor_failures_per_account_and_hour = 0;
        },
        ..Options::manual_clock()
    }
}

/// Gives the right password; the page that follows.
async fn password(browser: &Browser) -> Page {
    let page = browser.get("/login").await;
    browser.submit(&page.sign_in_form(EMAIL, PASSWORD)).await
}

/// Gives a code on the page that asks for one.
async fn code(browser: &Browser, page: &Page, code: &str) -> Page {
    browser
        .submit_once(&page.form_with(STEP, "code").with("code", code))
        .await
}

async fn is_signed_in(browser: &Browser) -> bool {
    !browser
        .get("/")
        .await
        .attributes("form[action='/logout']", "method")
        .is_empty()
}

on_every_storage!(
    /// B1: between password and code there is no session, and afterwards there is a new one that knows how it was
    /// proven (RFC 8176).
    a_code_completes_the_sign_in,
    |server| async move {
        let app = server.give_app(EMAIL).await;
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.browser();
        browser.plant_cookie(SESSION, "se-planted");
        let page = password(&browser).await;
        assert_eq!(page.texts("h1"), ["One more step"]);
        assert_eq!(browser.cookie(SESSION).as_deref(), Some("se-planted"));
        assert!(!is_signed_in(&browser).await);
        let (request, _) = application.request(&[]);
        let asked = browser.get(&request).await;
        assert!(asked.body.contains("name=\"password\""), "{}", asked.body);
        let wrong = code(&browser, &page, &app.wrong_code(&server)).await;
        assert_eq!(wrong.status, 401);
        assert!(!is_signed_in(&browser).await);
        let done = code(&browser, &page, &app.code(&server, 0)).await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert_eq!(done.location().as_deref(), Some("/"));
        assert!(is_signed_in(&browser).await);
        assert_eq!(browser.cookie(HALF), None);
        let cookie = browser.cookie(SESSION).expect("a session");
        assert_ne!(cookie, "se-planted");
        let (session, _) = server
            .state
            .services
            .session(&PlainToken::presented(cookie))
            .await
            .expect("read")
            .expect("a session");
        assert_eq!(session.amr, [Amr::Pwd, Amr::Otp, Amr::Mfa]);
        assert_eq!(server.audit("sign_in").await[0].detail, "password and authenticator app");
        assert_eq!(server.audit("second_factor_asked").await.len(), 1);
        let failed = server.audit("sign_in_failed").await;
        assert!(failed[0].detail.contains("the code of the second factor was not"), "{failed:?}");
    },
    manual_clock
);

on_every_storage!(@options
    /// RFC 6238 5.2: a code works once, and no earlier one after it.
    codes_work_once,
    |server| async move {
        let app = server.give_app(EMAIL).await;
        server.advance(Duration::from_mins(1));
        for (offset, status) in [(0, 303), (0, 401), (-1, 401), (1, 303), (1, 401), (0, 401)] {
            let browser = server.browser();
            let page = password(&browser).await;
            let answer = code(&browser, &page, &app.code(&server, offset)).await;
            assert_eq!(answer.status, status, "{offset}");
        }
    },
    unlimited()
);

on_every_storage!(@options
    /// Twenty browsers with the password and the same code: one signs in.
    one_code_at_once,
    |server| async move {
        let app = server.give_app(EMAIL).await;
        assert_eq!(race(&server, &app.code(&server, 0)).await, 1);
    },
    unlimited()
);

on_every_storage!(@options
    /// The same for a recovery code, which is used up for good.
    one_recovery_code_at_once,
    |server| async move {
        let app = server.give_app(EMAIL).await;
        assert_eq!(app.recovery_codes.len(), 10);
        let typed = format!(" {} ", app.recovery_codes[3].to_uppercase());
        assert_eq!(race(&server, &typed).await, 1);
        server.advance(Duration::from_hours(1));
        assert_eq!(race(&server, &typed).await, 0);
        let user = server.user(EMAIL).await;
        let factors = server.state.services.second_factors(user.id).await.expect("read");
        assert_eq!(factors.recovery_codes, 9);
        assert_eq!(server.audit("sign_in").await[0].detail, "password and recovery code");
    },
    unlimited()
);

/// Sends a code from twenty browsers that have given the password; how many are signed in by it.
async fn race(server: &Server, typed: &str) -> usize {
    let mut ready = Vec::new();
    for _ in 0..20 {
        let browser = server.browser();
        // As after the password, without waiting for twenty hashes.
        let page = browser.get("/login").await;
        assert_eq!(page.status, 200);
        let user = server.user(EMAIL).await;
        let note = server
            .state
            .services
            .half_sign_in(&user, &browser.cookie("anteroom_form").expect("a cookie"));
        browser.plant_cookie(HALF, &note);
        let page = browser.get(STEP).await;
        ready.push((browser, page.form_with(STEP, "code").with("code", typed)));
    }
    let sent = ready.iter().map(|(browser, form)| browser.submit_once(form));
    let answers = join_all(sent).await;
    answers.iter().filter(|answer| answer.status == 303).count()
}

/// The note between the steps is good for five minutes, once, in this browser, for this password.
#[tokio::test]
async fn half_a_sign_in_is_worth_nothing_else() {
    let server = Server::start_with(Options::manual_clock()).await;
    let app = server.give_app(EMAIL).await;
    let begins_anew = async |browser: &Browser, case: &str| {
        let page = browser.get_once(STEP).await;
        assert_eq!(page.status, 303, "{case}");
        let location = page.location().expect("a redirect");
        assert!(
            location.starts_with("/login?return_to=%2F&expired"),
            "{case}: {location}"
        );
        assert!(!is_signed_in(browser).await, "{case}");
    };
    begins_anew(&server.browser(), "without a password").await;

    let browser = server.browser();
    let page = password(&browser).await;
    let note = browser.cookie(HALF).expect("a note");
    let thief = server.browser();
    thief.get("/login").await;
    thief.plant_cookie(HALF, &note);
    begins_anew(&thief, "in another browser").await;
    let forged = server.browser();
    forged.get("/login").await;
    forged.plant_cookie(HALF, &note.replace('.', ".0"));
    begins_anew(&forged, "forged").await;

    // A form of the right browser, but the note of nobody.
    let stolen = page.form_with(STEP, "code").with("code", &app.code(&server, 0));
    assert_eq!(
        thief.submit_once(&stolen).await.status,
        403,
        "another browser's form"
    );

    server.advance(Duration::from_secs(299));
    assert_eq!(browser.get(STEP).await.texts("h1"), ["One more step"]);
    let done = code(&browser, &page, &app.code(&server, 0)).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let leaving = browser.get("/logout").await.form("/logout");
    browser.submit(&leaving).await;
    browser.plant_cookie(HALF, &note);
    server.advance(Duration::from_secs(30));
    begins_anew(&browser, "too late").await;

    // Used up while it is still good.
    let page = password(&browser).await;
    let note = browser.cookie(HALF).expect("a note");
    assert_eq!(code(&browser, &page, &app.code(&server, 0)).await.status, 303);
    let session = browser.cookie(SESSION).expect("a session");
    browser.plant_cookie(HALF, &note);
    server.advance(Duration::from_secs(30));
    let again = code(&browser, &page, &app.code(&server, 0)).await;
    assert_eq!(again.status, 401, "a note signs in once");
    assert_eq!(browser.cookie(SESSION), Some(session));

    let blocked = server.browser();
    password(&blocked).await;
    server.set_user_disabled(EMAIL, true).await;
    begins_anew(&blocked, "blocked").await;
    server.set_user_disabled(EMAIL, false).await;
    let hash = server
        .state
        .services
        .passwords
        .hash("another password".to_owned())
        .await;
    let user = server.user(EMAIL).await;
    let accounts = server.state.services.accounts();
    assert!(
        accounts
            .set_password(user.id, &hash.expect("a hash"))
            .await
            .expect("set")
    );
    begins_anew(&blocked, "another password").await;
}

/// B3: the step's forms are ours alone.
#[tokio::test]
async fn a_code_from_elsewhere_is_refused() {
    let server = Server::start_with(Options::manual_clock()).await;
    let app = server.give_app(EMAIL).await;
    let browser = server.browser();
    let form = password(&browser)
        .await
        .form_with(STEP, "code")
        .with("code", &app.code(&server, 0));
    let login = browser.get("/login").await.form("/login");
    let other_purpose = login.value("csrf").expect("csrf").to_owned();
    for (case, form) in [
        ("missing", form.clone().lacking("csrf")),
        ("empty", form.clone().with("csrf", "")),
        ("of another form", form.clone().with("csrf", &other_purpose)),
    ] {
        let answer = browser.submit_once(&form).await;
        assert_eq!(answer.status, 403, "{case}");
        assert_eq!(browser.cookie(SESSION), None, "{case}");
    }
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = browser.request(reqwest::Method::POST, STEP).header(name, value);
        let answer = browser.send(request.form(&form.fields)).await;
        assert_eq!(answer.status, 403, "{name}");
    }
    assert_eq!(
        browser.submit_once(&form).await.status,
        303,
        "the same form from our own page"
    );
}

/// A31, S4.46: the user comes back to the application's request, and nowhere else.
#[tokio::test]
async fn the_way_goes_on() {
    let server = Server::start_with(Options::manual_clock()).await;
    let app = server.give_app(EMAIL).await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let (request, _) = application.request(&[("state", "a+b/c=")]);
    let browser = server.browser();
    let login = browser.get(&request).await;
    let page = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("form-action 'self' https:"), "{policy}");
    let form = page.form_with(STEP, "code").with("code", &app.code(&server, 0));
    let evil = browser
        .submit_once(&form.clone().with("return_to", "//evil.example"))
        .await;
    assert_eq!(evil.location().as_deref(), Some("/"));
    server.advance(Duration::from_secs(30));
    let login = browser.get("/login?return_to=%2F%2Fevil.example").await;
    let page = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
    assert_eq!(page.form_with(STEP, "code").value("return_to"), Some("/"));
    let browser = server.browser();
    let login = browser.get(&request).await;
    let page = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
    let form = page.form_with(STEP, "code").with("code", &app.code(&server, 0));
    let consent = browser.submit(&form).await;
    let callback = browser.submit(&consent.consent_form("allow")).await.callback();
    assert_eq!(callback.get("state").as_deref(), Some("a+b/c="));
    callback.code();
}

/// With an LDAP directory the same second factors are asked for.
#[tokio::test]
async fn people_of_a_directory_have_second_factors() {
    let ldap = Ldap::start(&[("ada", "ada@example.org", "Ada", "her password")]).await;
    let server = Server::start_with(Options {
        directory: Some(ldap.settings()),
        ..Options::manual_clock()
    })
    .await;
    let sign_in = async || {
        let browser = server.browser();
        let form = browser
            .get("/login")
            .await
            .sign_in_form("ada@example.org", "her password");
        let page = browser.submit(&form).await;
        (browser, page)
    };
    let (browser, _) = sign_in().await;
    assert!(is_signed_in(&browser).await);
    let app = server.give_app("ada@example.org").await;
    assert!(
        !is_signed_in(&browser).await,
        "sessions of before the first factor end"
    );
    let (browser, page) = sign_in().await;
    assert!(!is_signed_in(&browser).await);
    assert_eq!(code(&browser, &page, &app.code(&server, 0)).await.status, 303);
    assert!(is_signed_in(&browser).await);
}

/// H4: neither the app's key, when there is a key for it, nor a recovery code is in the database as it is.
#[tokio::test]
async fn secrets_are_sealed() {
    let options = Options::configured(|config| {
        config.key_encryption_key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned();
    });
    let server = Server::start_with(options).await;
    let app: App = server.give_app(EMAIL).await;
    let user = server.user(EMAIL).await;
    let row = auth_server::store::sql::totp::find(&server.state.services.database, user.id).await;
    let row = row.expect("read").expect("an app");
    assert!(row.encrypted);
    let mut held = Vec::new();
    for entry in std::fs::read_dir(server.folder()).expect("a folder") {
        held.extend(std::fs::read(entry.expect("a file").path()).expect("bytes"));
    }
    let holds = |needle: &[u8]| held.windows(needle.len()).any(|bytes| bytes == needle);
    assert!(holds(row.secret.as_bytes()), "the search finds what is there");
    assert!(!holds(&app.secret_bytes()));
    assert!(!holds(app.secret_base64().as_bytes()));
    for code in &app.recovery_codes {
        assert!(!holds(code.as_bytes()));
        assert!(!holds(code.replace('-', "").as_bytes()));
    }
}

/// Whoever runs the server helps somebody who has lost everything; sessions end.
#[tokio::test]
async fn a_reset_removes_every_factor() {
    let server = Server::start_with(Options::manual_clock()).await;
    server.give_app(EMAIL).await;
    let user = server.user(EMAIL).await;
    let accounts = server.state.services.accounts();
    assert_eq!(accounts.reset_second_factors(user.id).await.expect("reset"), 1);
    assert_eq!(accounts.reset_second_factors(user.id).await.expect("reset"), 0);
    let factors = server.state.services.second_factors(user.id).await.expect("read");
    assert_eq!(
        factors,
        auth_server::domain::second_factor::SecondFactors::default()
    );
    assert!(is_signed_in(&server.signed_in().await).await);
}

/// A user with second factors can be deleted.
#[tokio::test]
async fn factors_go_with_their_user() {
    let server = Server::start_with(Options::manual_clock()).await;
    server.give_app(EMAIL).await;
    let user = server.user(EMAIL).await;
    let accounts = server.state.services.accounts();
    assert!(accounts.delete(user.id).await.expect("deleted"));
    let factors = server.state.services.second_factors(user.id).await.expect("read");
    assert!(!factors.any());
}
