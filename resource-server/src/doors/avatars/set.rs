//! `PUT /users/{id}/avatar`: give a user a picture. What it is, its first bytes tell, not the sender.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;

use super::permission::Write;
use super::representation::AvatarBody;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound, ReadsBody};
use crate::domain::avatar::{Avatar, ImageFormat, MAX_BYTES};
use crate::doors::users;
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::path::PathId;
use crate::paths;
use crate::state::AppState;

/// A body that is a picture.
#[derive(Debug)]
pub struct Picture {
    format: ImageFormat,
    bytes: Bytes,
}

impl FromRequest<AppState> for Picture {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (_, bytes) = body::read(request, MAX_BYTES, state).await?;
        let format = ImageFormat::of(&bytes).ok_or_else(|| {
            let detail = "The request body must be a PNG, JPEG or WebP picture.";
            ApiError::detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail, detail)
        })?;
        Ok(Self { format, bytes })
    }
}

/// Set a user's picture
///
/// PNG, JPEG or WebP of 256 KiB at most, in place of the one there was.
#[utoipa::path(
    put, path = paths::AVATAR, operation_id = "setAvatar", tag = "Avatars",
    params(("id" = Uuid, Path, description = "The user")),
    request_body(content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"))),
    security(("bearer" = ["users.avatar:write"])),
    responses((status = 200, description = "About the picture", body = AvatarBody), Guarded, NotFound, ReadsBody),
)]
pub async fn put(
    access: Acting<Write>,
    State(state): State<AppState>,
    PathId(user): PathId,
    Picture { format, bytes }: Picture,
) -> Result<Json<AvatarBody>, ApiError> {
    users::admit(&state, &access.actor, user).await?;
    let avatar = Avatar {
        format,
        size_bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        sha256: sha256(&bytes),
        updated_at: state.clock.seconds(),
    };
    state.database.set_avatar(user, &avatar, &bytes).await?;
    Ok(Json(AvatarBody::new(avatar, user, &state.config)))
}

fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
