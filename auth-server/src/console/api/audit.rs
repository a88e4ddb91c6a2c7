//! `/audit` and `/errors`: who did what, and why a request was refused.

use axum::body::Body as AnswerBody;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Allowed, ReadAudit};
use super::answer::{ApiError, plain};
use super::documents::{Guarded, Missing};
use super::request::{Ids, Query};
use crate::domain::audit::ErrorReport;
use crate::flows::registry::export;
use crate::http::failure::no_store;
use crate::paths;
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::sql::audit::AuditRow;
use crate::store::sql::audit_log::{self, AuditQuery};

/// Lines that an export reads at once.
const BATCH: i64 = 500;

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLine)]
pub struct AuditBody {
    /// Its id.
    id: String,
    /// Seconds since the Unix epoch.
    at: i64,
    /// What happened.
    #[schema(example = "sign_in")]
    kind: String,
    /// The user concerned.
    user_id: Option<String>,
    /// The application or resource server concerned.
    client_id: Option<String>,
    /// Where the request came from.
    address: Option<String>,
    /// In words, with who did it.
    detail: String,
}

impl From<AuditRow> for AuditBody {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            kind: row.kind,
            user_id: row.user_id,
            client_id: row.client_id,
            address: row.address,
            detail: row.detail,
        }
    }
}

/// A part of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditList {
    /// The newest first.
    items: Vec<AuditBody>,
    /// `after` of the next part; null when this was the last.
    next: Option<String>,
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErrorReport)]
pub struct ErrorBody {
    /// The error id.
    id: Uuid,
    /// Seconds since the Unix epoch.
    at: i64,
    /// The HTTP status.
    status: u16,
    /// Method and route.
    route: String,
    /// The exact reason.
    reason: String,
    /// Where the request came from.
    address: Option<String>,
}

impl From<ErrorReport> for ErrorBody {
    fn from(report: ErrorReport) -> Self {
        Self {
            id: report.id,
            at: report.at,
            status: report.status,
            route: report.route,
            reason: report.reason,
            address: report.address,
        }
    }
}

fn read(query: &Query, limit: i64) -> Result<AuditQuery, ApiError> {
    Ok(AuditQuery {
        kind: query.text("kind"),
        user_id: query.text("user_id"),
        client_id: query.text("client_id"),
        from: query.value("from")?,
        until: query.value("until")?,
        after: query.after()?,
        limit,
    })
}

/// Look through the audit log
#[utoipa::path(
    get, path = paths::ADMIN_API_AUDIT, operation_id = "listAudit", tag = "Audit",
    params(
        ("kind" = Option<String>, Query, description = "What happened"),
        ("user_id" = Option<String>, Query, description = "The user concerned"),
        ("client_id" = Option<String>, Query, description = "The application concerned"),
        ("from" = Option<i64>, Query, description = "From this second of the Unix epoch on"),
        ("until" = Option<i64>, Query, description = "Before this second of the Unix epoch"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<i64>, Query, description = "How many, 1 to 500; 50 if nothing is said"),
    ),
    security(("bearer" = ["admin:audit:read"])),
    responses((status = 200, description = "A part of the log", body = AuditList), Guarded),
)]
pub async fn list(caller: Allowed<ReadAudit>, query: Query) -> Result<Response, ApiError> {
    let limit = query.limit()?;
    let found = caller.registry().audit_log(&read(&query, limit)?).await?;
    let list = AuditList {
        next: found.next.map(|place| place.to_string()),
        items: found.items.into_iter().map(AuditBody::from).collect(),
    };
    Ok(plain(StatusCode::OK, list))
}

/// Download the audit log
///
/// Everything that the filters leave, the newest first.
#[utoipa::path(
    get, path = paths::ADMIN_API_AUDIT_EXPORT, operation_id = "exportAudit", tag = "Audit",
    params(
        ("format" = Option<String>, Query, description = "csv (RFC 4180) or jsonl; jsonl if nothing is said"),
        ("kind" = Option<String>, Query, description = "What happened"),
        ("user_id" = Option<String>, Query, description = "The user concerned"),
        ("client_id" = Option<String>, Query, description = "The application concerned"),
        ("from" = Option<i64>, Query, description = "From this second of the Unix epoch on"),
        ("until" = Option<i64>, Query, description = "Before this second of the Unix epoch"),
    ),
    security(("bearer" = ["admin:audit:read"])),
    responses(
        (status = 200, description = "The file", content(
            (String = "application/jsonl"), (String = "text/csv"),
        )),
        Guarded
    ),
)]
pub async fn export(
    _: Allowed<ReadAudit>,
    State(state): State<AppState>,
    query: Query,
) -> Result<Response, ApiError> {
    let csv = match query.text("format").as_deref() {
        None | Some("jsonl") => false,
        Some("csv") => true,
        Some(_) => return Err(ApiError::bad("format is csv or jsonl")),
    };
    Ok(file(&state, read(&query, BATCH)?, csv))
}

/// Everything that a query's filters leave, as a file: CSV or JSON lines.
pub(in crate::console) fn file(state: &AppState, query: AuditQuery, csv: bool) -> Response {
    let query = AuditQuery {
        after: None,
        limit: BATCH,
        ..query
    };
    let database = state.services.database.clone();
    // Read as the receiver takes it: a log of any length needs no more memory than one batch.
    let batches = stream::try_unfold(Some(query), move |query| {
        let database = database.clone();
        async move {
            let Some(mut query) = query else { return Ok(None) };
            let first = query.after.is_none();
            let part = audit_log::list(&database, &query).await?;
            let mut text = String::new();
            if csv && first {
                text.push_str(export::CSV_HEAD);
            }
            for row in &part.items {
                text.push_str(&if csv {
                    export::csv_line(row)
                } else {
                    export::json_line(row)
                });
            }
            let next = part.next.map(|place| {
                query.after = Some(place);
                query
            });
            Ok::<_, StoreError>(Some((text, next)))
        }
    });
    let mut response = no_store((StatusCode::OK, AnswerBody::from_stream(batches)).into_response());
    let (media_type, file) = if csv {
        ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\"")
    } else {
        ("application/jsonl", "attachment; filename=\"audit.jsonl\"")
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(file));
    response
}

/// Look an error id up
#[utoipa::path(
    get, path = paths::ADMIN_API_ERROR, operation_id = "getError", tag = "Audit",
    params(("error_id" = Uuid, Path, description = "As `X-Error-Id` and error pages show it")),
    security(("bearer" = ["admin:audit:read"])),
    responses((status = 200, description = "The exact reason", body = ErrorBody), Guarded, Missing),
)]
pub async fn error(caller: Allowed<ReadAudit>, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let report = caller.error_report(id).await?;
    Ok(plain(StatusCode::OK, ErrorBody::from(report)))
}
