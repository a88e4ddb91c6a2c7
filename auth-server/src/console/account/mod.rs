//! `/account`: what users see and decide of their own accounts.

mod apps;
mod factors;
mod history;
mod profile;
mod security;
mod sessions;

use axum::Router;
use axum::routing::{get, post};

use crate::domain::listing::Place;
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Rows of one part of a list.
const ROWS: i64 = 50;

/// Where in a list an address begins.
fn place(params: &Params) -> Option<Place> {
    params.get("after")?.parse().ok()
}

/// The address at which a list goes on.
fn going_on(path: &str, next: Option<&Place>) -> Option<String> {
    next.map(|place| format!("{path}?after={place}"))
}

/// The pages of users.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::ACCOUNT, get(apps::get))
        .route(paths::ACCOUNT_WITHDRAW, get(apps::back).post(apps::withdraw))
        .route(paths::ACCOUNT_SESSIONS, get(sessions::get))
        .route(
            paths::ACCOUNT_SESSION_END,
            get(sessions::back).post(sessions::end),
        )
        .route(
            paths::ACCOUNT_SESSIONS_END_OTHERS,
            get(sessions::back).post(sessions::end_others),
        )
        .route(paths::ACCOUNT_HISTORY, get(history::get))
        .route(paths::ACCOUNT_PROFILE, get(profile::get))
        .route(
            paths::ACCOUNT_LANGUAGE,
            get(profile::back).post(profile::set_language),
        )
        .route(paths::ACCOUNT_VERIFY, get(profile::back).post(profile::send_link))
        .route(paths::ACCOUNT_DATA, get(profile::download))
        .route(paths::ACCOUNT_SECURITY, get(security::get))
        .route(
            paths::ACCOUNT_PASSWORD,
            get(security::back).post(security::change_password),
        )
        .route(paths::ACCOUNT_APP, get(factors::app).post(factors::add_app))
        .route(
            paths::ACCOUNT_APP_REMOVE,
            get(security::back).post(factors::remove_app),
        )
        .route(
            paths::ACCOUNT_PASSKEYS,
            get(security::back).post(factors::add_passkey),
        )
        .route(paths::ACCOUNT_PASSKEY, post(factors::change_passkey))
        .route(
            paths::ACCOUNT_RECOVERY_CODES,
            get(security::back).post(factors::renew_codes),
        )
}
