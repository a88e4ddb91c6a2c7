//! Table `application_host`: the hosts in applications' URLs, with what they look like.

use crate::domain::application::Application;
use crate::on_database;
use crate::protocol::hosts::HostName;
use crate::store::StoreError;
use crate::store::database::Database;

/// What is recorded of an application. One without any host has an empty one, so that it is not taken for one that
/// nobody looked at.
pub(super) fn recorded(application: &Application) -> Vec<HostName> {
    let mut hosts = HostName::all_of(application);
    if hosts.is_empty() {
        hosts.push(HostName::new(""));
    }
    hosts
}

/// Records the hosts of an application in place of those before, in a transaction that is open.
macro_rules! write_hosts {
    ($transaction:expr, $client_id:expr, $hosts:expr) => {
        sqlx::query("DELETE FROM application_host WHERE client_id = $1")
            .bind($client_id)
            .execute(&mut *$transaction)
            .await?;
        for host in $hosts {
            sqlx::query(
                "INSERT INTO application_host (client_id, host, look, registered_look) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (client_id, host) DO NOTHING",
            )
            .bind($client_id)
            .bind(&host.ascii)
            .bind(host.look())
            .bind(host.registered_look())
            .execute(&mut *$transaction)
            .await?;
        }
    };
}

pub(super) use write_hosts;

/// Records the hosts of an application that has none recorded yet.
pub async fn record(database: &Database, application: &Application) -> Result<(), StoreError> {
    let hosts = recorded(application);
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        write_hosts!(transaction, &application.client_id, &hosts);
        transaction.commit().await?;
    });
    Ok(())
}

/// Hosts of other owners' applications that have the look of `host`, with the names of the applications. An
/// application nobody approved says nothing about who a host belongs to.
pub async fn with_look_of(
    database: &Database,
    host: &HostName,
    client_id: &str,
    owner_id: Option<&str>,
) -> Result<Vec<(String, String)>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_as(
            "SELECT known.host, application.name FROM application_host known \
             JOIN application ON application.client_id = known.client_id \
             WHERE (known.look = $1 OR known.registered_look = $2) AND known.client_id <> $3 \
             AND application.review = 'approved' \
             AND ($4 IS NULL OR application.owner_id IS NULL OR application.owner_id <> $4) LIMIT 20",
        )
        .bind(host.look())
        .bind(host.registered_look())
        .bind(client_id)
        .bind(owner_id)
        .fetch_all(pool)
        .await?
    }))
}

/// Applications that have URLs and no host recorded, at most `limit`: those of before this table.
pub async fn missing(database: &Database, limit: i64) -> Result<Vec<String>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_scalar(
            "SELECT client_id FROM application WHERE redirect_uris LIKE '%://%' AND NOT EXISTS \
             (SELECT 1 FROM application_host known WHERE known.client_id = application.client_id) LIMIT $1",
        )
        .bind(limit)
        .fetch_all(pool)
        .await?
    }))
}
