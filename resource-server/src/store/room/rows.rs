//! Rooms as the table holds them.

use uuid::Uuid;

use super::RoomView;
use crate::domain::room::{AccessLevel, Room, Schedule};
use crate::store::error::StoreError;
use crate::store::{access, attendee};

#[derive(sqlx::FromRow)]
pub(super) struct RoomRow {
    pub(super) id: String,
    slug: String,
    name: Option<String>,
    access_level: String,
    pin_code: Option<String>,
    client_id: String,
    created_at: i64,
    description: Option<String>,
    starts_at: Option<i64>,
    duration_minutes: Option<i64>,
}

/// The columns of [`RoomRow`], of table `r`.
macro_rules! columns {
    () => {
        "r.id, r.slug, r.name, r.access_level, r.pin_code, r.client_id, r.created_at, r.description, \
         r.starts_at, r.duration_minutes"
    };
}
pub(super) use columns;

#[derive(sqlx::FromRow)]
pub(super) struct RoomViewRow {
    #[sqlx(flatten)]
    room: RoomRow,
    role: String,
    attendees: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(super) struct EntranceRow {
    #[sqlx(flatten)]
    pub(super) room: RoomRow,
    pub(super) role: Option<String>,
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
            description: row.description,
            schedule: row
                .starts_at
                .zip(row.duration_minutes)
                .map(|(starts_at, duration_minutes)| Schedule {
                    starts_at,
                    duration_minutes,
                }),
            pin_code: row.pin_code,
            client_id: row.client_id,
            created_at: row.created_at,
        })
    }
}

impl TryFrom<RoomViewRow> for RoomView {
    type Error = StoreError;

    fn try_from(row: RoomViewRow) -> Result<Self, StoreError> {
        let role = access::parse_role("room_access", &row.room.id, &row.role)?;
        let attendees = attendee::split(row.attendees.as_deref());
        Ok(Self {
            room: row.room.try_into()?,
            role,
            attendees,
        })
    }
}
