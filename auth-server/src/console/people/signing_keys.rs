//! `/admin/keys`: what the server signs with.

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;

use super::super::guard::{Area, SignedIn};
use super::{failed, read, status};
use crate::flows::registry::KeyStatus;
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{AdminTab, AdminTabs, FormProblems, Moment, SigningKeyRow, SigningKeysPage};
use crate::paths;
use crate::state::AppState;

const HERE: &str = paths::ADMIN_SIGNING_KEYS;

/// Lists the keys in the order they sign.
pub(super) async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    match SignedIn::enter(&state, &visitor, Area::Audit, HERE).await {
        Ok(signed) => {
            let done = read(query.as_deref()).get("done").map(str::to_owned);
            shown(&state, &visitor, &signed, done, FormProblems::default())
        }
        Err(response) => *response,
    }
}

fn shown(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    done: Option<String>,
    problems: FormProblems,
) -> Response {
    let keys = state
        .services
        .registry(signed.actor())
        .signing_keys(&state.services.keys);
    let status = status(&problems);
    let template = SigningKeysPage {
        page: signed.page(visitor, HERE),
        tabs: AdminTabs::of(&signed.user, AdminTab::SigningKeys),
        csrf: signed.csrf(state, HERE),
        may_change: signed.user.is_admin,
        done,
        problems,
        rows: keys.into_iter().map(row).collect(),
    };
    page(status, &template, &PagePolicy::default())
}

fn row(key: KeyStatus) -> SigningKeyRow {
    SigningKeyRow {
        kid: key.kid,
        algorithm: key.algorithm,
        state: key.state,
        from: Moment(key.active_from),
        until: key.retires_at.map(Moment),
    }
}

/// Makes the next key, once it is confirmed.
pub(super) async fn rotate(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, HERE, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    if params.get("confirm") != Some("yes") {
        let problems = FormProblems::field("confirm", "confirm");
        return shown(&state, &visitor, &signed, None, problems);
    }
    let settings = &state.services.settings;
    let wait = match params.get("now") {
        Some("yes") => 0,
        _ => settings.key_wait_seconds,
    };
    let registry = state.services.registry(signed.actor());
    let made = registry
        .rotate_signing_key(&state.services.keys, settings.signing_algorithm, wait)
        .await;
    match made {
        Ok(_) => see_other(&format!("{HERE}?done=rotated")),
        Err(error) => failed(&state, &visitor, error),
    }
}
