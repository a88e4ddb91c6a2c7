//! `POST /consent`: the user's answer. The request comes back with the form and is validated anew; its token
//! binds it to this session, so that nothing in it can be changed on the way.

use axum::extract::{Request, State};
use axum::response::Response;
use token_format::scope::ScopeSet;

use super::authorize::show;
use crate::domain::secret::PlainToken;
use crate::flows::authorize::Decision;
use crate::http::failure::{error_page, flow_page, form_page};
use crate::http::headers::see_other;
use crate::http::visitor::Visitor;
use crate::http::{csrf, form};
use crate::pages::ErrorReason;
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Shows the front page: the consent page itself has no address of its own.
pub async fn get() -> Response {
    see_other(paths::HOME)
}

/// Takes the user's answer.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let params = match form::read(&parts.headers, body).await {
        Ok(params) => params,
        Err(error) => return form_page(&state, &visitor, error),
    };
    let services = &state.services;
    let encoded = params.get("request").unwrap_or_default();
    let cookie = visitor.session_cookie.as_ref().map(PlainToken::reveal);
    let presented = params.get("csrf");
    if !csrf::accepts(
        &services.mac,
        &parts.headers,
        &services.issuer,
        cookie,
        paths::CONSENT,
        encoded,
        presented,
    ) {
        return error_page(
            &state,
            &visitor,
            ErrorReason::FormExpired,
            None,
            "CSRF token of the consent form",
        );
    }
    let decision = match params.get("decision") {
        Some("allow") => Decision::Allow(
            params
                .all("scope")
                .filter_map(|scope| scope.parse::<ScopeSet>().ok())
                .fold(ScopeSet::default(), |all, scope| all.union(&scope)),
        ),
        Some("deny") => Decision::Deny,
        _ => {
            return error_page(
                &state,
                &visitor,
                ErrorReason::BadInput,
                None,
                "decision is neither allow nor deny",
            );
        }
    };
    let Ok(authorization) = Params::parse(encoded) else {
        return error_page(
            &state,
            &visitor,
            ErrorReason::BadInput,
            None,
            "the request cannot be read",
        );
    };
    let signed_in = match &visitor.session_cookie {
        Some(cookie) => match services.session(cookie).await {
            Ok(session) => session,
            Err(error) => return flow_page(&state, &visitor, &error),
        },
        None => None,
    };
    match services
        .authorize(&authorization, signed_in.as_ref(), Some(&decision))
        .await
    {
        Ok(step) => show(&state, &visitor, &authorization, step),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}
