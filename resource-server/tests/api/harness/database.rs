//! A fresh database for each test, gone after it.

use sqlx::{Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database that lives as long as this value.
pub enum TestDatabase {
    Sqlite { folder: TempDir },
    Postgres { name: String },
}

/// The server, without a database.
fn postgres() -> String {
    let url = std::env::var("TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
    url.rsplit_once('/').unwrap().0.to_owned()
}

impl TestDatabase {
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite {
                folder: tempfile::tempdir().unwrap(),
            },
            Engine::Postgres => {
                let name = format!("anteroom_rs_{}", Uuid::new_v4().simple());
                run(format!("CREATE DATABASE {name} TEMPLATE template0")).await;
                Self::Postgres { name }
            }
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { folder } => format!("sqlite://{}/rooms.sqlite", folder.path().display()),
            Self::Postgres { name } => format!("{}/{name}", postgres()),
        }
    }
}

impl TestDatabase {
    /// Every row of a table, as one text.
    pub async fn everything(&self, table: &str) -> String {
        let rows: Vec<String> = match self {
            Self::Sqlite { .. } => {
                let mut connection = SqliteConnection::connect(&self.url()).await.unwrap();
                let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
                    .bind(table)
                    .fetch_all(&mut connection)
                    .await
                    .unwrap();
                let statement = format!("SELECT concat_ws(' ', {}) FROM {table}", columns.join(", "));
                let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(statement));
                rows.fetch_all(&mut connection).await.unwrap()
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await.unwrap();
                let statement = format!("SELECT row_to_json(t)::text FROM {table} t");
                let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(statement));
                rows.fetch_all(&mut connection).await.unwrap()
            }
        };
        rows.join("\n")
    }

    /// Runs a statement, behind the server's back.
    pub async fn execute(&self, statement: &'static str) {
        match self {
            Self::Sqlite { .. } => {
                let mut connection = SqliteConnection::connect(&self.url()).await.unwrap();
                sqlx::query(statement).execute(&mut connection).await.unwrap();
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await.unwrap();
                sqlx::query(statement).execute(&mut connection).await.unwrap();
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Self::Postgres { name } = self {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            std::thread::spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(run(drop));
            })
            .join()
            .unwrap();
        }
    }
}

async fn run(statement: String) {
    let mut connection = PgConnection::connect(&format!("{}/postgres", postgres()))
        .await
        .expect("PostgreSQL at 127.0.0.1:5432; ANTEROOM_TEST_SKIP_POSTGRES=1 leaves its tests out");
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
}
