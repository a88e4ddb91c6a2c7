//! `/forgot-password`, `/reset-password` and `/verify-email`: what links in messages lead to. A link alone does
//! nothing, since programs that look into messages follow it: only a form does.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::response::Response;

use crate::domain::secret::PlainToken;
use crate::domain::user::{MAX_PASSWORD_BYTES, User};
use crate::flows::FlowError;
use crate::flows::password_reset::Reset;
use crate::http::failure::{Reason, error_page, flow_page, form_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::http::{cookies, csrf, form};
use crate::pages::{ErrorReason, LinkPage, LinkStep, PasswordProblem};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

const FORM_MARK: &str = "fo-";

/// Asks for the address of an account.
pub async fn forgot(State(state): State<AppState>, visitor: Visitor) -> Response {
    if !state.services.sets_passwords() {
        return show(
            &state,
            &visitor,
            StatusCode::OK,
            paths::FORGOT_PASSWORD,
            LinkStep::SetElsewhere,
        );
    }
    let step = LinkStep::AskForReset { email: None };
    show(&state, &visitor, StatusCode::OK, paths::FORGOT_PASSWORD, step)
}

/// Sends a link, if the address has an account. The answer comes before anything is looked up, so that neither its
/// text nor its time tells whether it has (B12).
pub async fn ask(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let params = match read(&state, &visitor, paths::FORGOT_PASSWORD, request).await {
        Ok((params, _)) => params,
        Err(response) => return response,
    };
    let services = state.services.clone();
    let email = params.get("email").unwrap_or_default().to_owned();
    let (network, language) = (visitor.address.network(), visitor.language(None).tag());
    tokio::spawn(async move {
        if let Err(error) = services.ask_for_reset(&email, &network, language).await {
            tracing::warn!(%error, "a link to set a password was not sent");
        }
    });
    show(
        &state,
        &visitor,
        StatusCode::OK,
        paths::FORGOT_PASSWORD,
        LinkStep::ResetAsked,
    )
}

/// Asks for a new password.
pub async fn choose(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let here = paths::RESET_PASSWORD;
    let Some(token) = token_in(query.as_deref()) else {
        return dead(&state, &visitor, here);
    };
    match state.services.reset_link_owner(&token).await {
        Ok(Some(user)) => show(
            &state,
            &visitor,
            StatusCode::OK,
            here,
            choosing(&token, &user, None),
        ),
        Ok(None) => dead(&state, &visitor, here),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Sets the new password.
pub async fn reset(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let here = paths::RESET_PASSWORD;
    let params = match read(&state, &visitor, here, request).await {
        Ok((params, _)) => params,
        Err(response) => return response,
    };
    let token = PlainToken::presented(params.get("token").unwrap_or_default());
    let password = params.get("password").unwrap_or_default();
    let (address, language) = (visitor.address.to_string(), visitor.language(None).tag());
    let services = &state.services;
    match services
        .reset_password(&token, password, &address, language)
        .await
    {
        Ok(Reset::Done) => show(&state, &visitor, StatusCode::OK, here, LinkStep::PasswordSet),
        Ok(Reset::DeadLink) => dead(&state, &visitor, here),
        Ok(Reset::Refused(problem)) => match services.reset_link_owner(&token).await {
            Ok(Some(user)) => {
                let step = choosing(&token, &user, Some(problem_of(password)));
                let mut response = show(&state, &visitor, StatusCode::UNPROCESSABLE_ENTITY, here, step);
                response.extensions_mut().insert(Reason(problem.to_owned()));
                response
            }
            Ok(None) => dead(&state, &visitor, here),
            Err(error) => flow_page(&state, &visitor, &error),
        },
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Asks to confirm an address by the link in a message; without a link, offers to send one to who is signed in.
pub async fn confirm(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let here = paths::VERIFY_EMAIL;
    if let Some(token) = token_in(query.as_deref()) {
        let step = LinkStep::ConfirmAddress {
            token: token.reveal().to_owned(),
        };
        return show(&state, &visitor, StatusCode::OK, here, step);
    }
    match signed_in(&state, &visitor).await {
        Ok(Some(user)) => {
            let step = LinkStep::AskForVerification { email: user.email };
            show(&state, &visitor, StatusCode::OK, here, step)
        }
        Ok(None) => see_other(&format!("{}?return_to=%2Fverify-email", paths::LOGIN)),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Takes the link, or sends one.
pub async fn verify(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let here = paths::VERIFY_EMAIL;
    let params = match read(&state, &visitor, here, request).await {
        Ok((params, _)) => params,
        Err(response) => return response,
    };
    if let Some(token) = params.get("token") {
        let token = PlainToken::presented(token);
        return match state
            .services
            .verify_email(&token, &visitor.address.to_string())
            .await
        {
            Ok(true) => show(&state, &visitor, StatusCode::OK, here, LinkStep::Verified),
            Ok(false) => dead(&state, &visitor, here),
            Err(error) => flow_page(&state, &visitor, &error),
        };
    }
    let language = visitor.language(None).tag();
    let asked = async {
        let user = signed_in(&state, &visitor).await?;
        if let Some(user) = &user {
            state.services.ask_for_verification(user, language).await?;
        }
        Ok::<_, FlowError>(user)
    };
    match asked.await {
        Ok(Some(user)) => {
            let step = LinkStep::VerificationAsked { email: user.email };
            show(&state, &visitor, StatusCode::OK, here, step)
        }
        Ok(None) => see_other(&format!("{}?return_to=%2Fverify-email", paths::LOGIN)),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

async fn signed_in(state: &AppState, visitor: &Visitor) -> Result<Option<User>, FlowError> {
    let Some(cookie) = &visitor.session_cookie else {
        return Ok(None);
    };
    Ok(state.services.session(cookie).await?.map(|(_, user)| user))
}

fn token_in(query: Option<&str>) -> Option<PlainToken> {
    let params = Params::parse(query?).ok()?;
    params.get("token").map(PlainToken::presented)
}

fn choosing(token: &PlainToken, user: &User, problem: Option<PasswordProblem>) -> LinkStep {
    LinkStep::ChoosePassword {
        token: token.reveal().to_owned(),
        email: user.email.clone(),
        problem,
    }
}

fn problem_of(password: &str) -> PasswordProblem {
    if password.len() > MAX_PASSWORD_BYTES {
        PasswordProblem::TooLong
    } else {
        PasswordProblem::TooShort
    }
}

fn dead(state: &AppState, visitor: &Visitor, here: &str) -> Response {
    let ask_again = if here == paths::VERIFY_EMAIL {
        paths::VERIFY_EMAIL
    } else {
        paths::FORGOT_PASSWORD
    };
    let mut response = show(
        state,
        visitor,
        StatusCode::GONE,
        here,
        LinkStep::DeadLink { ask_again },
    );
    response
        .extensions_mut()
        .insert(Reason("the link of a message is dead".to_owned()));
    response
}

/// Reads a form of these pages, which is bound to the browser by the cookie of forms.
async fn read(
    state: &AppState,
    visitor: &Visitor,
    purpose: &str,
    request: Request,
) -> Result<(Params, Parts), Response> {
    let (parts, body) = request.into_parts();
    let params = form::read(&parts.headers, body)
        .await
        .map_err(|error| form_page(state, visitor, error))?;
    let services = &state.services;
    let fits = csrf::accepts(
        &services.mac,
        &parts.headers,
        &services.issuer,
        visitor.form_cookie.as_deref(),
        purpose,
        "",
        params.get("csrf"),
    );
    if fits {
        Ok((params, parts))
    } else {
        let why = format!("CSRF token of {purpose}");
        Err(error_page(state, visitor, ErrorReason::FormExpired, None, why))
    }
}

fn show(state: &AppState, visitor: &Visitor, status: StatusCode, here: &str, step: LinkStep) -> Response {
    let fresh = PlainToken::generate(FORM_MARK);
    let cookie = visitor.form_cookie.as_deref().unwrap_or(fresh.reveal());
    // Who changes the language comes back with the link.
    let return_to = match &step {
        LinkStep::ChoosePassword { token, .. } | LinkStep::ConfirmAddress { token } => {
            let query: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            format!("{here}?token={query}")
        }
        _ => here.to_owned(),
    };
    let template = LinkPage {
        page: visitor.page(None, &return_to),
        csrf: csrf::token(&state.services.mac, cookie, here, ""),
        step,
    };
    let mut response = page(status, &template, &PagePolicy::default());
    let secure = state.web.secure_cookies;
    if visitor.form_cookie.is_none()
        && let Some(header) = cookies::set(&cookies::form_name(secure), cookie, None, secure)
    {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}
