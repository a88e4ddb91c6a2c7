//! `GET /webapp/callback`: back from the authorization server. The token is looked at once, like one that an
//! application sends, and not kept.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::cookies;
use super::editor::back_to_room;
use super::failure::Failure;
use super::frame::append;
use super::visitor::Visitor;
use crate::domain::session::{Session, SessionCookie};
use crate::http::query::Query;
use crate::pages::{Notice, Problem};
use crate::sign_in::{Answer, Attempt, CHANGE, SEE, SignIn, SignInError};
use crate::state::AppState;

/// Signs in. Whatever comes of it, the attempt is over: an answer counts once.
pub async fn get(State(state): State<AppState>, visitor: Visitor, query: Query) -> Response {
    let mut response = finish(&state, &visitor, &query).await.into_response();
    append(
        response.headers_mut(),
        cookies::remove(cookies::ATTEMPT, &state.config),
    );
    response
}

async fn finish(state: &AppState, visitor: &Visitor, query: &Query) -> Result<Response, Failure> {
    let (Some(sign_in), Some(attempt)) = (&state.sign_in, &visitor.attempt) else {
        return Err(Failure::new(
            Problem::SignInFailed,
            "this browser is not on its way back, or it was back before",
        ));
    };
    let room = attempt.room();
    match session(state, sign_in, attempt, query).await {
        Ok(session) => {
            let cookie = SessionCookie::generate(&mut rand::rng());
            let before = visitor.session.as_ref();
            state
                .database
                .open_session(&cookie, before, &session, state.clock.seconds())
                .await?;
            let mut response = back_to_room(state, room, None);
            let life = whole_seconds(state.config.webapp.session_life);
            let cookie = cookies::set(cookies::SESSION, cookie.expose(), life, &state.config);
            append(response.headers_mut(), cookie);
            Ok(response)
        }
        Err(SignInOutcome::Denied) => Ok(back_to_room(state, room, Some(Notice::Denied))),
        Err(SignInOutcome::Failed(failure)) => Err(failure.at(room)),
    }
}

/// Why there is no session.
enum SignInOutcome {
    /// By the user's own will.
    Denied,
    /// Against it.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for SignInOutcome {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

async fn session(
    state: &AppState,
    sign_in: &SignIn,
    attempt: &Attempt,
    query: &Query,
) -> Result<Session, SignInOutcome> {
    let answer = Answer {
        state: query.get("state")?,
        iss: query.get("iss")?,
        code: query.get("code")?,
        error: query.get("error")?,
    };
    let token = match sign_in.finish(attempt, answer).await {
        Err(SignInError::Denied) => return Err(SignInOutcome::Denied),
        other => other?,
    };
    let token = state.verifier.verify(&token).await?;
    let distrusted = |reason: &str| Failure::new(Problem::SignInFailed, reason);
    // RFC 9700 section 2.3: a token that was made for another application proves nothing here.
    if token.client_id != sign_in.client_id() {
        return Err(distrusted("the token was issued to another application").into());
    }
    let user_id = token
        .user_id
        .ok_or_else(|| distrusted("no user stands behind the token"))?;
    if !token.scope.covers(SEE) {
        return Err(distrusted("the token does not permit rooms:retrieve").into());
    }
    Ok(Session {
        user_id,
        email: token.email.clone(),
        client_id: token.client_id.clone(),
        may_change: token.scope.covers(CHANGE),
        token_id: token.jti.clone(),
        token_issued_at_millis: token.issued_at_millis,
        expires_at: state
            .clock
            .seconds()
            .saturating_add(whole_seconds(state.config.webapp.session_life)),
    })
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
