//! Who did what to which room, through which application. Rows are only ever added.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;

/// What was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// The room was made.
    Create,
    /// The room was changed.
    Update,
    /// The room was deleted.
    Delete,
}

impl Action {
    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// One row of the audit trail.
#[derive(Clone, Debug, Eq, PartialEq, sqlx::FromRow)]
pub struct AuditEntry {
    /// The room, which may be gone.
    pub room_id: String,
    /// The user behind the request, unless an application acted for itself.
    pub user_id: Option<String>,
    /// The application that sent it.
    pub client_id: String,
    /// How the application came to act for the user.
    pub auth_method: String,
    /// `create`, `update` or `delete`.
    pub action: String,
    /// Unix seconds.
    pub at: i64,
}

/// `INSERT` of one row: id, room, user, client, method, action, time.
pub(super) const INSERT: &str = "INSERT INTO room_audit (id, room_id, user_id, client_id, auth_method, action, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Binds the values of [`INSERT`].
macro_rules! entry {
    ($room_id:expr, $author:expr, $action:expr, $at:expr) => {
        sqlx::query($crate::store::audit::INSERT)
            .bind(uuid::Uuid::new_v4().to_string())
            .bind($room_id.to_string())
            .bind($author.user_id.map(|user| user.to_string()))
            .bind($author.client_id)
            .bind($author.auth_method)
            .bind($action.as_str())
            .bind($at)
    };
}
pub(super) use entry;

impl Database {
    /// The history of a room, oldest first.
    pub async fn audit_trail(&self, room: Uuid) -> Result<Vec<AuditEntry>, StoreError> {
        query!(self, read, "audit.trail", |pool| {
            sqlx::query_as(
                "SELECT room_id, user_id, client_id, auth_method, action, at FROM room_audit \
                 WHERE room_id = $1 ORDER BY at, action",
            )
            .bind(room.to_string())
            .fetch_all(pool)
            .await
        })
    }
}
