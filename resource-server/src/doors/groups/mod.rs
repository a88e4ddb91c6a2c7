//! Groups of users at `/api/v3/groups`. They belong to the authorization server; this server reads and changes them
//! there. A token of a user sees the groups that the user belongs to, and changes none.

pub mod add_member;
pub mod create;
pub mod delete;
pub mod list;
pub mod list_members;
mod permission;
pub mod remove_member;
pub mod representation;
pub mod retrieve;
pub mod update;

use uuid::Uuid;

use crate::domain::actor::Actor;
use crate::domain::directory::Group;
use crate::http::error::ApiError;
use crate::state::State;

/// The group that a path names, to those who may see it.
async fn find(state: &State, actor: &Actor, id: Uuid) -> Result<Group, ApiError> {
    if let Some(user) = actor.user()
        && !state.directory.is_member(id, user.user_id).await?
    {
        return Err(gone());
    }
    state.directory.group(id).await?.ok_or_else(gone)
}

/// The group that is to be changed, to those who may change it.
async fn find_to_change(state: &State, actor: &Actor, id: Uuid) -> Result<Group, ApiError> {
    let group = find(state, actor, id).await?;
    may_change(actor).map(|()| group)
}

fn may_change(actor: &Actor) -> Result<(), ApiError> {
    if actor.is_server_wide() {
        Ok(())
    } else {
        Err(ApiError::forbidden("A user's token cannot change groups."))
    }
}

fn gone() -> ApiError {
    ApiError::not_found("no group that the token's user belongs to, or none at all")
}
