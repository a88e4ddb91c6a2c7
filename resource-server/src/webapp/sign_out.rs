//! `POST /webapp/sign-out`: the session ends here; the one at the authorization server is another.

use axum::extract::State;
use axum::response::Response;

use super::cookies;
use super::editor::back_to_room;
use super::failure::Failure;
use super::form::Form;
use super::frame::append;
use super::session;
use super::visitor::Visitor;
use crate::domain::slug::is_slug;
use crate::pages::{Notice, Problem};
use crate::state::AppState;

/// Signs out.
pub async fn post(State(state): State<AppState>, visitor: Visitor, form: Form) -> Result<Response, Failure> {
    let room = form.fields.get("room")?.filter(|room| is_slug(room));
    let room = room.ok_or_else(|| Failure::new(Problem::BadInput, "room is not a slug"))?;
    let token = form.fields.get("csrf")?;
    let signed_in = session::of_form(&state, &visitor, &form.headers, token)
        .await
        .map_err(|failure| failure.at(room))?;
    state.database.end_session(&signed_in.cookie).await?;
    let mut response = back_to_room(&state, room, Some(Notice::SignedOut));
    append(
        response.headers_mut(),
        cookies::remove(cookies::SESSION, &state.config),
    );
    Ok(response)
}
