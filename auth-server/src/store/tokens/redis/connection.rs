//! How Redis is reached: one multiplexed connection for all requests, and a plain one for waiting.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, RedisError};

use crate::store::StoreError;

/// Name of this store in errors.
pub(super) const STORE: &str = "Redis";

/// A request rather answers 503 than waits longer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection whose packets nobody acknowledges for so long is dead.
const DEAD_PEER_TIMEOUT: Duration = Duration::from_secs(5);

/// How many requests may queue for the one connection before callers wait.
const QUEUE: usize = 1024;

/// Reads the URL. The protocol is RESP3: with it the client notices a lost connection at once, also when idle.
pub(super) fn client(url: &str) -> Result<Client, StoreError> {
    let info = url.into_connection_info().map_err(unavailable)?;
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let tcp = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(DEAD_PEER_TIMEOUT);
    Client::open(info.set_redis_settings(redis).set_tcp_settings(tcp)).map_err(unavailable)
}

/// The connection that all requests share. It connects when first used, and again whenever it was lost;
/// needs a Tokio runtime.
pub(super) fn shared(client: &Client) -> Result<ConnectionManager, StoreError> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(200))
        .set_pipeline_buffer_size(QUEUE);
    ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(unavailable)
}

/// A connection of its own for commands that block up to `longest`.
pub(super) async fn blocking(
    client: &Client,
    longest: Duration,
) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(longest + RESPONSE_TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// An error of the client as the store's. What a server says may quote arguments, so of that only the code
/// is kept.
#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
pub(super) fn unavailable(error: RedisError) -> StoreError {
    let reason = match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            format!("{} {}", error.category(), error.code().unwrap_or_default())
        }
        _ => error.to_string(),
    };
    StoreError::Unavailable { store: STORE, reason }
}

/// A stored value that is not what we wrote.
pub(super) fn corrupt(what: &str, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt {
        store: STORE,
        what: what.to_owned(),
        reason: reason.to_string(),
    }
}
