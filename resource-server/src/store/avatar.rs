//! Pictures of users.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::avatar::{Avatar, ImageFormat};

#[derive(sqlx::FromRow)]
struct AvatarRow {
    media_type: String,
    size_bytes: i64,
    sha256: String,
    updated_at: i64,
}

#[derive(sqlx::FromRow)]
struct ImageRow {
    #[sqlx(flatten)]
    avatar: AvatarRow,
    image: Vec<u8>,
}

impl AvatarRow {
    fn read(self, user: Uuid) -> Result<Avatar, StoreError> {
        Ok(Avatar {
            format: ImageFormat::parse(&self.media_type).ok_or_else(|| StoreError::Row {
                table: "avatar",
                column: "media_type",
                row: user.to_string(),
            })?,
            size_bytes: self.size_bytes,
            sha256: self.sha256,
            updated_at: self.updated_at,
        })
    }
}

impl Database {
    /// What is known about a user's picture, if there is one.
    pub async fn find_avatar(&self, user: Uuid) -> Result<Option<Avatar>, StoreError> {
        let row: Option<AvatarRow> = query!(self, read, "avatars.retrieve", |pool| {
            sqlx::query_as("SELECT media_type, size_bytes, sha256, updated_at FROM avatar WHERE user_id = $1")
                .bind(user.to_string())
                .fetch_optional(pool)
                .await
        })?;
        row.map(|row| row.read(user)).transpose()
    }

    /// A user's picture with its bytes.
    pub async fn avatar_image(&self, user: Uuid) -> Result<Option<(Avatar, Vec<u8>)>, StoreError> {
        let row: Option<ImageRow> = query!(self, read, "avatars.image", |pool| {
            sqlx::query_as(
                "SELECT media_type, size_bytes, sha256, updated_at, image FROM avatar WHERE user_id = $1",
            )
            .bind(user.to_string())
            .fetch_optional(pool)
            .await
        })?;
        row.map(|row| Ok((row.avatar.read(user)?, row.image))).transpose()
    }

    /// Gives a user a picture, in place of the one there was.
    pub async fn set_avatar(&self, user: Uuid, avatar: &Avatar, image: &[u8]) -> Result<(), StoreError> {
        query!(self, write, "avatars.set", |pool| {
            sqlx::query(
                "INSERT INTO avatar (user_id, media_type, size_bytes, sha256, image, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id) DO UPDATE SET \
                 media_type = excluded.media_type, size_bytes = excluded.size_bytes, sha256 = excluded.sha256, \
                 image = excluded.image, updated_at = excluded.updated_at",
            )
            .bind(user.to_string())
            .bind(avatar.format.media_type())
            .bind(avatar.size_bytes)
            .bind(&avatar.sha256)
            .bind(image)
            .bind(avatar.updated_at)
            .execute(pool)
            .await
            .map(drop)
        })
    }

    /// Takes a user's picture away; `false` when there was none.
    pub async fn delete_avatar(&self, user: Uuid) -> Result<bool, StoreError> {
        query!(self, write, "avatars.delete", |pool| {
            sqlx::query("DELETE FROM avatar WHERE user_id = $1")
                .bind(user.to_string())
                .execute(pool)
                .await
                .map(|deleted| deleted.rows_affected() > 0)
        })
    }
}
