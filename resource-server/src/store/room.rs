//! Rooms.

mod rows;

use sqlx::QueryBuilder;
use uuid::Uuid;

use self::rows::{EntranceRow, RoomRow, RoomViewRow, columns};
use super::audit::{self, Action};
use super::database::{Database, query};
use super::error::StoreError;
use super::{access, attendee, call};
use crate::domain::access::{Participant, Role, SERVER_WIDE_ROLE};
use crate::domain::actor::{Actor, Author};
use crate::domain::attendee::Email;
use crate::domain::page::Page;
use crate::domain::principal::Principal;
use crate::domain::room::{AccessLevel, Room, RoomChange, Schedule};

/// A room that is to be stored.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its id.
    pub id: Uuid,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// When it is planned.
    pub schedule: Option<Schedule>,
    /// Who has to wait in the lobby.
    pub access_level: AccessLevel,
    /// Unix seconds.
    pub created_at: i64,
    /// Who has which role in it from the start, each user once.
    pub participants: Vec<Participant>,
    /// Who is invited by e-mail address from the start, each address once.
    pub attendees: Vec<Email>,
}

/// Whose eyes a room is seen with.
#[derive(Clone, Copy, Debug)]
pub enum Viewer<'a> {
    /// Those of a user, who sees the rooms in which they have a role.
    User {
        /// The user.
        id: Uuid,
        /// The user's address, under which they may be invited.
        email: Option<&'a Email>,
    },
    /// Those of an application that acts for itself, and sees every room.
    ServerWide,
}

impl<'a> From<&'a Principal> for Viewer<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self::User {
            id: principal.user_id,
            email: principal.email.as_ref(),
        }
    }
}

impl<'a> From<&'a Actor> for Viewer<'a> {
    fn from(actor: &'a Actor) -> Self {
        actor.user().map_or(Self::ServerWide, Self::from)
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

impl RoomView {
    /// What the view is after a change.
    pub fn apply(&mut self, change: RoomChange) {
        let room = &mut self.room;
        room.name = change.name.apply(room.name.take());
        room.description = change.description.apply(room.description.take());
        room.schedule = change.schedule.apply(room.schedule.take());
        if let Some(access_level) = change.access_level {
            room.access_level = access_level;
        }
        if let Some(attendees) = change.attendees {
            self.attendees = attendees;
        }
    }
}

/// Keeps others from changing what belongs to a room until the transaction ends; no row is hit when the
/// room is gone.
macro_rules! hold {
    ($room_id:expr, $at:expr) => {
        sqlx::query("UPDATE rooms SET updated_at = $2 WHERE id = $1")
            .bind($room_id.to_string())
            .bind($at)
    };
}
pub(super) use hold;

impl Database {
    /// Stores a room with its owner and its audit row. `identifiers` gives a slug and perhaps a PIN;
    /// it is asked again while another room has one of them. `None` when that did not end.
    pub async fn create_room(
        &self,
        new: &NewRoom,
        by: Author<'_>,
        mut identifiers: impl FnMut() -> (String, Option<String>),
    ) -> Result<Option<Room>, StoreError> {
        const ATTEMPTS: usize = 32;
        for _ in 0..ATTEMPTS {
            let (slug, pin_code) = identifiers();
            let room = Room {
                id: new.id,
                slug,
                name: new.name.clone(),
                description: new.description.clone(),
                schedule: new.schedule,
                access_level: new.access_level,
                pin_code,
                client_id: by.client_id.to_owned(),
                created_at: new.created_at,
            };
            if self.insert_room(&room, new, by).await? {
                return Ok(Some(room));
            }
        }
        Ok(None)
    }

    /// `false` when another room has the slug or the PIN (rooms_slug_key, rooms_pin_code_key).
    async fn insert_room(&self, room: &Room, new: &NewRoom, by: Author<'_>) -> Result<bool, StoreError> {
        query!(self, write, "rooms.create", |pool| {
            let mut transaction = pool.begin().await?;
            let inserted = sqlx::query(
                "INSERT INTO rooms (id, slug, name, access_level, pin_code, client_id, created_at, updated_at, \
                                    description, starts_at, duration_minutes) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            )
            .bind(room.id.to_string())
            .bind(&room.slug)
            .bind(&room.name)
            .bind(room.access_level.as_str())
            .bind(&room.pin_code)
            .bind(&room.client_id)
            .bind(room.created_at)
            .bind(&room.description)
            .bind(room.schedule.map(|schedule| schedule.starts_at))
            .bind(room.schedule.map(|schedule| schedule.duration_minutes))
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if inserted == 0 {
                return Ok(false);
            }
            if !new.participants.is_empty() {
                let mut insert = QueryBuilder::new(access::INSERT);
                insert.push_values(&new.participants, |mut row, participant| {
                    row.push_bind(room.id.to_string())
                        .push_bind(participant.user_id.to_string())
                        .push_bind(participant.role.as_str())
                        .push_bind(room.created_at);
                });
                insert.build().execute(&mut *transaction).await?;
            }
            if !new.attendees.is_empty() {
                attendee::insert!(room, &new.attendees)
                    .build()
                    .execute(&mut *transaction)
                    .await?;
            }
            audit::entry!(room.id, by, Action::Create, room.created_at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// The room, if the viewer sees it.
    pub async fn find_room(&self, id: Uuid, viewer: Viewer<'_>) -> Result<Option<RoomView>, StoreError> {
        let (user, email, all) = match viewer {
            Viewer::User { id, email } => (Some(id.to_string()), email.map(Email::as_str), false),
            Viewer::ServerWide => (None, None, true),
        };
        let row: Option<RoomViewRow> = query!(self, read, "rooms.retrieve", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                ", CASE WHEN $4 THEN $5 ELSE COALESCE(a.role, 'attendee') END AS role, \
                   (SELECT string_agg(t.email, ' ') FROM room_attendee t WHERE t.room_id = r.id) AS attendees \
                 FROM rooms r LEFT JOIN room_access a ON a.room_id = r.id AND a.user_id = $2 \
                 WHERE r.id = $1 AND ($4 OR a.user_id IS NOT NULL OR EXISTS \
                       (SELECT 1 FROM room_attendee t WHERE t.room_id = r.id AND t.email = $3))",
            ))
            .bind(id.to_string())
            .bind(user)
            .bind(email)
            .bind(all)
            .bind(SERVER_WIDE_ROLE.as_str())
            .fetch_optional(pool)
            .await
        })?;
        row.map(RoomView::try_from).transpose()
    }

    /// The room with a slug, whoever asks: what of it they may see is the caller's business.
    pub async fn find_room_by_slug(&self, slug: &str) -> Result<Option<Room>, StoreError> {
        let row: Option<RoomRow> = query!(self, read, "rooms.by_slug", |pool| {
            sqlx::query_as(concat!("SELECT ", columns!(), " FROM rooms r WHERE r.slug = $1"))
                .bind(slug)
                .fetch_optional(pool)
                .await
        })?;
        row.map(Room::try_from).transpose()
    }

    /// The room, whoever asks, and what the user is in it. For [`may_join`](crate::domain::access::may_join) alone:
    /// to most who are no part of a room it must not even be there.
    pub async fn find_room_to_join(
        &self,
        id: Uuid,
        user: &Principal,
    ) -> Result<Option<(Room, Option<Role>)>, StoreError> {
        let row: Option<EntranceRow> = query!(self, read, "rooms.join", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                ", COALESCE(a.role, (SELECT 'attendee' FROM room_attendee t \
                                     WHERE t.room_id = r.id AND t.email = $3)) AS role \
                 FROM rooms r LEFT JOIN room_access a ON a.room_id = r.id AND a.user_id = $2 WHERE r.id = $1",
            ))
            .bind(id.to_string())
            .bind(user.user_id.to_string())
            .bind(user.email.as_ref().map(Email::as_str))
            .fetch_optional(pool)
            .await
        })?;
        row.map(|row| {
            let role = row
                .role
                .map(|role| access::parse_role("room_access", &row.room.id, &role))
                .transpose()?;
            Ok((row.room.try_into()?, role))
        })
        .transpose()
    }

    /// One page of the rooms that the viewer sees, newest first, and how many there are.
    pub async fn list_rooms(&self, viewer: Viewer<'_>, page: Page) -> Result<(i64, Vec<Room>), StoreError> {
        let rows = match viewer {
            Viewer::User { id, email } => self.rooms_of(id, email, page).await?,
            Viewer::ServerWide => self.all_rooms(page).await?,
        };
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => self.count_rooms(viewer).await?,
        };
        let rooms = rows.into_iter().map(Room::try_from).collect::<Result<_, _>>()?;
        Ok((count, rooms))
    }

    /// Reads as many index entries as the page is deep, however many rooms there are.
    async fn rooms_of(
        &self,
        user: Uuid,
        email: Option<&Email>,
        page: Page,
    ) -> Result<Vec<RoomRow>, StoreError> {
        query!(self, read, "rooms.list", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM ( \
                     SELECT * FROM (SELECT room_id, room_created_at FROM room_access WHERE user_id = $1 \
                                    ORDER BY room_created_at DESC, room_id DESC LIMIT $3 + $4) AS own \
                     UNION \
                     SELECT * FROM (SELECT room_id, room_created_at FROM room_attendee WHERE email = $2 \
                                    ORDER BY room_created_at DESC, room_id DESC LIMIT $3 + $4) AS invited \
                 ) AS visible JOIN rooms r ON r.id = visible.room_id \
                 ORDER BY visible.room_created_at DESC, visible.room_id DESC LIMIT $3 OFFSET $4",
            ))
            .bind(user.to_string())
            .bind(email.map(Email::as_str))
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })
    }

    async fn all_rooms(&self, page: Page) -> Result<Vec<RoomRow>, StoreError> {
        query!(self, read, "rooms.all", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM rooms r ORDER BY r.created_at DESC, r.id DESC LIMIT $1 OFFSET $2",
            ))
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })
    }

    async fn count_rooms(&self, viewer: Viewer<'_>) -> Result<i64, StoreError> {
        match viewer {
            Viewer::User { id, email } => query!(self, read, "rooms.count", |pool| {
                sqlx::query_scalar(
                    "SELECT COUNT(*) FROM (SELECT room_id FROM room_access WHERE user_id = $1 \
                     UNION SELECT room_id FROM room_attendee WHERE email = $2) AS visible",
                )
                .bind(id.to_string())
                .bind(email.map(Email::as_str))
                .fetch_one(pool)
                .await
            }),
            Viewer::ServerWide => query!(self, read, "rooms.count_all", |pool| {
                sqlx::query_scalar("SELECT COUNT(*) FROM rooms")
                    .fetch_one(pool)
                    .await
            }),
        }
    }

    /// Changes a room. `false` when it is gone.
    pub async fn update_room(
        &self,
        room: &Room,
        change: &RoomChange,
        by: Author<'_>,
        at: i64,
    ) -> Result<bool, StoreError> {
        query!(self, write, "rooms.update", |pool| {
            let mut transaction = pool.begin().await?;
            let updated = sqlx::query(
                "UPDATE rooms SET name = CASE WHEN $2 THEN $3 ELSE name END, \
                 access_level = COALESCE($4, access_level), updated_at = $5, \
                 description = CASE WHEN $6 THEN $7 ELSE description END, \
                 starts_at = CASE WHEN $8 THEN $9 ELSE starts_at END, \
                 duration_minutes = CASE WHEN $8 THEN $10 ELSE duration_minutes END WHERE id = $1",
            )
            .bind(room.id.to_string())
            .bind(change.name.is_change())
            .bind(change.name.value())
            .bind(change.access_level.map(AccessLevel::as_str))
            .bind(at)
            .bind(change.description.is_change())
            .bind(change.description.value())
            .bind(change.schedule.is_change())
            .bind(change.schedule.value().map(|schedule| schedule.starts_at))
            .bind(change.schedule.value().map(|schedule| schedule.duration_minutes))
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
                    attendee::insert!(room, emails)
                        .build()
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            audit::entry!(room.id, by, Action::Update, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// Deletes a room with its roles and attendees; its call is over, and what is known of its calls stays. `false` when it was gone already.
    pub async fn delete_room(&self, room: Uuid, by: Author<'_>, at: i64) -> Result<bool, StoreError> {
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
            for statement in [call::EMPTY, call::END] {
                sqlx::query(statement)
                    .bind(room.to_string())
                    .bind(at)
                    .execute(&mut *transaction)
                    .await?;
            }
            audit::entry!(room, by, Action::Delete, at)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
    }
}
