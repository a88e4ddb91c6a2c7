//! Waiting for events: one task blocks on the stream over its own connection and wakes whoever waits.

use std::time::Duration;

use redis::streams::{StreamRangeReply, StreamReadReply};
use redis::{Client, RedisError};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::connection;
use super::stream_id::StreamId;

/// How long one blocking read takes at most; also how soon a connection that hangs is noticed.
const BLOCK_SECONDS: u64 = 2;

/// Pause before the next attempt to connect.
const RETRY: Duration = Duration::from_millis(200);

/// Knows the newest entry of the stream. Stops when dropped.
#[derive(Debug)]
pub(super) struct Listener {
    newest: watch::Receiver<StreamId>,
    task: AbortHandle,
}

impl Listener {
    /// Starts to follow the stream `key`; needs a Tokio runtime.
    pub(super) fn start(client: Client, key: String) -> Self {
        let (sender, newest) = watch::channel(StreamId::default());
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = follow(&client, &key, &sender).await {
                    tracing::debug!(error = %connection::unavailable(error), "event stream lost");
                }
                tokio::time::sleep(RETRY).await;
            }
        });
        Self {
            newest,
            task: task.abort_handle(),
        }
    }

    /// Waits until the stream holds an entry after `after`, at most `patience`.
    pub(super) async fn wait(&self, after: StreamId, patience: Duration) {
        let mut newest = self.newest.clone();
        // Whether the time ran out or an entry came, the caller looks for itself.
        let _ = tokio::time::timeout(patience, newest.wait_for(|id| *id > after)).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(client: &Client, key: &str, newest: &watch::Sender<StreamId>) -> Result<(), RedisError> {
    let mut connection = connection::blocking(client, Duration::from_secs(BLOCK_SECONDS)).await?;
    // Entries may have come while there was no connection: begin with the newest, whichever it is.
    let last: StreamRangeReply = redis::cmd("XREVRANGE")
        .arg(key)
        .arg("+")
        .arg("-")
        .arg("COUNT")
        .arg(1)
        .query_async(&mut connection)
        .await?;
    let mut seen = last
        .ids
        .first()
        .and_then(|entry| StreamId::parse(&entry.id))
        .unwrap_or_default();
    newest.send_replace(seen);
    loop {
        let reply: Option<StreamReadReply> = redis::cmd("XREAD")
            .arg("COUNT")
            .arg(1000)
            .arg("BLOCK")
            .arg(BLOCK_SECONDS * 1000)
            .arg("STREAMS")
            .arg(key)
            .arg(seen.to_redis())
            .query_async(&mut connection)
            .await?;
        let entries = reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|stream| stream.ids);
        if let Some(id) = entries.filter_map(|entry| StreamId::parse(&entry.id)).max() {
            seen = id;
            newest.send_replace(id);
        }
    }
}
