//! The app against a stand-in for both servers, which can be told to misbehave.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use reqwest::Url;
use serde_json::{Value, json};
use third_party_app::{build, oauth, web};
use tokio::net::TcpListener;

type Fields = HashMap<String, String>;

/// What the stand-in does, and what was done to it.
struct Script {
    issuer: String,
    issuer_in_metadata: String,
    expires_in: u64,
    /// `scope` of the token response.
    granted: Option<&'static str>,
    /// Access tokens up to this number are refused by the API.
    refuse_up_to: usize,
    refresh_refused: bool,
    challenge: String,
    codes_exchanged: usize,
    tokens: usize,
    revoked: Vec<String>,
    rooms: Vec<String>,
}

type Shared = Arc<Mutex<Script>>;

async fn metadata(State(script): State<Shared>) -> Json<Value> {
    let script = script.lock().unwrap();
    let issuer = &script.issuer;
    Json(json!({
        "issuer": script.issuer_in_metadata,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn token(State(script): State<Shared>, Form(form): Form<Fields>) -> (StatusCode, Json<Value>) {
    let mut script = script.lock().unwrap();
    let number = script.tokens + 1;
    let refused = match form["grant_type"].as_str() {
        "authorization_code" => {
            script.codes_exchanged += 1;
            let verifier = PkceCodeVerifier::new(form["code_verifier"].clone());
            PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str() != script.challenge
        }
        "refresh_token" => {
            script.refresh_refused || form["refresh_token"] != format!("refresh-{}", script.tokens)
        }
        _ => true,
    };
    if refused {
        let body = json!({ "error": "invalid_grant", "error_description": "no longer" });
        return (StatusCode::BAD_REQUEST, Json(body));
    }
    script.tokens = number;
    let mut body = json!({
        "access_token": format!("access-{number}"),
        "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer",
        "expires_in": script.expires_in,
    });
    if let Some(scope) = script.granted {
        body["scope"] = scope.into();
    }
    (StatusCode::OK, Json(body))
}

async fn revoke(State(script): State<Shared>, Form(form): Form<Fields>) {
    script.lock().unwrap().revoked.push(form["token"].clone());
}

fn admitted(script: &Script, headers: &HeaderMap) -> bool {
    let token = headers["authorization"]
        .to_str()
        .unwrap()
        .strip_prefix("Bearer access-")
        .unwrap();
    token.parse::<usize>().unwrap() > script.refuse_up_to
}

async fn list(State(script): State<Shared>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let script = script.lock().unwrap();
    if !admitted(&script, &headers) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({ "detail": "Invalid token." })),
        );
    }
    let room = |name: &String| json!({ "name": name, "slug": "abc", "url": "http://rooms/abc" });
    let rooms: Vec<_> = script.rooms.iter().map(room).collect();
    (
        StatusCode::OK,
        Json(json!({ "count": rooms.len(), "results": rooms })),
    )
}

async fn create(
    State(script): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let mut script = script.lock().unwrap();
    if !admitted(&script, &headers) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({ "detail": "Invalid token." })),
        );
    }
    let name = body["name"].as_str().unwrap().to_owned();
    script.rooms.push(name.clone());
    let room = json!({ "name": name, "slug": "abc", "url": "http://rooms/abc" });
    (StatusCode::CREATED, Json(room))
}

async fn serve(router: Router, listener: TcpListener) {
    axum::serve(listener, router).await.unwrap();
}

/// The app and its stand-in, running.
struct World {
    script: Shared,
    app_url: String,
}

impl World {
    async fn start() -> Self {
        let servers = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", servers.local_addr().unwrap());
        let app_url = format!("http://{}", own.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script {
            issuer: issuer.clone(),
            issuer_in_metadata: issuer.clone(),
            expires_in: 3600,
            granted: None,
            refuse_up_to: 0,
            refresh_refused: false,
            challenge: String::new(),
            codes_exchanged: 0,
            tokens: 0,
            revoked: Vec::new(),
            rooms: Vec::new(),
        }));
        let router = Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/external-api/v1.0/rooms", get(list).post(create))
            .with_state(Arc::clone(&script));
        tokio::spawn(serve(router, servers));
        let settings = oauth::Settings {
            issuer: issuer.clone(),
            client_id: "desk".to_owned(),
            client_secret: Some("hush".to_owned()),
            app_url: app_url.clone(),
        };
        tokio::spawn(serve(web::router(build(settings, issuer).unwrap()), own));
        Self { script, app_url }
    }

    fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    fn see<T>(&self, look: impl FnOnce(&Script) -> T) -> T {
        look(&self.script.lock().unwrap())
    }

    fn visitor(&self) -> Visitor<'_> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Visitor {
            world: self,
            http: http.build().unwrap(),
            cookie: String::new(),
        }
    }

    /// A visitor who has connected.
    async fn connected(&self) -> Visitor<'_> {
        let mut visitor = self.visitor();
        let answer = visitor.ask().await;
        visitor.answer(&answer).await;
        visitor
    }
}

/// A browser.
struct Visitor<'a> {
    world: &'a World,
    http: reqwest::Client,
    cookie: String,
}

impl Visitor<'_> {
    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        if let Some(cookie) = answer.headers().get("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
            cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        answer
    }

    async fn page(&mut self) -> String {
        let request = self.http.get(&self.world.app_url);
        self.send(request).await.text().await.unwrap()
    }

    async fn csrf(&mut self) -> String {
        let page = self.page().await;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    async fn post_with(&mut self, path: &str, csrf: &str) -> reqwest::Response {
        let form = [("csrf", csrf), ("name", "Tea")];
        let request = self
            .http
            .post(format!("{}{path}", self.world.app_url))
            .form(&form);
        self.send(request).await
    }

    async fn post(&mut self, path: &str) -> reqwest::Response {
        let csrf = self.csrf().await;
        self.post_with(path, &csrf).await
    }

    /// Presses Connect; the answer that an honest authorization server would give.
    async fn ask(&mut self) -> Vec<(&'static str, String)> {
        let answer = self.post("/connect").await;
        let url: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
        let asked: HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["code_challenge_method"], "S256");
        self.world
            .set(|script| script.challenge.clone_from(&asked["code_challenge"]));
        vec![
            ("code", "a-code".to_owned()),
            ("state", asked["state"].clone()),
            ("iss", self.world.see(|script| script.issuer.clone())),
        ]
    }

    /// Comes back with an answer; the page that follows.
    async fn answer(&mut self, answer: &[(&str, String)]) -> String {
        let request = self
            .http
            .get(format!("{}/callback", self.world.app_url))
            .query(answer);
        assert_eq!(self.send(request).await.headers()["location"], "/");
        self.page().await
    }
}

#[tokio::test]
async fn connects_with_pkce() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let answer = visitor.ask().await;
    let page = visitor.answer(&answer).await;
    assert!(page.contains("You are connected."), "{page}");
    assert!(page.contains("refreshed 0 times"), "{page}");
}

#[tokio::test]
async fn an_answer_with_another_state_or_issuer_is_refused() {
    let world = World::start().await;
    for (name, value) in [
        ("state", Some("guessed")),
        ("state", None),
        ("iss", Some("https://other.example")),
        ("iss", None),
    ] {
        let mut visitor = world.visitor();
        let mut answer = visitor.ask().await;
        answer.retain(|(known, _)| *known != name);
        answer.extend(value.map(|value| (name, value.to_owned())));
        let page = visitor.answer(&answer).await;
        assert!(
            page.contains("You could not be connected."),
            "{name} {value:?}: {page}"
        );
    }
    assert_eq!(world.see(|script| script.codes_exchanged), 0);
}

#[tokio::test]
async fn an_answer_counts_once_and_for_the_browser_that_asked() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let answer = visitor.ask().await;
    let page = world.visitor().answer(&answer).await;
    assert!(page.contains("You could not be connected."), "{page}");
    visitor.answer(&answer).await;
    visitor.answer(&answer).await;
    assert_eq!(world.see(|script| script.codes_exchanged), 1);
}

#[tokio::test]
async fn metadata_of_another_issuer_is_refused() {
    let world = World::start().await;
    world.set(|script| "https://other.example".clone_into(&mut script.issuer_in_metadata));
    let mut visitor = world.visitor();
    let answer = visitor.post("/connect").await;
    assert_eq!(answer.headers()["location"], "/");
    let page = visitor.page().await;
    assert!(page.contains("another issuer"), "{page}");
}

#[tokio::test]
async fn a_refusal_is_shown_as_text() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let mut answer = visitor.ask().await;
    answer.remove(0);
    answer.push(("error", "access_denied".to_owned()));
    answer.push(("error_description", "<script>no</script>".to_owned()));
    let page = visitor.answer(&answer).await;
    assert!(page.contains("You said no"), "{page}");
    assert!(page.contains("no&#60;/script"), "{page}");
    assert!(!page.contains("<script"), "{page}");
}

#[tokio::test]
async fn forms_act_with_the_token_of_their_session_alone() {
    let world = World::start().await;
    let mut visitor = world.connected().await;
    let foreign = world.visitor().csrf().await;
    for csrf in ["", foreign.as_str()] {
        for path in ["/connect", "/rooms", "/refresh", "/disconnect"] {
            let status = visitor.post_with(path, csrf).await.status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    world.see(|script| {
        assert!(script.rooms.is_empty());
        assert!(script.revoked.is_empty());
        assert_eq!(script.tokens, 1);
    });
    visitor.post("/rooms").await;
    assert_eq!(world.see(|script| script.rooms.clone()), ["Tea"]);
}

#[tokio::test]
async fn the_cookie_from_before_connecting_opens_nothing() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let answer = visitor.ask().await;
    let before = visitor.cookie.clone();
    visitor.answer(&answer).await;
    let mut thief = world.visitor();
    thief.cookie = before;
    let page = thief.page().await;
    assert!(!page.contains("Your rooms"), "{page}");
}

#[tokio::test]
async fn a_token_that_is_over_is_replaced_before_its_use() {
    let world = World::start().await;
    world.set(|script| script.expires_in = 1);
    let mut visitor = world.visitor();
    let answer = visitor.ask().await;
    let page = visitor.answer(&answer).await;
    assert!(page.contains("refreshed 1 time."), "{page}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_and_the_request_repeated() {
    let world = World::start().await;
    let mut visitor = world.connected().await;
    let csrf = visitor.csrf().await;
    world.set(|script| script.refuse_up_to = 1);
    visitor.post_with("/rooms", &csrf).await;
    assert_eq!(world.see(|script| script.rooms.clone()), ["Tea"]);
    let page = visitor.page().await;
    assert!(page.contains("refreshed 1 time."), "{page}");
}

#[tokio::test]
async fn a_connection_that_was_ended_elsewhere_is_dropped_after_one_try() {
    let world = World::start().await;
    for refresh_refused in [true, false] {
        let mut visitor = world.connected().await;
        let tokens = world.see(|script| script.tokens);
        world.set(|script| {
            script.refuse_up_to = usize::MAX;
            script.refresh_refused = refresh_refused;
        });
        let page = visitor.page().await;
        assert!(page.contains("The connection has ended"), "{page}");
        assert!(page.contains("action=\"/connect\""), "{page}");
        let spent = world.see(|script| script.tokens) - tokens;
        assert_eq!(spent, usize::from(!refresh_refused));
        world.set(|script| (script.refuse_up_to, script.refresh_refused) = (0, false));
    }
}

#[tokio::test]
async fn what_was_not_allowed_is_disabled_and_explained() {
    let world = World::start().await;
    world.set(|script| script.granted = Some("lasuite_visio lasuite_visio:rooms:list"));
    let page = world.connected().await.page().await;
    assert!(
        page.contains("You did not allow this app to create rooms."),
        "{page}"
    );
    assert!(page.contains("<button class=\"primary\" disabled"), "{page}");
    world.set(|script| script.granted = Some("lasuite_visio lasuite_visio:rooms:create"));
    let page = world.connected().await.page().await;
    assert!(
        page.contains("You did not allow this app to see your rooms."),
        "{page}"
    );
    assert!(!page.contains("<button class=\"primary\" disabled"), "{page}");
}

#[tokio::test]
async fn disconnecting_revokes_the_refresh_token() {
    let world = World::start().await;
    let mut visitor = world.connected().await;
    visitor.post("/refresh").await;
    visitor.post("/disconnect").await;
    let page = visitor.page().await;
    assert!(page.contains("the tokens are revoked"), "{page}");
    assert_eq!(world.see(|script| script.revoked.clone()), ["refresh-2"]);
}
