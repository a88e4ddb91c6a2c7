//! One round trip to Redis or SQLite per operation: the least that a server with a store can do.

use std::str::FromStr;

use redis::aio::ConnectionManager;
use redis::{AsyncCommands, Client, Script};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::Broken;

/// Life of what is written, in seconds.
const LIFE: u64 = 3600;

/// Where tokens are kept.
pub(crate) trait Store: Clone + Send + Sync + 'static {
    /// Writes a record.
    fn write(&self, key: &str, value: &str) -> impl Future<Output = Result<(), Broken>> + Send;
    /// Reads a record.
    fn read(&self, key: &str) -> impl Future<Output = Result<Option<String>, Broken>> + Send;
    /// Replaces a record by its successor, once; says whether it was there.
    fn rotate(&self, key: &str, successor: &str) -> impl Future<Output = Result<bool, Broken>> + Send;
}

/// Redis.
#[derive(Clone)]
pub(crate) struct Redis {
    connection: ConnectionManager,
    rotate: std::sync::Arc<Script>,
}

/// A used token stays, marked, so that its reuse is seen.
const ROTATE: &str = r"
local row = redis.call('HMGET', KEYS[1], 'v', 'used')
if not row[1] or row[2] then return 0 end
redis.call('HSET', KEYS[1], 'used', '1')
redis.call('HSET', KEYS[2], 'v', row[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1";

impl Redis {
    pub(crate) async fn open(url: &str) -> Result<Self, redis::RedisError> {
        let connection = Client::open(url)?.get_connection_manager().await?;
        Ok(Self {
            connection,
            rotate: Script::new(ROTATE).into(),
        })
    }
}

impl Store for Redis {
    async fn write(&self, key: &str, value: &str) -> Result<(), Broken> {
        let mut connection = self.connection.clone();
        let mut pipe = redis::pipe();
        pipe.hset(key, "v", value)
            .ignore()
            .expire(key, i64::try_from(LIFE)?)
            .ignore();
        Ok(pipe.query_async(&mut connection).await?)
    }

    async fn read(&self, key: &str) -> Result<Option<String>, Broken> {
        Ok(self.connection.clone().hget(key, "v").await?)
    }

    async fn rotate(&self, key: &str, successor: &str) -> Result<bool, Broken> {
        let mut connection = self.connection.clone();
        let done: i64 = self
            .rotate
            .key(key)
            .key(successor)
            .arg(LIFE)
            .invoke_async(&mut connection)
            .await?;
        Ok(done == 1)
    }
}

/// SQLite, as an embedded store would be set up: WAL, synchronous NORMAL.
#[derive(Clone)]
pub(crate) struct Sqlite(SqlitePool);

impl Sqlite {
    pub(crate) async fn open(url: &str) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        sqlx::query("CREATE TABLE IF NOT EXISTS token (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)")
            .execute(&pool)
            .await?;
        Ok(Self(pool))
    }
}

impl Store for Sqlite {
    async fn write(&self, key: &str, value: &str) -> Result<(), Broken> {
        sqlx::query("INSERT INTO token (key, value) VALUES ($1, $2)")
            .bind(key)
            .bind(value)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn read(&self, key: &str) -> Result<Option<String>, Broken> {
        Ok(sqlx::query_scalar("SELECT value FROM token WHERE key = $1")
            .bind(key)
            .fetch_optional(&self.0)
            .await?)
    }

    async fn rotate(&self, key: &str, successor: &str) -> Result<bool, Broken> {
        let moved = sqlx::query("UPDATE token SET key = $2 WHERE key = $1")
            .bind(key)
            .bind(successor)
            .execute(&self.0)
            .await?;
        Ok(moved.rows_affected() == 1)
    }
}
