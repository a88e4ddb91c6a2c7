//! What can go wrong between this server and its database.

use std::time::Duration;

/// A query did not give its result.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, full or overloaded. The same request may work later.
    #[error("database unavailable: {0}")]
    Unavailable(sqlx::Error),
    /// The database did not answer in time.
    #[error("database unavailable: no answer to {query} within {limit:?}")]
    Timeout {
        /// Which query.
        query: &'static str,
        /// How long it was given.
        limit: Duration,
    },
    /// The query failed in a way that waiting does not mend.
    #[error("database: {0}")]
    Query(sqlx::Error),
    /// A row holds what this version does not know.
    #[error("database: row {row} of {table} has an unknown value in {column}")]
    Row {
        /// Where it is.
        table: &'static str,
        /// Which value.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The address of the database makes no sense. (Its text may hold a password and stays out.)
    #[error("database.url: {0}")]
    Address(&'static str),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_outage(&error) {
            Self::Unavailable(error)
        } else {
            Self::Query(error)
        }
    }
}

impl StoreError {
    /// Whether waiting may mend it.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout { .. })
    }
}

fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_outage_code(&code)),
        _ => false,
    }
}

/// PostgreSQL: connection exceptions (08), insufficient resources (53), operator intervention (57P),
/// a database or schema that is not there (3D000, 42P01 while it is being restored), a broken
/// transaction that may be tried again (40). SQLite's codes are numbers; the low byte is the kind:
/// busy, locked, read-only, I/O error, corrupt, full, cannot open.
fn is_outage_code(code: &str) -> bool {
    if let Ok(number) = code.parse::<u32>()
        && code.len() != 5
    {
        return matches!(number & 0xff, 5 | 6 | 8 | 10 | 11 | 13 | 14);
    }
    ["08", "53", "57P", "3D000", "42P01", "40"]
        .iter()
        .any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::is_outage_code;

    #[test]
    fn outages_are_told_from_mistakes() {
        for code in [
            "08006", "53300", "57P01", "40001", "5", "6", "10", "522", "14", "1544",
        ] {
            assert!(is_outage_code(code), "{code}");
        }
        for code in ["23505", "42601", "22P02", "1", "19", "2067"] {
            assert!(!is_outage_code(code), "{code}");
        }
    }
}
