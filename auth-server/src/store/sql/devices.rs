//! Table `sign_in_device`: what people sign in with.

use uuid::Uuid;

use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

/// What a sign-in's device is to its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The user's first device ever.
    First,
    /// Not seen since the moment asked for.
    New,
    /// Known.
    Known,
}

/// Records a sign-in, and says whether its device was seen since `since` (seconds since the Unix epoch). Of several
/// sign-ins at once with one new device, one is told that it is new.
pub async fn record(
    database: &Database,
    user_id: Uuid,
    device: &str,
    network: &str,
    since: i64,
    now: i64,
) -> Result<Seen, StoreError> {
    let user_id = user_id.to_string();
    Ok(on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        let written = sqlx::query(
            "INSERT INTO sign_in_device (user_id, device, network, last_seen_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id, device, network) DO UPDATE SET last_seen_at = excluded.last_seen_at \
             WHERE sign_in_device.last_seen_at < $5",
        )
        .bind(&user_id)
        .bind(device)
        .bind(network)
        .bind(now)
        .bind(since)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let seen = if written == 0 {
            sqlx::query(
                "UPDATE sign_in_device SET last_seen_at = $4 WHERE user_id = $1 AND device = $2 AND network = $3",
            )
            .bind(&user_id)
            .bind(device)
            .bind(network)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
            Seen::Known
        } else {
            let others: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sign_in_device WHERE user_id = $1")
                .bind(&user_id)
                .fetch_one(&mut *transaction)
                .await?;
            if others > 1 { Seen::New } else { Seen::First }
        };
        transaction.commit().await?;
        seen
    }))
}
