//! `/login`: e-mail and password, and back to where the user came from.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, SET_COOKIE};
use axum::response::Response;

use crate::domain::secret::PlainToken;
use crate::flows::FlowError;
use crate::http::failure::{Reason, error_page, flow_page, form_page};
use crate::http::headers::{PagePolicy, is_local_path, page, see_other};
use crate::http::visitor::Visitor;
use crate::http::{cookies, csrf, form};
use crate::pages::{ErrorReason, SignInNotice, SignInPage};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::telemetry::METRICS;

const FORM_MARK: &str = "fo-";

/// What the page is shown with.
struct Form<'a> {
    return_to: &'a str,
    email: Option<&'a str>,
    notice: Option<SignInNotice>,
}

/// Shows the form.
pub async fn get(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let return_to = local_or_home(params.get("return_to"));
    let signed_in = match &visitor.session_cookie {
        Some(cookie) => match state.services.session(cookie).await {
            Ok(session) => session.is_some(),
            Err(error) => return flow_page(&state, &visitor, &error),
        },
        None => false,
    };
    let notice =
        (signed_in && return_to.starts_with(paths::AUTHORIZE)).then_some(SignInNotice::ConfirmItIsYou);
    show(
        &state,
        &visitor,
        StatusCode::OK,
        &Form {
            return_to,
            email: None,
            notice,
        },
    )
    .await
}

/// Signs in.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let params = match form::read(&parts.headers, body).await {
        Ok(params) => params,
        Err(error) => return form_page(&state, &visitor, error),
    };
    let return_to = local_or_home(params.get("return_to"));
    if !form_fits(&state, &visitor, &parts.headers, params.get("csrf")) {
        return error_page(
            &state,
            &visitor,
            ErrorReason::FormExpired,
            None,
            "CSRF token of the sign-in form",
        );
    }
    let email = params.get("email").unwrap_or_default();
    let password = params.get("password").unwrap_or_default();
    let refuse = |notice| Form {
        return_to,
        email: Some(email),
        notice: Some(notice),
    };
    match state
        .services
        .check_password(email, password, &visitor.address.network(), None)
        .await
    {
        Ok(Some(user)) => match state.services.begin_session(&user, &visitor.user_agent).await {
            Ok((cookie, _)) => {
                METRICS.sign_ins.with_label_values(&["ok"]).inc();
                // The session that was there before ends: its cookie is replaced.
                if let Some(old) = &visitor.session_cookie
                    && let Err(error) = state
                        .services
                        .end_session(old, &visitor.address.to_string())
                        .await
                {
                    tracing::warn!(%error, "the old session could not be ended");
                }
                signed_in(&state, return_to, &cookie)
            }
            Err(error) => flow_page(&state, &visitor, &error),
        },
        Ok(None) => {
            METRICS.sign_ins.with_label_values(&["refused"]).inc();
            let form = refuse(SignInNotice::WrongCredentials);
            let mut response = show(&state, &visitor, StatusCode::UNAUTHORIZED, &form).await;
            response
                .extensions_mut()
                .insert(Reason("wrong e-mail address or password".to_owned()));
            response
        }
        Err(FlowError::Throttled { retry_after, limit }) => {
            METRICS.sign_ins.with_label_values(&["throttled"]).inc();
            let form = refuse(SignInNotice::TooManyAttempts {
                wait_seconds: retry_after,
            });
            let mut response = show(&state, &visitor, StatusCode::TOO_MANY_REQUESTS, &form).await;
            response.headers_mut().insert("retry-after", retry_after.into());
            response
                .extensions_mut()
                .insert(Reason(format!("too many {limit}")));
            response
        }
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

fn local_or_home(path: Option<&str>) -> &str {
    path.filter(|path| is_local_path(path)).unwrap_or(paths::HOME)
}

fn signed_in(state: &AppState, return_to: &str, cookie: &PlainToken) -> Response {
    let secure = state.web.secure_cookies;
    let mut response = see_other(return_to);
    // The form's cookie stays: a sign-in form in another tab is bound to it.
    if let Some(header) = cookies::set(&cookies::session_name(secure), cookie.reveal(), None, secure) {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}

fn form_fits(state: &AppState, visitor: &Visitor, headers: &HeaderMap, token: Option<&str>) -> bool {
    let services = &state.services;
    csrf::accepts(
        &services.mac,
        headers,
        &services.issuer,
        visitor.form_cookie.as_deref(),
        paths::LOGIN,
        "",
        token,
    )
}

async fn show(state: &AppState, visitor: &Visitor, status: StatusCode, form: &Form<'_>) -> Response {
    let query = form
        .return_to
        .strip_prefix(paths::AUTHORIZE)
        .and_then(|rest| rest.strip_prefix('?'));
    let request = query.and_then(|query| Params::parse(query).ok());
    let sent_by = match &request {
        Some(request) => match state.services.asker(request).await {
            Ok(application) => application,
            Err(error) => return flow_page(state, visitor, &error),
        },
        None => None,
    };
    let asked = |name: &str| request.as_ref().and_then(|request| request.get(name));
    let fresh = PlainToken::generate(FORM_MARK);
    let cookie = visitor.form_cookie.as_deref().unwrap_or(fresh.reveal());
    let return_here: String = url::form_urlencoded::Serializer::new(format!("{}?", paths::LOGIN))
        .append_pair("return_to", form.return_to)
        .finish();
    let template = SignInPage {
        page: visitor.page(asked("ui_locales"), &return_here),
        csrf: csrf::token(&state.services.mac, cookie, paths::LOGIN, ""),
        return_to: form.return_to.to_owned(),
        login_hint: form.email.or(asked("login_hint")).map(str::to_owned),
        client_name: sent_by.as_ref().map(|(application, _)| application.name.clone()),
        notice: form.notice,
    };
    let policy = PagePolicy {
        form_leads_to: sent_by.map(|(_, target)| target.uri().to_owned()),
        ..PagePolicy::default()
    };
    let mut response = page(status, &template, &policy);
    let secure = state.web.secure_cookies;
    if visitor.form_cookie.is_none()
        && let Some(header) = cookies::set(&cookies::form_name(secure), cookie, None, secure)
    {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}
