//! `/account`: the applications that the user allowed something, and taking it back.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{ROWS, going_on, place};
use crate::console::guard::{Area, SignedIn};
use crate::flows::consents::Connection;
use crate::http::failure::{error_page, flow_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{
    AppsNotice, ConnectedApp, ConnectedAppsPage, ConsentClient, ErrorReason, Moment, PermissionTexts, Vetting,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Lists them.
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let here = paths::ACCOUNT;
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Account, here).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let after = place(&params);
    let services = &state.services;
    let listed = match services
        .connections(signed_in.user.id, after.as_ref(), ROWS)
        .await
    {
        Ok(listed) => listed,
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    let template = ConnectedAppsPage {
        page: signed_in.page(&visitor, here),
        csrf: signed_in.csrf(&state, paths::ACCOUNT_WITHDRAW),
        apps: listed.items.into_iter().map(shown).collect(),
        permissions: PermissionTexts::new(Arc::clone(&services.catalogue)),
        next: going_on(here, listed.next.as_ref()),
        later: after.is_some(),
        notice: params.get("done").and_then(AppsNotice::done),
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

fn shown(connection: Connection) -> ConnectedApp {
    let application = connection.application;
    ConnectedApp {
        client_id: application.client_id.clone(),
        client: ConsentClient {
            name: application.name.clone(),
            logo: application
                .about
                .logo
                .as_ref()
                .map(|hash| paths::LOGO.replace("{hash}", hash)),
            vetting: Vetting::of(&application),
            homepage: application.homepage_url.clone(),
            policy: application.policy_url.clone(),
            registered_by: connection.owner,
        },
        blocked: application.disabled,
        scope: connection.consent.scope.iter().map(str::to_owned).collect(),
        since: Moment(connection.consent.granted_at),
        last_used: connection.last_used_at.map(Moment),
    }
}

/// Where only forms lead: back to the page.
pub(super) async fn back() -> Response {
    see_other(paths::ACCOUNT)
}

/// Takes back one permission of an application, or all of them.
pub(super) async fn withdraw(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let action = paths::ACCOUNT_WITHDRAW;
    let (signed_in, params) = match SignedIn::submit(&state, &visitor, Area::Account, action, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let client_id = params.get("client_id").unwrap_or_default();
    let permission = params.get("permission");
    let withdrawing = state
        .services
        .withdraw(&signed_in.user, client_id, permission, &signed_in.address);
    match withdrawing.await {
        Ok(Some(_)) => {
            let what = if permission.is_some() { "permission" } else { "all" };
            see_other(&format!("{}?done={what}", paths::ACCOUNT))
        }
        Ok(None) => {
            let why = format!("nothing of {client_id} to withdraw");
            error_page(&state, &visitor, ErrorReason::NotFound, None, why)
        }
        Err(error) => flow_page(&state, &visitor, &error),
    }
}
