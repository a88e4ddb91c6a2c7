//! Tables `webhook_endpoint` and `webhook_delivery`.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::condition::{Bound, bind_all};
use super::select::Select;
use super::{parse, parse_json, to_json};
use crate::domain::listing::Place;
use crate::domain::webhook::{Delivery, DeliveryState, Endpoint, EventType};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct EndpointRow {
    id: String,
    url: String,
    events: String,
    disabled: bool,
    failing_since: Option<i64>,
    created_at: i64,
    version: i64,
}

impl TryFrom<EndpointRow> for Endpoint {
    type Error = StoreError;

    fn try_from(row: EndpointRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse(&row.id, "webhook_endpoint.id")?,
            url: row.url,
            events: parse_json(&row.events, "webhook_endpoint.events")?,
            disabled: row.disabled,
            failing_since: row.failing_since,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

#[derive(FromRow)]
struct DeliveryRow {
    id: String,
    endpoint_id: String,
    event_id: String,
    event: String,
    payload: String,
    state: String,
    attempts: i64,
    next_attempt_at: i64,
    status: Option<i64>,
    answer: Option<String>,
    at: i64,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse(&row.id, "webhook_delivery.id")?,
            endpoint_id: parse(&row.endpoint_id, "webhook_delivery.endpoint_id")?,
            event_id: parse(&row.event_id, "webhook_delivery.event_id")?,
            event: parse(&row.event, "webhook_delivery.event")?,
            payload: row.payload,
            state: parse(&row.state, "webhook_delivery.state")?,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            answer: row.answer,
            at: row.at,
        })
    }
}

/// A receiver's signing secret as it is stored.
#[derive(Clone, FromRow)]
pub struct StoredSecret {
    /// The text.
    pub secret: String,
    /// Whether it is encrypted.
    pub secret_encrypted: bool,
}

/// Adds a receiver.
pub async fn insert_endpoint(
    database: &Database,
    endpoint: &Endpoint,
    secret: &StoredSecret,
) -> Result<(), StoreError> {
    let events = to_json(&endpoint.events, "webhook_endpoint.events")?;
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO webhook_endpoint (id, url, secret, secret_encrypted, events, disabled, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(endpoint.id.to_string())
        .bind(&endpoint.url)
        .bind(&secret.secret)
        .bind(secret.secret_encrypted)
        .bind(events)
        .bind(endpoint.disabled)
        .bind(endpoint.created_at)
        .execute(pool)
        .await?;
    });
    Ok(())
}

/// Changes where a receiver is, what it gets, or both; returns where it is then. None when there is no such receiver, or
/// it has another version than the one that was `seen`.
pub async fn update_endpoint(
    database: &Database,
    id: Uuid,
    seen: Option<i64>,
    url: Option<&str>,
    events: Option<&[EventType]>,
) -> Result<Option<String>, StoreError> {
    let events = events
        .map(|events| to_json(&events, "webhook_endpoint.events"))
        .transpose()?;
    Ok(on_database!(database, pool => {
        sqlx::query_scalar(
            "UPDATE webhook_endpoint SET url = COALESCE($2, url), events = COALESCE($3, events), \
             version = version + 1 WHERE id = $1 AND version = COALESCE($4, version) RETURNING url",
        )
        .bind(id.to_string())
        .bind(url)
        .bind(events)
        .bind(seen)
        .fetch_optional(pool)
        .await?
    }))
}

/// Blocks or unblocks a receiver. What waited for one that is blocked is given up, and can be replayed. False when
/// there is none, or nothing changed.
pub async fn set_disabled(database: &Database, id: Uuid, disabled: bool) -> Result<bool, StoreError> {
    Ok(on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        let rows = sqlx::query(
            "UPDATE webhook_endpoint SET disabled = $2, failing_since = NULL WHERE id = $1 AND disabled <> $2",
        )
        .bind(id.to_string())
        .bind(disabled)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if disabled && rows > 0 {
            sqlx::query("UPDATE webhook_delivery SET state = 'failed' WHERE endpoint_id = $1 AND state = 'waiting'")
                .bind(id.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        rows > 0
    }))
}

/// Replaces the secret of a receiver; false when there is none.
pub async fn replace_secret(
    database: &Database,
    id: Uuid,
    secret: &StoredSecret,
) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("UPDATE webhook_endpoint SET secret = $2, secret_encrypted = $3 WHERE id = $1")
            .bind(id.to_string())
            .bind(&secret.secret)
            .bind(secret.secret_encrypted)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Deletes a receiver with what was sent to it; false when there is none. A delivery that is written down at the same
/// moment may stay behind: nobody lists it, its turn ends it, and [`sweep`] takes it.
pub async fn delete_endpoint(database: &Database, id: Uuid) -> Result<bool, StoreError> {
    Ok(on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query("DELETE FROM webhook_delivery WHERE endpoint_id = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        let rows = sqlx::query("DELETE FROM webhook_endpoint WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        rows > 0
    }))
}

/// All receivers, oldest first. There are few.
pub async fn endpoints(database: &Database) -> Result<Vec<Endpoint>, StoreError> {
    let rows: Vec<EndpointRow> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM webhook_endpoint ORDER BY created_at, id LIMIT 1000").fetch_all(pool).await?
    });
    rows.into_iter().map(Endpoint::try_from).collect()
}

/// Finds a receiver.
pub async fn endpoint(database: &Database, id: Uuid) -> Result<Option<Endpoint>, StoreError> {
    let row: Option<EndpointRow> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM webhook_endpoint WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    });
    row.map(Endpoint::try_from).transpose()
}

/// A receiver's signing secret.
pub async fn secret(database: &Database, id: Uuid) -> Result<Option<StoredSecret>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as("SELECT secret, secret_encrypted FROM webhook_endpoint WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(pool)
            .await?
    }))
}

/// Writes deliveries of one event, in one transaction.
pub async fn insert_deliveries(database: &Database, deliveries: &[Delivery]) -> Result<(), StoreError> {
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        for delivery in deliveries {
            sqlx::query(
                "INSERT INTO webhook_delivery (id, endpoint_id, event_id, event, payload, state, attempts, \
                 next_attempt_at, at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)",
            )
            .bind(delivery.id.to_string())
            .bind(delivery.endpoint_id.to_string())
            .bind(delivery.event_id.to_string())
            .bind(delivery.event.as_str())
            .bind(&delivery.payload)
            .bind(delivery.state.as_str())
            .bind(delivery.next_attempt_at)
            .bind(delivery.at)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
    });
    Ok(())
}

/// Receivers that [`claim`] passes over, at most.
pub const MOST_BUSY: usize = 4;

/// Takes the delivery that is due first, for `lease` seconds: of many callers one gets it. Those to `busy` receivers
/// stay where they are.
pub async fn claim(
    database: &Database,
    busy: [Option<Uuid>; MOST_BUSY],
    now: i64,
    lease: i64,
) -> Result<Option<Delivery>, StoreError> {
    let [first, second, third, fourth] =
        busy.map(|endpoint| endpoint.map(|id| id.to_string()).unwrap_or_default());
    let row: Option<DeliveryRow> = on_database!(database, pool => {
        sqlx::query_as(
            "UPDATE webhook_delivery SET attempts = attempts + 1, next_attempt_at = $2, status = NULL, answer = NULL \
             WHERE id = (SELECT id FROM webhook_delivery WHERE state = 'waiting' AND next_attempt_at <= $1 \
             AND endpoint_id NOT IN ($3, $4, $5, $6) ORDER BY next_attempt_at, id LIMIT 1) \
             AND state = 'waiting' AND next_attempt_at <= $1 RETURNING *",
        )
        .bind(now)
        .bind(now + lease)
        .bind(first)
        .bind(second)
        .bind(third)
        .bind(fourth)
        .fetch_optional(pool)
        .await?
    });
    row.map(Delivery::try_from).transpose()
}

/// Writes down how an attempt went, and since when its receiver has been failing; returns that moment.
pub async fn settle(database: &Database, delivery: &Delivery, now: i64) -> Result<Option<i64>, StoreError> {
    let delivered = delivery.state == DeliveryState::Delivered;
    Ok(on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(
            "UPDATE webhook_delivery SET state = $2, next_attempt_at = $3, status = $4, answer = $5 \
             WHERE id = $1 AND state = 'waiting'",
        )
        .bind(delivery.id.to_string())
        .bind(delivery.state.as_str())
        .bind(delivery.next_attempt_at)
        .bind(delivery.status.map(i64::from))
        .bind(&delivery.answer)
        .execute(&mut *transaction)
        .await?;
        let since: Option<Option<i64>> = sqlx::query_scalar(
            "UPDATE webhook_endpoint SET failing_since = CASE WHEN $2 THEN NULL ELSE COALESCE(failing_since, $3) END \
             WHERE id = $1 RETURNING failing_since",
        )
        .bind(delivery.endpoint_id.to_string())
        .bind(delivered)
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        since.flatten()
    }))
}

/// Puts a delivery in the queue again; false when there is none, it waits already, or its receiver is blocked.
pub async fn replay(database: &Database, endpoint_id: Uuid, id: Uuid, now: i64) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query(
            "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_attempt_at = $3 \
             WHERE id = $1 AND endpoint_id = $2 AND state <> 'waiting' AND EXISTS \
             (SELECT 1 FROM webhook_endpoint WHERE webhook_endpoint.id = $2 AND NOT disabled)",
        )
        .bind(id.to_string())
        .bind(endpoint_id.to_string())
        .bind(now)
        .execute(pool)
        .await?
        .rows_affected()
    });
    Ok(rows > 0)
}

/// Finds a delivery to a receiver.
pub async fn delivery(
    database: &Database,
    endpoint_id: Uuid,
    id: Uuid,
) -> Result<Option<Delivery>, StoreError> {
    let row: Option<DeliveryRow> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM webhook_delivery WHERE id = $1 AND endpoint_id = $2")
            .bind(id.to_string())
            .bind(endpoint_id.to_string())
            .fetch_optional(pool)
            .await?
    });
    row.map(Delivery::try_from).transpose()
}

/// The statement of [`deliveries`] with its values.
pub(super) fn deliveries_statement(
    endpoint_id: Uuid,
    before: Option<(i64, &str)>,
    limit: i64,
) -> (String, Vec<Bound>) {
    const ORDER: (&str, &str) = ("at", "id");
    let mut select = Select::new("SELECT * FROM webhook_delivery");
    select.and_with("endpoint_id = $", Bound::Text(endpoint_id.to_string()));
    select.and_after(ORDER, true, before.map(Place::from).as_ref());
    (select.ordered(ORDER, true, limit), select.values)
}

/// Deliveries to one receiver, newest first, before the one given (keyset paging). One more than `limit`, which says
/// that the list goes on.
pub async fn deliveries(
    database: &Database,
    endpoint_id: Uuid,
    before: Option<(i64, &str)>,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let (sql, values) = deliveries_statement(endpoint_id, before, limit);
    let rows: Vec<DeliveryRow> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
    });
    rows.into_iter().map(Delivery::try_from).collect()
}

/// Deletes deliveries of before `before`, at most `batch`.
pub async fn sweep(database: &Database, before: i64, batch: i64) -> Result<u64, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query(
            "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE at < $1 \
             ORDER BY at LIMIT $2)",
        )
        .bind(before)
        .bind(batch)
        .execute(pool)
        .await?
        .rows_affected()
    }))
}
