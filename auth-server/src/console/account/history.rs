//! `/account/history`: what happened to the account.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use token_format::scope::ScopeSet;

use super::{ROWS, going_on, place};
use crate::console::guard::{Area, SignedIn};
use crate::domain::audit::AuditKind;
use crate::flows::own_account::own_address;
use crate::flows::{FlowError, Services};
use crate::http::failure::flow_page;
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::{HistoryLine, HistoryPage, Moment, PermissionTexts};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::audit::AuditRow;
use crate::store::sql::audit_log::AuditQuery;

/// Lists it.
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let here = paths::ACCOUNT_HISTORY;
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Account, here).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let after = place(&params);
    let later = after.is_some();
    let query = AuditQuery {
        after,
        limit: ROWS,
        ..AuditQuery::default()
    };
    let services = &state.services;
    let reading = async {
        let listed = services.history(&signed_in.user, query).await?;
        let mut lines = Vec::new();
        for row in &listed.items {
            lines.push(line(services, row).await?);
        }
        Ok::<_, FlowError>((lines, listed.next))
    };
    let (lines, next) = match reading.await {
        Ok(read) => read,
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    let template = HistoryPage {
        page: signed_in.page(&visitor, here),
        lines,
        permissions: PermissionTexts::new(Arc::clone(&services.catalogue)),
        next: going_on(here, next.as_ref()),
        later,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

async fn line(services: &Services, row: &AuditRow) -> Result<HistoryLine, FlowError> {
    let application = match &row.client_id {
        Some(client_id) => services.clients.application(client_id).await?,
        None => None,
    };
    let kind = AuditKind::from_name(&row.kind);
    // The detail of these lines is the scope, and nothing else.
    let scope = match kind {
        Some(AuditKind::ConsentGranted | AuditKind::ConsentWithdrawn) => row.detail.parse::<ScopeSet>().ok(),
        _ => None,
    };
    Ok(HistoryLine {
        at: Moment(row.at),
        kind,
        application: application.map(|application| application.name.clone()),
        scope: scope.unwrap_or_default().iter().map(str::to_owned).collect(),
        address: own_address(row).map(str::to_owned),
    })
}
