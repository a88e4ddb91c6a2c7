//! Where steps run: on PostgreSQL on a connection of the pool, on SQLite in the one writer.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{Connection as _, Postgres, Sqlite};

use super::connection::Connection;
use super::writer::{Durability, Step, Writer};
use crate::store::StoreError;
use crate::store::database::Database;
use crate::telemetry::{Timer, store_timer};

/// How often a waiting follower looks for events of other processes.
const POLL_SQLITE: Duration = Duration::from_millis(100);
const POLL_POSTGRES: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(super) enum Backend {
    Sqlite { reads: SqlitePool, writer: Writer },
    Postgres(PgPool),
}

/// How many statements a step has: one is a transaction by itself.
#[derive(Clone, Copy)]
pub(super) enum Statements {
    One,
    Several,
}

/// A connection of the pool, for reading; timed for as long as it is held.
pub(super) struct Reader {
    pooled: Pooled,
    _timer: Timer,
}

enum Pooled {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    pub(super) fn connection(&mut self) -> Connection<'_> {
        match &mut self.pooled {
            Pooled::Sqlite(db) => Connection::Sqlite(db),
            Pooled::Postgres(db) => Connection::Postgres(db),
        }
    }
}

impl Backend {
    pub(super) fn new(database: &Database) -> Self {
        match database {
            Database::Sqlite(pool) => Self::Sqlite {
                reads: pool.clone(),
                writer: Writer::start(pool.connect_options()),
            },
            Database::Postgres(pool) => Self::Postgres(pool.clone()),
        }
    }

    pub(super) fn poll(&self) -> Duration {
        match self {
            Self::Sqlite { .. } => POLL_SQLITE,
            Self::Postgres(_) => POLL_POSTGRES,
        }
    }

    pub(super) async fn reader(&self) -> Result<Reader, StoreError> {
        let timer = store_timer();
        let pooled = match self {
            Self::Sqlite { reads, .. } => Pooled::Sqlite(reads.acquire().await?),
            Self::Postgres(pool) => Pooled::Postgres(pool.acquire().await?),
        };
        Ok(Reader {
            pooled,
            _timer: timer,
        })
    }

    /// Runs a step that changes something; when it answers, that is committed.
    pub(super) async fn write<I, T>(
        &self,
        durability: Durability,
        statements: Statements,
        input: I,
        step: Step<I, T>,
    ) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let _timer = store_timer();
        let pool = match self {
            Self::Sqlite { writer, .. } => return writer.run(durability, input, step).await,
            Self::Postgres(pool) => pool,
        };
        let mut connection = pool.acquire().await?;
        match statements {
            Statements::One => step(Connection::Postgres(&mut connection), &input).await,
            Statements::Several => {
                // Dropped without a commit, the transaction is undone.
                let mut transaction = connection.begin().await?;
                let answer = step(Connection::Postgres(&mut transaction), &input).await?;
                transaction.commit().await?;
                Ok(answer)
            }
        }
    }
}
