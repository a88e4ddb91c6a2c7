//! Users at `/api/v3/users`. They belong to the authorization server; this server reads and changes them there.
//! A token of a user sees that user alone.

pub mod create;
pub mod delete;
pub mod list;
mod permission;
pub mod representation;
pub mod retrieve;
pub mod update;

use uuid::Uuid;

use crate::domain::actor::Actor;
use crate::domain::directory::DirectoryUser;
use crate::http::error::ApiError;
use crate::state::State;

/// The user that a path names, to those who may see them.
pub(super) async fn find(state: &State, actor: &Actor, id: Uuid) -> Result<DirectoryUser, ApiError> {
    if actor.user().is_some_and(|user| user.user_id != id) {
        return Err(ApiError::not_found("another user than the token's"));
    }
    let user = state.directory.user(id).await?;
    user.ok_or_else(|| ApiError::not_found("no such user"))
}

/// Checks that what belongs to a user may be seen and changed by the actor: by the user themselves, who need not be
/// asked for, and by applications that act for themselves.
pub(super) async fn admit(state: &State, actor: &Actor, id: Uuid) -> Result<(), ApiError> {
    match actor.user() {
        Some(user) if user.user_id == id => Ok(()),
        _ => find(state, actor, id).await.map(drop),
    }
}
