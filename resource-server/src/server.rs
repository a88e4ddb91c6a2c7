//! From the settings to a listening server, and back down.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::directory::Directory;
use crate::documents::Documents;
use crate::domain::clock::Clock;
use crate::domain::id::Ids;
use crate::livekit::LiveKit;
use crate::pages;
use crate::routes;
use crate::sign_in::{SignIn, SignInSetupError};
use crate::state::{AppState, State};
use crate::store::{Database, StoreError};
use crate::telemetry::Metrics;
use crate::verification::{AnswerForm, IssuerClient, Verifier};

/// When no more files can be opened, the next connection is looked for after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address is taken, say.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The key that reads encrypted introspection answers.
    #[error("introspection.decryption_key: {0}")]
    DecryptionKey(String),
    /// The HTTP client.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The sign-in on the pages.
    #[error(transparent)]
    SignIn(#[from] SignInSetupError),
    /// The counters.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// A text that follows from the settings.
    #[error("{0}")]
    Document(String),
}

/// A server that listens and does not serve yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: AppState,
    router: Router,
    shutdown: CancellationToken,
}

impl Server {
    /// Brings the database up to date, starts the background tasks, and listens.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        token_format::provider::install();
        pages::preload();
        let form = AnswerForm::load(&config).map_err(StartError::DecryptionKey)?;
        let metrics = Metrics::new()?;
        let database = Database::new(&config.database, metrics.clone())?;
        database.migrate().await?;
        let documents = Documents::new(&config).map_err(StartError::Document)?;
        let address = config.server.listen_addr;
        let listen = |error| StartError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let shutdown = CancellationToken::new();
        let issuer = Arc::new(IssuerClient::new(&config)?);
        let directory = Directory::new(&config, Arc::clone(&issuer), metrics.clone());
        let verifier = Verifier::spawn(&config, issuer, form, clock.clone(), metrics.clone(), &shutdown);
        if config.introspection.client_id.is_empty() {
            tracing::warn!("INTROSPECTION_CLIENT_ID is not set: no token can be accepted");
        }
        let livekit = LiveKit::new(&config.livekit);
        let state = Arc::new(State {
            sign_in: SignIn::new(&config)?,
            config,
            clock,
            ids: Ids::default(),
            database,
            verifier,
            directory,
            livekit,
            metrics,
            documents,
        });
        let router = routes::router(state.clone()).map_err(StartError::Document)?;
        Ok(Self {
            listener,
            address,
            state,
            router,
            shutdown,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its requests use.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `stop`, then lets requests in progress finish.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let server = &self.state.config.server;
        let service = TowerToHyperService::new(self.router);
        let connections = Arc::new(Semaphore::new(server.max_connections));
        let graceful = GracefulShutdown::new();
        // HTTP/1.1 alone: while hyper-util finds out whether a client speaks HTTP/2, no time limit holds.
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(server.header_timeout);

        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &connections) => accepted,
                () = &mut stop => break,
            };
            let Some((stream, permit)) = accepted else {
                continue;
            };
            let connection = http.serve_connection(TokioIo::new(stream), service.clone());
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // A client that breaks off or speaks no HTTP harms only itself.
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended");
                }
                drop(permit);
            });
        }
        drop(self.listener);
        tracing::info!(connections = graceful.count(), "stopping");
        if tokio::time::timeout(server.shutdown_grace, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("some requests did not finish in time");
        }
        self.shutdown.cancel();
        self.state.database.close().await;
    }
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are small and complete: waiting to fill a packet would only delay them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY");
            }
            Some((stream, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection cannot be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
