//! What every request shares, and the tasks that keep it true.

mod follow;
mod housekeeping;
mod limiter;
mod reports;

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, ConfigError};
use crate::domain::clock::Clock;
use crate::domain::event::LoggedEvent;
use crate::flows::{Services, Settings};
use crate::keys::{Keys, KeysError, Sealer, ServerMac};
use crate::ldap::Directory;
use crate::passwords::{PasswordError, Passwords};
use crate::store::StoreError;
use crate::store::api_keys::ApiKeys;
use crate::store::clients::Clients;
use crate::store::database::Database;
use crate::store::tokens::{self, TokenStore};

pub use limiter::Limiter;
pub use reports::Reports;

/// Events that a slow subscriber may lag behind before it must read the log again.
const EVENT_BACKLOG: usize = 1024;

/// Shared by every request: one pointer, so that handing it around costs nothing.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What the state points at.
#[derive(Debug)]
pub struct Shared {
    /// What the flows work with.
    pub services: Services,
    /// Settings that the HTTP side reads.
    pub web: WebSettings,
    /// Counts that hold across instances without a round trip per request.
    pub limiter: Limiter,
    /// Where reasons of refused requests are written.
    pub reports: Reports,
    /// Events as this instance hears of them.
    pub events: broadcast::Sender<LoggedEvent>,
    /// Whether the event log could be read when it was last tried.
    following: AtomicBool,
    /// Ends the tasks.
    pub stopping: CancellationToken,
}

/// Settings of the HTTP side.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Cookies are `Secure` and named `__Host-`.
    pub secure_cookies: bool,
    /// Peers whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose scripts may call the token endpoint.
    pub cors_origins: Vec<String>,
    /// Seconds until a request is answered with 503.
    pub request_timeout_seconds: u64,
    /// Seconds a client has to send its request's head.
    pub header_timeout_seconds: u64,
    /// Failed requests per minute from one address.
    pub failures_per_address: u64,
    /// Requests per minute of one client at the token endpoint.
    pub token_requests_per_client: u64,
    /// Requests per minute of one resource server at the introspection endpoint.
    pub introspections_per_client: u64,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The migrations.
    #[error("migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A password cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The socket.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// The stores of a configuration, for the server and the command line alike.
pub async fn open_stores(config: &Config) -> Result<(Database, Arc<dyn TokenStore>), StartError> {
    let database = Database::open(&config.database_url, config.database.max_connections).await?;
    let tokens = tokens::open(&config.redis_url, &config.redis_prefix, &database)?;
    Ok((database, tokens))
}

/// The keys of a configuration.
pub async fn open_keys(config: &Config, database: &Database, clock: &Clock) -> Result<Keys, StartError> {
    let sealer = Sealer::new(&config.key_encryption_key)?;
    Ok(Keys::open(database.clone(), sealer, config.tokens.signing_algorithm, clock).await?)
}

impl AppState {
    /// Opens everything that a configuration names. The schema must be up to date.
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, StartError> {
        token_format::provider::install();
        let (database, tokens) = open_stores(config).await?;
        let keys = open_keys(config, &database, &clock).await?;
        let catalogue = Arc::new(config.catalogue()?);
        let directory = Directory::new(&config.directory);
        let read_only = (!directory.is_writable()).then(|| Arc::clone(&catalogue));
        let clients = Arc::new(Clients::new(database.clone(), read_only));
        clients.reload_resources().await?;
        let trusted_proxies = config
            .trusted_proxies
            .iter()
            .map(|text| read_network(text))
            .collect::<Result<_, _>>()?;
        let services = Services {
            issuer: config.issuer_url.clone().into(),
            mac: Arc::new(ServerMac::new(&keys.server_secret().await?)),
            keys: Arc::new(keys),
            directory,
            catalogue,
            passwords: Passwords::new(config.passwords.parallel),
            settings: Arc::new(Settings {
                reuse_grace_seconds: config.tokens.reuse_grace_seconds,
                session_seconds: config.session.lifetime_seconds,
                failures_per_account_and_address: config.limits.sign_in_failures_per_account_and_address,
                failures_per_account: config.limits.sign_in_failures_per_account,
                failures_per_address: config.limits.sign_in_failures_per_address,
                delegation_creates_users: config.delegation.create_users,
            }),
            clock,
            api_keys: Arc::new(ApiKeys::new(database.clone())),
            database,
            tokens,
            clients,
        };
        let web = WebSettings {
            secure_cookies: config.is_https(),
            trusted_proxies,
            cors_origins: config.cors_origins.clone(),
            request_timeout_seconds: config.http.request_timeout_seconds,
            header_timeout_seconds: config.http.header_timeout_seconds,
            failures_per_address: config.limits.failures_per_address,
            token_requests_per_client: config.limits.token_requests_per_client,
            introspections_per_client: config.limits.introspections_per_client,
        };
        Ok(Self(Arc::new(Shared {
            services,
            web,
            limiter: Limiter::default(),
            reports: Reports::default(),
            events: broadcast::channel(EVENT_BACKLOG).0,
            following: AtomicBool::default(),
            stopping: CancellationToken::new(),
        })))
    }

    /// Starts the tasks that follow the event log, write reports, share counts and keep house. They end when
    /// `stopping` is cancelled.
    pub fn start_tasks(&self, config: &Config) -> TaskTracker {
        let tasks = TaskTracker::new();
        tasks.spawn(follow::run(self.clone()));
        tasks.spawn(limiter::run(self.clone()));
        tasks.spawn(reports::run(self.clone()));
        tasks.spawn(housekeeping::run(self.clone(), config.clone()));
        tasks.close();
        tasks
    }

    /// Whether this instance hears what others revoke.
    pub fn is_following(&self) -> bool {
        self.following.load(Ordering::Relaxed)
    }

    fn set_following(&self, following: bool) {
        self.following.store(following, Ordering::Relaxed);
    }

    /// Whether a peer is a proxy whose headers are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.web
            .trusted_proxies
            .iter()
            .any(|network| network.contains(&peer))
    }
}

fn read_network(text: &str) -> Result<IpNet, ConfigError> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| ConfigError::Invalid {
            setting: "trusted_proxies",
            problem: format!("{text:?} is neither an address nor a network like 10.0.0.0/8"),
        })
}
