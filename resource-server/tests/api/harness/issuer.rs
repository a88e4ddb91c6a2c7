//! A small issuer: metadata, keys, introspection, the revocation feed, users and groups over HTTP,
//! with a switch for each way in which they fail.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use serde_json::{Value, json};
use token_format::key::{Algorithm, Jwk, SigningKey};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};

use super::scim::Scim;

/// With characters that Basic must encode.
pub const CLIENT_ID: &str = "rooms:server +é";
pub const CLIENT_SECRET: &str = "s%cret:&+ é";
/// The resource server as an application, for its pages.
pub const WEBAPP_ID: &str = "5f0c0a3e-rooms:+";
pub const REDIRECT_URI: &str = "https://rooms.example.org/webapp/callback";
pub const WEBAPP_SECRET: &str = "a different s%cret: é";

pub struct Issuer {
    pub url: String,
    pub key: SigningKey,
    pub scim: Arc<Scim>,
    state: Arc<IssuerState>,
}

/// Writes an answer of introspection: its media type and body.
type Writer = Box<dyn Fn(&Value) -> (&'static str, String) + Send>;

struct IssuerState {
    metadata: Mutex<Value>,
    keys: Mutex<Vec<Jwk>>,
    max_age: AtomicUsize,
    jwks_down: AtomicBool,
    jwks_fetches: AtomicUsize,
    tokens: Mutex<HashMap<String, Value>>,
    api_keys: Mutex<HashMap<String, Value>>,
    key_introspections: AtomicUsize,
    introspection_status: AtomicUsize,
    introspections: AtomicUsize,
    writer: Mutex<Option<Writer>>,
    accepted: Mutex<Option<String>>,
    /// Everything that was revoked, by position.
    revoked: Mutex<Vec<Value>>,
    live: broadcast::Sender<String>,
    silent: AtomicBool,
    never_ready: AtomicBool,
    pings: AtomicUsize,
    feed_down: AtomicBool,
    feed_cursors: Mutex<Vec<Option<String>>>,
    cut: broadcast::Sender<()>,
    codes: Mutex<HashMap<String, Code>>,
    code_exchanges: AtomicUsize,
}

/// What an authorization code is good for, once.
struct Code {
    challenge: String,
    redirect_uri: String,
    token: String,
}

type Shared = State<Arc<IssuerState>>;

impl Issuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self::absent(listener.local_addr().unwrap());
        issuer.serve(listener);
        issuer
    }

    /// Begins to listen.
    pub async fn appear(&self, address: SocketAddr) {
        self.serve(TcpListener::bind(address).await.unwrap());
    }

    /// The same issuer, for a second resource server.
    pub fn share(&self) -> Self {
        let key = SigningKey::from_pkcs8(Algorithm::Es256, self.key.pkcs8()).unwrap();
        Self {
            url: self.url.clone(),
            key,
            scim: Arc::clone(&self.scim),
            state: Arc::clone(&self.state),
        }
    }

    /// Knows its address and does not listen there yet.
    pub fn absent(address: SocketAddr) -> Self {
        token_format::provider::install();
        let url = format!("http://{address}");
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let state = Arc::new(IssuerState {
            metadata: Mutex::new(metadata_of(&url)),
            keys: Mutex::new(vec![key.public_jwk()]),
            max_age: AtomicUsize::new(3600),
            jwks_down: AtomicBool::default(),
            jwks_fetches: AtomicUsize::default(),
            tokens: Mutex::default(),
            api_keys: Mutex::default(),
            key_introspections: AtomicUsize::default(),
            introspection_status: AtomicUsize::new(200),
            introspections: AtomicUsize::default(),
            writer: Mutex::default(),
            accepted: Mutex::default(),
            revoked: Mutex::default(),
            live: broadcast::Sender::new(64),
            silent: AtomicBool::default(),
            never_ready: AtomicBool::default(),
            pings: AtomicUsize::default(),
            feed_down: AtomicBool::default(),
            feed_cursors: Mutex::default(),
            cut: broadcast::Sender::new(4),
            codes: Mutex::default(),
            code_exchanges: AtomicUsize::default(),
        });
        let scim = Arc::default();
        Self {
            url,
            key,
            scim,
            state,
        }
    }

    fn serve(&self, listener: TcpListener) {
        let router = Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/oauth2/jwks", get(jwks))
            .route("/oauth2/introspect", post(introspect))
            .route("/oauth2/token", post(token))
            .route("/oauth2/authorize", get(authorize))
            .route("/oauth2/revocations", get(revocations))
            .with_state(Arc::clone(&self.state))
            .merge(self.scim.router());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    }

    /// From now on it calls itself by another name, under which it cannot be reached.
    pub fn rename(&mut self, url: &str) {
        url.clone_into(&mut self.url);
        *self.state.metadata.lock().unwrap() = metadata_of(url);
    }

    pub fn set_metadata(&self, member: &str, value: &str) {
        self.state.metadata.lock().unwrap()[member] = value.into();
    }

    pub fn set_keys<'a>(&self, keys: impl IntoIterator<Item = &'a SigningKey>) {
        *self.state.keys.lock().unwrap() = keys.into_iter().map(SigningKey::public_jwk).collect();
    }

    pub fn set_max_age(&self, seconds: usize) {
        self.state.max_age.store(seconds, SeqCst);
    }

    pub fn set_jwks_down(&self, down: bool) {
        self.state.jwks_down.store(down, SeqCst);
    }

    pub fn jwks_fetches(&self) -> usize {
        self.state.jwks_fetches.load(SeqCst)
    }

    /// What introspection answers about a token.
    pub fn knows(&self, token: &str, answer: Value) {
        self.state.tokens.lock().unwrap().insert(token.to_owned(), answer);
    }

    /// What introspection answers about an API key.
    pub fn knows_key(&self, key: &str, answer: Value) {
        self.state.api_keys.lock().unwrap().insert(key.to_owned(), answer);
    }

    /// How often it was asked about API keys.
    pub fn key_introspections(&self) -> usize {
        self.state.key_introspections.load(SeqCst)
    }

    pub fn forget(&self, token: &str) {
        self.state.tokens.lock().unwrap().remove(token);
    }

    pub fn set_introspection_status(&self, status: usize) {
        self.state.introspection_status.store(status, SeqCst);
    }

    pub fn introspections(&self) -> usize {
        self.state.introspections.load(SeqCst)
    }

    /// From now on answers of introspection are written so, not as plain JSON.
    pub fn write_answers(&self, writer: impl Fn(&Value) -> (&'static str, String) + Send + 'static) {
        *self.state.writer.lock().unwrap() = Some(Box::new(writer));
    }

    /// The `Accept` of the last introspection.
    pub fn accepted(&self) -> Option<String> {
        self.state.accepted.lock().unwrap().clone()
    }

    pub fn revoke(&self, revocation: Value) {
        let mut revoked = self.state.revoked.lock().unwrap();
        let frame = frame(revoked.len() + 1, &revocation);
        revoked.push(revocation);
        // Without a reader nobody hears it now; the next one gets it replayed.
        let _ = self.state.live.send(frame);
    }

    pub fn announce_keys(&self) {
        self.state
            .live
            .send("event: keys\ndata: {}\n\n".to_owned())
            .unwrap();
    }

    /// A code that the web app may exchange for this token, once.
    pub fn issue_code(&self, code: &str, challenge: &str, redirect_uri: &str, token: &str) {
        let issued = Code {
            challenge: challenge.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            token: token.to_owned(),
        };
        self.state.codes.lock().unwrap().insert(code.to_owned(), issued);
    }

    /// How often the token endpoint was asked.
    pub fn code_exchanges(&self) -> usize {
        self.state.code_exchanges.load(SeqCst)
    }

    /// No event of any kind any more, on connections that stay open.
    pub fn set_silent(&self, silent: bool) {
        self.state.silent.store(silent, SeqCst);
    }

    /// Connections are never said to have caught up.
    pub fn set_never_ready(&self) {
        self.state.never_ready.store(true, SeqCst);
    }

    /// How many heartbeats were sent.
    pub fn pings(&self) -> usize {
        self.state.pings.load(SeqCst)
    }

    /// Connections are cut and new ones refused.
    pub fn set_feed_down(&self, down: bool) {
        self.state.feed_down.store(down, SeqCst);
        if down {
            let _ = self.state.cut.send(());
        }
    }

    /// The `Last-Event-ID` of each connection so far.
    pub fn feed_cursors(&self) -> Vec<Option<String>> {
        self.state.feed_cursors.lock().unwrap().clone()
    }
}

async fn metadata(State(state): Shared) -> Json<Value> {
    Json(state.metadata.lock().unwrap().clone())
}

fn metadata_of(url: &str) -> Value {
    json!({
        "issuer": url,
        "jwks_uri": format!("{url}/oauth2/jwks"),
        "introspection_endpoint": format!("{url}/oauth2/introspect"),
        "revocation_feed": format!("{url}/oauth2/revocations"),
        "authorization_endpoint": format!("{url}/oauth2/authorize"),
        "token_endpoint": format!("{url}/oauth2/token"),
        "response_types_supported": ["code"],
    })
}

async fn jwks(State(state): Shared) -> Response {
    state.jwks_fetches.fetch_add(1, SeqCst);
    if state.jwks_down.load(SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let cache = format!("public, max-age={}", state.max_age.load(SeqCst));
    let keys = state.keys.lock().unwrap().clone();
    ([(header::CACHE_CONTROL, cache)], Json(json!({ "keys": keys }))).into_response()
}

async fn introspect(
    State(state): Shared,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    // The readiness probe asks as often as it likes.
    if form["token"] != "readiness-probe" {
        state.introspections.fetch_add(1, SeqCst);
    }
    if !is_resource_server(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match state.introspection_status.load(SeqCst) {
        200 => {}
        // A server that takes the question and never answers.
        0 => std::future::pending().await,
        status => {
            let status = StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
            return (status, [(header::RETRY_AFTER, "7")]).into_response();
        }
    }
    let known = match form["token_type_hint"].as_str() {
        "access_token" => &state.tokens,
        "api_key" => {
            state.key_introspections.fetch_add(1, SeqCst);
            &state.api_keys
        }
        other => panic!("token_type_hint {other}"),
    };
    let answer = known.lock().unwrap().get(&form["token"]).cloned();
    let answer = answer.unwrap_or_else(|| json!({ "active": false }));
    let accept = headers.get(header::ACCEPT);
    *state.accepted.lock().unwrap() = accept.map(|value| value.to_str().unwrap().to_owned());
    match &*state.writer.lock().unwrap() {
        None => Json(answer).into_response(),
        Some(writer) => {
            let (media_type, body) = writer(&answer);
            ([(header::CONTENT_TYPE, media_type)], body).into_response()
        }
    }
}

/// Asks nobody: every request is answered at once, and one that is not the web app's is not sent back.
async fn authorize(Query(asked): Query<HashMap<String, String>>) -> Response {
    assert_eq!(asked["prompt"], "none");
    if asked["client_id"] != WEBAPP_ID || asked["redirect_uri"] != REDIRECT_URI {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let error = if asked["scope"].starts_with("lasuite_visio ") {
        "login_required"
    } else {
        "invalid_scope"
    };
    let location = format!("{REDIRECT_URI}?error={error}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// The authorization-code grant, for the web app alone.
async fn token(
    State(state): Shared,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    state.code_exchanges.fetch_add(1, SeqCst);
    if credentials(&headers) != (WEBAPP_ID.to_owned(), WEBAPP_SECRET.to_owned()) {
        let body = Json(json!({ "error": "invalid_client" }));
        return (StatusCode::UNAUTHORIZED, body).into_response();
    }
    assert_eq!(form["grant_type"], "authorization_code");
    let code = state.codes.lock().unwrap().remove(&form["code"]);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, form["code_verifier"].as_bytes());
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
    match code {
        Some(code) if code.challenge == challenge && code.redirect_uri == form["redirect_uri"] => {
            Json(json!({ "access_token": code.token, "token_type": "Bearer", "expires_in": 3600 }))
                .into_response()
        }
        _ => {
            let body = Json(json!({ "error": "invalid_grant" }));
            (StatusCode::BAD_REQUEST, body).into_response()
        }
    }
}

async fn revocations(State(state): Shared, headers: HeaderMap) -> Response {
    if !is_resource_server(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if state.feed_down.load(SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let cursor = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap().to_owned());
    state.feed_cursors.lock().unwrap().push(cursor.clone());
    let (mut live, replay) = {
        let revoked = state.revoked.lock().unwrap();
        let from = cursor.map_or(0, |cursor| cursor.parse::<usize>().unwrap());
        let frames: String = revoked
            .iter()
            .enumerate()
            .skip(from)
            .map(|(at, revocation)| frame(at + 1, revocation))
            .collect();
        (state.live.subscribe(), frames)
    };
    let mut cut = state.cut.subscribe();
    let (sender, receiver) = mpsc::channel::<String>(64);
    tokio::spawn(async move {
        let mut next = Some(replay);
        if !state.never_ready.load(SeqCst) {
            next = next.map(|replay| format!("{replay}event: ready\ndata: {{}}\n\n"));
        }
        loop {
            while state.silent.load(SeqCst) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            if let Some(frames) = next.take()
                && sender.send(frames).await.is_err()
            {
                return;
            }
            next = tokio::select! {
                biased;
                _ = cut.recv() => return,
                frames = live.recv() => Some(frames.unwrap()),
                () = tokio::time::sleep(Duration::from_millis(50)) => {
                    state.pings.fetch_add(1, SeqCst);
                    Some("event: ping\ndata: {}\n\n".to_owned())
                }
            };
        }
    });
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        Some((Ok::<_, Infallible>(receiver.recv().await?), receiver))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(stream),
    )
        .into_response()
}

fn frame(id: usize, revocation: &Value) -> String {
    format!("event: revoked\nid: {id}\ndata: {revocation}\n\n")
}

pub fn is_resource_server(headers: &HeaderMap) -> bool {
    credentials(headers) == (CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())
}

fn credentials(headers: &HeaderMap) -> (String, String) {
    let decoded = headers.get(header::AUTHORIZATION).and_then(|value| {
        let encoded = value.to_str().ok()?.strip_prefix("Basic ")?;
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).ok()?).ok()
    });
    let decoded = decoded.unwrap_or_default();
    let (id, secret) = decoded.split_once(':').unwrap_or_default();
    let decode = |text: &str| {
        let pair = format!("x={text}");
        url::form_urlencoded::parse(pair.as_bytes())
            .next()
            .unwrap()
            .1
            .into_owned()
    };
    (decode(id), decode(secret))
}
