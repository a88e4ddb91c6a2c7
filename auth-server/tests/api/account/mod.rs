//! `/account`: what users see of their accounts, and take back: permissions, sessions; history and a copy of everything.

mod access;
mod own_data;
mod sign_ins;
mod withdrawal;

use auth_server::store::sql::consents;

use crate::harness::{Application, Browser, Form, PASSWORD, Page, Server, Tokens};

const SCOPE: &str = "form[action='/consent'] input[name='scope']";
const WITHDRAW: &str = "/account/withdraw";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
const OTHER: &str = "bob@example.com";

async fn connect(browser: &Browser, application: &Application) -> Tokens {
    let (request, verifier) = application.request(&[]);
    let code = browser.approve(&request).await.code();
    application.exchange(&code, &verifier).await.ok()
}

async fn bob(server: &Server) -> Browser {
    server.add_user(OTHER, PASSWORD).await;
    let browser = server.browser();
    browser.sign_in(OTHER, PASSWORD).await;
    browser
}

/// The form that withdraws a permission, or everything.
fn withdraw_form(page: &Page, client_id: &str, permission: Option<&str>) -> Form {
    let form = page.form(WITHDRAW).with("client_id", client_id);
    match permission {
        Some(permission) => form.with("permission", permission),
        None => form.lacking("permission"),
    }
}

/// What a user allows an application.
async fn allowed(server: &Server, email: &str, application: &Application) -> Option<String> {
    let user = server.user(email).await;
    let database = &server.state.services.database;
    let consent = consents::find(database, user.id, &application.client_id).await;
    consent.expect("read").map(|consent| consent.scope.to_string())
}
