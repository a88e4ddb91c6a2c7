//! The command line of the resource server.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use resource_server::config::Config;
use resource_server::doctor;
use resource_server::domain::clock::Clock;
use resource_server::server::Server;
use resource_server::store::Database;
use resource_server::telemetry::{self, Metrics};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// Measured: 12 % of a room's GET went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Anteroom's resource server: verifies access tokens and serves meeting rooms.
#[derive(Parser)]
#[command(
    version,
    after_help = "Settings: config.default.toml, then --config, then the environment (DATABASE_URL, \
    ISSUER_URL, RESOURCE_URL, LISTEN_ADDR, INTROSPECTION_CLIENT_ID, INTROSPECTION_CLIENT_SECRET, LIVEKIT_URL, \
    LIVEKIT_API_KEY, LIVEKIT_API_SECRET, RUST_LOG, ANTEROOM_<SECTION>__<KEY>)."
)]
struct Arguments {
    /// A TOML file with settings that differ from the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server (the default); brings the database up to date first.
    Serve,
    /// Bring the database up to date and stop.
    Migrate {
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check settings, database, authorization server, credentials, revocation feed and clock.
    Doctor {
        /// Print the findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the default settings, which document every setting.
    DefaultConfig,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(code) => code,
        Err(problem) => {
            // Nobody is left to tell when standard error is closed.
            drop(writeln!(io::stderr(), "resource-server: {problem}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let load = || Config::load(arguments.config.as_deref()).map_err(|error| error.to_string());
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(load()?).await?,
        Command::Migrate { json } => migrate(&load()?, json).await?,
        Command::Doctor { json } => return examine(&load()?, json).await,
        Command::DefaultConfig => print(resource_server::config::DEFAULT.trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn examine(config: &Config, as_json: bool) -> Result<ExitCode, String> {
    token_format::provider::install();
    let findings = doctor::examine(config, &Clock::System).await;
    print(&if as_json {
        doctor::as_json(&findings)
    } else {
        doctor::as_text(&findings)
    })?;
    Ok(if doctor::is_well(&findings) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn serve(config: Config) -> Result<(), String> {
    telemetry::init_logging(&config.log)?;
    // Before anything else starts: a signal that comes early must not be lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let server = Server::start(config, Clock::System)
        .await
        .map_err(|error| error.to_string())?;
    tracing::info!(address = %server.address(), "listening");
    server
        .run(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await;
    Ok(())
}

async fn migrate(config: &Config, as_json: bool) -> Result<(), String> {
    let metrics = Metrics::new().map_err(|error| error.to_string())?;
    let database = Database::new(&config.database, metrics).map_err(|error| error.to_string())?;
    let report = database.migrate().await.map_err(|error| error.to_string())?;
    database.close().await;
    if as_json {
        print(&json!({ "applied": report.applied, "total": report.total }).to_string())
    } else {
        print(&format!(
            "{} of {} migrations applied now; the schema is up to date",
            report.applied, report.total
        ))
    }
}

fn print(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{text}").map_err(|error| format!("standard output: {error}"))
}
