//! `POST /webapp/rooms/{slug}/name`: another name, or none.

use axum::extract::State;
use axum::response::Response;

use super::editor::Editor;
use super::failure::Failure;
use super::form::Form;
use super::room::Slug;
use super::visitor::Visitor;
use crate::domain::change::Change;
use crate::domain::room::{MAX_NAME, RoomChange, TextError, parse_line};
use crate::http::error::ApiError;
use crate::pages::{Entry, Notice};
use crate::state::AppState;

/// For owners and administrators.
pub async fn post(
    State(state): State<AppState>,
    visitor: Visitor,
    slug: Result<Slug, ApiError>,
    form: Form,
) -> Result<Response, Failure> {
    let Slug(slug) = slug?;
    let editor = Editor::admit(&state, visitor, &slug, &form).await?;
    let text = form.fields.get("name")?.unwrap_or_default();
    let name = match parse_line(text, MAX_NAME) {
        Ok(name) => name.map_or(Change::Remove, Change::Set),
        Err(error) => {
            let entry = match error {
                TextError::TooLong(_) => Entry::NameTooLong,
                TextError::ControlCharacter => Entry::NameControlCharacter,
            };
            return Ok(editor.again(entry, |manage| text.clone_into(&mut manage.name)));
        }
    };
    let change = RoomChange {
        name,
        ..RoomChange::default()
    };
    editor.update(&change, Notice::NameSaved).await
}
