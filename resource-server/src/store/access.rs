//! Roles of users in rooms.

use sqlx::QueryBuilder;
use uuid::Uuid;

use super::audit::{self, Action};
use super::database::{Database, query};
use super::error::StoreError;
use super::room;
use crate::domain::access::{
    MAX_PARTICIPANTS, Participant, Role, RoleRefusal, RoleWish, Ruler, Standing, may_change_role,
};
use crate::domain::actor::Author;
use crate::domain::page::Page;

/// The start of an `INSERT` of several roles: room, user, role, the room's moment of creation.
pub(super) const INSERT: &str = "INSERT INTO room_access (room_id, user_id, role, room_created_at) ";

/// Gives a role in place of another: room, user, role.
const SET: &str = "INSERT INTO room_access (room_id, user_id, role, room_created_at) \
     SELECT id, $2, $3, created_at FROM rooms WHERE id = $1 \
     ON CONFLICT (room_id, user_id) DO UPDATE SET role = excluded.role";

#[derive(sqlx::FromRow)]
struct ParticipantRow {
    user_id: String,
    role: String,
}

impl TryFrom<ParticipantRow> for Participant {
    type Error = StoreError;

    fn try_from(row: ParticipantRow) -> Result<Self, StoreError> {
        let unknown = |column| StoreError::Row {
            table: "room_access",
            column,
            row: row.user_id.clone(),
        };
        Ok(Self {
            user_id: Uuid::parse_str(&row.user_id).map_err(|_| unknown("user_id"))?,
            role: parse_role("room_access", &row.user_id, &row.role)?,
        })
    }
}

/// Reads a role out of a row.
pub(super) fn parse_role(table: &'static str, row: &str, role: &str) -> Result<Role, StoreError> {
    Role::parse(role).ok_or_else(|| StoreError::Row {
        table,
        column: "role",
        row: row.to_owned(),
    })
}

impl Database {
    /// One page of the users with a role in a room, in the order of their ids, and how many there are.
    pub async fn list_participants(
        &self,
        room: Uuid,
        page: Page,
    ) -> Result<(i64, Vec<Participant>), StoreError> {
        let rows: Vec<ParticipantRow> = query!(self, read, "participants.list", |pool| {
            sqlx::query_as(
                "SELECT user_id, role FROM room_access WHERE room_id = $1 ORDER BY user_id LIMIT $2 OFFSET $3",
            )
            .bind(room.to_string())
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })?;
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => query!(self, read, "participants.count", |pool| {
                sqlx::query_scalar("SELECT COUNT(*) FROM room_access WHERE room_id = $1")
                    .bind(room.to_string())
                    .fetch_one(pool)
                    .await
            })?,
        };
        let participants = rows
            .into_iter()
            .map(Participant::try_from)
            .collect::<Result<_, _>>()?;
        Ok((count, participants))
    }

    /// All of them, up to the most that one room may have.
    pub async fn participants(&self, room: Uuid) -> Result<Vec<Participant>, StoreError> {
        let rows: Vec<ParticipantRow> = query!(self, read, "participants.all", |pool| {
            sqlx::query_as(
                "SELECT user_id, role FROM room_access WHERE room_id = $1 ORDER BY user_id LIMIT $2",
            )
            .bind(room.to_string())
            .bind(i64::try_from(MAX_PARTICIPANTS).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter().map(Participant::try_from).collect()
    }

    /// What a user is in a room.
    pub async fn find_participant(&self, room: Uuid, user: Uuid) -> Result<Option<Participant>, StoreError> {
        let row: Option<ParticipantRow> = query!(self, read, "participants.find", |pool| {
            sqlx::query_as("SELECT user_id, role FROM room_access WHERE room_id = $1 AND user_id = $2")
                .bind(room.to_string())
                .bind(user.to_string())
                .fetch_optional(pool)
                .await
        })?;
        row.map(Participant::try_from).transpose()
    }

    /// The owners of these rooms, as pairs of room and user.
    pub async fn owners(&self, rooms: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(String, String)> = query!(self, read, "access.owners", |pool| {
            let mut select = QueryBuilder::new(
                "SELECT room_id, user_id FROM room_access WHERE role = 'owner' AND room_id IN (",
            );
            let mut ids = select.separated(", ");
            for room in rooms {
                ids.push_bind(room.to_string());
            }
            select.push(") ORDER BY room_id, user_id");
            select.build_query_as().fetch_all(pool).await
        })?;
        let parse = |text: &str, column| {
            Uuid::parse_str(text).map_err(|_| StoreError::Row {
                table: "room_access",
                column,
                row: text.to_owned(),
            })
        };
        rows.iter()
            .map(|(room, user)| Ok((parse(room, "room_id")?, parse(user, "user_id")?)))
            .collect()
    }

    /// Gives, changes or takes a role, if [`may_change_role`] has nothing against it. `None` when the room
    /// is gone. The room's row is held meanwhile, so that nobody changes another role on the same facts.
    pub async fn change_role(
        &self,
        room: Uuid,
        user: Uuid,
        wish: RoleWish,
        ruler: Ruler,
        by: Author<'_>,
        at: i64,
    ) -> Result<Option<Result<(), RoleRefusal>>, StoreError> {
        query!(self, write, "access.change", |pool| {
            let mut transaction = pool.begin().await?;
            let held = room::hold!(room, at).execute(&mut *transaction).await?;
            if held.rows_affected() == 0 {
                return Ok(None);
            }
            let current: Option<String> =
                sqlx::query_scalar("SELECT role FROM room_access WHERE room_id = $1 AND user_id = $2")
                    .bind(room.to_string())
                    .bind(user.to_string())
                    .fetch_optional(&mut *transaction)
                    .await?;
            let (participants, owners) = sqlx::query_as(
                "SELECT COUNT(*), COUNT(CASE WHEN role = 'owner' THEN 1 END) FROM room_access WHERE room_id = $1",
            )
            .bind(room.to_string())
            .fetch_one(&mut *transaction)
            .await?;
            let standing = Standing {
                current: current.as_deref().and_then(Role::parse),
                participants,
                owners,
            };
            if let Err(refusal) = may_change_role(wish, ruler, standing) {
                return Ok(Some(Err(refusal)));
            }
            match wish {
                RoleWish::Add(role) | RoleWish::Edit(role) => {
                    sqlx::query(SET)
                        .bind(room.to_string())
                        .bind(user.to_string())
                        .bind(role.as_str())
                        .execute(&mut *transaction)
                        .await?;
                }
                RoleWish::Remove => {
                    sqlx::query("DELETE FROM room_access WHERE room_id = $1 AND user_id = $2")
                        .bind(room.to_string())
                        .bind(user.to_string())
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            audit::entry!(room, by, Action::Update, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(Ok(())))
        })
    }

    /// Gives a user a role in a room, in place of the one they had.
    pub async fn set_role(&self, room: Uuid, user: Uuid, role: Role) -> Result<(), StoreError> {
        query!(self, write, "access.set", |pool| {
            sqlx::query(SET)
                .bind(room.to_string())
                .bind(user.to_string())
                .bind(role.as_str())
                .execute(pool)
                .await
                .map(drop)
        })
    }
}
