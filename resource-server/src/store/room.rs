//! Rooms.

use sqlx::QueryBuilder;
use uuid::Uuid;

use super::audit::{self, Action};
use super::database::{Database, query};
use super::error::StoreError;
use super::{access, attendee};
use crate::domain::access::Role;
use crate::domain::attendee::Email;
use crate::domain::page::Page;
use crate::domain::principal::Principal;
use crate::domain::room::{AccessLevel, NameChange, Room, RoomChange};

/// A room that is to be stored; the creator becomes its owner.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its id.
    pub id: Uuid,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Who has to wait in the lobby.
    pub access_level: AccessLevel,
    /// Unix seconds.
    pub created_at: i64,
}

/// Whose eyes a room is seen with.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The user.
    pub user_id: Uuid,
    /// The user's address, under which they may be invited.
    pub email: Option<&'a Email>,
}

impl<'a> From<&'a Principal> for Viewer<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self {
            user_id: principal.user_id,
            email: principal.email.as_ref(),
        }
    }
}

/// A room and what its viewer is in it.
#[derive(Clone, Debug)]
pub struct RoomView {
    /// The room.
    pub room: Room,
    /// The viewer's role.
    pub role: Role,
    /// Who is invited by e-mail address.
    pub attendees: Vec<Email>,
}

#[derive(sqlx::FromRow)]
struct RoomRow {
    id: String,
    slug: String,
    name: Option<String>,
    access_level: String,
    pin_code: Option<String>,
    client_id: String,
    created_at: i64,
}

#[derive(sqlx::FromRow)]
struct RoomViewRow {
    #[sqlx(flatten)]
    room: RoomRow,
    role: String,
    attendees: Option<String>,
}

impl TryFrom<RoomRow> for Room {
    type Error = StoreError;

    fn try_from(row: RoomRow) -> Result<Self, StoreError> {
        let unknown = |column, row: &RoomRow| StoreError::Row {
            table: "rooms",
            column,
            row: row.id.clone(),
        };
        Ok(Self {
            id: Uuid::parse_str(&row.id).map_err(|_| unknown("id", &row))?,
            access_level: AccessLevel::parse(&row.access_level)
                .ok_or_else(|| unknown("access_level", &row))?,
            slug: row.slug,
            name: row.name,
            pin_code: row.pin_code,
            client_id: row.client_id,
            created_at: row.created_at,
        })
    }
}

impl TryFrom<RoomViewRow> for RoomView {
    type Error = StoreError;

    fn try_from(row: RoomViewRow) -> Result<Self, StoreError> {
        let role = Role::parse(&row.role).ok_or_else(|| StoreError::Row {
            table: "room_access",
            column: "role",
            row: row.room.id.clone(),
        })?;
        let attendees = attendee::split(row.attendees.as_deref());
        Ok(Self {
            room: row.room.try_into()?,
            role,
            attendees,
        })
    }
}

impl Database {
    /// Stores a room with its owner and its audit row. `identifiers` gives a slug and perhaps a PIN;
    /// it is asked again while another room has one of them. `None` when that did not end.
    pub async fn create_room(
        &self,
        new: &NewRoom,
        creator: &Principal,
        mut identifiers: impl FnMut() -> (String, Option<String>),
    ) -> Result<Option<Room>, StoreError> {
        const ATTEMPTS: usize = 32;
        for _ in 0..ATTEMPTS {
            let (slug, pin_code) = identifiers();
            let room = Room {
                id: new.id,
                slug,
                name: new.name.clone(),
                access_level: new.access_level,
                pin_code,
                client_id: creator.client_id.clone(),
                created_at: new.created_at,
            };
            if self.insert_room(&room, creator).await? {
                return Ok(Some(room));
            }
        }
        Ok(None)
    }

    /// `false` when another room has the slug or the PIN (rooms_slug_key, rooms_pin_code_key).
    async fn insert_room(&self, room: &Room, creator: &Principal) -> Result<bool, StoreError> {
        query!(self, write, "rooms.create", |pool| {
            let mut transaction = pool.begin().await?;
            let inserted = sqlx::query(
                "INSERT INTO rooms (id, slug, name, access_level, pin_code, client_id, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING",
            )
            .bind(room.id.to_string())
            .bind(&room.slug)
            .bind(&room.name)
            .bind(room.access_level.as_str())
            .bind(&room.pin_code)
            .bind(&room.client_id)
            .bind(room.created_at)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if inserted == 0 {
                return Ok(false);
            }
            sqlx::query(access::INSERT)
                .bind(room.id.to_string())
                .bind(creator.user_id.to_string())
                .bind(Role::Owner.as_str())
                .bind(room.created_at)
                .execute(&mut *transaction)
                .await?;
            audit::entry!(room.id, creator, Action::Create, room.created_at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// The room, if the viewer has a role in it.
    pub async fn find_room(&self, id: Uuid, viewer: Viewer<'_>) -> Result<Option<RoomView>, StoreError> {
        let row: Option<RoomViewRow> = query!(self, read, "rooms.retrieve", |pool| {
            sqlx::query_as(
                "SELECT r.id, r.slug, r.name, r.access_level, r.pin_code, r.client_id, r.created_at, \
                        COALESCE(a.role, 'attendee') AS role, \
                        (SELECT string_agg(t.email, ' ') FROM room_attendee t WHERE t.room_id = r.id) AS attendees \
                 FROM rooms r LEFT JOIN room_access a ON a.room_id = r.id AND a.user_id = $2 \
                 WHERE r.id = $1 AND (a.user_id IS NOT NULL OR EXISTS \
                       (SELECT 1 FROM room_attendee t WHERE t.room_id = r.id AND t.email = $3))",
            )
            .bind(id.to_string())
            .bind(viewer.user_id.to_string())
            .bind(viewer.email.map(Email::as_str))
            .fetch_optional(pool)
            .await
        })?;
        row.map(RoomView::try_from).transpose()
    }

    /// The room with a slug, whoever asks: what of it they may see is the caller's business.
    pub async fn find_room_by_slug(&self, slug: &str) -> Result<Option<Room>, StoreError> {
        let row: Option<RoomRow> = query!(self, read, "rooms.by_slug", |pool| {
            sqlx::query_as(
                "SELECT id, slug, name, access_level, pin_code, client_id, created_at FROM rooms WHERE slug = $1",
            )
            .bind(slug)
            .fetch_optional(pool)
            .await
        })?;
        row.map(Room::try_from).transpose()
    }

    /// One page of the rooms in which the viewer has a role, newest first, and how many there are.
    /// Reads as many index entries as the page is deep, however many rooms there are.
    pub async fn list_rooms(&self, viewer: Viewer<'_>, page: Page) -> Result<(i64, Vec<Room>), StoreError> {
        let rows: Vec<RoomRow> = query!(self, read, "rooms.list", |pool| {
            sqlx::query_as(
                "SELECT r.id, r.slug, r.name, r.access_level, r.pin_code, r.client_id, r.created_at FROM ( \
                     SELECT * FROM (SELECT room_id, room_created_at FROM room_access WHERE user_id = $1 \
                                    ORDER BY room_created_at DESC, room_id DESC LIMIT $3 + $4) AS own \
                     UNION \
                     SELECT * FROM (SELECT room_id, room_created_at FROM room_attendee WHERE email = $2 \
                                    ORDER BY room_created_at DESC, room_id DESC LIMIT $3 + $4) AS invited \
                 ) AS visible JOIN rooms r ON r.id = visible.room_id \
                 ORDER BY visible.room_created_at DESC, visible.room_id DESC LIMIT $3 OFFSET $4",
            )
            .bind(viewer.user_id.to_string())
            .bind(viewer.email.map(Email::as_str))
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })?;
        let found = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        // A page that is not full is the last one, and tells the count itself.
        let is_last = found < page.size() && (found > 0 || page.offset() == 0);
        let count = if is_last {
            page.offset() + found
        } else {
            self.count_rooms(viewer).await?
        };
        let rooms = rows.into_iter().map(Room::try_from).collect::<Result<_, _>>()?;
        Ok((count, rooms))
    }

    async fn count_rooms(&self, viewer: Viewer<'_>) -> Result<i64, StoreError> {
        query!(self, read, "rooms.count", |pool| {
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM (SELECT room_id FROM room_access WHERE user_id = $1 \
                 UNION SELECT room_id FROM room_attendee WHERE email = $2) AS visible",
            )
            .bind(viewer.user_id.to_string())
            .bind(viewer.email.map(Email::as_str))
            .fetch_one(pool)
            .await
        })
    }

    /// Changes a room. `false` when it is gone.
    pub async fn update_room(
        &self,
        room: &Room,
        change: &RoomChange,
        by: &Principal,
        at: i64,
    ) -> Result<bool, StoreError> {
        query!(self, write, "rooms.update", |pool| {
            let mut transaction = pool.begin().await?;
            let updated = sqlx::query(
                "UPDATE rooms SET name = CASE WHEN $2 THEN $3 ELSE name END, \
                 access_level = COALESCE($4, access_level), updated_at = $5 WHERE id = $1",
            )
            .bind(room.id.to_string())
            .bind(change.name != NameChange::Keep)
            .bind(change.name.apply(None))
            .bind(change.access_level.map(AccessLevel::as_str))
            .bind(at)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if updated == 0 {
                return Ok(false);
            }
            if let Some(emails) = &change.attendees {
                sqlx::query(attendee::CLEAR)
                    .bind(room.id.to_string())
                    .execute(&mut *transaction)
                    .await?;
                if !emails.is_empty() {
                    let mut insert = QueryBuilder::new(attendee::INSERT);
                    insert.push_values(emails, |mut row, email| {
                        row.push_bind(room.id.to_string())
                            .push_bind(email.as_str())
                            .push_bind(room.created_at);
                    });
                    insert.build().execute(&mut *transaction).await?;
                }
            }
            audit::entry!(room.id, by, Action::Update, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// Deletes a room with its roles and attendees. `false` when it was gone already.
    pub async fn delete_room(&self, room: Uuid, by: &Principal, at: i64) -> Result<bool, StoreError> {
        query!(self, write, "rooms.delete", |pool| {
            let mut transaction = pool.begin().await?;
            let deleted = sqlx::query("DELETE FROM rooms WHERE id = $1")
                .bind(room.to_string())
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if deleted == 0 {
                return Ok(false);
            }
            audit::entry!(room, by, Action::Delete, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
    }
}
