//! `/login/second-factor/set-up`: the first second factor of somebody who must have one.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::arrival::{Arrival, Step, begin, start_over, with_return_to};
use super::second_factor::half;
use crate::domain::second_factor::Remaining;
use crate::flows::FlowError;
use crate::flows::second_factor::{FactorChange, HalfSignedIn, Keeper};
use crate::http::csrf;
use crate::http::failure::{Reason, flow_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{PasskeyForm, RecoveryCodesPage, SecondFactorNotice, SecondFactorSetUpPage, TotpForm};
use crate::paths;
use crate::state::AppState;

/// Shows the step that leads here.
pub async fn get() -> Response {
    see_other(paths::SECOND_FACTOR)
}

/// Adds the factor, and signs in.
pub async fn post(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let step = match Step::read(&state, &visitor, paths::SECOND_FACTOR_SET_UP, request).await {
        Ok(step) => step,
        Err(response) => return *response,
    };
    match add(&state, &visitor, &step).await {
        Ok(response) => response,
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

async fn add(state: &AppState, visitor: &Visitor, step: &Step) -> Result<Response, FlowError> {
    let return_to = step.return_to();
    let Some((half, browser)) = half(state, visitor).await? else {
        return Ok(start_over(return_to));
    };
    if half.remaining != Remaining::SetUp {
        return Ok(start_over(return_to));
    }
    let services = &state.services;
    let address = visitor.address.network();
    let keeper = keeper(&half, visitor, &browser, &address);
    let ticket = step.params.get("ticket");
    let change = if let Some(ticket) = ticket {
        services.finish_totp(&keeper, ticket, step.field("code")).await?
    } else {
        let (challenge, answer) = (step.field("state"), step.field("answer"));
        services
            .finish_passkey(&keeper, challenge, answer, step.field("name"))
            .await?
    };
    let notice = match change {
        FactorChange::Done {
            proof,
            recovery_codes,
        } => {
            let finished = services.finish_with_set_up(&half, proof, &address, &visitor.user_agent);
            let Some((cookie, _)) = finished.await? else {
                return Ok(start_over(return_to));
            };
            let shown = RecoveryCodesPage {
                page: visitor.page(None, return_to).with_user(&half.user.email),
                codes: recovery_codes,
                next: return_to.to_owned(),
            };
            let response = page(StatusCode::OK, &shown, &PagePolicy::default());
            return Ok(begin(state, visitor, &half.user, &cookie, response).await);
        }
        FactorChange::Wrong if ticket.is_some() => SecondFactorNotice::WrongCode,
        FactorChange::Wrong => SecondFactorNotice::PasskeyRefused,
        FactorChange::Expired => SecondFactorNotice::SetUpExpired,
        FactorChange::Refused(_) => SecondFactorNotice::PasskeyNotAdded,
    };
    Ok(show(state, visitor, &half, &browser, return_to, Some(notice), ticket).await)
}

fn keeper<'a>(half: &'a HalfSignedIn, visitor: &Visitor, browser: &'a str, address: &'a str) -> Keeper<'a> {
    Keeper {
        user: &half.user,
        bearer: browser,
        session: None,
        address,
        language: visitor.language(None).tag(),
    }
}

/// Shows the set-up, with the key of before as long as it is good.
pub(super) async fn show(
    state: &AppState,
    visitor: &Visitor,
    half: &HalfSignedIn,
    browser: &str,
    return_to: &str,
    notice: Option<SecondFactorNotice>,
    ticket: Option<&str>,
) -> Response {
    let services = &state.services;
    let address = visitor.address.network();
    let keeper = keeper(half, visitor, browser, &address);
    let totp = ticket
        .and_then(|ticket| services.resume_totp(&keeper, ticket))
        .unwrap_or_else(|| services.start_totp(&keeper));
    let rendered = async {
        let arrival = Arrival::of(state, return_to).await?;
        let passkey = services.start_passkey(&keeper).await?;
        Ok::<_, FlowError>((arrival, passkey))
    };
    let (arrival, passkey) = match rendered.await {
        Ok(rendered) => rendered,
        Err(error) => return flow_page(state, visitor, &error),
    };
    let policy = PagePolicy {
        script: passkey.is_some(),
        ..PagePolicy::default()
    };
    let return_here = with_return_to(paths::SECOND_FACTOR, return_to);
    let template = SecondFactorSetUpPage {
        page: visitor.page(arrival.asked("ui_locales"), &return_here),
        csrf: csrf::token(&services.mac, browser, paths::SECOND_FACTOR_SET_UP, ""),
        return_to: return_to.to_owned(),
        start_over: with_return_to(paths::LOGIN, return_to),
        user: half.user.email.clone(),
        totp: TotpForm::new(&totp.secret, &totp.uri, totp.ticket),
        passkey: passkey.map(|ceremony| PasskeyForm::new(&ceremony.options, ceremony.state)),
        notice,
    };
    let Some(notice) = notice else {
        return page(StatusCode::OK, &template, &policy);
    };
    let mut response = page(StatusCode::UNPROCESSABLE_ENTITY, &template, &policy);
    let reason = Reason(format!("set-up of a second factor: {notice:?}"));
    response.extensions_mut().insert(reason);
    response
}
