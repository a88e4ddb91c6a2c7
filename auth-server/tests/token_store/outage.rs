//! Redis that is down, killed, restarted.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use auth_server::domain::secret::PlainToken;
use auth_server::domain::token::Redemption;
use auth_server::store::StoreError;
use auth_server::store::tokens::redis::RedisTokenStore;
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use crate::fixtures::*;
use crate::ports::free_port;

/// A Redis server of the test's own, with an append-only file.
struct Server {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Server {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            process: None,
        }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    async fn start(&mut self) {
        let process = Command::new("redis-server")
            .args([
                "--port",
                &self.port.to_string(),
                "--bind",
                "127.0.0.1",
                "--appendonly",
                "yes",
                "--save",
                "",
            ])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server must be installed");
        self.process = Some(process);
        let client = redis::Client::open(self.url()).unwrap();
        let begun = Instant::now();
        while client.get_multiplexed_async_connection().await.is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "redis-server does not answer"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until the store answers again by itself.
async fn recovered(store: &Store) {
    let begun = Instant::now();
    while let Err(error) = store.ping().await {
        assert!(begun.elapsed() < Duration::from_secs(10), "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// H8, D2
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_killed_redis_and_the_store_recovers() {
    let mut server = Server::new();
    server.start().await;
    let store: Store = Arc::new(RedisTokenStore::connect(&server.url(), "killed").unwrap());
    let (code, record) = (PlainToken::generate("ac-"), code_record(&grant(), NOW));
    let (token, client) = (PlainToken::generate("rt-"), &record.grant.client_id);
    store.store_code(&code.hashed(), &record, NOW).await.unwrap();
    store
        .redeem_code(&code.hashed(), &opening(&token, NOW), NOW)
        .await
        .unwrap();
    assert_eq!(
        attempt(&store, &rotate(&token, client, 0, NOW), NOW).await,
        "refreshed"
    );
    server.kill();

    let begun = Instant::now();
    let error = store.view_refresh(&token.hashed(), NOW).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Unavailable { store: "Redis", .. }),
        "{error:?}"
    );
    assert!(!error.to_string().contains(token.hashed().as_str()));
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "an outage is answered soon"
    );

    server.start().await;
    recovered(&store).await;
    // The restarted server has forgotten the scripts; that is nobody's business.
    let next = successor(&token);
    assert!(is_refreshable(&store, &next, NOW).await);
    assert!(
        store
            .view_refresh(&token.hashed(), NOW)
            .await
            .unwrap()
            .unwrap()
            .used
    );
    assert_eq!(
        attempt(&store, &rotate(&token, client, 0, NOW), NOW).await,
        "replayed"
    );
    let again = opening(&PlainToken::generate("rt-"), NOW);
    let replay = store.redeem_code(&code.hashed(), &again, NOW).await.unwrap();
    assert!(matches!(replay, Redemption::Replayed { .. }));
    assert!(!is_refreshable(&store, &next, NOW).await);
}

/// An idle connection that was lost is not found out about by a request that fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_hears_again_after_a_restart() {
    let mut server = Server::new();
    server.start().await;
    let store: Store = Arc::new(RedisTokenStore::connect(&server.url(), "follower").unwrap());
    let event = auth_server::domain::event::Event::KeysChanged;
    store.publish(&event, NOW).await.unwrap();
    let cursor = store
        .events(None, 1)
        .await
        .unwrap()
        .pop()
        .map(|logged| logged.cursor);
    store
        .wait_for_events(cursor.as_ref(), Duration::from_millis(50))
        .await
        .unwrap();
    server.kill();
    server.start().await;
    recovered(&store).await;
    let other: Store = Arc::new(RedisTokenStore::connect(&server.url(), "follower").unwrap());
    let waiting = {
        let store = store.clone();
        let cursor = cursor.clone();
        tokio::spawn(async move {
            store
                .wait_for_events(cursor.as_ref(), Duration::from_secs(30))
                .await
        })
    };
    other.publish(&event, NOW).await.unwrap();
    timeout(Duration::from_secs(10), waiting)
        .await
        .expect("does not hear")
        .unwrap()
        .unwrap();
    assert_eq!(store.events(cursor.as_ref(), 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_may_start_before_redis() {
    let mut server = Server::new();
    let store: Store = Arc::new(RedisTokenStore::connect(&server.url(), "early").unwrap());
    assert!(store.ping().await.is_err());
    server.start().await;
    recovered(&store).await;
    open(&store, &grant(), NOW).await;
}

#[tokio::test]
async fn a_bad_address_is_refused_without_its_password() {
    let error = RedisTokenStore::connect("http://user:hunter2@localhost", "x").unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
