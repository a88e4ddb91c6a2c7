//! What Anteroom remembers: records in SQL, short-lived credentials in the token store.

pub mod api_keys;
pub mod clients;
pub mod database;
pub mod secret_uses;
pub mod snapshot;
pub mod sql;
pub mod tokens;

/// Why a store could not answer. Nothing was lost: the caller says 503 and tries again later.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or Redis is out of reach or too slow.
    #[error("{store} is out of reach: {reason}")]
    Unavailable {
        /// Which one.
        store: &'static str,
        /// What it said; holds no secret.
        reason: String,
    },
    /// A stored value cannot be read: a defect of ours or a foreign hand.
    #[error("{store}: {what} cannot be read: {reason}")]
    Corrupt {
        /// Which store.
        store: &'static str,
        /// Table and column, or key.
        what: String,
        /// Why.
        reason: String,
    },
    /// A named constraint refused a write.
    #[error("refused by constraint {0}")]
    Constraint(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(db) if db.constraint().is_some() || db.is_unique_violation() => {
                Self::Constraint(
                    db.constraint()
                        .map_or_else(|| db.message().to_owned(), str::to_owned),
                )
            }
            sqlx::Error::ColumnDecode { index, source } => Self::Corrupt {
                store: "SQL",
                what: index,
                reason: source.to_string(),
            },
            other => Self::Unavailable {
                store: "SQL",
                reason: other.to_string(),
            },
        }
    }
}
