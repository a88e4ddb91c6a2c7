//! `/pro/feeds` and `/pro/establishment/publications`: where the user's record is published.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::permission::Act;
use super::representation::{FeedBody, PublicationBody};
use crate::bearer::KeyAndUser;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::establishment::Feed;
use crate::http::error::ApiError;
use crate::http::language::Language;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::PathText;
use crate::paths;
use crate::state::AppState;

/// A user who made no record has none.
pub(super) fn no_record() -> ApiError {
    ApiError::not_found("the user has no establishment")
}

fn named(feed: &str) -> Result<Feed, ApiError> {
    Feed::parse(feed).ok_or_else(|| ApiError::not_found("no such feed"))
}

/// List the feeds
///
/// With the moment since when the user's record is on them.
#[utoipa::path(
    get, path = paths::FEEDS, operation_id = "listFeeds", tag = "Establishment",
    params(
        ("lang" = Option<String>, Query, description = "`en` or `fr`; else what `Accept-Language` prefers"),
        PageQuery,
    ),
    security(("api_key" = [], "bearer" = ["user"])),
    responses((status = 200, description = "One page", body = PageBody<FeedBody>), Guarded, NotFound),
)]
pub async fn list(
    access: KeyAndUser<Act>,
    State(state): State<AppState>,
    language: Language,
    query: PageQuery,
) -> Result<Json<PageBody<FeedBody>>, ApiError> {
    let publications = state.database.publications(access.principal.user_id).await?;
    let skipped = usize::try_from(query.page.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(query.page.size()).unwrap_or_default();
    let page = Feed::ALL.into_iter().skip(skipped).take(size);
    let bodies = page.map(|feed| FeedBody::new(feed, language, &publications));
    let count = i64::try_from(Feed::ALL.len()).unwrap_or(i64::MAX);
    query.answer(count, bodies.collect())
}

/// Publish the record
///
/// Once more changes nothing.
#[utoipa::path(
    put, path = paths::PUBLICATION, operation_id = "publishEstablishment", tag = "Establishment",
    params(("feed" = String, Path, description = "The feed", example = "directory")),
    security(("api_key" = [], "bearer" = ["user"])),
    responses((status = 200, description = "It is published", body = PublicationBody), Guarded, NotFound),
)]
pub async fn put(
    access: KeyAndUser<Act>,
    State(state): State<AppState>,
    PathText(feed): PathText,
) -> Result<Json<PublicationBody>, ApiError> {
    let (user, now) = (access.principal.user_id, state.clock.seconds());
    let published = state.database.publish(user, named(&feed)?, now).await?;
    Ok(Json((&published.ok_or_else(no_record)?).into()))
}

/// Withdraw the record
#[utoipa::path(
    delete, path = paths::PUBLICATION, operation_id = "withdrawEstablishment", tag = "Establishment",
    params(("feed" = String, Path, description = "The feed", example = "directory")),
    security(("api_key" = [], "bearer" = ["user"])),
    responses((status = 204, description = "It is not published there any more"), Guarded, NotFound),
)]
pub async fn delete(
    access: KeyAndUser<Act>,
    State(state): State<AppState>,
    PathText(feed): PathText,
) -> Result<StatusCode, ApiError> {
    let withdrawn = state
        .database
        .withdraw(access.principal.user_id, named(&feed)?)
        .await?;
    if withdrawn {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("the record is not published on this feed"))
    }
}
