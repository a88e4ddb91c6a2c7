//! Probes.

use serde_json::{Value, json};

use crate::harness::{Options, Server, Storage, client, postgres};
use crate::on_every_storage;

async fn probe(server: &Server, path: &str) -> (u16, Value) {
    let answer = client().get(server.at(path)).send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

on_every_storage!(
    /// Alive and ready.
    ready_when_everything_is_there,
    |server| async move {
        let server = &server;
        assert_eq!(probe(server, "/health/live").await, (200, json!({"status": "ok"})));
        let expected =
            json!({"status": "ok", "database": "ok", "token_store": "ok", "signing_key": "ok"});
        assert_eq!(probe(server, "/health/ready").await, (200, expected));
    }
);

/// Not ready without the token store; alive all the same, so that nobody restarts the process for it.
#[tokio::test(flavor = "multi_thread")]
async fn not_ready_without_the_token_store() {
    let server = Server::start_with(Options {
        storage: Storage::SqliteRedis,
        configure: |config| "redis://127.0.0.1:1".clone_into(&mut config.redis_url),
        ..Options::default()
    })
    .await;
    assert_eq!(probe(&server, "/health/live").await.0, 200);
    let expected = json!({"status": "down", "database": "ok", "token_store": "down", "signing_key": "ok"});
    assert_eq!(probe(&server, "/health/ready").await, (503, expected));
    let answer = client()
        .get(server.at("/health/ready"))
        .send()
        .await
        .expect("an answer");
    assert!(answer.headers().contains_key("retry-after"));
    let id = answer.headers()["x-error-id"].to_str().expect("text").to_owned();
    assert!(server.reason(&id).await.contains("Redis is out of reach"));
}

/// Not ready without the database.
#[tokio::test(flavor = "multi_thread")]
async fn not_ready_without_the_database() {
    let server = Server::start_with(Options {
        storage: Storage::PostgresRedis,
        ..Options::default()
    })
    .await;
    assert_eq!(probe(&server, "/health/ready").await.0, 200);
    let database = url::Url::parse(&server.config.database_url).expect("a URL");
    let name = database.path().trim_start_matches('/');
    postgres(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    let (status, body) = probe(&server, "/health/ready").await;
    assert_eq!((status, &body["database"]), (503, &json!("down")), "{body}");
    assert_eq!(body["token_store"], "ok");
    assert_eq!(probe(&server, "/health/live").await.0, 200);
}

/// Not ready while no key signs: a clock that jumped back to before the first one began.
#[tokio::test(flavor = "multi_thread")]
async fn not_ready_without_a_signing_key() {
    let server = Server::start_with(Options::manual_clock()).await;
    server.state.services.clock.advance(-3_600_000);
    let expected = json!({"status": "down", "database": "ok", "token_store": "ok", "signing_key": "down"});
    assert_eq!(probe(&server, "/health/ready").await, (503, expected));
}
