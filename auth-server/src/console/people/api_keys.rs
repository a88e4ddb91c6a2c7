//! `/admin/api-keys`: keys of applications of the profile keyed.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::super::guard::{Area, SignedIn};
use super::{LINES, after, failed, given, link, not_found, problems, read, status, value};
use crate::domain::api_key::ApiKey;
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{AdminTab, AdminTabs, ApiKeyOncePage, ApiKeyRow, ApiKeysPage, FormProblems, Moment};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

const HERE: &str = paths::ADMIN_API_KEYS_PAGE;

/// Lists the keys, the one made last first.
pub(super) async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    match SignedIn::enter(&state, &visitor, Area::Audit, HERE).await {
        Ok(signed) => {
            let params = read(query.as_deref());
            shown(&state, &visitor, &signed, &params, FormProblems::default()).await
        }
        Err(response) => *response,
    }
}

async fn shown(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    params: &Params,
    problems: FormProblems,
) -> Response {
    let after = after(params);
    let registry = state.services.registry(signed.actor());
    let found = match registry.api_keys(None, after.as_ref(), LINES).await {
        Ok(found) => found,
        Err(error) => return failed(state, visitor, error),
    };
    let status = status(&problems);
    let template = ApiKeysPage {
        page: signed.page(visitor, HERE),
        tabs: AdminTabs::of(&signed.user, AdminTab::ApiKeys),
        csrf: signed.csrf(state, HERE),
        may_change: signed.user.is_admin,
        done: params.get("done").map(str::to_owned),
        problems,
        name: value(params, "name"),
        client_id: value(params, "client_id"),
        rows: found.items.into_iter().map(row).collect(),
        is_first: after.is_none(),
        older: found
            .next
            .map(|place| link(HERE, &[("after", &place.to_string())])),
    };
    page(status, &template, &PagePolicy::default())
}

fn row(key: ApiKey) -> ApiKeyRow {
    ApiKeyRow {
        id: key.id.to_string(),
        name: key.name,
        client_id: key.client_id,
        at: Moment(key.created_at),
        disabled: key.disabled,
    }
}

/// Makes a key, which is on the answer and nowhere after, or turns one on or off.
pub(super) async fn change(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, HERE, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    match params.get("action") {
        Some("add") => add(&state, &visitor, &signed, &params).await,
        Some("disable") => turn(&state, &visitor, &signed, &params, true).await,
        Some("enable") => turn(&state, &visitor, &signed, &params, false).await,
        _ => not_found(&state, &visitor, "no such action"),
    }
}

async fn add(state: &AppState, visitor: &Visitor, signed: &SignedIn, params: &Params) -> Response {
    let registry = state.services.registry(signed.actor());
    let name = value(params, "name");
    let client_id = given(params, "client_id");
    match registry.add_api_key(&name, client_id.as_deref()).await {
        Ok(new) => {
            let template = ApiKeyOncePage {
                page: signed.page(visitor, HERE),
                tabs: AdminTabs::of(&signed.user, AdminTab::ApiKeys),
                name: new.key.name,
                client_id: new.key.client_id,
                key: new.plain.reveal().to_owned(),
            };
            page(StatusCode::OK, &template, &PagePolicy::default())
        }
        Err(error) => match problems(&error) {
            Some(problems) => shown(state, visitor, signed, params, problems).await,
            None => failed(state, visitor, error),
        },
    }
}

async fn turn(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    params: &Params,
    disabled: bool,
) -> Response {
    let Ok(id) = value(params, "key").parse::<Uuid>() else {
        return not_found(state, visitor, "this is no key's id");
    };
    let registry = state.services.registry(signed.actor());
    match registry.set_api_key_disabled(id, disabled).await {
        Ok(_) => {
            let done = if disabled { "disabled" } else { "enabled" };
            see_other(&link(HERE, &[("done", done)]))
        }
        Err(error) => failed(state, visitor, error),
    }
}
