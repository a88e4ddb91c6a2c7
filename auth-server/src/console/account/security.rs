//! `/account/security`: password, authenticator app, passkeys, recovery codes.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::super::guard::{Area, SignedIn, sign_in_first};
use crate::flows::FlowError;
use crate::flows::change_password::{NewPassword, PasswordChange};
use crate::http::failure::{Reason, flow_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{AccountSecurityPage, FactorDates, PasskeyForm, PasskeyRow, SecurityNotice};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::telemetry::METRICS;

/// Shows the page.
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    match SignedIn::enter(&state, &visitor, Area::Account, paths::ACCOUNT_SECURITY).await {
        Ok(signed_in) => {
            let notice = params.get("done").and_then(SecurityNotice::done);
            show(&state, &visitor, &signed_in, notice).await
        }
        Err(response) => *response,
    }
}

/// Where only forms lead: back to the page.
pub(super) async fn back() -> Response {
    see_other(paths::ACCOUNT_SECURITY)
}

/// Who is signed in, with a form of this page: all of them carry the page's token.
pub(super) async fn form(
    state: &AppState,
    visitor: &Visitor,
    request: Request,
) -> Result<(SignedIn, Params), Box<Response>> {
    SignedIn::submit(state, visitor, Area::Account, paths::ACCOUNT_SECURITY, request).await
}

/// The same of somebody who signed in a moment ago: for what an open browser must not give away.
pub(super) async fn recent_form(
    state: &AppState,
    visitor: &Visitor,
    request: Request,
) -> Result<(SignedIn, Params), Box<Response>> {
    let (signed_in, params) = form(state, visitor, request).await?;
    if signed_in.is_recent(state) {
        Ok((signed_in, params))
    } else {
        Err(Box::new(sign_in_first(paths::ACCOUNT_SECURITY)))
    }
}

/// Changes the password.
pub(super) async fn change_password(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let (signed_in, params) = match form(&state, &visitor, request).await {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let asked = NewPassword {
        current: params.get("current").unwrap_or_default(),
        new: params.get("new").unwrap_or_default(),
        end_access: params.get("end_access").is_some(),
    };
    let changing = state.services.change_password(
        &signed_in.user,
        &signed_in.cookie,
        &asked,
        &signed_in.network,
        signed_in.language,
    );
    let notice = match changing.await {
        Ok(PasswordChange::Done) => return done("password"),
        Ok(PasswordChange::WrongCurrent) => SecurityNotice::WrongPassword,
        Ok(PasswordChange::Unfit) => SecurityNotice::UnfitPassword,
        Ok(PasswordChange::KeptElsewhere) => return back().await,
        Err(FlowError::Throttled { retry_after, limit }) => {
            METRICS.sign_ins.with_label_values(&["throttled"]).inc();
            let notice = SecurityNotice::TooManyAttempts {
                wait_seconds: retry_after,
            };
            let mut response = show(&state, &visitor, &signed_in, Some(notice)).await;
            response.headers_mut().insert("retry-after", retry_after.into());
            let reason = Reason(format!("too many {limit}"));
            response.extensions_mut().insert(reason);
            return response;
        }
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    show(&state, &visitor, &signed_in, Some(notice)).await
}

/// Back to the page, which says what was done.
pub(super) fn done(what: &str) -> Response {
    see_other(&format!("{}?done={what}", paths::ACCOUNT_SECURITY))
}

/// Shows the page, with what went wrong if something did.
pub(super) async fn show(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    notice: Option<SecurityNotice>,
) -> Response {
    match render(state, visitor, signed_in, notice).await {
        Ok(response) => response,
        Err(error) => flow_page(state, visitor, &error),
    }
}

async fn render(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    notice: Option<SecurityNotice>,
) -> Result<Response, FlowError> {
    let services = &state.services;
    let factors = services.second_factors(signed_in.user.id).await?;
    let is_recent = signed_in.is_recent(state);
    let ceremony = if is_recent {
        services.start_passkey(&signed_in.keeper()).await?
    } else {
        None
    };
    let policy = PagePolicy {
        script: ceremony.is_some(),
        ..PagePolicy::default()
    };
    let passkeys = factors.passkeys.iter().map(|passkey| PasskeyRow {
        id: passkey.id.to_string(),
        name: passkey.name.clone(),
        dates: FactorDates {
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        },
    });
    let template = AccountSecurityPage {
        page: signed_in.page(visitor, paths::ACCOUNT_SECURITY),
        csrf: signed_in.csrf(state, paths::ACCOUNT_SECURITY),
        return_to: paths::ACCOUNT_SECURITY.to_owned(),
        is_recent,
        has_own_password: services.directory.is_writable(),
        app: factors.totp.as_ref().map(|totp| FactorDates {
            created_at: totp.created_at,
            last_used_at: totp.last_used_at,
        }),
        passkeys: passkeys.collect(),
        can_have_passkeys: services.relying_party.is_available(),
        passkey: ceremony.map(|ceremony| PasskeyForm::new(&ceremony.options, ceremony.state)),
        recovery_codes: factors.recovery_codes,
        notice,
    };
    let Some(problem) = notice.filter(|notice| notice.is_problem()) else {
        return Ok(page(StatusCode::OK, &template, &policy));
    };
    let status = match problem {
        SecurityNotice::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = page(status, &template, &policy);
    let reason = Reason(format!("account security: {problem:?}"));
    response.extensions_mut().insert(reason);
    Ok(response)
}
