//! Roles of users in rooms.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::access::Role;

/// The most roles of one room that are read at a time.
const MAX_SHOWN: i64 = 500;

/// The start of an `INSERT` of several roles: room, user, role, the room's moment of creation.
pub(super) const INSERT: &str = "INSERT INTO room_access (room_id, user_id, role, room_created_at) ";

/// A role as it is stored, of a row of this room.
pub(super) fn parse(role: &str, room: &str) -> Result<Role, StoreError> {
    Role::parse(role).ok_or_else(|| StoreError::Row {
        table: "room_access",
        column: "role",
        row: room.to_owned(),
    })
}

impl Database {
    /// Who has which role in a room, [`MAX_SHOWN`] of them at most.
    pub async fn roles_in(&self, room: Uuid) -> Result<Vec<(Uuid, Role)>, StoreError> {
        let room = room.to_string();
        let rows: Vec<(String, String)> = query!(self, read, "access.list", |pool| {
            sqlx::query_as(
                "SELECT user_id, role FROM room_access WHERE room_id = $1 ORDER BY user_id LIMIT $2",
            )
            .bind(&room)
            .bind(MAX_SHOWN)
            .fetch_all(pool)
            .await
        })?;
        let read = |(user, role): (String, String)| {
            let user = Uuid::parse_str(&user).map_err(|_| StoreError::Row {
                table: "room_access",
                column: "user_id",
                row: room.clone(),
            })?;
            Ok((user, parse(&role, &room)?))
        };
        rows.into_iter().map(read).collect()
    }

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
