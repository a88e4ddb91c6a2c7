//! `/account/security`: password, app, passkeys, recovery codes, by their owner alone and shortly after a sign-in.

use std::time::Duration;

use auth_server::config::Config;
use auth_server::domain::mail::MailKind;
use auth_server::domain::policy::Profile;
use auth_server::domain::secret::PlainToken;
use auth_server::flows::change_password::{NewPassword, PasswordChange};
use auth_server::flows::registry::Actor;
use auth_server::store::sql::outbox;
use auth_server::store::sql::people::{self, Update};
use reqwest::Method;

use crate::harness::{App, Browser, EMAIL, Form, Ldap, NewApplication, Options, PASSWORD, Page, Server};
use crate::on_every_storage;

const PAGE: &str = "/account/security";
const NEW: &str = "another good password";

fn with_a_host_name(config: &mut Config) {
    config.issuer_url = config.issuer_url.replace("127.0.0.1", "localhost");
}

async fn start() -> Server {
    Server::start_with(Options {
        configure: with_a_host_name,
        ..Options::manual_clock()
    })
    .await
}

fn below(path: &str) -> String {
    format!("{PAGE}/{path}")
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get_once(PAGE).await.status == 200
}

async fn sign_in(browser: &Browser, password: &str) -> Page {
    let page = browser.get("/login").await;
    browser.submit_once(&page.sign_in_form(EMAIL, password)).await
}

/// What an attempt to change the password is answered with.
async fn change_password(browser: &Browser, page: &Page, current: &str, new: &str) -> u16 {
    let answer = browser.submit_once(&password_form(page, current, new)).await;
    answer.status.as_u16()
}

fn password_form(page: &Page, current: &str, new: &str) -> Form {
    page.form(&below("password"))
        .with("current", current)
        .with("new", new)
}

on_every_storage!(
    /// B10: the current password is asked for; other sessions end; applications lose what they were given, unless the
    /// user unticks it.
    a_password_change,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let (here, elsewhere) = (server.signed_in().await, server.signed_in().await);
        let (request, verifier) = application.request(&[]);
        let code = here.approve(&request).await.code();
        let tokens = application.exchange(&code, &verifier).await.ok();
        let page = here.get(PAGE).await;
        let wrong = here.submit_once(&password_form(&page, "wrong", NEW)).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.texts("#notice")[0].contains("current password"), "{}", wrong.body);
        let short = here.submit_once(&password_form(&page, PASSWORD, "short")).await;
        assert_eq!(short.status, 422);
        assert!(is_signed_in(&elsewhere).await);
        server.advance(Duration::from_secs(2));

        let keep = password_form(&page, PASSWORD, NEW).lacking("end_access");
        let done = here.submit_once(&keep).await;
        assert_eq!(done.location().as_deref(), Some("/account/security?done=password"));
        assert!(is_signed_in(&here).await);
        assert!(!is_signed_in(&elsewhere).await);
        assert!(server.is_active(tokens.access()).await);
        assert_eq!(sign_in(&server.browser(), PASSWORD).await.status, 401);
        assert_eq!(sign_in(&server.browser(), NEW).await.status, 303);

        let all = password_form(&page, NEW, PASSWORD);
        assert_eq!(all.value("end_access"), Some("1"), "ticked");
        assert_eq!(here.submit_once(&all).await.status, 303);
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(application.refresh(tokens.refresh()).await.error(), "invalid_grant");
        assert_eq!(server.audit("password_changed").await.len(), 2);
    },
    manual_clock
);

on_every_storage!(
    /// B10: a change that was under way when somebody else replaced the password does not undo that.
    a_change_under_way_does_not_undo_a_reset,
    |server| async move {
        let services = &server.state.services;
        let before = server.user(EMAIL).await;
        let hash = services.passwords.hash(NEW.to_owned()).await.expect("a hash");
        assert!(services.accounts().set_password(before.id, &hash).await.expect("set"));
        let asked = NewPassword { current: PASSWORD, new: "the thief's own password", end_access: false };
        let cookie = PlainToken::presented("se-none");
        let late = services.change_password(&before, &cookie, &asked, "192.0.2.1", "en").await;
        assert_eq!(late.expect("the stores"), PasswordChange::WrongCurrent);
        assert_eq!(server.user(EMAIL).await.password_hash, Some(hash));
    }
);

/// Whose password or second factor changes hears of it, whoever did it, in the language that they chose.
#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_to_their_user() {
    let server = start().await;
    let services = &server.state.services;
    let user = server.user(EMAIL).await;
    let language = Update {
        language: Some(Some("fr")),
        ..Update::default()
    };
    people::update(&services.database, user.id, &language, 0)
        .await
        .expect("changed");
    let newest = async || {
        server.advance(Duration::from_secs(1));
        let kept = outbox::list(&services.database, None, None, 100)
            .await
            .expect("the outbox");
        (kept.len(), kept[0].kind, kept[0].language.clone())
    };
    let browser = server.signed_in().await;
    let page = browser.get(PAGE).await;
    assert_eq!(change_password(&browser, &page, PASSWORD, NEW).await, 303);
    assert_eq!(newest().await, (1, MailKind::PasswordChanged, "fr".to_owned()));
    let registry = services.registry(Actor::command_line());
    let password = PlainToken::presented(PASSWORD);
    registry
        .reset_password(&services.passwords, user.id, &password)
        .await
        .expect("replaced");
    assert_eq!(newest().await, (2, MailKind::PasswordChanged, "fr".to_owned()));
    server.give_app(EMAIL).await;
    assert_eq!(
        newest().await,
        (3, MailKind::SecondFactorChanged, "fr".to_owned())
    );
    registry.reset_second_factors(user.id).await.expect("removed");
    assert_eq!(
        newest().await,
        (4, MailKind::SecondFactorChanged, "fr".to_owned())
    );
}

/// B8: the current password cannot be guessed here faster than at the sign-in.
#[tokio::test]
async fn the_current_password_cannot_be_guessed() {
    let server = start().await;
    let browser = server.signed_in().await;
    let page = browser.get(PAGE).await;
    for _ in 0..5 {
        assert_eq!(change_password(&browser, &page, "wrong", NEW).await, 422);
    }
    let answer = browser.submit_once(&password_form(&page, PASSWORD, NEW)).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "60");
    server.advance(Duration::from_secs(61));
    assert_eq!(change_password(&browser, &page, PASSWORD, NEW).await, 303);
}

/// An LDAP directory's passwords are not ours to change.
#[tokio::test]
async fn passwords_of_a_directory_are_not_changed_here() {
    let ldap = Ldap::start(&[("ada", "ada@example.org", "Ada", "her password")]).await;
    let server = Server::start_with(Options {
        directory: Some(ldap.settings()),
        ..Options::manual_clock()
    })
    .await;
    let browser = server.browser();
    let form = browser
        .get("/login")
        .await
        .sign_in_form("ada@example.org", "her password");
    browser.submit(&form).await;
    let page = browser.get(PAGE).await;
    assert!(page.attributes("#current", "name").is_empty());
    // The form made by hand changes nothing either.
    let csrf = browser.get(&below("app")).await;
    let csrf = csrf.form(&below("app")).value("csrf").expect("csrf").to_owned();
    let fields = [("csrf", csrf.as_str()), ("current", "her password"), ("new", NEW)];
    let request = browser.request(Method::POST, &below("password")).form(&fields);
    assert_eq!(browser.send(request).await.location().as_deref(), Some(PAGE));
    assert!(server.audit("password_changed").await.is_empty());
    assert_eq!(server.user("ada@example.org").await.password_hash, None);
}

/// The whole life of an app and its recovery codes.
#[tokio::test]
async fn an_app_is_set_up_used_and_removed() {
    let server = start().await;
    let (browser, elsewhere) = (server.signed_in().await, server.signed_in().await);
    let page = browser.get(PAGE).await;
    assert!(
        page.attributes("form[action='/account/security/recovery-codes']", "method")
            .is_empty()
    );
    let other_page = browser.get(&below("app")).await;
    let page = browser.get(&below("app")).await;
    let app = App::new(&page.texts("code.secret-key")[0]);
    let form = page.form(&below("app"));
    let wrong = browser
        .submit_once(&form.clone().with("code", &app.wrong_code(&server)))
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.texts("code.secret-key"), page.texts("code.secret-key"));
    assert!(is_signed_in(&elsewhere).await);
    let done = browser
        .submit_once(&form.clone().with("code", &app.code(&server, 0)))
        .await;
    assert_eq!(done.status, 200, "{}", done.body);
    let codes = done.texts(".recovery-codes code");
    assert_eq!(codes.len(), 10);
    assert!(is_signed_in(&browser).await);
    assert!(
        !is_signed_in(&elsewhere).await,
        "sessions of before the first factor end"
    );
    // The page of the codes, loaded again, says nothing of a new key: the old one is good.
    for code in [app.code(&server, 0), app.wrong_code(&server)] {
        let twice = browser.submit_once(&form.clone().with("code", &code)).await;
        assert_eq!(twice.location().as_deref(), Some(PAGE));
    }
    let other = App::new(&other_page.texts("code.secret-key")[0]);
    let form = other_page
        .form(&below("app"))
        .with("code", &other.code(&server, 0));
    let second = browser.submit_once(&form).await;
    assert_eq!(second.status, 422, "there is one app already");
    assert!(
        second.texts("#notice")[0].contains("new key does not work"),
        "{}",
        second.body
    );
    assert_eq!(
        browser.get_once(&below("app")).await.location().as_deref(),
        Some(PAGE)
    );

    let page = browser.get(PAGE).await;
    assert!(page.body.contains("Codes left: 10"), "{}", page.body);
    let renewed = browser.submit_once(&page.form(&below("recovery-codes"))).await;
    let new_codes = renewed.texts(".recovery-codes code");
    assert_eq!(new_codes.len(), 10);
    assert!(codes.iter().all(|code| !new_codes.contains(code)));
    let step = "/login/second-factor";
    for (code, status) in [(&codes[0], 401), (&new_codes[0], 303), (&new_codes[0], 401)] {
        let browser = server.browser();
        let login = browser.get("/login").await;
        let page = browser.submit(&login.sign_in_form(EMAIL, PASSWORD)).await;
        let form = page.form_with(step, "code").with("code", code);
        assert_eq!(browser.submit_once(&form).await.status, status);
    }

    let removed = browser.submit_once(&page.form(&below("app/remove"))).await;
    assert_eq!(
        removed.location().as_deref(),
        Some("/account/security?done=app-removed")
    );
    let factors = server
        .state
        .services
        .second_factors(server.user(EMAIL).await.id)
        .await;
    assert_eq!(
        factors.expect("read"),
        auth_server::domain::second_factor::SecondFactors::default()
    );
    assert_eq!(
        sign_in(&server.browser(), PASSWORD).await.location().as_deref(),
        Some("/")
    );
    let lines = server.audit("second_factor_changed").await;
    let details: Vec<&str> = lines.iter().map(|line| line.detail.as_str()).collect();
    for detail in [
        "authenticator app added",
        "recovery codes replaced",
        "authenticator app removed",
    ] {
        assert!(details.contains(&detail), "{details:?}");
    }
}

/// Every form of the pages.
async fn forms(browser: &Browser) -> Vec<Form> {
    let page = browser.get(PAGE).await;
    let passkey = page.attributes(".row form", "action").remove(0);
    let app = browser.get(&below("app")).await;
    let mut forms = vec![
        password_form(&page, PASSWORD, NEW),
        page.form_with(&below("passkeys"), "answer").with("name", "Key"),
        page.form(&passkey).with("name", "Renamed"),
        page.form(&passkey).with("action", "remove"),
        page.form(&below("recovery-codes")),
    ];
    if app.status == 200 {
        forms.push(app.form(&below("app")).with("code", "123456"));
    }
    forms
}

/// H1, H2, B3: strangers are sent to the sign-in, forms from elsewhere are refused.
#[tokio::test]
async fn forms_are_ours_alone() {
    let server = start().await;
    server.give_passkey(EMAIL).await;
    let mut key = server.give_passkey(EMAIL).await;
    let browser = server.browser();
    let login = browser.get("/login").await;
    let answer = key.get(&login.passkey_options()).to_string();
    browser
        .submit(
            &login
                .form_with("/login/passkey", "answer")
                .with("answer", &answer),
        )
        .await;
    let forms = forms(&browser).await;
    assert_eq!(forms.len(), 6);
    for form in &forms {
        let action = &form.action;
        let stranger = server.browser().submit_once(form).await;
        assert_eq!(stranger.status, 303, "{action}");
        assert!(
            stranger.location().expect("a redirect").starts_with("/login?"),
            "{action}"
        );
        for (case, form) in [
            ("missing", form.clone().lacking("csrf")),
            ("junk", form.clone().with("csrf", "x")),
        ] {
            assert_eq!(browser.submit_once(&form).await.status, 403, "{action} {case}");
        }
        browser.assert_refused_from_elsewhere(form).await;
        let text = browser
            .request(Method::POST, action)
            .header("content-type", "text/plain")
            .body("x");
        assert_eq!(browser.send(text).await.status, 415, "{action}");
    }
    let user = server.user(EMAIL).await;
    let factors = server.state.services.second_factors(user.id).await.expect("read");
    assert_eq!(factors.passkeys.len(), 2);
    assert_eq!(factors.recovery_codes, 10);
}

/// What changes factors needs a sign-in of the last ten minutes; the user proves who they are, and comes back.
#[tokio::test]
async fn an_old_sign_in_changes_no_factor() {
    let server = start().await;
    let mut key = server.give_passkey(EMAIL).await;
    let browser = server.browser();
    let login = browser.get("/login").await;
    let answer = key.get(&login.passkey_options()).to_string();
    browser
        .submit(
            &login
                .form_with("/login/passkey", "answer")
                .with("answer", &answer),
        )
        .await;
    server.advance(Duration::from_secs(595));
    let forms = forms(&browser).await;
    server.advance(Duration::from_secs(10));
    for form in &forms {
        let answer = browser.submit_once(form).await;
        let location = answer.location().unwrap_or_default();
        if form.action.ends_with("/password") {
            assert_eq!(
                location, "/account/security?done=password",
                "the password proves it itself"
            );
        } else if form.value("action") == Some("rename") {
            assert_eq!(
                location, "/account/security?done=passkey-renamed",
                "a name opens nothing"
            );
        } else {
            assert_eq!(
                location, "/login?return_to=%2Faccount%2Fsecurity",
                "{}",
                form.action
            );
        }
    }
    let page = browser.get(PAGE).await;
    assert!(page.attributes("form[data-passkey]", "action").is_empty());
    let user = server.user(EMAIL).await;
    let factors = server.state.services.second_factors(user.id).await.expect("read");
    assert_eq!((factors.passkeys.len(), factors.recovery_codes), (1, 10));
    let again = browser.get("/login?return_to=%2Faccount%2Fsecurity").await;
    let answer = key.get(&again.passkey_options()).to_string();
    let form = again
        .form_with("/login/passkey", "answer")
        .with("answer", &answer);
    let back = browser.submit(&form).await;
    assert_eq!(
        back.attributes("form[data-passkey]", "action"),
        [below("passkeys")]
    );
}
