//! `/conferences/{id}/records`: what is known about the recordings of a conference. They come into being
//! when a recorded session ends; there is no permission to write them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::ReadRecords;
use super::representation::rfc3339;
use crate::bearer::Acting;
use crate::documents::answers::{Guarded, NotFound};
use crate::domain::record::Record;
use crate::doors::room;
use crate::http::error::ApiError;
use crate::http::page::{PageBody, PageQuery};
use crate::http::path::{PathId, PathIds};
use crate::paths;
use crate::state::AppState;

/// A recording.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Record)]
pub struct RecordBody {
    /// Names it.
    id: Uuid,
    /// What people call it.
    name: String,
    /// When it begins.
    #[schema(format = DateTime)]
    started_at: String,
    /// How long it is.
    #[schema(minimum = 0)]
    duration_seconds: i64,
    /// How much there is to download, where it is known.
    #[schema(required, minimum = 0)]
    size_bytes: Option<i64>,
    /// Where, if it can be downloaded at all.
    #[schema(required, format = "uri")]
    url: Option<String>,
}

impl From<Record> for RecordBody {
    fn from(record: Record) -> Self {
        Self {
            id: record.id,
            name: record.name,
            started_at: rfc3339(record.started_at),
            duration_seconds: record.duration_seconds,
            size_bytes: record.size_bytes,
            url: record.url,
        }
    }
}

/// List recordings
///
/// Latest first.
#[utoipa::path(
    get, path = paths::RECORDS, operation_id = "listRecords", tag = "Conferences",
    params(("id" = Uuid, Path, description = "The conference"), PageQuery),
    security(("bearer" = ["conferences.records:read"])),
    responses((status = 200, description = "One page", body = PageBody<RecordBody>), Guarded, NotFound),
)]
pub async fn list(
    access: Acting<ReadRecords>,
    State(state): State<AppState>,
    PathId(id): PathId,
    query: PageQuery,
) -> Result<Json<PageBody<RecordBody>>, ApiError> {
    room::find(&state, id, (&access.actor).into()).await?;
    let (count, records) = state.database.list_records(id, query.page).await?;
    query.answer(count, records.into_iter().map(Into::into).collect())
}

/// Read a recording's details
#[utoipa::path(
    get, path = paths::RECORD, operation_id = "retrieveRecord", tag = "Conferences",
    params(
        ("id" = Uuid, Path, description = "The conference"),
        ("record_id" = Uuid, Path, description = "The recording"),
    ),
    security(("bearer" = ["conferences.records:read"])),
    responses((status = 200, description = "The recording", body = RecordBody), Guarded, NotFound),
)]
pub async fn read(
    access: Acting<ReadRecords>,
    State(state): State<AppState>,
    PathIds(id, record): PathIds,
) -> Result<Json<RecordBody>, ApiError> {
    room::find(&state, id, (&access.actor).into()).await?;
    let record = state.database.find_record(id, record).await?;
    let record = record.ok_or_else(|| ApiError::not_found("no such recording of the room"))?;
    Ok(Json(record.into()))
}
