//! A request that is answered with a page and no redirect. The developer of an application that is not approved yet
//! waits on a page that goes on by itself, after the sign-in; its other users are told to come back later.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::Response;

use super::{refuse, show};
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::user::User;
use crate::flows::authorize::{Refusal, Step, is_silent};
use crate::http::failure::{Concerns, flow_page};
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::WaitingPage;
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Parameter of our own: the page does not look again by itself (WCAG 2.2.1, 2.2.2).
const REFRESH: &str = "refresh";
/// Seconds between two looks.
const EVERY: &str = "10";

/// Shows why a request does not go on.
pub(super) async fn answer(
    state: &AppState,
    visitor: &Visitor,
    params: &Params,
    user: Option<&User>,
    refusal: &Refusal,
) -> Response {
    let client_id = params.get("client_id").or_else(|| params.get("clientId"));
    let application = match client_id {
        Some(client_id) => match state.services.clients.application(client_id).await {
            Ok(application) => application,
            Err(error) => return flow_page(state, visitor, &error.into()),
        },
        None => None,
    };
    let code = match refusal {
        Refusal::UnknownApplication(_) => return refuse(state, visitor, refusal),
        Refusal::BadRedirect(_) => "redirect_uri",
        Refusal::Blocked(_) => "blocked",
        Refusal::NotApproved(_) => "not_approved",
    };
    let Some(application) = application else {
        return refuse(state, visitor, refusal);
    };
    if let Refusal::NotApproved(status) = refusal
        && may_end_well(*status)
    {
        match user {
            Some(user) if application.owner_id == Some(user.id) => {
                return wait(visitor, params, user, &application);
            }
            // It may be the developer: who knows, once they have signed in.
            None if application.owner_id.is_some() && !is_silent(params) => {
                let request = params.encode();
                return show(state, visitor, params, Step::SignIn { request });
            }
            _ => {}
        }
    }
    let mut response = refuse(state, visitor, refusal);
    let client_id = application.client_id.clone();
    response.extensions_mut().insert(Concerns { client_id, code });
    response
}

/// Whether a review goes on, so that waiting for its end makes sense.
const fn may_end_well(status: ReviewStatus) -> bool {
    matches!(
        status,
        ReviewStatus::Draft | ReviewStatus::Pending | ReviewStatus::OnHold
    )
}

fn wait(visitor: &Visitor, params: &Params, user: &User, application: &Arc<Application>) -> Response {
    let looks_again = params.get(REFRESH) != Some("off");
    let own = |more: Option<(&str, &str)>| {
        let pairs = params.pairs().filter(|(name, _)| *name != REFRESH).chain(more);
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        format!("{}?{}", paths::AUTHORIZE, Params::from_pairs(pairs).encode())
    };
    let request = own(None);
    let here = if looks_again {
        request.clone()
    } else {
        own(Some((REFRESH, "off")))
    };
    let template = WaitingPage {
        page: visitor
            .page(params.get("ui_locales"), &here)
            .with_user(&user.email),
        client_id: application.client_id.clone(),
        name: application.name.clone(),
        status: application.review,
        request,
        still: looks_again.then(|| own(Some((REFRESH, "off")))),
    };
    let mut response = page(StatusCode::OK, &template, &PagePolicy::default());
    if looks_again {
        // The header does what a meta element would, for browsers without JavaScript, too.
        response.headers_mut().insert(
            HeaderName::from_static("refresh"),
            HeaderValue::from_static(EVERY),
        );
    }
    response
}
