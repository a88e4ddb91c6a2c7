//! `/developer`: developers register applications, follow their review, and keep their secrets.

mod access;
mod form;
mod in_use;
mod review;
mod secrets;

use auth_server::domain::application::ReviewStatus;
use auth_server::domain::role::Role;
use auth_server::domain::user::User;
use auth_server::flows::registry::{Actor, Decision};
use reqwest::Method;

use crate::harness::{Browser, Form, Options, Page, Server, names};

const NEW: &str = "/developer/new";

/// A server whose developers name pages that lead nowhere but to this machine.
async fn start() -> Server {
    Server::start_with(Options {
        lookup: || names(&[("app.example", "127.0.0.1")]),
        ..Options::manual_clock()
    })
    .await
}

async fn developer(server: &Server, email: &str) -> (User, Browser) {
    server.person(email, &[Role::Developer]).await
}

/// The form of an application, filled in.
fn filled(page: &Page, action: &str, name: &str) -> Form {
    page.form(action)
        .with("name", name)
        .with("homepage_url", "https://app.example/")
        .with("policy_url", "https://app.example/policy")
        .with("logo_url", "https://app.example/logo.png")
        .with("use_case", "calendar")
        .with("redirect_uri", "https://app.example/callback")
        .with("scope", "user:read")
        .and("scope", "meeting:read")
        .with("kind", "confidential")
}

/// Registers and submits an application, and gives its id.
async fn submitted(browser: &Browser, name: &str) -> String {
    let page = browser.get(NEW).await;
    let done = browser
        .submit_once(&filled(&page, NEW, name).with("action", "submit"))
        .await;
    let location = done
        .location()
        .unwrap_or_else(|| panic!("no redirect: {}", done.body));
    let id = location
        .strip_prefix("/developer/apps/")
        .and_then(|rest| rest.strip_suffix("?done=submitted"));
    id.unwrap_or_else(|| panic!("{location}")).to_owned()
}

fn path(id: &str, rest: &str) -> String {
    format!("/developer/apps/{id}{rest}")
}

async fn decide(server: &Server, id: &str, status: ReviewStatus, reason: &str) {
    let registry = server.state.services.registry(Actor::command_line());
    let decision = Decision {
        status,
        reason: Some(reason.to_owned()),
        seen: None,
        first_secret: false,
    };
    registry.decide(id, &decision).await.expect("a decision");
}

async fn approved(server: &Server, browser: &Browser, name: &str) -> String {
    let id = submitted(browser, name).await;
    decide(server, &id, ReviewStatus::Approved, "Fine.").await;
    id
}

async fn make_secret(browser: &Browser, id: &str, fields: &[(&str, &str)]) -> Page {
    let form = browser
        .get(&path(id, ""))
        .await
        .form(&path(id, "/secrets"))
        .lacking("secret");
    let form = fields
        .iter()
        .fold(form, |form, (name, value)| form.with(name, value));
    browser.submit_once(&form).await
}

/// Whether a client secret is taken at the token endpoint: a wrong code is then what is wrong.
async fn works(server: &Server, id: &str, secret: &str) -> bool {
    let answer = server
        .browser()
        .request(Method::POST, "/oauth2/token")
        .basic_auth(id, Some(secret))
        .form(&[("grant_type", "authorization_code"), ("code", "co-none")])
        .send()
        .await
        .expect("an answer");
    answer.text().await.expect("a body").contains("invalid_grant")
}

/// The token of a form, as the server would write it for this browser.
fn csrf(server: &Server, browser: &Browser, action: &str) -> String {
    let cookie = browser.cookie("anteroom_session");
    let cookie = cookie.expect("a session");
    auth_server::http::csrf::token(&server.state.services.mac, &cookie, action, "")
}
