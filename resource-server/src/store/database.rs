//! The two databases behind one face.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use super::error::StoreError;
use crate::config::DatabaseConfig;
use crate::telemetry::Metrics;

/// The schema.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations/resource-server");

/// A connection that was idle longer than this is tried before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// The resource server's own database.
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) backend: Backend,
    query_timeout: Duration,
    metrics: Metrics,
}

#[derive(Clone, Debug)]
pub(super) enum Backend {
    Sqlite(SqlitePools),
    Postgres(PgPool),
}

/// SQLite has one writer at a time. Writers queue for the one connection that writes, instead of
/// failing each other; readers never wait for them (WAL).
#[derive(Clone, Debug)]
pub(super) struct SqlitePools {
    pub(super) read: SqlitePool,
    pub(super) write: SqlitePool,
}

/// What [`Database::migrate`] did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MigrationReport {
    /// Migrations that this call applied.
    pub applied: usize,
    /// All migrations this version knows.
    pub total: usize,
}

/// Runs one body on whichever database is there: `query!(database, read, "rooms.list", |pool| ...)`.
/// `read` or `write` picks the pool, the text names the query in the metrics, and the body is an
/// expression of type `Result<_, sqlx::Error>` that may await.
macro_rules! query {
    ($database:expr, $side:ident, $name:literal, |$pool:ident| $body:expr) => {
        $database
            .timed($name, async {
                match &$database.backend {
                    $crate::store::database::Backend::Sqlite(pools) => {
                        let $pool = &pools.$side;
                        $body
                    }
                    $crate::store::database::Backend::Postgres($pool) => $body,
                }
            })
            .await
    };
}
pub(super) use query;

impl Database {
    /// Prepares the pools; connections are opened when they are needed.
    pub fn new(config: &DatabaseConfig, metrics: Metrics) -> Result<Self, StoreError> {
        let url = config.url.expose();
        let backend = if url.starts_with("sqlite:") {
            Backend::Sqlite(sqlite(url, config)?)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Backend::Postgres(postgres(url, config)?)
        } else {
            return Err(StoreError::Address("must start with sqlite:// or postgres://"));
        };
        Ok(Self {
            backend,
            query_timeout: config.query_timeout,
            metrics,
        })
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<MigrationReport, StoreError> {
        self.connect().await?;
        let before = self.applied_migrations().await.unwrap_or(0);
        match &self.backend {
            Backend::Sqlite(pools) => MIGRATOR.run(&pools.write).await?,
            Backend::Postgres(pool) => MIGRATOR.run(pool).await?,
        }
        let total = MIGRATOR.iter().count();
        Ok(MigrationReport {
            applied: total.saturating_sub(before),
            total,
        })
    }

    /// Opens one connection outside the pools, which tells exactly why it cannot be opened.
    pub async fn connect(&self) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(pools) => pools.write.connect_options().connect().await?.close().await?,
            Backend::Postgres(pool) => pool.connect_options().connect().await?.close().await?,
        }
        Ok(())
    }

    /// How many migrations the database has had; an error when it never had any.
    pub async fn applied_migrations(&self) -> Result<usize, StoreError> {
        let count: i64 = query!(self, read, "migrations.count", |pool| {
            sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations")
                .fetch_one(pool)
                .await
        })?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        query!(self, read, "ping", |pool| sqlx::query("SELECT 1")
            .execute(pool)
            .await
            .map(drop))
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(pools) => {
                pools.read.close().await;
                pools.write.close().await;
            }
            Backend::Postgres(pool) => pool.close().await,
        }
    }

    /// Bounds and measures one use of the database.
    pub(super) async fn timed<T>(
        &self,
        query: &'static str,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let _timer = self
            .metrics
            .database_seconds
            .with_label_values(&[query])
            .start_timer();
        match tokio::time::timeout(self.query_timeout, work).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(StoreError::Timeout {
                query,
                limit: self.query_timeout,
            }),
        }
    }
}

fn sqlite(url: &str, config: &DatabaseConfig) -> Result<SqlitePools, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| StoreError::Address("not a valid sqlite:// address"))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode NORMAL cannot corrupt the file; a power cut may lose the last rooms that were
        // made, which their makers can make again.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(config.acquire_timeout)
        .foreign_keys(true)
        .disable_statement_logging();
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(config.acquire_timeout)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone())
    };
    Ok(SqlitePools {
        read: pool(config.max_connections),
        write: pool(1),
    })
}

fn postgres(url: &str, config: &DatabaseConfig) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::Address("not a valid postgres:// address"))?
        .application_name("anteroom-resource-server")
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout)
        // A busy connection is not tried before each query: that would double the round trips.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}
