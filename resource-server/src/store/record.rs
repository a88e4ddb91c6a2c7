//! Recordings.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::page::Page;
use crate::domain::record::Record;

/// Keeps what is known about a recording, unless its room is gone: id, room, name, start, duration, size, URL.
pub(super) const INSERT: &str = "INSERT INTO room_record (id, room_id, name, started_at, duration_seconds, size_bytes, url) \
     SELECT $1, id, $3, $4, $5, $6, $7 FROM rooms WHERE id = $2";

#[derive(sqlx::FromRow)]
struct RecordRow {
    id: String,
    room_id: String,
    name: String,
    started_at: i64,
    duration_seconds: i64,
    size_bytes: Option<i64>,
    url: Option<String>,
}

impl TryFrom<RecordRow> for Record {
    type Error = StoreError;

    fn try_from(row: RecordRow) -> Result<Self, StoreError> {
        let parse = |text: &str, column| {
            Uuid::parse_str(text).map_err(|_| StoreError::Row {
                table: "room_record",
                column,
                row: row.id.clone(),
            })
        };
        Ok(Self {
            id: parse(&row.id, "id")?,
            room_id: parse(&row.room_id, "room_id")?,
            name: row.name,
            started_at: row.started_at,
            duration_seconds: row.duration_seconds,
            size_bytes: row.size_bytes,
            url: row.url,
        })
    }
}

impl Database {
    /// Keeps what is known about a recording. `false` when its room is gone.
    pub async fn insert_record(&self, record: &Record) -> Result<bool, StoreError> {
        query!(self, write, "records.insert", |pool| {
            sqlx::query(INSERT)
                .bind(record.id.to_string())
                .bind(record.room_id.to_string())
                .bind(&record.name)
                .bind(record.started_at)
                .bind(record.duration_seconds)
                .bind(record.size_bytes)
                .bind(&record.url)
                .execute(pool)
                .await
                .map(|done| done.rows_affected() > 0)
        })
    }

    /// One page of the recordings of a room, latest first, and how many there are.
    pub async fn list_records(&self, room: Uuid, page: Page) -> Result<(i64, Vec<Record>), StoreError> {
        let rows: Vec<RecordRow> = query!(self, read, "records.list", |pool| {
            sqlx::query_as(
                "SELECT id, room_id, name, started_at, duration_seconds, size_bytes, url FROM room_record \
                 WHERE room_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2 OFFSET $3",
            )
            .bind(room.to_string())
            .bind(page.size())
            .bind(page.offset())
            .fetch_all(pool)
            .await
        })?;
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => query!(self, read, "records.count", |pool| {
                sqlx::query_scalar("SELECT COUNT(*) FROM room_record WHERE room_id = $1")
                    .bind(room.to_string())
                    .fetch_one(pool)
                    .await
            })?,
        };
        let records = rows.into_iter().map(Record::try_from).collect::<Result<_, _>>()?;
        Ok((count, records))
    }

    /// One recording of a room.
    pub async fn find_record(&self, room: Uuid, id: Uuid) -> Result<Option<Record>, StoreError> {
        let row: Option<RecordRow> = query!(self, read, "records.retrieve", |pool| {
            sqlx::query_as(
                "SELECT id, room_id, name, started_at, duration_seconds, size_bytes, url FROM room_record \
                 WHERE id = $1 AND room_id = $2",
            )
            .bind(id.to_string())
            .bind(room.to_string())
            .fetch_optional(pool)
            .await
        })?;
        row.map(Record::try_from).transpose()
    }
}
