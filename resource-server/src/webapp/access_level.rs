//! `POST /webapp/rooms/{slug}/access-level`: who gets in. This is the one place where a room becomes public.

use axum::extract::State;
use axum::response::Response;

use super::editor::Editor;
use super::failure::Failure;
use super::form::Form;
use super::room::Slug;
use super::visitor::Visitor;
use crate::domain::room::{AccessLevel, RoomChange};
use crate::http::error::ApiError;
use crate::pages::{Notice, Problem};
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
    let level = form.fields.get("access_level")?.and_then(AccessLevel::parse);
    // The form has no other values: this is no mistake that its reader could mend.
    let level = level.ok_or_else(|| Failure::new(Problem::BadInput, "no such access level").at(&slug))?;
    let change = RoomChange {
        access_level: Some(level),
        ..RoomChange::default()
    };
    editor.update(&change, Notice::AccessSaved).await
}
