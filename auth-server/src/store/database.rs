//! SQLite or PostgreSQL behind one type. Each query is written once, as run-time SQL with `$1` parameters that
//! both understand; `on_database!` expands it for either pool. Ids are TEXT, times BIGINT, flags BOOLEAN.

use std::str::FromStr;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::StoreError;

/// The migrations, the same for both databases.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/auth-server");

/// Indexes for searches by the beginning of a text, in PostgreSQL alone: SQLite compares bytes anyway, and does not know
/// the collation that makes PostgreSQL do so. Name, and table with columns.
const BY_BYTES: [(&str, &str); 3] = [
    ("account_email_bytes", "account (email COLLATE \"C\")"),
    ("account_name_bytes", "account (lower(name) COLLATE \"C\")"),
    (
        "application_name_bytes",
        "application (lower(name) COLLATE \"C\")",
    ),
];

/// How long a request waits for a connection before it answers 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A pool of connections to the configured database.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file on this machine.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

impl Database {
    /// Opens `url` (`sqlite://FILE` or `postgres://...`); a missing SQLite file is made. PostgreSQL may be
    /// down: the pool connects when it is first needed.
    pub async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                // Survives a killed process; only a power cut may lose the last moments.
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(5));
            let pool = SqlitePoolOptions::new()
                .max_connections(max_connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_with(options)
                .await?;
            Ok(Self::Sqlite(pool))
        } else {
            let options = PgConnectOptions::from_str(url)?.application_name("anteroom");
            let pool = PgPoolOptions::new()
                .max_connections(max_connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_lazy_with(options);
            Ok(Self::Postgres(pool))
        }
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite(pool) => MIGRATIONS.run(pool).await,
            Self::Postgres(pool) => {
                MIGRATIONS.run(pool).await?;
                for (name, on) in BY_BYTES {
                    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
                        .bind(name)
                        .fetch_one(pool)
                        .await?;
                    if !exists {
                        let sql = format!("CREATE INDEX IF NOT EXISTS {name} ON {on}");
                        sqlx::query(AssertSqlSafe(sql)).execute(pool).await?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        crate::on_database!(self, pool => {
            sqlx::query("SELECT 1").execute(pool).await?;
        });
        Ok(())
    }

    /// Connections open, and of those idle.
    pub fn pool_use(&self) -> (u32, usize) {
        match self {
            Self::Sqlite(pool) => (pool.size(), pool.num_idle()),
            Self::Postgres(pool) => (pool.size(), pool.num_idle()),
        }
    }
}

/// Expands one expression for whichever pool the database is.
#[macro_export]
macro_rules! on_database {
    ($database:expr, $pool:ident => $body:expr) => {{
        let _timer = $crate::telemetry::database_timer();
        match $database {
            $crate::store::database::Database::Sqlite($pool) => $body,
            $crate::store::database::Database::Postgres($pool) => $body,
        }
    }};
}
