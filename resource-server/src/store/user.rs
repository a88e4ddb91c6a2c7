//! What belongs to a user, wherever it is.

use uuid::Uuid;

use super::database::{Database, query};
use super::error::StoreError;

impl Database {
    /// Deletes what belongs to a user who is gone: address book and picture.
    pub async fn forget_user(&self, user: Uuid) -> Result<(), StoreError> {
        query!(self, write, "users.forget", |pool| {
            let mut transaction = pool.begin().await?;
            for statement in [
                "DELETE FROM contact WHERE owner_id = $1",
                "DELETE FROM avatar WHERE user_id = $1",
            ] {
                sqlx::query(statement)
                    .bind(user.to_string())
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        })
    }
}
