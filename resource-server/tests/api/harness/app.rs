//! A running resource server and a client for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode};
use resource_server::config::Config;
use resource_server::domain::clock::Clock;
use resource_server::server::Server;
use resource_server::state::AppState;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::database::{Engine, TestDatabase};
use super::issuer::{CLIENT_ID, CLIENT_SECRET, Issuer};
use super::token::Person;

/// Not where the server listens: links must come from the settings.
pub const RESOURCE: &str = "https://rooms.example.org";
pub const ROOMS: &str = "/external-api/v1.0/rooms";

pub struct App {
    pub url: String,
    pub issuer: Issuer,
    pub state: AppState,
    pub http: reqwest::Client,
    shift: Arc<AtomicI64>,
    stop: CancellationToken,
    database: TestDatabase,
}

impl App {
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// Starts, and waits until tokens can be verified.
    pub async fn start_with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let app = Self::start_early(engine, Issuer::start().await, change).await;
        app.becomes("ready").await;
        app
    }

    /// Starts, and does not wait for the issuer.
    pub async fn start_early(engine: Engine, issuer: Issuer, change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::new(engine).await;
        let mut config = config(&database.url(), &issuer.url);
        change(&mut config);
        let shift = Arc::new(AtomicI64::default());
        let server = Server::start(config, Clock::Shifted(Arc::clone(&shift)))
            .await
            .unwrap();
        let url = format!("http://{}", server.address());
        let state = server.state().clone();
        let stop = CancellationToken::new();
        tokio::spawn(server.run(stop.clone().cancelled_owned()));
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            url,
            issuer,
            state,
            http,
            shift,
            stop,
            database,
        }
    }

    /// The server's time.
    pub fn now_millis(&self) -> i64 {
        self.state.clock.millis()
    }

    /// Moves the server's clock.
    pub fn pass(&self, seconds: i64) {
        self.shift.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str, person: &Person) -> Reply {
        self.call(Method::GET, path, person, None).await
    }

    pub async fn call(&self, method: Method, path: &str, person: &Person, body: Option<Value>) -> Reply {
        let mut request = self.request(method, path).bearer_auth(&person.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Reply::of(request).await
    }

    /// Makes a room and gives its body.
    pub async fn make_room(&self, person: &Person) -> Value {
        let reply = self.call(Method::POST, ROOMS, person, None).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.body
    }

    /// Waits until the readiness probe says so.
    pub async fn becomes(&self, status: &str) {
        eventually(async || {
            let reply = Reply::of(self.request(Method::GET, "/health/ready")).await;
            (reply.body["status"] == status)
                .then_some(())
                .ok_or(format!("{reply:?}"))
        })
        .await;
    }

    /// Every row of a table, as one text.
    pub async fn everything(&self, table: &str) -> String {
        self.database.everything(table).await
    }

    /// Runs a statement in the database, behind the server's back.
    pub async fn execute(&self, statement: &'static str) {
        self.database.execute(statement).await;
    }

    /// The value of a line of the metrics.
    pub async fn metric(&self, line: &str) -> f64 {
        let text = self
            .request(Method::GET, "/metrics")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        text.lines()
            .find_map(|found| found.strip_prefix(line)?.trim().parse().ok())
            .unwrap_or_default()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn config(database_url: &str, issuer_url: &str) -> Config {
    let environment = HashMap::from(
        [
            ("DATABASE_URL", database_url),
            ("ISSUER_URL", issuer_url),
            ("RESOURCE_URL", RESOURCE),
            ("LISTEN_ADDR", "127.0.0.1:0"),
            ("INTROSPECTION_CLIENT_ID", CLIENT_ID),
            ("INTROSPECTION_CLIENT_SECRET", CLIENT_SECRET),
            ("ANTEROOM_DATABASE__MAX_CONNECTIONS", "4"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    Config::from_sources(None, environment).unwrap()
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Self {
            status,
            headers,
            body,
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A refused token: RFC 6750 and the documents' body.
    pub fn assert_invalid_token(&self, text: &str) {
        assert_eq!(self.status, 401, "{self:?}");
        assert_eq!(
            self.body,
            serde_json::json!({ "error": text, "detail": text }),
            "{self:?}"
        );
        assert!(
            self.header("www-authenticate")
                .starts_with("Bearer error=\"invalid_token\", "),
            "{self:?}"
        );
    }
}

/// Polls until the closure gives `Ok`; panics with its last error after some seconds.
pub async fn eventually<T>(mut attempt: impl AsyncFnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(last) if started.elapsed() > Duration::from_secs(10) => panic!("never came true: {last}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
