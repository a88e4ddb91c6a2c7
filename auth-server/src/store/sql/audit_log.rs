//! Table `audit`, looked through in parts.

use sqlx::AssertSqlSafe;

use super::audit::AuditRow;
use super::condition::{Bound, bind_all};
use super::select::Select;
use crate::domain::listing::{Listed, Place};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// Which lines of the audit log to list.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// What happened, by the stored name.
    pub kind: Option<String>,
    /// The user concerned.
    pub user_id: Option<String>,
    /// The application concerned.
    pub client_id: Option<String>,
    /// From this moment on, seconds since the Unix epoch.
    pub from: Option<i64>,
    /// Before this moment, seconds since the Unix epoch.
    pub until: Option<i64>,
    /// The last line of the part before.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
}

const ORDER: (&str, &str) = ("at", "id");

/// The statement of [`list`] with its values.
pub(super) fn list_statement(query: &AuditQuery) -> (String, Vec<Bound>) {
    let mut select = Select::new("SELECT * FROM audit");
    for (condition, value) in [
        ("kind = $", &query.kind),
        ("user_id = $", &query.user_id),
        ("client_id = $", &query.client_id),
    ] {
        if let Some(value) = value {
            select.and_with(condition, Bound::Text(value.clone()));
        }
    }
    for (condition, moment) in [("at >= $", query.from), ("at < $", query.until)] {
        if let Some(moment) = moment {
            select.and_with(condition, Bound::Number(moment));
        }
    }
    select.and_after(ORDER, true, query.after.as_ref());
    (select.ordered(ORDER, true, query.limit), select.values)
}

/// Lines of the audit log, the newest first.
pub async fn list(database: &Database, query: &AuditQuery) -> Result<Listed<AuditRow>, StoreError> {
    let (sql, values) = list_statement(query);
    let rows: Vec<AuditRow> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
    });
    Ok(Listed::cut(rows, query.limit, |row| Place {
        at: row.at,
        id: row.id.clone(),
    }))
}
