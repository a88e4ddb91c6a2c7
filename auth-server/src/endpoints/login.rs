//! `/login`: e-mail and password, and back to where the user came from. A second factor comes in between for those who
//! have one; a passkey may take the place of both.

mod arrival;
pub mod passkey;
pub mod second_factor;
pub mod set_up;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use self::arrival::{Arrival, Step, local_or_home, too_many, with_return_to};
use crate::domain::second_factor::Remaining;
use crate::domain::secret::PlainToken;
use crate::domain::session::Amr;
use crate::flows::FlowError;
use crate::http::failure::{Reason, flow_page};
use crate::http::headers::{page, see_other};
use crate::http::visitor::Visitor;
use crate::http::{cookies, csrf};
use crate::pages::{PasskeyForm, SignInNotice, SignInPage};
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
    let notice = if params.get("expired").is_some() {
        Some(SignInNotice::StartOver)
    } else {
        (signed_in && return_to != paths::HOME).then_some(SignInNotice::ConfirmItIsYou)
    };
    let form = Form {
        return_to,
        email: None,
        notice,
    };
    show(&state, &visitor, StatusCode::OK, &form).await
}

/// Checks the password.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let step = match Step::read(&state, &visitor, paths::LOGIN, request).await {
        Ok(step) => step,
        Err(response) => return *response,
    };
    let email = step.params.get("email").unwrap_or_default();
    let password = step.params.get("password").unwrap_or_default();
    let refuse = |notice| Form {
        return_to: step.return_to(),
        email: Some(email),
        notice: Some(notice),
    };
    let services = &state.services;
    let address = visitor.address.network();
    let known = match services.check_password(email, password, &address, None).await {
        Ok(Some(known)) => known,
        Ok(None) => return wrong(&state, &visitor, &refuse(SignInNotice::WrongCredentials)).await,
        Err(FlowError::Throttled { retry_after, limit }) => {
            let form = refuse(SignInNotice::TooManyAttempts {
                wait_seconds: retry_after,
            });
            let response = show(&state, &visitor, StatusCode::TOO_MANY_REQUESTS, &form).await;
            return too_many(response, retry_after, limit);
        }
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    if known.remaining == Remaining::Nothing {
        let begun = services.begin_session(&known.user, vec![Amr::Pwd], &visitor.user_agent);
        return match begun.await {
            Ok(Some((cookie, _))) => {
                arrival::signed_in(&state, &visitor, &known.user, step.return_to(), &cookie).await
            }
            Ok(None) => wrong(&state, &visitor, &refuse(SignInNotice::WrongCredentials)).await,
            Err(error) => flow_page(&state, &visitor, &error),
        };
    }
    let note = services.half_sign_in(&known.user, &step.browser);
    let mut response = see_other(&with_return_to(paths::SECOND_FACTOR, step.return_to()));
    let secure = state.web.secure_cookies;
    if let Some(header) = cookies::set(&cookies::half_name(secure), &note, None, secure) {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}

/// The form again: the password is not, or no longer, the user's.
async fn wrong(state: &AppState, visitor: &Visitor, form: &Form<'_>) -> Response {
    METRICS.sign_ins.with_label_values(&["refused"]).inc();
    let mut response = show(state, visitor, StatusCode::UNAUTHORIZED, form).await;
    let reason = Reason("wrong e-mail address or password".to_owned());
    response.extensions_mut().insert(reason);
    response
}

async fn show(state: &AppState, visitor: &Visitor, status: StatusCode, form: &Form<'_>) -> Response {
    let arrival = match Arrival::of(state, form.return_to).await {
        Ok(arrival) => arrival,
        Err(error) => return flow_page(state, visitor, &error),
    };
    let services = &state.services;
    let fresh = PlainToken::generate(FORM_MARK);
    let cookie = visitor.form_cookie.as_deref().unwrap_or(fresh.reveal());
    let passkey = services.ask_for_passkey(cookie);
    let mut policy = arrival.policy();
    policy.script = passkey.is_some();
    let return_here = with_return_to(paths::LOGIN, form.return_to);
    let template = SignInPage {
        page: visitor.page(arrival.asked("ui_locales"), &return_here),
        csrf: csrf::token(&services.mac, cookie, paths::LOGIN, ""),
        return_to: form.return_to.to_owned(),
        login_hint: form.email.or(arrival.asked("login_hint")).map(str::to_owned),
        client_name: arrival.client_name().map(str::to_owned),
        passkey: passkey.map(|ceremony| PasskeyForm::new(&ceremony.options, ceremony.state)),
        may_reset: services.sets_passwords(),
        notice: form.notice,
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
