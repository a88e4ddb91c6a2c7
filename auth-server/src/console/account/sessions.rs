//! `/account/sessions`: where the user is signed in, and ending it.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::console::guard::{Area, SignedIn};
use crate::domain::session::Session;
use crate::http::failure::{error_page, flow_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{ErrorReason, Moment, SessionLine, SessionsNotice, SessionsPage};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Lists the sessions, this one first.
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let here = paths::ACCOUNT_SESSIONS;
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Account, here).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let services = &state.services;
    let now_ms = services.clock.now_millis();
    let mut sessions = match services.tokens.list_sessions(signed_in.user.id, now_ms).await {
        Ok(sessions) => sessions,
        Err(error) => return flow_page(&state, &visitor, &error.into()),
    };
    // Stable: the others stay as they come, the newest first.
    sessions.sort_by_key(|session| session.sid != signed_in.session.sid);
    let line = |session: Session| SessionLine {
        is_this: session.sid == signed_in.session.sid,
        sid: session.sid,
        user_agent: session.user_agent,
        since: Moment(session.created_at),
        proven: Moment(session.auth_time),
        amr: session.amr,
    };
    let template = SessionsPage {
        page: signed_in.page(&visitor, here),
        csrf: signed_in.csrf(&state, paths::ACCOUNT_SESSION_END),
        csrf_others: signed_in.csrf(&state, paths::ACCOUNT_SESSIONS_END_OTHERS),
        sessions: sessions.into_iter().map(line).collect(),
        notice: params.get("done").and_then(SessionsNotice::done),
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

/// Where only forms lead: back to the page.
pub(super) async fn back() -> Response {
    see_other(paths::ACCOUNT_SESSIONS)
}

fn done(what: &str) -> Response {
    see_other(&format!("{}?done={what}", paths::ACCOUNT_SESSIONS))
}

/// Ends one session.
pub(super) async fn end(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let action = paths::ACCOUNT_SESSION_END;
    let (signed_in, params) = match SignedIn::submit(&state, &visitor, Area::Account, action, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let sid = params.get("sid").unwrap_or_default();
    let ending = state
        .services
        .end_own_session(&signed_in.user, sid, &signed_in.address);
    match ending.await {
        Ok(true) => done("session"),
        Ok(false) => error_page(&state, &visitor, ErrorReason::NotFound, None, "no such session"),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Ends every session but this one.
pub(super) async fn end_others(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let action = paths::ACCOUNT_SESSIONS_END_OTHERS;
    let signed_in = match SignedIn::submit(&state, &visitor, Area::Account, action, request).await {
        Ok((signed_in, _)) => signed_in,
        Err(response) => return *response,
    };
    let ending = state
        .services
        .end_other_sessions(&signed_in.user, &signed_in.cookie, &signed_in.address);
    match ending.await {
        Ok(()) => done("others"),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}
