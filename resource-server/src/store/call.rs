//! Calls. Whoever starts, enters or ends one holds its room meanwhile, so that none of them acts on facts
//! that another is changing.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use super::record;
use super::room::{self, Viewer};
use crate::domain::attendee::Email;
use crate::domain::call::Call;
use crate::domain::page::Page;

#[derive(sqlx::FromRow)]
pub(super) struct CallRow {
    pub(super) id: String,
    room_id: String,
    name: Option<String>,
    recorded: i32,
    started_at: i64,
    ended_at: Option<i64>,
    pub(super) participants: i64,
}

/// The columns of [`CallRow`], of table `c`.
macro_rules! columns {
    () => {
        "c.id, c.room_id, c.name, c.recorded, c.started_at, c.ended_at, \
         (SELECT COUNT(DISTINCT p.user_id) FROM room_call_participant p \
          WHERE p.call_id = c.id AND (p.left_at IS NULL OR c.ended_at IS NOT NULL)) AS participants"
    };
}

/// Whether the viewer sees the running call `c`: all ($1), or who sees the room (user $2, address $3), or is
/// in the call.
macro_rules! is_seen {
    () => {
        "($1 OR c.room_id IN (SELECT room_id FROM room_access WHERE user_id = $2 \
                              UNION SELECT room_id FROM room_attendee WHERE email = $3) \
             OR c.id IN (SELECT call_id FROM room_call_participant WHERE user_id = $2 AND left_at IS NULL))"
    };
}

/// The call that runs in a room.
pub(super) const RUNNING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM room_call c WHERE c.room_id = $1 AND c.ended_at IS NULL"
);

/// Starts a call unless one runs: id, room, recorded, time.
pub(super) const START: &str = "INSERT INTO room_call (id, room_id, name, recorded, started_at) \
     SELECT $1, id, name, $3, $4 FROM rooms WHERE id = $2 ON CONFLICT DO NOTHING";

/// Remembers who had a role in the room or was invited when a call started: call, room, time.
pub(super) const EXPECT: &str = "INSERT INTO room_call_person (call_id, person, role, started_at) \
     SELECT $1, user_id, role, $3 FROM room_access WHERE room_id = $2 \
     UNION ALL SELECT $1, email, 'attendee', $3 FROM room_attendee WHERE room_id = $2";

/// Everybody leaves the running call of a room: room, time. To be followed by [`END`].
pub(super) const EMPTY: &str = "UPDATE room_call_participant SET left_at = $2, on_podium = 0 \
     WHERE left_at IS NULL AND call_id = (SELECT id FROM room_call WHERE room_id = $1 AND ended_at IS NULL)";

/// The running call of a room is over: room, time.
pub(super) const END: &str = "UPDATE room_call SET ended_at = $2 WHERE room_id = $1 AND ended_at IS NULL";

impl TryFrom<CallRow> for Call {
    type Error = StoreError;

    fn try_from(row: CallRow) -> Result<Self, StoreError> {
        let parse = |text: &str, column| {
            Uuid::parse_str(text).map_err(|_| StoreError::Row {
                table: "room_call",
                column,
                row: row.id.clone(),
            })
        };
        Ok(Self {
            id: parse(&row.id, "id")?,
            room_id: parse(&row.room_id, "room_id")?,
            name: row.name,
            recorded: row.recorded != 0,
            started_at: row.started_at,
            ended_at: row.ended_at,
            participants: row.participants,
        })
    }
}

/// Whether the viewer sees everything, their id, and their address.
fn eyes(viewer: Viewer<'_>) -> (bool, Option<String>, Option<&str>) {
    match viewer {
        Viewer::User { id, email } => (false, Some(id.to_string()), email.map(Email::as_str)),
        Viewer::ServerWide => (true, None, None),
    }
}

impl Database {
    /// Starts a call in a room, under `id`, or gives the one that runs; and whether it is new. `None` when
    /// the room is gone.
    pub async fn start_call(
        &self,
        room: Uuid,
        id: Uuid,
        recorded: bool,
        at: i64,
    ) -> Result<Option<(Call, bool)>, StoreError> {
        let started: Option<(CallRow, bool)> = query!(self, write, "calls.start", |pool| {
            let mut transaction = pool.begin().await?;
            let held = room::hold!(room, at).execute(&mut *transaction).await?;
            if held.rows_affected() == 0 {
                return Ok(None);
            }
            let is_new = sqlx::query(START)
                .bind(id.to_string())
                .bind(room.to_string())
                .bind(i32::from(recorded))
                .bind(at)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0;
            if is_new {
                sqlx::query(EXPECT)
                    .bind(id.to_string())
                    .bind(room.to_string())
                    .bind(at)
                    .execute(&mut *transaction)
                    .await?;
            }
            let row = sqlx::query_as(RUNNING)
                .bind(room.to_string())
                .fetch_one(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some((row, is_new)))
        })?;
        started
            .map(|(row, is_new)| Ok((row.try_into()?, is_new)))
            .transpose()
    }

    /// Ends the call that runs in a room; everybody leaves. If it was recorded, that is kept under `record_id`
    /// and the name of the room. `false` when none runs.
    pub async fn end_call(
        &self,
        room: Uuid,
        record_id: Uuid,
        record_name: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        query!(self, write, "calls.end", |pool| {
            let mut transaction = pool.begin().await?;
            room::hold!(room, at).execute(&mut *transaction).await?;
            let running: Option<CallRow> = sqlx::query_as(RUNNING)
                .bind(room.to_string())
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(call) = running else {
                return Ok(false);
            };
            // Not before it started, whatever the clocks of two servers say.
            let at = at.max(call.started_at);
            for statement in [EMPTY, END] {
                sqlx::query(statement)
                    .bind(room.to_string())
                    .bind(at)
                    .execute(&mut *transaction)
                    .await?;
            }
            if call.recorded != 0 {
                sqlx::query(record::INSERT)
                    .bind(record_id.to_string())
                    .bind(room.to_string())
                    .bind(record_name)
                    .bind(call.started_at)
                    .bind(at - call.started_at)
                    .bind(None::<i64>)
                    .bind(None::<String>)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// The call that runs in a room, if the viewer sees it.
    pub async fn find_running_call(
        &self,
        room: Uuid,
        viewer: Viewer<'_>,
    ) -> Result<Option<Call>, StoreError> {
        let (all, user, email) = eyes(viewer);
        let row: Option<CallRow> = query!(self, read, "calls.running", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM room_call c WHERE c.room_id = $4 AND c.ended_at IS NULL AND ",
                is_seen!(),
            ))
            .bind(all)
            .bind(user)
            .bind(email)
            .bind(room.to_string())
            .fetch_optional(pool)
            .await
        })?;
        row.map(Call::try_from).transpose()
    }

    /// One page of the running calls that the viewer sees, latest first, and how many there are.
    pub async fn list_running_calls(
        &self,
        viewer: Viewer<'_>,
        page: Page,
    ) -> Result<(i64, Vec<Call>), StoreError> {
        let (all, user, email) = eyes(viewer);
        let rows: Vec<CallRow> = query!(self, read, "calls.list_running", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM room_call c WHERE c.ended_at IS NULL AND ",
                is_seen!(),
                " ORDER BY c.started_at DESC, c.id DESC LIMIT $4 OFFSET $5",
            ))
            .bind(all)
            .bind(&user)
            .bind(email)
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })?;
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => query!(self, read, "calls.count_running", |pool| {
                sqlx::query_scalar(concat!(
                    "SELECT COUNT(*) FROM room_call c WHERE c.ended_at IS NULL AND ",
                    is_seen!(),
                ))
                .bind(all)
                .bind(&user)
                .bind(email)
                .fetch_one(pool)
                .await
            })?,
        };
        let calls = rows.into_iter().map(Call::try_from).collect::<Result<_, _>>()?;
        Ok((count, calls))
    }

    /// A call, running or over, if it is known to the viewer.
    pub async fn find_call(&self, id: Uuid, viewer: Viewer<'_>) -> Result<Option<Call>, StoreError> {
        let (all, user, email) = eyes(viewer);
        let row: Option<CallRow> = query!(self, read, "calls.retrieve", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM room_call c WHERE c.id = $4 AND ($1 OR EXISTS \
                  (SELECT 1 FROM room_call_person k WHERE k.call_id = c.id AND k.person IN ($2, $3)))",
            ))
            .bind(all)
            .bind(user)
            .bind(email)
            .bind(id.to_string())
            .fetch_optional(pool)
            .await
        })?;
        row.map(Call::try_from).transpose()
    }

    /// One page of the calls, running or over, that are known to the viewer, latest first, and how many there
    /// are.
    pub async fn list_calls(&self, viewer: Viewer<'_>, page: Page) -> Result<(i64, Vec<Call>), StoreError> {
        let rows = match viewer {
            Viewer::User { id, email } => self.calls_of(id, email, page).await?,
            Viewer::ServerWide => self.all_calls(page).await?,
        };
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => self.count_calls(viewer).await?,
        };
        let calls = rows.into_iter().map(Call::try_from).collect::<Result<_, _>>()?;
        Ok((count, calls))
    }

    /// Reads as many index entries as the page is deep, however many calls there are.
    async fn calls_of(
        &self,
        user: Uuid,
        email: Option<&Email>,
        page: Page,
    ) -> Result<Vec<CallRow>, StoreError> {
        query!(self, read, "calls.list", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM ( \
                     SELECT * FROM (SELECT call_id, started_at FROM room_call_person WHERE person = $1 \
                                    ORDER BY started_at DESC, call_id DESC LIMIT $3 + $4) AS own \
                     UNION \
                     SELECT * FROM (SELECT call_id, started_at FROM room_call_person WHERE person = $2 \
                                    ORDER BY started_at DESC, call_id DESC LIMIT $3 + $4) AS invited \
                 ) AS known JOIN room_call c ON c.id = known.call_id \
                 ORDER BY known.started_at DESC, known.call_id DESC LIMIT $3 OFFSET $4",
            ))
            .bind(user.to_string())
            .bind(email.map(Email::as_str))
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })
    }

    async fn all_calls(&self, page: Page) -> Result<Vec<CallRow>, StoreError> {
        query!(self, read, "calls.all", |pool| {
            sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM room_call c ORDER BY c.started_at DESC, c.id DESC LIMIT $1 OFFSET $2",
            ))
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })
    }

    async fn count_calls(&self, viewer: Viewer<'_>) -> Result<i64, StoreError> {
        match viewer {
            Viewer::User { id, email } => query!(self, read, "calls.count", |pool| {
                sqlx::query_scalar(
                    "SELECT COUNT(DISTINCT call_id) FROM room_call_person WHERE person IN ($1, $2)",
                )
                .bind(id.to_string())
                .bind(email.map(Email::as_str))
                .fetch_one(pool)
                .await
            }),
            Viewer::ServerWide => query!(self, read, "calls.count_all", |pool| {
                sqlx::query_scalar("SELECT COUNT(*) FROM room_call")
                    .fetch_one(pool)
                    .await
            }),
        }
    }
}
