//! Tables `review_examination` and `review_finding`.

use sqlx::FromRow;
use uuid::Uuid;

use super::parse;
use crate::domain::finding::{Examination, Finding};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    field: String,
    url: String,
    kind: String,
    severity: String,
    detail: String,
}

impl TryFrom<Row> for Finding {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            field: parse(&row.field, "review_finding.field")?,
            kind: parse(&row.kind, "review_finding.kind")?,
            severity: parse(&row.severity, "review_finding.severity")?,
            url: row.url,
            detail: row.detail,
        })
    }
}

/// Which submission.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The application.
    pub client_id: &'a str,
    /// When it was submitted, seconds since the Unix epoch.
    pub submitted_at: i64,
}

macro_rules! write_findings {
    ($transaction:expr, $submission:expr, $from_network:expr, $findings:expr) => {
        sqlx::query("DELETE FROM review_finding WHERE client_id = $1 AND submitted_at = $2 AND from_network = $3")
            .bind($submission.client_id)
            .bind($submission.submitted_at)
            .bind($from_network)
            .execute(&mut *$transaction)
            .await?;
        for (finding, position) in $findings.iter().zip(0_i64..) {
            sqlx::query(
                "INSERT INTO review_finding (client_id, submitted_at, position, from_network, field, url, kind, \
                 severity, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind($submission.client_id)
            .bind($submission.submitted_at)
            .bind(position)
            .bind($from_network)
            .bind(finding.field.as_str())
            .bind(&finding.url)
            .bind(finding.kind.as_str())
            .bind(finding.severity.as_str())
            .bind(&finding.detail)
            .execute(&mut *$transaction)
            .await?;
        }
    };
}

/// Begins an examination, or begins it again, with what follows from the URLs alone. `run` is who goes on with it.
pub async fn begin(
    database: &Database,
    submission: Submission<'_>,
    run: Uuid,
    findings: &[Finding],
    now: i64,
) -> Result<(), StoreError> {
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(
            "INSERT INTO review_examination (client_id, submitted_at, started_at, run) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (client_id, submitted_at) DO UPDATE SET started_at = excluded.started_at, \
             run = excluded.run, completed_at = NULL",
        )
        .bind(submission.client_id)
        .bind(submission.submitted_at)
        .bind(now)
        .bind(run.to_string())
        .execute(&mut *transaction)
        .await?;
        write_findings!(transaction, submission, false, findings);
        transaction.commit().await?;
    });
    Ok(())
}

/// Ends an examination with what the network said, and the hash of the logo that was fetched. False, and nothing is
/// written, when somebody began it anew or took it over since: what was found is about what it was before.
pub async fn complete(
    database: &Database,
    submission: Submission<'_>,
    run: Uuid,
    findings: &[Finding],
    logo: Option<&str>,
    now: i64,
) -> Result<bool, StoreError> {
    Ok(on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        // A reviewer who looked at the picture before decides about that one alone.
        sqlx::query(
            "UPDATE application SET version = version + 1 WHERE client_id = $1 AND EXISTS (SELECT 1 \
             FROM review_examination known WHERE known.client_id = $1 AND known.submitted_at = $2 AND known.run = $3 \
             AND known.logo IS DISTINCT FROM $4)",
        )
        .bind(submission.client_id)
        .bind(submission.submitted_at)
        .bind(run.to_string())
        .bind(logo)
        .execute(&mut *transaction)
        .await?;
        let ended = sqlx::query(
            "UPDATE review_examination SET completed_at = $4, logo = $5 \
             WHERE client_id = $1 AND submitted_at = $2 AND run = $3",
        )
        .bind(submission.client_id)
        .bind(submission.submitted_at)
        .bind(run.to_string())
        .bind(now)
        .bind(logo)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if ended == 0 {
            return Ok(false);
        }
        write_findings!(transaction, submission, true, findings);
        transaction.commit().await?;
        true
    }))
}

/// Takes over an examination that somebody began before `before` and did not end; none when there is none. Of many
/// callers one gets it.
pub async fn take_over(
    database: &Database,
    run: Uuid,
    before: i64,
    now: i64,
) -> Result<Option<(String, i64)>, StoreError> {
    Ok(on_database!(database, pool => {
        let open: Option<(String, i64, i64)> = sqlx::query_as(
            "SELECT client_id, submitted_at, started_at FROM review_examination \
             WHERE completed_at IS NULL AND started_at < $1 ORDER BY started_at LIMIT 1",
        )
        .bind(before)
        .fetch_optional(pool)
        .await?;
        let Some((client_id, submitted_at, started_at)) = open else {
            return Ok(None);
        };
        let taken = sqlx::query(
            "UPDATE review_examination SET started_at = $4, run = $5 \
             WHERE client_id = $1 AND submitted_at = $2 AND started_at = $3 AND completed_at IS NULL",
        )
        .bind(&client_id)
        .bind(submitted_at)
        .bind(started_at)
        .bind(now)
        .bind(run.to_string())
        .execute(pool)
        .await?
        .rows_affected();
        (taken > 0).then_some((client_id, submitted_at))
    }))
}

/// Applications that wait for their review, or for that of a change, and whose submission nobody has looked at yet, at
/// most `limit`: they were submitted by a command, or before there were findings, or an instance stopped just then.
pub async fn unexamined(database: &Database, limit: i64) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as(
            "SELECT client_id, submitted_at FROM application WHERE review = 'pending' AND submitted_at IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM review_examination known WHERE known.client_id = application.client_id \
             AND known.submitted_at = application.submitted_at) \
             UNION ALL SELECT p.client_id, p.submitted_at FROM application_proposal p \
             JOIN application a ON a.client_id = p.client_id \
             WHERE p.status = 'pending' AND a.review = 'approved' AND p.submitted_at IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM review_examination known WHERE known.client_id = p.client_id \
             AND known.submitted_at = p.submitted_at) LIMIT $1",
        )
        .bind(limit)
        .fetch_all(pool)
        .await?
    }))
}

/// What is known about a submission.
pub async fn find(
    database: &Database,
    submission: Submission<'_>,
) -> Result<Option<Examination>, StoreError> {
    let Submission {
        client_id,
        submitted_at,
    } = submission;
    on_database!(database, pool => {
        let known: Option<(Option<i64>, Option<String>)> = sqlx::query_as(
            "SELECT completed_at, logo FROM review_examination WHERE client_id = $1 AND submitted_at = $2",
        )
        .bind(client_id)
        .bind(submitted_at)
        .fetch_optional(pool)
        .await?;
        let Some((completed_at, logo)) = known else {
            return Ok(None);
        };
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT field, url, kind, severity, detail FROM review_finding \
             WHERE client_id = $1 AND submitted_at = $2 ORDER BY from_network, position",
        )
        .bind(client_id)
        .bind(submitted_at)
        .fetch_all(pool)
        .await?;
        let mut findings: Vec<Finding> = rows.into_iter().map(Finding::try_from).collect::<Result<_, _>>()?;
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok(Some(Examination { submitted_at, completed_at, findings, logo }))
    })
}
