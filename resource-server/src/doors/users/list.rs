//! `GET /users`: all users, or the token's own.

use axum::Json;
use axum::extract::State;

use super::permission::Read;
use super::representation::UserBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::attendee::Email;
use crate::domain::directory::UserFilter;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::query::Query;
use crate::paths;
use crate::state::AppState;

/// The longest text that is searched for, in characters.
const MAX_SEARCH: usize = 100;

/// List users
///
/// With a token of a user, that user alone.
#[utoipa::path(
    get, path = paths::USERS, operation_id = "listUsers", tag = "Users",
    params(
        PageQuery,
        ("email" = Option<String>, Query, description = "Only the user with this address"),
        ("search" = Option<String>, Query, description = "Only users with this text in the address or the name, in \
            any case", max_length = 100),
    ),
    security(("bearer" = ["users:read"])),
    responses((status = 200, description = "One page", body = PageBody<UserBody>), Guarded, NotFound),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    query: Query,
    page: PageQuery,
) -> Result<Json<PageBody<UserBody>>, ApiError> {
    let filter = filter(&query)?;
    let Some(user) = access.actor.user() else {
        let (count, users) = state.directory.users(&filter, page.page).await?;
        return page.answer(count, users.into_iter().map(UserBody::from).collect());
    };
    let own = state.directory.user(user.user_id).await?;
    let own = own.filter(|user| filter.matches(user));
    page.answer(
        i64::from(own.is_some()),
        own.into_iter().map(UserBody::from).collect(),
    )
}

fn filter(query: &Query) -> Result<UserFilter, ApiError> {
    match (query.get("email")?, query.get("search")?) {
        (None, None) => Ok(UserFilter::Everyone),
        (Some(email), None) => Email::parse(email)
            .map(UserFilter::Email)
            .ok_or_else(|| ApiError::field("email", "Enter a valid email address.")),
        (None, Some(text)) if text.chars().count() > MAX_SEARCH => {
            let message = format!("Ensure this value has at most {MAX_SEARCH} characters.");
            Err(ApiError::field("search", &message))
        }
        (None, Some(text)) if text.contains(char::is_control) => {
            Err(ApiError::field("search", "Control characters are not allowed."))
        }
        (None, Some(text)) => Ok(UserFilter::Text(text.to_owned())),
        (Some(_), Some(_)) => Err(ApiError::field(
            "search",
            "This parameter cannot be given together with email.",
        )),
    }
}
