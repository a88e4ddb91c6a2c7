//! `/login/second-factor`: what is asked of somebody whose password was right.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::arrival::{Arrival, Step, local_or_home, signed_in, start_over, too_many, with_return_to};
use super::set_up;
use crate::domain::second_factor::Remaining;
use crate::flows::FlowError;
use crate::flows::second_factor::HalfSignedIn;
use crate::http::csrf;
use crate::http::failure::{Reason, flow_page};
use crate::http::headers::page;
use crate::http::visitor::Visitor;
use crate::pages::{PasskeyForm, SecondFactorNotice, SecondFactorPage};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::telemetry::METRICS;

/// Who is half signed in, in the browser of these cookies.
pub(super) async fn half(
    state: &AppState,
    visitor: &Visitor,
) -> Result<Option<(HalfSignedIn, String)>, FlowError> {
    let (Some(note), Some(browser)) = (&visitor.half_cookie, &visitor.form_cookie) else {
        return Ok(None);
    };
    let half = state.services.half_signed_in(note, browser).await?;
    Ok(half.map(|half| (half, browser.clone())))
}

/// Asks for the second factor, or has one set up.
pub async fn get(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let return_to = local_or_home(params.get("return_to"));
    match half(&state, &visitor).await {
        Ok(None) => start_over(return_to),
        Ok(Some((half, browser))) if half.remaining == Remaining::SetUp => {
            set_up::show(&state, &visitor, &half, &browser, return_to, None, None).await
        }
        Ok(Some((half, browser))) => {
            let shown = Shown {
                half: &half,
                browser: &browser,
                return_to,
                notice: None,
            };
            show(&state, &visitor, StatusCode::OK, &shown).await
        }
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Checks the second factor.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let step = match Step::read(&state, &visitor, paths::SECOND_FACTOR, request).await {
        Ok(step) => step,
        Err(response) => return *response,
    };
    let (half, browser) = match half(&state, &visitor).await {
        Ok(Some(half)) => half,
        Ok(None) => return start_over(step.return_to()),
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    if half.remaining != Remaining::Prove {
        return start_over(step.return_to());
    }
    let services = &state.services;
    let address = visitor.address.network();
    let code = step.params.get("code");
    let proven = match code {
        Some(code) => {
            services
                .finish_with_code(&half, code, &address, &visitor.user_agent)
                .await
        }
        None => {
            services
                .finish_with_passkey(
                    &half,
                    step.field("state"),
                    step.field("answer"),
                    &browser,
                    &address,
                    &visitor.user_agent,
                )
                .await
        }
    };
    let shown = |notice| Shown {
        half: &half,
        browser: &browser,
        return_to: step.return_to(),
        notice: Some(notice),
    };
    match proven {
        Ok(Some((cookie, _))) => signed_in(&state, &visitor, &half.user, step.return_to(), &cookie).await,
        Ok(None) => {
            METRICS.sign_ins.with_label_values(&["refused"]).inc();
            let notice = if code.is_some() {
                SecondFactorNotice::WrongCode
            } else {
                SecondFactorNotice::PasskeyRefused
            };
            let mut response = show(&state, &visitor, StatusCode::UNAUTHORIZED, &shown(notice)).await;
            let reason = Reason("a second factor that proves nothing: the audit log says why".to_owned());
            response.extensions_mut().insert(reason);
            response
        }
        Err(FlowError::Throttled { retry_after, limit }) => {
            let notice = SecondFactorNotice::TooManyAttempts {
                wait_seconds: retry_after,
            };
            let response = show(&state, &visitor, StatusCode::TOO_MANY_REQUESTS, &shown(notice)).await;
            too_many(response, retry_after, limit)
        }
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

struct Shown<'a> {
    half: &'a HalfSignedIn,
    browser: &'a str,
    return_to: &'a str,
    notice: Option<SecondFactorNotice>,
}

async fn show(state: &AppState, visitor: &Visitor, status: StatusCode, shown: &Shown<'_>) -> Response {
    match render(state, visitor, status, shown).await {
        Ok(response) => response,
        Err(error) => flow_page(state, visitor, &error),
    }
}

async fn render(
    state: &AppState,
    visitor: &Visitor,
    status: StatusCode,
    shown: &Shown<'_>,
) -> Result<Response, FlowError> {
    let services = &state.services;
    let user = &shown.half.user;
    let arrival = Arrival::of(state, shown.return_to).await?;
    let factors = services.second_factors(user.id).await?;
    let passkey = services.ask_for_second_passkey(shown.half, shown.browser).await?;
    let mut policy = arrival.policy();
    policy.script = passkey.is_some();
    let return_here = with_return_to(paths::SECOND_FACTOR, shown.return_to);
    let template = SecondFactorPage {
        page: visitor.page(arrival.asked("ui_locales"), &return_here),
        csrf: csrf::token(&services.mac, shown.browser, paths::SECOND_FACTOR, ""),
        return_to: shown.return_to.to_owned(),
        start_over: with_return_to(paths::LOGIN, shown.return_to),
        user: user.email.clone(),
        passkey: passkey.map(|ceremony| PasskeyForm::new(&ceremony.options, ceremony.state)),
        has_app: factors.totp.is_some(),
        has_recovery_codes: factors.recovery_codes > 0,
        notice: shown.notice,
    };
    Ok(page(status, &template, &policy))
}
