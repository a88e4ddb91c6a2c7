//! `GET /webapp/sign-in?room=SLUG`: to the authorization server. The way back ends at a room of this server
//! and nowhere else, so there is no address in it that somebody could bend.

use axum::extract::State;
use axum::response::Response;

use super::cookies;
use super::failure::Failure;
use super::frame::{append, see_other};
use super::visitor::Visitor;
use crate::domain::slug::is_slug;
use crate::http::query::Query;
use crate::pages::Problem;
use crate::sign_in::Attempt;
use crate::state::AppState;

/// Begins a sign-in.
pub async fn get(State(state): State<AppState>, visitor: Visitor, query: Query) -> Result<Response, Failure> {
    let Some(sign_in) = &state.sign_in else {
        return Err(Failure::new(Problem::BadInput, "webapp.client_id is not set"));
    };
    let room = query.get("room")?.filter(|room| is_slug(room));
    let room = room.ok_or_else(|| Failure::new(Problem::BadInput, "room is not a slug"))?;
    // Always a new one: a cookie that somebody planted is not adopted.
    let attempt = Attempt::new(room, &mut rand::rng());
    let url = sign_in
        .begin(&attempt, visitor.language.tag())
        .await
        .map_err(|error| Failure::from(error).at(room))?;
    let mut response = see_other(url.as_str());
    let life = cookies::ATTEMPT_LIFE;
    let cookie = cookies::set(cookies::ATTEMPT, attempt.expose(), life, &state.config);
    append(response.headers_mut(), cookie);
    Ok(response)
}
