//! What a request tells about the person who sends it. Nothing of it is believed beyond what each part says.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::cookies;
use crate::domain::session::SessionCookie;
use crate::http::query::Query;
use crate::pages::{Language, Notice};
use crate::sign_in::Attempt;
use crate::state::AppState;

/// A browser.
#[derive(Clone)]
pub struct Visitor {
    /// The session cookie.
    pub(super) session: Option<SessionCookie>,
    /// The cookie of a sign-in under way.
    pub(super) attempt: Option<Attempt>,
    /// What the page before asked to be told.
    pub(super) notice: Option<Notice>,
    /// The language that the address asks for, which is remembered.
    pub(super) chosen: Option<Language>,
    /// The language of its pages.
    pub(super) language: Language,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let cookie = |name| cookies::find(&parts.headers, name, &state.config);
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let chosen = query.get("lang").ok().flatten().and_then(Language::from_tag);
        let accepted = || {
            let header = parts.headers.get(header::ACCEPT_LANGUAGE)?;
            Language::accepted(header.to_str().ok()?)
        };
        Ok(Self {
            session: cookie(cookies::SESSION).map(SessionCookie::presented),
            attempt: cookie(cookies::ATTEMPT).and_then(Attempt::presented),
            notice: cookie(cookies::NOTICE).as_deref().and_then(Notice::parse),
            chosen,
            language: chosen
                .or_else(|| Language::from_tag(&cookie(cookies::LANGUAGE)?))
                .or_else(accepted)
                .unwrap_or_default(),
        })
    }
}
