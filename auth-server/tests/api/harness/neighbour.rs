//! Another web server for one test: what this server is told to call.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use auth_server::outbound::Lookup;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// How a path is answered: status, headers, body.
type Answer = Arc<dyn Fn(&Received) -> Response + Send + Sync>;

/// A running server.
#[derive(Clone)]
pub struct Neighbour {
    pub address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Neighbour {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let neighbour = Self {
            address: listener.local_addr().expect("an address"),
            answers: Arc::default(),
            received: Arc::default(),
        };
        let behind = neighbour.clone();
        let router = Router::new().fallback(move |request: Request| {
            let behind = behind.clone();
            async move { behind.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        neighbour
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let received = Received {
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.expect("a body"),
        };
        self.received.lock().expect("a lock").push(received.clone());
        let answer = self.answers.lock().expect("a lock").get(&received.path).cloned();
        match answer {
            Some(answer) => answer(&received),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }

    /// Sets how a path is answered.
    pub fn on<A: IntoResponse>(&self, path: &str, answer: impl Fn(&Received) -> A + Send + Sync + 'static) {
        let answer: Answer = Arc::new(move |received| answer(received).into_response());
        self.answers
            .lock()
            .expect("a lock")
            .insert(path.to_owned(), answer);
    }

    /// Its address under a name that leads here.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same under another name.
    pub fn named(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// What has come so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("a lock").clone()
    }
}

/// A lookup that knows these names alone.
pub fn names(known: &'static [(&'static str, &'static str)]) -> Lookup {
    Arc::new(move |name| {
        let found: Vec<IpAddr> = known
            .iter()
            .filter(|(host, _)| *host == name)
            .map(|(_, address)| address.parse().expect("an address"))
            .collect();
        Box::pin(async move { Ok(found) })
    })
}
