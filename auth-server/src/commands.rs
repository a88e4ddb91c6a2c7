//! The command line. Every command works beside a running server and takes effect there within a second: it
//! changes the records, then writes the event that instances follow.

mod api_key;
mod app;
mod apply;
mod audit;
mod doctor;
mod key;
mod output;
mod resource;
mod serve;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use token_format::catalogue::Catalogue;

use crate::config::{Config, ConfigError};
use crate::domain::clock::Clock;
use crate::flows::registry::{Actor, Registry, RegistryError};
use crate::ldap::Directory;
use crate::state::{StartError, open_stores};
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::tokens::TokenStore;

use output::Output;

/// Anteroom's OAuth 2.0 authorization server.
#[derive(Debug, Parser)]
#[command(name = "auth-server", version, about, propagate_version = true)]
struct Arguments {
    /// Settings that override the defaults; see config.default.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print machine-readable JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (what happens without a command, too).
    Serve(serve::Serve),
    /// Bring the database schema up to date.
    Migrate,
    /// People.
    #[command(subcommand)]
    User(user::User),
    /// Applications (OAuth clients).
    #[command(subcommand)]
    App(app::App),
    /// Resource servers: audiences of tokens, with the right to introspect them.
    #[command(subcommand)]
    Resource(resource::Resource),
    /// API keys of applications of the profile keyed.
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
    /// Issued tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Signing keys.
    #[command(subcommand)]
    Key(key::Key),
    /// Make applications, users, resource servers and API keys match a file, and say what changed.
    Apply(apply::Apply),
    /// The audit log, and the reasons behind error ids.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Check configuration, database, token store, keys, clock and issuer, and say what to mend.
    Doctor,
}

/// Why a command failed, in one line.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the user asked for cannot be.
    #[error("{0}")]
    Refused(String),
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::Start(error.into())
    }
}

impl From<crate::keys::KeysError> for CommandError {
    fn from(error: crate::keys::KeysError) -> Self {
        Self::Start(error.into())
    }
}

impl From<crate::passwords::PasswordError> for CommandError {
    fn from(error: crate::passwords::PasswordError) -> Self {
        Self::Start(error.into())
    }
}

impl From<RegistryError> for CommandError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Store(error) => Self::Store(error),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// Says in a command's own words that a thing is not there.
fn found<T>(result: Result<T, RegistryError>, missing: impl FnOnce() -> String) -> Result<T, CommandError> {
    result.map_err(|error| match error {
        RegistryError::NotFound(_) => refused(missing()),
        other => other.into(),
    })
}

fn refused(text: impl Into<String>) -> CommandError {
    CommandError::Refused(text.into())
}

/// What a command works with.
struct Context {
    config: Config,
    clock: Clock,
    database: Database,
    tokens: Arc<dyn TokenStore>,
    catalogue: Catalogue,
    output: Output,
}

impl Context {
    /// Opens the stores with an up-to-date schema, so that the first command on a fresh machine just works.
    async fn open(config: Config, output: Output) -> Result<Self, CommandError> {
        token_format::provider::install();
        let (database, tokens) = open_stores(&config).await?;
        database.migrate().await.map_err(StartError::from)?;
        Ok(Self {
            catalogue: config.catalogue()?,
            config,
            clock: Clock::System,
            database,
            tokens,
            output,
        })
    }

    /// The operations that the console and the admin API have, too.
    fn registry(&self) -> Registry<'_> {
        Registry {
            database: &self.database,
            tokens: self.tokens.as_ref(),
            clock: &self.clock,
            catalogue: &self.catalogue,
            directory_is_writable: Directory::new(&self.config.directory).is_writable(),
            issuer: &self.config.issuer_url,
            actor: Actor::command_line(),
        }
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { json: arguments.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&format!("the runtime cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments, output)) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, output: Output) -> Result<ExitCode, CommandError> {
    let config = Config::load(arguments.config.as_deref(), |name| std::env::var(name).ok())?;
    let command = arguments
        .command
        .unwrap_or(Command::Serve(serve::Serve::default()));
    match command {
        Command::Serve(serve) => return serve.run(config).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor => return doctor::run(config, output).await,
        Command::Migrate => {
            let context = Context::open(config, output).await?;
            context
                .output
                .done("the schema is up to date", &serde_json::json!({"migrated": true}));
        }
        Command::User(command) => command.run(&Context::open(config, output).await?).await?,
        Command::App(command) => command.run(&Context::open(config, output).await?).await?,
        Command::Resource(command) => command.run(&Context::open(config, output).await?).await?,
        Command::ApiKey(command) => command.run(&Context::open(config, output).await?).await?,
        Command::Token(command) => command.run(&Context::open(config, output).await?).await?,
        Command::Key(command) => command.run(&Context::open(config, output).await?).await?,
        Command::Apply(command) => return command.run(&Context::open(config, output).await?).await,
        Command::Audit(command) => command.run(&Context::open(config, output).await?).await?,
    }
    Ok(ExitCode::SUCCESS)
}
