//! `/logout`: asks first, since a mere link must not sign anybody out; then ends the session on the server.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use crate::http::failure::{error_page, flow_page, form_page};
use crate::http::headers::{PagePolicy, is_local_path, page, see_other};
use crate::http::visitor::Visitor;
use crate::http::{cookies, csrf, form};
use crate::pages::{ErrorReason, HiddenField, SignOutConfirmPage, SignedOutPage};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Asks whether to sign out.
pub async fn get(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let Some(cookie) = &visitor.session_cookie else {
        return signed_out(&visitor);
    };
    match state.services.session(cookie).await {
        Ok(Some((_, user))) => {
            let return_to = params.get("return_to").filter(|path| is_local_path(path));
            let template = SignOutConfirmPage {
                page: visitor.page(None, paths::LOGOUT).with_user(&user.email),
                csrf: csrf::token(&state.services.mac, cookie.reveal(), paths::LOGOUT, ""),
                client_name: None,
                fields: return_to
                    .map(|path| HiddenField::new("return_to", path))
                    .into_iter()
                    .collect(),
            };
            page(StatusCode::OK, &template, &PagePolicy::default())
        }
        Ok(None) => signed_out(&visitor),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Signs out.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let params = match form::read(&parts.headers, body).await {
        Ok(params) => params,
        Err(error) => return form_page(&state, &visitor, error),
    };
    let Some(cookie) = &visitor.session_cookie else {
        return signed_out(&visitor);
    };
    let services = &state.services;
    let presented = params.get("csrf");
    if !csrf::accepts(
        &services.mac,
        &parts.headers,
        &services.issuer,
        Some(cookie.reveal()),
        paths::LOGOUT,
        "",
        presented,
    ) {
        return error_page(
            &state,
            &visitor,
            ErrorReason::FormExpired,
            None,
            "CSRF token of the sign-out form",
        );
    }
    if let Err(error) = services.end_session(cookie, &visitor.address.to_string()).await {
        return flow_page(&state, &visitor, &error);
    }
    let mut response = match params.get("return_to").filter(|path| is_local_path(path)) {
        Some(path) => see_other(path),
        None => signed_out(&visitor),
    };
    let secure = state.web.secure_cookies;
    if let Some(header) = cookies::set(&cookies::session_name(secure), "", Some(0), secure) {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}

fn signed_out(visitor: &Visitor) -> Response {
    let template = SignedOutPage {
        page: visitor.page(None, paths::HOME),
        back: None,
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}
