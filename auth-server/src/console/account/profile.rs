//! `/account/profile`: the account itself, its language, and a copy of everything that is kept about its user.

use axum::extract::{RawQuery, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::console::guard::{Area, SignedIn};
use crate::flows::FlowError;
use crate::http::cookies;
use crate::http::failure::{Reason, flow_page};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{Language, Moment, ProfileNotice, ProfilePage};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::mail_links;

/// Shows the account.
pub(super) async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let here = paths::ACCOUNT_PROFILE;
    match SignedIn::enter(&state, &visitor, Area::Account, here).await {
        Ok(signed_in) => {
            let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
            let notice = params.get("done").and_then(ProfileNotice::done);
            show(&state, &visitor, &signed_in, notice).await
        }
        Err(response) => *response,
    }
}

/// Where only forms lead: back to the page.
pub(super) async fn back() -> Response {
    see_other(paths::ACCOUNT_PROFILE)
}

fn done(what: &str) -> Response {
    see_other(&format!("{}?done={what}", paths::ACCOUNT_PROFILE))
}

async fn show(
    state: &AppState,
    visitor: &Visitor,
    signed_in: &SignedIn,
    notice: Option<ProfileNotice>,
) -> Response {
    let user = &signed_in.user;
    let verified = match mail_links::verified_at(&state.services.database, user.id).await {
        Ok(verified) => verified,
        Err(error) => return flow_page(state, visitor, &error.into()),
    };
    let template = ProfilePage {
        page: signed_in.page(visitor, paths::ACCOUNT_PROFILE),
        csrf_language: signed_in.csrf(state, paths::ACCOUNT_LANGUAGE),
        csrf_verify: signed_in.csrf(state, paths::ACCOUNT_VERIFY),
        name: user.name.clone(),
        email: user.email.clone(),
        verified: verified.map(Moment),
        since: Moment(user.created_at),
        preferred: user.language.as_deref().and_then(Language::from_tag),
        is_recent: signed_in.is_recent(state),
        notice,
    };
    if !notice.is_some_and(ProfileNotice::is_problem) {
        return page(StatusCode::OK, &template, &PagePolicy::default());
    }
    let mut response = page(
        StatusCode::UNPROCESSABLE_ENTITY,
        &template,
        &PagePolicy::default(),
    );
    let reason = Reason("a language that no page speaks".to_owned());
    response.extensions_mut().insert(reason);
    response
}

/// Keeps the language of messages and pages.
pub(super) async fn set_language(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let action = paths::ACCOUNT_LANGUAGE;
    let (signed_in, params) = match SignedIn::submit(&state, &visitor, Area::Account, action, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let tag = params.get("language").unwrap_or_default();
    let language = Language::from_tag(tag);
    if language.is_none() && !tag.is_empty() {
        return show(&state, &visitor, &signed_in, Some(ProfileNotice::UnknownLanguage)).await;
    }
    let setting =
        state
            .services
            .set_language(&signed_in.user, language.map(Language::tag), &signed_in.address);
    if let Err(error) = setting.await {
        return flow_page(&state, &visitor, &error);
    }
    let mut response = done("language");
    let cookie = language
        .and_then(|language| cookies::set_language(language.tag(), state.web.secure_cookies))
        .or_else(|| cookies::set(cookies::LANGUAGE, "", Some(0), state.web.secure_cookies));
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Sends a link that proves the address.
pub(super) async fn send_link(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let action = paths::ACCOUNT_VERIFY;
    let signed_in = match SignedIn::submit(&state, &visitor, Area::Account, action, request).await {
        Ok((signed_in, _)) => signed_in,
        Err(response) => return *response,
    };
    let language = visitor.language(None).tag();
    match state
        .services
        .ask_for_verification(&signed_in.user, language)
        .await
    {
        Ok(()) => done("link"),
        Err(error) => flow_page(&state, &visitor, &error),
    }
}

/// Everything that is kept about the user, as a file; shortly after a sign-in alone, so that an open browser does not
/// give it away.
pub(super) async fn download(State(state): State<AppState>, visitor: Visitor) -> Response {
    let here = paths::ACCOUNT_PROFILE;
    let signed_in = match SignedIn::enter(&state, &visitor, Area::Account, here).await {
        Ok(signed_in) => signed_in,
        Err(response) => return *response,
    };
    if !signed_in.is_recent(&state) {
        return see_other(here);
    }
    let gathering = async {
        let everything = state
            .services
            .everything_about(&signed_in.user, &signed_in.address)
            .await?;
        Ok::<_, FlowError>(format!("{everything:#}\n"))
    };
    match gathering.await {
        Ok(text) => {
            let mut response = (StatusCode::OK, text).into_response();
            let headers = response.headers_mut();
            for (name, value) in [
                (CONTENT_TYPE, "application/json"),
                (CONTENT_DISPOSITION, "attachment; filename=\"account.json\""),
                (CACHE_CONTROL, "no-store"),
                (HeaderName::from_static("x-content-type-options"), "nosniff"),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
            response
        }
        Err(error) => flow_page(&state, &visitor, &error),
    }
}
