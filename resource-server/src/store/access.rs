//! Roles of users in rooms.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::access::Role;

/// The start of an `INSERT` of several roles: room, user, role, the room's moment of creation.
pub(super) const INSERT: &str = "INSERT INTO room_access (room_id, user_id, role, room_created_at) ";

impl Database {
    /// Gives a user a role in a room, in place of the one they had.
    pub async fn set_role(&self, room: Uuid, user: Uuid, role: Role) -> Result<(), StoreError> {
        query!(self, write, "access.set", |pool| {
            sqlx::query(
                "INSERT INTO room_access (room_id, user_id, role, room_created_at) \
                 SELECT id, $2, $3, created_at FROM rooms WHERE id = $1 \
                 ON CONFLICT (room_id, user_id) DO UPDATE SET role = excluded.role",
            )
            .bind(room.to_string())
            .bind(user.to_string())
            .bind(role.as_str())
            .execute(pool)
            .await
            .map(drop)
        })
    }
}
