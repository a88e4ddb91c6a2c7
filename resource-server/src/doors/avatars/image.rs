//! `GET /users/{id}/avatar/image`: a user's picture, unless the client has it already (RFC 9110 section 13.1.2).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::permission::Read;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::doors::users;
use crate::http::error::ApiError;
use crate::http::etag;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// May be kept by the client, which asks each time whether it still is the one.
const CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Whatever a browser takes the bytes for, nothing in them runs.
const NOTHING_RUNS: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// Read a user's picture
#[utoipa::path(
    get, path = paths::AVATAR_IMAGE, operation_id = "retrieveAvatarImage", tag = "Avatars",
    params(
        ("id" = Uuid, Path, description = "The user"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the picture that the client has"),
    ),
    security(("bearer" = ["users.avatar:read"])),
    responses(
        (
            status = 200, description = "The picture", headers(("ETag" = String, description = "Names this picture")),
            content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp")),
        ),
        (status = 304, description = "The client has it already"),
        Guarded, NotFound,
    ),
)]
pub async fn get(
    access: Acting<Read>,
    State(state): State<AppState>,
    PathId(user): PathId,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    users::admit(&state, &access.actor, user).await?;
    if headers.contains_key(header::IF_NONE_MATCH) {
        let avatar = state.database.find_avatar(user).await?.ok_or_else(super::none)?;
        if etag::matches_any(&headers, &avatar.sha256) {
            let known = [
                (header::ETAG, etag::value(&avatar.sha256)),
                (header::CACHE_CONTROL, CACHE),
            ];
            return Ok((StatusCode::NOT_MODIFIED, known).into_response());
        }
    }
    let (avatar, image) = state.database.avatar_image(user).await?.ok_or_else(super::none)?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(avatar.format.media_type()),
        ),
        (header::ETAG, etag::value(&avatar.sha256)),
        (header::CACHE_CONTROL, CACHE),
        (header::CONTENT_SECURITY_POLICY, NOTHING_RUNS),
    ];
    Ok((headers, image).into_response())
}
