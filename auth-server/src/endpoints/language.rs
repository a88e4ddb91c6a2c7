//! `GET /language`: remembers the language the reader chose and goes back to the page.

use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use crate::http::cookies;
use crate::http::failure::error_page;
use crate::http::headers::{is_local_path, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{ErrorReason, Language};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;

/// Sets the language.
pub async fn get(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let Some(language) = params.get("set").and_then(Language::from_tag) else {
        return error_page(&state, &visitor, ErrorReason::BadInput, None, "unknown language");
    };
    let back = params
        .get("return_to")
        .filter(|path| is_local_path(path))
        .unwrap_or(paths::HOME);
    let mut response = see_other(back);
    if let Some(cookie) = cookies::set_language(language.tag(), state.web.secure_cookies) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
