//! `POST /webapp/rooms/{slug}/attendees`, and `.../remove`: one attendee more, or less.

use axum::extract::State;
use axum::response::Response;

use super::editor::{Editor, gone};
use super::failure::Failure;
use super::form::Form;
use super::room::Slug;
use super::visitor::Visitor;
use crate::domain::attendee::{Email, InvitationRefusal};
use crate::http::error::ApiError;
use crate::pages::{Entry, Notice};
use crate::state::AppState;

/// Invites somebody. For owners and administrators.
pub async fn add(
    State(state): State<AppState>,
    visitor: Visitor,
    slug: Result<Slug, ApiError>,
    form: Form,
) -> Result<Response, Failure> {
    let Slug(slug) = slug?;
    let editor = Editor::admit(&state, visitor, &slug, &form).await?;
    let text = form.fields.get("email")?.unwrap_or_default();
    let entry = match Email::parse(text) {
        None => Entry::Email,
        Some(email) => {
            let (room, now) = (editor.view.room.id, state.clock.seconds());
            match state
                .database
                .invite(room, &email, (&editor.by).into(), now)
                .await?
            {
                Some(Ok(())) => return Ok(editor.done(Notice::AttendeeAdded)),
                None => return Err(gone()),
                Some(Err(InvitationRefusal::AlreadyThere)) => Entry::AttendeeThere,
                Some(Err(InvitationRefusal::Full)) => Entry::AttendeesFull,
            }
        }
    };
    Ok(editor.again(entry, |manage| text.clone_into(&mut manage.email)))
}

/// Takes somebody off the list; who is not on it stays off. For owners and administrators.
pub async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    slug: Result<Slug, ApiError>,
    form: Form,
) -> Result<Response, Failure> {
    let Slug(slug) = slug?;
    let editor = Editor::admit(&state, visitor, &slug, &form).await?;
    if let Some(email) = form.fields.get("email")?.and_then(Email::parse) {
        let (room, now) = (editor.view.room.id, state.clock.seconds());
        state
            .database
            .uninvite(room, &email, (&editor.by).into(), now)
            .await?;
    }
    Ok(editor.done(Notice::AttendeeRemoved))
}
