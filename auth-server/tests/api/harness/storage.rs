//! A database and a token store for one test, thrown away afterwards.

use auth_server::config::Config;
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// The four combinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    SqliteEmbedded,
    SqliteRedis,
    PostgresEmbedded,
    PostgresRedis,
}

/// What a test's storage needs kept alive, and cleaned up.
#[derive(Debug)]
pub struct Guard {
    pub folder: TempDir,
    postgres_database: Option<String>,
    redis_prefix: Option<String>,
}

/// The PostgreSQL server of the tests.
pub fn postgres_url() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

/// The Redis server of the tests.
pub fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

/// Runs a statement as the administrator of the tests' PostgreSQL.
pub async fn postgres(statement: &str) {
    let mut admin = PgConnection::connect(&postgres_url())
        .await
        .expect("PostgreSQL of the tests");
    admin
        .execute(sqlx::AssertSqlSafe(statement.to_owned()))
        .await
        .expect("the statement runs");
}

impl Storage {
    /// Points a configuration at fresh storage of this kind.
    pub async fn prepare(self, config: &mut Config) -> Guard {
        let folder = TempDir::new().expect("a temporary folder");
        let mut postgres_database = None;
        let mut redis_prefix = None;
        config.database_url = match self {
            Self::SqliteEmbedded | Self::SqliteRedis => {
                format!("sqlite://{}", folder.path().join("test.sqlite").display())
            }
            Self::PostgresEmbedded | Self::PostgresRedis => {
                let name = format!("anteroom_test_{}", Uuid::new_v4().simple());
                postgres(&format!("CREATE DATABASE {name}")).await;
                let mut url = url::Url::parse(&postgres_url()).expect("TEST_POSTGRES_URL");
                url.set_path(&name);
                postgres_database = Some(name);
                url.to_string()
            }
        };
        if matches!(self, Self::SqliteRedis | Self::PostgresRedis) {
            config.redis_url = redis_url();
            config.redis_prefix = format!("test-{}", Uuid::new_v4().simple());
            redis_prefix = Some(config.redis_prefix.clone());
        }
        config.database.max_connections = 6;
        Guard {
            folder,
            postgres_database,
            redis_prefix,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(prefix) = self.redis_prefix.take() {
            let mut redis = redis::Client::open(redis_url())
                .and_then(|client| client.get_connection())
                .expect("Redis of the tests");
            let keys: Vec<String> = redis::cmd("KEYS")
                .arg(format!("*{prefix}*"))
                .query(&mut redis)
                .expect("keys");
            for key in keys {
                redis::cmd("UNLINK")
                    .arg(key)
                    .exec(&mut redis)
                    .expect("the key goes");
            }
        }
        let Some(name) = self.postgres_database.take() else {
            return;
        };
        // A thread of its own: the test's runtime is ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(postgres(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        dropped.join().expect("the clean-up ends");
    }
}
