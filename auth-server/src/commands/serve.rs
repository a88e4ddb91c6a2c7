//! `auth-server serve`.

use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::CommandError;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::http::serve::serve;
use crate::routes::router;
use crate::state::{AppState, StartError, open_stores};
use crate::{pages, telemetry};

/// Start the server.
#[derive(Debug, Default, Args)]
pub(super) struct Serve {
    /// Do not bring the schema up to date first.
    #[arg(long)]
    no_migrate: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Result<(), CommandError> {
        telemetry::start_logging();
        pages::preload();
        if !self.no_migrate {
            let (database, _) = open_stores(&config).await?;
            database.migrate().await.map_err(StartError::from)?;
        }
        let state = AppState::open(&config, Clock::System).await?;
        let listener = TcpListener::bind(config.listen_addr)
            .await
            .map_err(|error| super::refused(format!("cannot listen on {}: {error}", config.listen_addr)))?;
        let tasks = state.start_tasks(&config);
        let stopping = state.stopping.clone();
        let mut terminate = signal(SignalKind::terminate()).map_err(StartError::from)?;
        let stop = stopping.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            stop.cancel();
        });
        tracing::info!(
            issuer = %config.issuer_url,
            address = %config.listen_addr,
            database = config.database_url.split(':').next().unwrap_or_default(),
            token_store = if config.redis_url.is_empty() { "embedded" } else { "redis" },
            "serving"
        );
        serve(
            listener,
            router(state),
            Duration::from_secs(config.http.header_timeout_seconds),
            stopping,
        )
        .await;
        tasks.wait().await;
        tracing::info!("stopped");
        Ok(())
    }
}
