//! A store of each kind with data of its own, removed after the test.

use std::env;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use auth_server::store::database::Database;
use auth_server::store::tokens::TokenStore;
use auth_server::store::tokens::embedded::EmbeddedTokenStore;
use auth_server::store::tokens::redis::RedisTokenStore;
use futures_util::FutureExt;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tempfile::TempDir;
use uuid::Uuid;

/// Where a test's data lives.
pub(crate) enum Place {
    Redis {
        url: String,
        prefix: String,
    },
    Sqlite {
        folder: TempDir,
    },
    Postgres {
        server: Box<PgConnectOptions>,
        name: String,
    },
}

/// A store under test.
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) place: Place,
}

pub(crate) fn redis_url() -> String {
    env::var("TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

impl Place {
    pub(crate) async fn redis() -> Self {
        let url = redis_url();
        let client = redis::Client::open(url.as_str()).unwrap();
        if let Err(error) = client.get_multiplexed_async_connection().await {
            panic!("no Redis answers (start one, or set TEST_REDIS_URL): {error}");
        }
        Self::Redis {
            url,
            prefix: format!("test-{}", Uuid::new_v4().simple()),
        }
    }

    pub(crate) async fn sqlite() -> Self {
        let place = Self::Sqlite {
            folder: tempfile::tempdir().unwrap(),
        };
        place.database().await.migrate().await.unwrap();
        place
    }

    pub(crate) async fn postgres() -> Self {
        let url = env::var("TEST_POSTGRES_URL")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
        let server = PgConnectOptions::from_str(&url).unwrap();
        let mut connection = match server.connect().await {
            Ok(connection) => connection,
            Err(error) => panic!("no PostgreSQL answers (start one, or set TEST_POSTGRES_URL): {error}"),
        };
        let name = format!("test_{}", Uuid::new_v4().simple());
        connection
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .unwrap();
        let place = Self::Postgres {
            server: Box::new(server),
            name,
        };
        place.database().await.migrate().await.unwrap();
        place
    }

    pub(crate) fn sqlite_file(&self) -> PathBuf {
        let Self::Sqlite { folder } = self else {
            panic!("not SQLite")
        };
        folder.path().join("anteroom.sqlite")
    }

    /// A new pool on the same database.
    pub(crate) async fn database(&self) -> Database {
        let url = match self {
            Self::Redis { .. } => panic!("Redis is no SQL database"),
            Self::Sqlite { .. } => format!("sqlite://{}", self.sqlite_file().display()),
            Self::Postgres { server, name } => server.clone().database(name).to_url_lossy().to_string(),
        };
        Database::open(&url, 8).await.unwrap()
    }

    /// A new store on the same data, as another instance or a restarted one has it.
    pub(crate) async fn store(&self) -> Arc<dyn TokenStore> {
        match self {
            Self::Redis { url, prefix } => Arc::new(RedisTokenStore::connect(url, prefix).unwrap()),
            _ => Arc::new(EmbeddedTokenStore::new(&self.database().await)),
        }
    }

    async fn remove(&self) {
        match self {
            Self::Redis { .. } => {
                let mut connection = self.redis_connection().await;
                for key in self.redis_keys().await {
                    redis::cmd("UNLINK")
                        .arg(key)
                        .exec_async(&mut connection)
                        .await
                        .unwrap();
                }
            }
            Self::Sqlite { .. } => {}
            Self::Postgres { server, name } => {
                let mut connection = PgConnection::connect_with(server.as_ref()).await.unwrap();
                let sql = format!("DROP DATABASE {name} WITH (FORCE)");
                connection.execute(AssertSqlSafe(sql)).await.unwrap();
            }
        }
    }

    pub(crate) async fn redis_connection(&self) -> redis::aio::MultiplexedConnection {
        let Self::Redis { url, .. } = self else {
            panic!("not Redis")
        };
        redis::Client::open(url.as_str())
            .unwrap()
            .get_multiplexed_async_connection()
            .await
            .unwrap()
    }

    /// Every key of the test.
    pub(crate) async fn redis_keys(&self) -> Vec<String> {
        let Self::Redis { prefix, .. } = self else {
            panic!("not Redis")
        };
        let mut connection = self.redis_connection().await;
        let (mut keys, mut cursor) = (Vec::new(), 0_u64);
        loop {
            let (next, found): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(format!("{{{prefix}}}*"))
                .arg("COUNT")
                .arg(1000)
                .query_async(&mut connection)
                .await
                .unwrap();
            keys.extend(found);
            if next == 0 {
                return keys;
            }
            cursor = next;
        }
    }
}

/// A test's body, whatever its type.
type Body<'b> = Pin<Box<dyn Future<Output = ()> + 'b>>;

/// Runs a test and removes its data, also when it fails.
pub(crate) async fn run(place: Place, test: impl for<'b> FnOnce(&'b Backend) -> Body<'b>) {
    let backend = Backend {
        store: place.store().await,
        place,
    };
    let outcome = AssertUnwindSafe(test(&backend)).catch_unwind().await;
    backend.place.remove().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// Turns functions of a backend into tests on every kind of store.
macro_rules! contract {
    ($($name:ident),+ $(,)?) => {
        contract!(@on on_redis redis: $($name),+);
        contract!(@on on_sqlite sqlite: $($name),+);
        contract!(@on on_postgres postgres: $($name),+);
    };
    (@on $module:ident $kind:ident: $($name:ident),+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    let place = crate::backend::Place::$kind().await;
                    crate::backend::run(place, |backend| Box::pin(super::$name(backend))).await;
                }
            )+
        }
    };
}
