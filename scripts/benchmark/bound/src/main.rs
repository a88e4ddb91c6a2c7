//! `bench-bound`: the unavoidable work of each operation on a bare axum server, and nothing else. What it does in
//! a second on one core is the bound that `scripts/bench` compares Anteroom with.
//!
//! | path | work |
//! |---|---|
//! | `/memory/token` | client lookup in memory, SHA-256 secret check, ES256 JWT with a kept key |
//! | `/raw/token` | the same, signed with aws-lc-rs alone, around the token crate |
//! | `/redis/token`, `/sqlite/token` | the same as the first, and one write |
//! | `/redis/refresh`, `/sqlite/refresh` | one script or statement that rotates, ES256 JWT |
//! | `/redis/introspect`, `/sqlite/introspect` | one read of an opaque token's record |
//! | `/redis/introspect-jwt`, `/sqlite/introspect-jwt` | ES256 verified, and one read to see whether it was revoked |
//! | `/rooms/{id}`, `/sqlite/rooms/{id}` | bearer token found by its hash, room from memory; with one read |
//! | `/password` | Argon2id (m=19456, t=2, p=1) one at a time, ES256 JWT |

mod password;
mod room;
mod signing;
mod store;
mod token;

use std::env;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::password::Passwords;
use crate::room::Rooms;
use crate::signing::Signer;
use crate::store::{Redis, Sqlite, Store};
use crate::token::Clients;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Everything the handlers share.
struct Server {
    signer: Signer,
    clients: Clients,
    passwords: Passwords,
    rooms: Rooms,
}

/// The handlers' state: the server, and the store of the path.
struct Bound<S> {
    server: Arc<Server>,
    store: S,
}

impl<S: Clone> Clone for Bound<S> {
    fn clone(&self) -> Self {
        Self {
            server: Arc::clone(&self.server),
            store: self.store.clone(),
        }
    }
}

impl<S> FromRef<Bound<S>> for Arc<Server> {
    fn from_ref(bound: &Bound<S>) -> Self {
        Arc::clone(&bound.server)
    }
}

/// Whatever goes wrong is a 500: no measurement with errors in it counts.
struct Broken(String);

impl<E: std::error::Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}

fn stored<S: Store>(bound: Bound<S>) -> Router {
    Router::new()
        .route("/token", post(token::recorded::<S>))
        .route("/refresh", post(token::refreshed::<S>))
        .route("/introspect", post(token::introspected::<S>))
        .route("/introspect-jwt", post(token::introspected_jwt::<S>))
        .route("/seed", post(token::seed::<S>))
        .route("/rooms/{id}", get(room::stored::<S>))
        .with_state(bound)
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    token_format::provider::install();
    let address = env::var("LISTEN_ADDR")?;
    let server = Arc::new(Server {
        signer: Signer::new()?,
        clients: Clients::new(),
        passwords: Passwords::new()?,
        rooms: Rooms::default(),
    });
    let redis = Redis::open(&env::var("REDIS_URL")?).await?;
    let sqlite = Sqlite::open(&env::var("DATABASE_URL")?).await?;
    let router = Router::new()
        .route("/memory/token", post(token::issued))
        .route("/raw/token", post(token::issued_raw))
        .route("/password", post(password::checked))
        .route("/rooms/{id}", get(room::get))
        .route("/health/ready", get(|| async { "ready" }))
        .with_state(Arc::clone(&server))
        .nest(
            "/redis",
            stored(Bound {
                server: Arc::clone(&server),
                store: redis,
            }),
        )
        .nest(
            "/sqlite",
            stored(Bound {
                server,
                store: sqlite,
            }),
        );
    let listener = tokio::net::TcpListener::bind(&address).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    run().await
}
