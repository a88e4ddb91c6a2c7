//! What `/api/v3` tells about a picture.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::avatar::Avatar;
use crate::doors::conferences::representation::rfc3339;
use crate::paths;

/// A picture of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Avatar)]
pub struct AvatarBody {
    /// `image/png`, `image/jpeg` or `image/webp`.
    #[schema(example = "image/png")]
    media_type: &'static str,
    /// Its size.
    #[schema(minimum = 1)]
    size_bytes: i64,
    /// SHA-256 of the picture in hexadecimal, which is also its `ETag`.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// When it was set.
    #[schema(format = DateTime)]
    updated_at: String,
    /// Where the picture itself is, for tokens that may read it.
    #[schema(format = "uri")]
    url: String,
}

impl AvatarBody {
    pub(super) fn new(avatar: Avatar, user: Uuid, config: &Config) -> Self {
        let path = paths::AVATAR_IMAGE.replace("{id}", &user.to_string());
        Self {
            media_type: avatar.format.media_type(),
            size_bytes: avatar.size_bytes,
            sha256: avatar.sha256,
            updated_at: rfc3339(avatar.updated_at),
            url: format!("{}{path}", config.resource_base()),
        }
    }
}
