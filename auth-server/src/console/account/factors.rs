//! Adding and removing second factors. Each needs a sign-in of a moment ago; who signed in earlier proves again who they
//! are, and comes back.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::super::guard::{Area, SignedIn, sign_in_first};
use super::security::{back, done, form, recent_form, show};
use crate::flows::FlowError;
use crate::flows::second_factor::{FactorChange, FactorRefusal, TotpSetUp};
use crate::http::failure::{Reason, error_page, flow_page};
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::{
    AccountAppPage, ErrorReason, RecoveryCodesPage, SecondFactorNotice, SecurityNotice, TotpForm,
};
use crate::paths;
use crate::state::AppState;

/// Shows how to set up an authenticator app.
pub(super) async fn app(State(state): State<AppState>, visitor: Visitor) -> Response {
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Account, paths::ACCOUNT_APP).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    if !signed_in.is_recent(&state) {
        return sign_in_first(paths::ACCOUNT_APP);
    }
    match state.services.second_factors(signed_in.user.id).await {
        Ok(factors) if factors.totp.is_some() => back().await,
        Ok(_) => {
            let set_up = state.services.start_totp(&signed_in.keeper());
            show_app(&state, &visitor, &signed_in, set_up, None)
        }
        Err(error) => flow_page(&state, &visitor, &error.into()),
    }
}

/// Adds the app.
pub(super) async fn add_app(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let (signed_in, params) = match recent_form(&state, &visitor, request).await {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let services = &state.services;
    let keeper = signed_in.keeper();
    let ticket = params.get("ticket").unwrap_or_default();
    let code = params.get("code").unwrap_or_default();
    let notice = match services.finish_totp(&keeper, ticket, code).await {
        Ok(FactorChange::Done { recovery_codes, .. }) => {
            return added(&visitor, &signed_in, recovery_codes, "app");
        }
        Ok(FactorChange::Refused(_)) => {
            return show(&state, &visitor, &signed_in, Some(SecurityNotice::AppNotAdded)).await;
        }
        Ok(FactorChange::Wrong) => SecondFactorNotice::WrongCode,
        Ok(FactorChange::Expired) => SecondFactorNotice::SetUpExpired,
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    // The page of the recovery codes was loaded again: the app is there since the first time.
    match services.second_factors(signed_in.user.id).await {
        Ok(factors) if factors.totp.is_some() => return back().await,
        Ok(_) => {}
        Err(error) => return flow_page(&state, &visitor, &error.into()),
    }
    let set_up = match notice {
        SecondFactorNotice::WrongCode => services.resume_totp(&keeper, ticket),
        _ => None,
    };
    let set_up = set_up.unwrap_or_else(|| services.start_totp(&keeper));
    show_app(&state, &visitor, &signed_in, set_up, Some(notice))
}

fn show_app(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    set_up: TotpSetUp,
    notice: Option<SecondFactorNotice>,
) -> Response {
    let template = AccountAppPage {
        page: signed_in.page(visitor, paths::ACCOUNT_APP),
        csrf: signed_in.csrf(state, paths::ACCOUNT_SECURITY),
        return_to: paths::ACCOUNT_SECURITY.to_owned(),
        totp: TotpForm::new(&set_up.secret, &set_up.uri, set_up.ticket),
        notice,
    };
    let policy = PagePolicy::default();
    let Some(notice) = notice else {
        return page(StatusCode::OK, &template, &policy);
    };
    let mut response = page(StatusCode::UNPROCESSABLE_ENTITY, &template, &policy);
    let reason = Reason(format!("set-up of an authenticator app: {notice:?}"));
    response.extensions_mut().insert(reason);
    response
}

/// The recovery codes that came with a factor, once; else back to the page.
fn added(visitor: &Visitor, signed_in: &SignedIn, codes: Vec<String>, what: &str) -> Response {
    if codes.is_empty() {
        return done(what);
    }
    let template = RecoveryCodesPage {
        page: signed_in.page(visitor, paths::ACCOUNT_SECURITY),
        codes,
        next: format!("{}?done={what}", paths::ACCOUNT_SECURITY),
    };
    page(StatusCode::OK, &template, &PagePolicy::default())
}

/// Removes the app.
pub(super) async fn remove_app(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let signed_in = match recent_form(&state, &visitor, request).await {
        Ok((signed_in, _)) => signed_in,
        Err(response) => return *response,
    };
    match state.services.remove_totp(&signed_in.keeper()).await {
        Ok(_) => done("app-removed"),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Adds a passkey.
pub(super) async fn add_passkey(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let (signed_in, params) = match recent_form(&state, &visitor, request).await {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let field = |name: &str| params.get(name).unwrap_or_default();
    let keeper = signed_in.keeper();
    let adding = state
        .services
        .finish_passkey(&keeper, field("state"), field("answer"), field("name"));
    let notice = match adding.await {
        Ok(FactorChange::Done { recovery_codes, .. }) => {
            return added(&visitor, &signed_in, recovery_codes, "passkey");
        }
        Ok(FactorChange::Wrong | FactorChange::Expired) => SecurityNotice::PasskeyRefused,
        Ok(FactorChange::Refused(FactorRefusal::Name)) => SecurityNotice::PasskeyName,
        Ok(FactorChange::Refused(_)) => SecurityNotice::PasskeyNotAdded,
        Err(error) => return flow_page(&state, &visitor, &error),
    };
    show(&state, &visitor, &signed_in, Some(notice)).await
}

/// Renames or removes a passkey.
pub(super) async fn change_passkey(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (signed_in, params) = match form(&state, &visitor, request).await {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let not_found = || error_page(&state, &visitor, ErrorReason::NotFound, None, "no such passkey");
    let Ok(id) = id.parse::<Uuid>() else {
        return not_found();
    };
    let services = &state.services;
    let keeper = signed_in.keeper();
    if params.get("action") == Some("remove") {
        if !signed_in.is_recent(&state) {
            return sign_in_first(paths::ACCOUNT_SECURITY);
        }
        return match services.remove_passkey(&keeper, id).await {
            Ok(true) => done("passkey-removed"),
            Ok(false) => not_found(),
            Err(error) => flow_page(&state, &visitor, &error),
        };
    }
    let name = params.get("name").unwrap_or_default();
    let renaming = async {
        let factors = services.second_factors(signed_in.user.id).await?;
        if !factors.passkeys.iter().any(|passkey| passkey.id == id) {
            return Ok(None);
        }
        Ok::<_, FlowError>(Some(services.rename_passkey(&keeper, id, name).await?))
    };
    match renaming.await {
        Ok(Some(true)) => done("passkey-renamed"),
        Ok(Some(false)) => show(&state, &visitor, &signed_in, Some(SecurityNotice::PasskeyName)).await,
        Ok(None) => not_found(),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Makes new recovery codes and shows them once.
pub(super) async fn renew_codes(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let signed_in = match recent_form(&state, &visitor, request).await {
        Ok((signed_in, _)) => signed_in,
        Err(response) => return *response,
    };
    match state.services.renew_recovery_codes(&signed_in.keeper()).await {
        Ok(Some(codes)) => added(&visitor, &signed_in, codes, "codes"),
        Ok(None) => back().await,
        Err(error) => flow_page(&state, &visitor, &error),
    }
}
