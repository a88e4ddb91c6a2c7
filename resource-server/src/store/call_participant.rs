//! Who is or was in a call, and who was expected.

use uuid::Uuid;

use super::access::parse_role;
use super::call::{CallRow, EXPECT, RUNNING, START};
use super::database::{Database, query};
use super::error::StoreError;
use super::room;
use super::room::Viewer;
use crate::domain::access::{Role, SERVER_WIDE_ROLE};
use crate::domain::attendee::Email;
use crate::domain::call::{Attendance, Expected, JoinOutcome, MAX_PRESENT, Person};
use crate::domain::page::Page;

/// Somebody who wants to enter the call of a room.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The room.
    pub room_id: Uuid,
    /// Names the stay, if it comes to one.
    pub id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// What the others read, where it is known.
    pub name: Option<String>,
    /// What the user is in the room; none for a guest.
    pub role: Option<Role>,
    /// Names the call that is started when none runs; none for those who may not start one.
    pub starts: Option<Uuid>,
    /// Unix seconds.
    pub at: i64,
}

#[derive(sqlx::FromRow)]
struct AttendanceRow {
    id: String,
    user_id: String,
    name: Option<String>,
    role: Option<String>,
    on_podium: i32,
    joined_at: i64,
    left_at: Option<i64>,
}

/// The columns of [`AttendanceRow`].
macro_rules! columns {
    () => {
        "id, user_id, name, role, on_podium, joined_at, left_at"
    };
}

/// Those who are in the running call of room $1.
macro_rules! present {
    () => {
        " WHERE left_at IS NULL AND call_id = (SELECT id FROM room_call WHERE room_id = $1 AND ended_at IS NULL)"
    };
}

impl TryFrom<AttendanceRow> for Attendance {
    type Error = StoreError;

    fn try_from(row: AttendanceRow) -> Result<Self, StoreError> {
        const TABLE: &str = "room_call_participant";
        let role = row.role.as_deref().map(|role| parse_role(TABLE, &row.id, role));
        Ok(Self {
            user_id: Uuid::parse_str(&row.user_id).map_err(|_| StoreError::Row {
                table: TABLE,
                column: "user_id",
                row: row.id.clone(),
            })?,
            role: role.transpose()?,
            name: row.name,
            on_podium: row.on_podium != 0,
            joined_at: row.joined_at,
            left_at: row.left_at,
        })
    }
}

impl Database {
    /// Somebody enters the call that runs in a room, or the one they start. Who is in already stays in, once.
    /// `None` when the room is gone.
    pub async fn join_call(&self, arrival: &Arrival) -> Result<Option<JoinOutcome>, StoreError> {
        let room = arrival.room_id.to_string();
        let user = arrival.user_id.to_string();
        query!(self, write, "calls.join", |pool| {
            let mut transaction = pool.begin().await?;
            let held = room::hold!(room, arrival.at).execute(&mut *transaction).await?;
            if held.rows_affected() == 0 {
                return Ok(None);
            }
            let mut running: Option<CallRow> = sqlx::query_as(RUNNING)
                .bind(&room)
                .fetch_optional(&mut *transaction)
                .await?;
            if let (None, Some(id)) = (&running, arrival.starts) {
                sqlx::query(START)
                    .bind(id.to_string())
                    .bind(&room)
                    .bind(0)
                    .bind(arrival.at)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(EXPECT)
                    .bind(id.to_string())
                    .bind(&room)
                    .bind(arrival.at)
                    .execute(&mut *transaction)
                    .await?;
                running = sqlx::query_as(RUNNING)
                    .bind(&room)
                    .fetch_optional(&mut *transaction)
                    .await?;
            }
            let Some(call) = running else {
                return Ok(Some(Entered::NotStarted));
            };
            let stay: Option<AttendanceRow> = sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM room_call_participant",
                present!(),
                " AND user_id = $2"
            ))
            .bind(&room)
            .bind(&user)
            .fetch_optional(&mut *transaction)
            .await?;
            if let Some(stay) = stay {
                return Ok(Some(Entered::Present(stay)));
            }
            if call.participants >= MAX_PRESENT {
                return Ok(Some(Entered::Full));
            }
            let stay = sqlx::query_as(concat!(
                "INSERT INTO room_call_participant (id, call_id, user_id, name, role, on_podium, joined_at) \
                 VALUES ($1, $2, $3, $4, $5, 0, $6) RETURNING ",
                columns!(),
            ))
            .bind(arrival.id.to_string())
            .bind(&call.id)
            .bind(&user)
            .bind(&arrival.name)
            .bind(arrival.role.map(Role::as_str))
            .bind(arrival.at)
            .fetch_one(&mut *transaction)
            .await?;
            sqlx::query(
                "INSERT INTO room_call_person (call_id, person, started_at) \
                 SELECT id, $2, started_at FROM room_call WHERE id = $1 ON CONFLICT DO NOTHING",
            )
            .bind(&call.id)
            .bind(&user)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(Some(Entered::Joined(stay)))
        })?
        .map(JoinOutcome::try_from)
        .transpose()
    }

    /// Somebody leaves the call that runs in a room. `false` when they are not in it.
    pub async fn leave_call(&self, room: Uuid, user: Uuid, at: i64) -> Result<bool, StoreError> {
        query!(self, write, "calls.leave", |pool| {
            sqlx::query(concat!(
                "UPDATE room_call_participant \
                 SET left_at = CASE WHEN joined_at > $3 THEN joined_at ELSE $3 END, on_podium = 0",
                present!(),
                " AND user_id = $2"
            ))
            .bind(room.to_string())
            .bind(user.to_string())
            .bind(at)
            .execute(pool)
            .await
            .map(|done| done.rows_affected() > 0)
        })
    }

    /// Somebody who is in the call of a room gets on the podium, or off. `None` when they are not in the call, or
    /// are to get off and are not on it.
    pub async fn set_podium(
        &self,
        room: Uuid,
        user: Uuid,
        on_podium: bool,
    ) -> Result<Option<Attendance>, StoreError> {
        let row: Option<AttendanceRow> = query!(self, write, "calls.podium", |pool| {
            sqlx::query_as(concat!(
                "UPDATE room_call_participant SET on_podium = $3",
                present!(),
                " AND user_id = $2 AND (on_podium = 1 OR $3 = 1) RETURNING ",
                columns!(),
            ))
            .bind(room.to_string())
            .bind(user.to_string())
            .bind(i32::from(on_podium))
            .fetch_optional(pool)
            .await
        })?;
        row.map(Attendance::try_from).transpose()
    }

    /// One page of those who were in a call, or of those alone who are in it now, in the order in which they
    /// came, and how many there are.
    pub async fn list_attendances(
        &self,
        call: Uuid,
        only_present: bool,
        page: Page,
    ) -> Result<(i64, Vec<Attendance>), StoreError> {
        let rows: Vec<AttendanceRow> = query!(self, read, "calls.participants", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM room_call_participant WHERE call_id = $1 AND (NOT $2 OR left_at IS NULL) \
                 ORDER BY joined_at, id LIMIT $3 OFFSET $4",
            ))
            .bind(call.to_string())
            .bind(only_present)
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })?;
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => query!(self, read, "calls.count_participants", |pool| {
                sqlx::query_scalar(
                    "SELECT COUNT(*) FROM room_call_participant \
                     WHERE call_id = $1 AND (NOT $2 OR left_at IS NULL)",
                )
                .bind(call.to_string())
                .bind(only_present)
                .fetch_one(pool)
                .await
            })?,
        };
        let stays = rows
            .into_iter()
            .map(Attendance::try_from)
            .collect::<Result<_, _>>()?;
        Ok((count, stays))
    }

    /// What the viewer was in the room of a call when it started.
    pub async fn role_in_call(&self, call: Uuid, viewer: Viewer<'_>) -> Result<Option<Role>, StoreError> {
        let Viewer::User { id, email } = viewer else {
            return Ok(Some(SERVER_WIDE_ROLE));
        };
        // The role of the user comes before that of the address: it is never less.
        let role: Option<String> = query!(self, read, "calls.role", |pool| {
            sqlx::query_scalar(
                "SELECT role FROM room_call_person WHERE call_id = $1 AND person IN ($2, $3) AND role IS NOT NULL \
                 ORDER BY CASE WHEN person = $2 THEN 0 ELSE 1 END LIMIT 1",
            )
            .bind(call.to_string())
            .bind(id.to_string())
            .bind(email.map(Email::as_str))
            .fetch_optional(pool)
            .await
        })?;
        role.map(|role| parse_role("room_call_person", &call.to_string(), &role))
            .transpose()
    }

    /// One page of those who were expected in a call, in the order of their ids and addresses, and how many
    /// there are.
    pub async fn list_expected(&self, call: Uuid, page: Page) -> Result<(i64, Vec<Expected>), StoreError> {
        let rows: Vec<(String, String)> = query!(self, read, "calls.expected", |pool| {
            sqlx::query_as(
                "SELECT person, role FROM room_call_person WHERE call_id = $1 AND role IS NOT NULL \
                 ORDER BY person LIMIT $2 OFFSET $3",
            )
            .bind(call.to_string())
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })?;
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => query!(self, read, "calls.count_expected", |pool| {
                sqlx::query_scalar(
                    "SELECT COUNT(*) FROM room_call_person WHERE call_id = $1 AND role IS NOT NULL",
                )
                .bind(call.to_string())
                .fetch_one(pool)
                .await
            })?,
        };
        let expected = rows.iter().map(|(person, role)| {
            Ok(Expected {
                person: Person::parse(person).ok_or_else(|| StoreError::Row {
                    table: "room_call_person",
                    column: "person",
                    row: call.to_string(),
                })?,
                role: parse_role("room_call_person", person, role)?,
            })
        });
        Ok((count, expected.collect::<Result<_, StoreError>>()?))
    }
}

/// [`JoinOutcome`] as the database has it.
enum Entered {
    Joined(AttendanceRow),
    Present(AttendanceRow),
    NotStarted,
    Full,
}

impl TryFrom<Entered> for JoinOutcome {
    type Error = StoreError;

    fn try_from(entered: Entered) -> Result<Self, StoreError> {
        Ok(match entered {
            Entered::Joined(row) => Self::Joined(row.try_into()?),
            Entered::Present(row) => Self::Present(row.try_into()?),
            Entered::NotStarted => Self::NotStarted,
            Entered::Full => Self::Full,
        })
    }
}
