//! Tables `audit` and `error_report`.

use sqlx::FromRow;
use uuid::Uuid;

use super::parse;
use crate::domain::audit::{AuditEntry, ErrorReport};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// Writes one line of the audit log.
pub async fn insert(database: &Database, entry: &AuditEntry) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO audit (id, at, kind, user_id, client_id, address, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(entry.id.to_string())
        .bind(entry.at)
        .bind(entry.kind.as_str())
        .bind(entry.user_id.map(|id| id.to_string()))
        .bind(&entry.client_id)
        .bind(&entry.address)
        .bind(&entry.detail)
        .execute(pool)
        .await?;
    });
    Ok(())
}

/// A line of the audit log as it is shown.
#[derive(Clone, Debug, FromRow, serde::Serialize)]
pub struct AuditRow {
    /// A UUIDv7.
    pub id: String,
    /// Seconds since the Unix epoch.
    pub at: i64,
    /// What happened.
    pub kind: String,
    /// The user concerned.
    pub user_id: Option<String>,
    /// The application concerned.
    pub client_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// In words.
    pub detail: String,
}

/// Finds one line of the audit log.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<AuditRow>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM audit WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    }))
}

/// The newest lines of the audit log, newest first.
pub async fn latest(database: &Database, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM audit ORDER BY at DESC, id DESC LIMIT $1").bind(limit).fetch_all(pool).await?
    }))
}

#[derive(FromRow)]
struct ReportRow {
    id: String,
    at: i64,
    status: i64,
    route: String,
    reason: String,
    address: Option<String>,
    client_id: Option<String>,
    code: Option<String>,
}

impl ReportRow {
    fn report(self) -> Result<ErrorReport, StoreError> {
        Ok(ErrorReport {
            id: parse(&self.id, "error_report.id")?,
            at: self.at,
            status: u16::try_from(self.status).unwrap_or_default(),
            route: self.route,
            reason: self.reason,
            address: self.address,
            client_id: self.client_id,
            code: self.code,
        })
    }
}

/// Writes error reports, all in one transaction.
pub async fn insert_reports(database: &Database, reports: &[ErrorReport]) -> Result<(), StoreError> {
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        for report in reports {
            sqlx::query(
                "INSERT INTO error_report (id, at, status, route, reason, address, client_id, code) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(report.id.to_string())
            .bind(report.at)
            .bind(i64::from(report.status))
            .bind(&report.route)
            .bind(&report.reason)
            .bind(&report.address)
            .bind(&report.client_id)
            .bind(&report.code)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
    });
    Ok(())
}

/// Finds the report of an error id.
pub async fn find_report(database: &Database, id: Uuid) -> Result<Option<ErrorReport>, StoreError> {
    let row: Option<ReportRow> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM error_report WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    });
    row.map(ReportRow::report).transpose()
}

/// The newest reports of requests that named an application, newest first.
pub async fn reports_of(
    database: &Database,
    client_id: &str,
    limit: i64,
) -> Result<Vec<ErrorReport>, StoreError> {
    let rows: Vec<ReportRow> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM error_report WHERE client_id = $1 ORDER BY at DESC, id DESC LIMIT $2")
            .bind(client_id)
            .bind(limit)
            .fetch_all(pool)
            .await?
    });
    rows.into_iter().map(ReportRow::report).collect()
}

/// Deletes error reports older than `before` (seconds since the Unix epoch), at most `batch` of them.
pub async fn delete_reports(database: &Database, before: i64, batch: i64) -> Result<u64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query("DELETE FROM error_report WHERE id IN (SELECT id FROM error_report WHERE at < $1 LIMIT $2)")
            .bind(before)
            .bind(batch)
            .execute(pool)
            .await?
            .rows_affected()
    }))
}
