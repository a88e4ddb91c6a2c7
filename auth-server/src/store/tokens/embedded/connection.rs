//! One connection to either database, so that each step is written once. SQL uses `$1` parameters and what
//! both dialects share.

use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{Decode, Row as _, Type};

use crate::store::StoreError;

/// Name of this store in errors.
pub(super) const STORE: &str = "SQL";

/// A connection, inside a transaction when a step has several statements.
pub(super) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A parameter.
#[derive(Clone, Copy)]
pub(super) enum Value<'v> {
    Text(&'v str),
    MaybeText(Option<&'v str>),
    Int(i64),
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(text: &'v String) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<Option<&'v str>> for Value<'v> {
    fn from(text: Option<&'v str>) -> Self {
        Self::MaybeText(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Parameters in their order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::tokens::embedded::connection::Value::from($value)),*] };
}
pub(super) use values;

macro_rules! bound {
    ($database:ty, $sql:expr, $values:expr) => {{
        let mut query = sqlx::query::<$database>($sql);
        for value in $values {
            query = match *value {
                Value::Text(text) => query.bind(text),
                Value::MaybeText(text) => query.bind(text),
                Value::Int(number) => query.bind(number),
            };
        }
        query
    }};
}

impl Connection<'_> {
    /// Runs a statement; returns how many rows it changed.
    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(db) => bound!(Sqlite, sql, values)
                .execute(&mut **db)
                .await?
                .rows_affected(),
            Self::Postgres(db) => bound!(Postgres, sql, values)
                .execute(&mut **db)
                .await?
                .rows_affected(),
        })
    }

    /// The first row, if there is one.
    pub(super) async fn row(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(db) => bound!(Sqlite, sql, values)
                .fetch_optional(&mut **db)
                .await?
                .map(Row::Sqlite),
            Self::Postgres(db) => bound!(Postgres, sql, values)
                .fetch_optional(&mut **db)
                .await?
                .map(Row::Postgres),
        })
    }

    /// Every row.
    pub(super) async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(db) => bound!(Sqlite, sql, values)
                .fetch_all(&mut **db)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect(),
            Self::Postgres(db) => bound!(Postgres, sql, values)
                .fetch_all(&mut **db)
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect(),
        })
    }
}

/// A row; columns go by their place.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn get<T>(&self, column: usize) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(super) fn text(&self, column: usize) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(super) fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(super) fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(super) fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    /// A text column as a value that has a textual form.
    pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        column: usize,
        what: &str,
    ) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|error| corrupt(what, error))
    }

    /// A text column that holds JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: usize,
        what: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|error| corrupt(what, error))
    }
}

/// A stored value that is not what we wrote.
pub(super) fn corrupt(what: &str, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt {
        store: STORE,
        what: what.to_owned(),
        reason: reason.to_string(),
    }
}

/// A value as the JSON text that is stored.
pub(super) fn to_json(value: &impl serde::Serialize, what: &str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(what, error))
}
