//! What the steps of a sign-in share: for whom it is, the forms' tokens, and how it ends.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use crate::domain::application::Application;
use crate::domain::secret::PlainToken;
use crate::domain::user::User;
use crate::flows::FlowError;
use crate::http::failure::{Reason, error_page, form_page};
use crate::http::headers::{PagePolicy, is_local_path, see_other};
use crate::http::visitor::Visitor;
use crate::http::{cookies, csrf, form};
use crate::pages::ErrorReason;
use crate::paths;
use crate::protocol::redirect::RedirectTarget;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::telemetry::METRICS;

/// Where the user comes from, and goes back to.
pub(super) struct Arrival {
    request: Option<Params>,
    sent_by: Option<(Arc<Application>, RedirectTarget)>,
}

impl Arrival {
    /// Reads it from the path to go back to.
    pub(super) async fn of(state: &AppState, return_to: &str) -> Result<Self, FlowError> {
        let query = return_to
            .strip_prefix(paths::AUTHORIZE)
            .and_then(|rest| rest.strip_prefix('?'));
        let request = query.and_then(|query| Params::parse(query).ok());
        let sent_by = match &request {
            Some(request) => state.services.asker(request).await?,
            None => None,
        };
        Ok(Self { request, sent_by })
    }

    /// A parameter of the authorization request.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.request.as_ref().and_then(|request| request.get(name))
    }

    /// The application that the user signs in for.
    pub(super) fn client_name(&self) -> Option<&str> {
        self.sent_by
            .as_ref()
            .map(|(application, _)| application.name.as_str())
    }

    /// What a page may do whose form may end at the application.
    pub(super) fn policy(&self) -> PagePolicy {
        PagePolicy {
            form_leads_to: self.sent_by.as_ref().map(|(_, target)| target.uri().to_owned()),
            ..PagePolicy::default()
        }
    }
}

/// A form of a sign-in that came from a page of ours, in this browser.
pub(super) struct Step {
    pub(super) params: Params,
    /// The cookie that the forms are bound to.
    pub(super) browser: String,
}

impl Step {
    /// Reads and checks a form of `purpose`, or says why it is none.
    pub(super) async fn read(
        state: &AppState,
        visitor: &Visitor,
        purpose: &str,
        request: Request,
    ) -> Result<Self, Box<Response>> {
        let (parts, body) = request.into_parts();
        let params = match form::read(&parts.headers, body).await {
            Ok(params) => params,
            Err(error) => return Err(Box::new(form_page(state, visitor, error))),
        };
        match &visitor.form_cookie {
            Some(browser) if form_fits(state, visitor, &parts.headers, purpose, params.get("csrf")) => {
                Ok(Self {
                    params,
                    browser: browser.clone(),
                })
            }
            _ => Err(Box::new(error_page(
                state,
                visitor,
                ErrorReason::FormExpired,
                None,
                "CSRF token of the sign-in form",
            ))),
        }
    }

    /// The local path to go on to.
    pub(super) fn return_to(&self) -> &str {
        local_or_home(self.params.get("return_to"))
    }

    /// A field; empty when it is missing.
    pub(super) fn field(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }
}

fn form_fits(
    state: &AppState,
    visitor: &Visitor,
    headers: &HeaderMap,
    purpose: &str,
    token: Option<&str>,
) -> bool {
    let services = &state.services;
    csrf::accepts(
        &services.mac,
        headers,
        &services.issuer,
        visitor.form_cookie.as_deref(),
        purpose,
        "",
        token,
    )
}

/// A path of this server; the front page in place of anything else.
pub(super) fn local_or_home(path: Option<&str>) -> &str {
    path.filter(|path| is_local_path(path)).unwrap_or(paths::HOME)
}

/// The address of a step.
pub(super) fn with_return_to(path: &str, return_to: &str) -> String {
    let start = format!("{path}?");
    let length = start.len();
    url::form_urlencoded::Serializer::for_suffix(start, length)
        .append_pair("return_to", return_to)
        .finish()
}

/// Back to the beginning, since the step before was too long ago.
pub(super) fn start_over(return_to: &str) -> Response {
    see_other(&format!("{}&expired=1", with_return_to(paths::LOGIN, return_to)))
}

/// Marks a page as the answer to somebody who must wait.
pub(super) fn too_many(mut response: Response, retry_after: u64, limit: &str) -> Response {
    METRICS.sign_ins.with_label_values(&["throttled"]).inc();
    response.headers_mut().insert("retry-after", retry_after.into());
    response
        .extensions_mut()
        .insert(Reason(format!("too many {limit}")));
    response
}

/// Ends a sign-in: the new session's cookie, and on to where the user wanted to go.
pub(super) async fn signed_in(
    state: &AppState,
    visitor: &Visitor,
    user: &User,
    return_to: &str,
    cookie: &PlainToken,
) -> Response {
    begin(state, visitor, user, cookie, see_other(return_to)).await
}

/// Adds the new session's cookie to an answer. The session that was there before ends, and so does the half one; the
/// form's cookie stays: a sign-in form in another tab is bound to it.
pub(super) async fn begin(
    state: &AppState,
    visitor: &Visitor,
    user: &User,
    cookie: &PlainToken,
    mut response: Response,
) -> Response {
    let language = visitor.language(None).tag();
    let network = visitor.address.network();
    let noting = state
        .services
        .note_sign_in(user, &visitor.user_agent, &network, language);
    if let Err(error) = noting.await {
        tracing::warn!(%error, "the device of a sign-in was not recorded");
    }
    METRICS.sign_ins.with_label_values(&["ok"]).inc();
    if let Some(old) = &visitor.session_cookie
        && let Err(error) = state
            .services
            .end_session(old, &visitor.address.to_string())
            .await
    {
        tracing::warn!(%error, "the old session could not be ended");
    }
    let secure = state.web.secure_cookies;
    let mut headers = vec![cookies::set(
        &cookies::session_name(secure),
        cookie.reveal(),
        None,
        secure,
    )];
    if visitor.half_cookie.is_some() {
        headers.push(cookies::set(&cookies::half_name(secure), "", Some(0), secure));
    }
    for header in headers.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}
