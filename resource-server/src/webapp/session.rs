//! Who is signed in, and whether a form comes from one of their pages.

use axum::http::{HeaderMap, header};
use url::Url;

use super::failure::Failure;
use super::visitor::Visitor;
use crate::domain::session::{Session, SessionCookie};
use crate::pages::{Account, Problem};
use crate::sign_in::SignIn;
use crate::state::State;

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct SignedIn<'a> {
    pub(super) session: Session,
    pub(super) cookie: SessionCookie,
    sign_in: &'a SignIn,
}

impl SignedIn<'_> {
    /// For the page.
    pub(super) fn account(&self) -> Account {
        Account {
            email: self.session.email.as_ref().map(ToString::to_string),
            csrf: self.sign_in.form_token(&self.cookie),
            may_change: self.session.may_change,
        }
    }
}

/// The session of a request. One whose token was revoked is ended for good.
pub(super) async fn find<'a>(state: &'a State, visitor: &Visitor) -> Result<Option<SignedIn<'a>>, Failure> {
    let (Some(sign_in), Some(cookie)) = (&state.sign_in, &visitor.session) else {
        return Ok(None);
    };
    let found = state
        .database
        .find_session(cookie, state.clock.seconds())
        .await?
        .filter(|session| session.client_id == sign_in.client_id());
    let Some(session) = found else {
        return Ok(None);
    };
    if !state.verifier.session_holds(&session)? {
        state.database.end_session(cookie).await?;
        return Ok(None);
    }
    Ok(Some(SignedIn {
        session,
        cookie: cookie.clone(),
        sign_in,
    }))
}

/// The session that a form came from. Its token must fit the session, and the browser must not say that the
/// form is of another site. Pages send no referrer, so browsers may give their origin as `null`.
pub(super) async fn of_form<'a>(
    state: &'a State,
    visitor: &Visitor,
    headers: &HeaderMap,
    token: Option<&str>,
) -> Result<SignedIn<'a>, Failure> {
    let signed_in = find(state, visitor).await?;
    let signed_in = signed_in.ok_or_else(|| Failure::new(Problem::FormExpired, "nobody is signed in"))?;
    if is_foreign(headers, &state.config.server.resource_url) {
        return Err(Failure::new(
            Problem::FormExpired,
            "the form was sent from another site",
        ));
    }
    if !token.is_some_and(|token| signed_in.sign_in.form_fits(&signed_in.cookie, token)) {
        return Err(Failure::new(
            Problem::FormExpired,
            "the form has not the token of this session",
        ));
    }
    Ok(signed_in)
}

fn is_foreign(headers: &HeaderMap, own: &str) -> bool {
    let own = Url::parse(own).map(|url| url.origin().ascii_serialization());
    let foreign_origin = headers.get(header::ORIGIN).is_some_and(|origin| {
        let is_own = own.as_ref().is_ok_and(|own| origin.as_bytes() == own.as_bytes());
        origin.as_bytes() != b"null" && !is_own
    });
    let from_elsewhere = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site.as_bytes() == b"cross-site" || site.as_bytes() == b"same-site");
    foreign_origin || from_elsewhere
}
