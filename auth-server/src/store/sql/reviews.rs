//! What waits for a reviewer, and the steps of reviews: tables `application`, `application_proposal` and `review_step`.

use sqlx::{AssertSqlSafe, FromRow};

use super::condition::{Bound, bind_all};
use super::parse;
use super::select::Select;
use crate::domain::application::ReviewStatus;
use crate::domain::listing::{Listed, Place};
use crate::domain::registration::ReviewStep;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct StepRow {
    id: String,
    at: i64,
    what: String,
    reason: Option<String>,
    actor_id: Option<String>,
}

/// The steps of an application's reviews, oldest first.
pub async fn steps(database: &Database, client_id: &str) -> Result<Vec<ReviewStep>, StoreError> {
    let rows: Vec<StepRow> = on_database!(database, pool => {
        sqlx::query_as(
            "SELECT id, at, what, reason, actor_id FROM review_step WHERE client_id = $1 ORDER BY version, at, id",
        )
        .bind(client_id)
        .fetch_all(pool)
        .await?
    });
    rows.into_iter()
        .map(|row| {
            Ok(ReviewStep {
                id: parse(&row.id, "review_step.id")?,
                at: row.at,
                what: row.what,
                reason: row.reason,
                actor_id: row
                    .actor_id
                    .map(|id| parse(&id, "review_step.actor_id"))
                    .transpose()?,
            })
        })
        .collect()
}

/// What waits for a reviewer, or for its developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The application.
    pub client_id: String,
    /// Since when, seconds since the Unix epoch.
    pub submitted_at: i64,
    /// Whether it runs already, and a change of it waits.
    pub is_proposal: bool,
}

/// The statement of one half of [`queue`] with its values: new applications, or proposals. `after` is the place that
/// the queue goes on after, with whether it is in the proposals.
pub(super) fn queue_statement(
    status: ReviewStatus,
    is_proposal: bool,
    after: Option<(bool, i64, &str)>,
    limit: i64,
) -> (String, Vec<Bound>) {
    let status = Bound::Text(status.as_str().to_owned());
    let mut select = if is_proposal {
        let mut select = Select::new(
            "SELECT p.client_id, p.submitted_at FROM application_proposal p \
             JOIN application a ON a.client_id = p.client_id",
        );
        select.and_with("p.status = $", status);
        select.and("a.review = 'approved'");
        select
    } else {
        let mut select = Select::new("SELECT p.client_id, p.submitted_at FROM application p");
        select.and_with("p.review = $", status);
        select
    };
    select.and("p.submitted_at IS NOT NULL");
    match after {
        Some((in_proposals, at, id)) if in_proposals == is_proposal => {
            let id = id.to_owned();
            select.and_after(QUEUE_ORDER, false, Some(&Place { at, id }));
        }
        Some((false, at, _)) => select.and_with("p.submitted_at >= $", Bound::Number(at)),
        Some((_, at, _)) => select.and_with("p.submitted_at > $", Bound::Number(at)),
        None => {}
    }
    (select.ordered(QUEUE_ORDER, false, limit), select.values)
}

/// What is pending or on hold, oldest first: new applications, and changes of approved ones. Of one second, the new
/// applications come first; a place says which of the two it is in.
pub async fn queue(
    database: &Database,
    status: ReviewStatus,
    after: Option<&Place>,
    limit: i64,
) -> Result<Listed<Waiting>, StoreError> {
    let after = after.map(|place| match place.id.strip_prefix(PROPOSAL) {
        Some(id) => (true, place.at, id),
        None => (false, place.at, place.id.as_str()),
    });
    let mut waiting = Vec::new();
    for is_proposal in [false, true] {
        let (sql, values) = queue_statement(status, is_proposal, after, limit);
        let rows: Vec<(String, i64)> = on_database!(database, pool => {
            bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
        });
        waiting.extend(rows.into_iter().map(|(client_id, submitted_at)| Waiting {
            client_id,
            submitted_at,
            is_proposal,
        }));
    }
    // Stable: within a moment the rows stay as the database ordered them.
    waiting.sort_by_key(|row| (row.submitted_at, row.is_proposal));
    Ok(Listed::cut(waiting, limit, |row| Place {
        at: row.submitted_at,
        id: if row.is_proposal {
            format!("{PROPOSAL}{}", row.client_id)
        } else {
            row.client_id.clone()
        },
    }))
}

const QUEUE_ORDER: (&str, &str) = ("p.submitted_at", "p.client_id");
/// What the place of a proposal in the queue begins with. No client id does.
const PROPOSAL: &str = "-";

/// How much waits for a reviewer.
pub async fn queue_length(database: &Database) -> Result<i64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM application WHERE review = 'pending' AND submitted_at IS NOT NULL) + \
             (SELECT COUNT(*) FROM application_proposal p JOIN application a ON a.client_id = p.client_id \
             WHERE p.status = 'pending' AND a.review = 'approved')",
        )
        .fetch_one(pool)
        .await?
    }))
}

/// How many applications there are, and how many of them are blocked.
pub async fn application_counts(database: &Database) -> Result<(i64, i64), StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM application), (SELECT COUNT(*) FROM application WHERE disabled)",
        )
        .fetch_one(pool)
        .await?
    }))
}

/// How much has waited for a reviewer since before a moment.
pub async fn waiting_since_before(database: &Database, moment: i64) -> Result<i64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM application WHERE review = 'pending' AND submitted_at < $1) + \
             (SELECT COUNT(*) FROM application_proposal p JOIN application a ON a.client_id = p.client_id \
             WHERE p.status = 'pending' AND p.submitted_at < $1 AND a.review = 'approved')",
        )
        .bind(moment)
        .fetch_one(pool)
        .await?
    }))
}
