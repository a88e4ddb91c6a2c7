//! What every request shares, and the tasks that keep it true.

mod examinations;
mod follow;
mod housekeeping;
mod limiter;
mod outbox;
mod reports;
mod secret_uses;
mod webhooks;

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
use crate::flows::findings::BlocklistFile;
use crate::flows::{Services, Settings};
use crate::keys::{Keys, KeysError, Sealer, ServerMac};
use crate::ldap::Directory;
use crate::mail::{MailError, Mailer};
use crate::outbound::{Lookup, Outbound, OutboundError, Rules, system_lookup};
use crate::passkeys::RelyingParty;
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
    /// The client for requests to the outside.
    #[error("{0}")]
    Outbound(#[from] OutboundError),
    /// The mail server's settings.
    #[error("configuration: {0}")]
    Mail(#[from] MailError),
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
        Self::open_with(config, clock, system_lookup()).await
    }

    /// The same with names looked up in a way of the caller's choice.
    pub async fn open_with(config: &Config, clock: Clock, lookup: Lookup) -> Result<Self, StartError> {
        token_format::provider::install();
        let (database, tokens) = open_stores(config).await?;
        let keys = open_keys(config, &database, &clock).await?;
        let catalogue = Arc::new(config.catalogue()?);
        let directory = Directory::new(&config.directory);
        let read_only = (!directory.is_writable()).then(|| Arc::clone(&catalogue));
        let clients = Arc::new(Clients::new(database.clone(), read_only));
        clients.reload_resources().await?;
        let trusted_proxies = read_networks("trusted_proxies", &config.trusted_proxies)?;
        let allowed = read_networks(
            "outbound.allow_private_targets",
            &config.outbound.allow_private_targets,
        )?;
        Mailer::new(&config.mail.smtp_url, &config.mail.from)?;
        let outbound = Outbound::new(Rules::new(allowed), &lookup)?;
        let services = Services {
            issuer: config.issuer_url.clone().into(),
            mac: Arc::new(ServerMac::new(&keys.server_secret().await?)),
            keys: Arc::new(keys),
            directory,
            catalogue,
            relying_party: Arc::new(RelyingParty::new(&config.issuer_url)),
            passwords: Passwords::new(config.passwords.parallel),
            settings: Arc::new(Settings {
                reuse_grace_seconds: config.tokens.reuse_grace_seconds,
                session_seconds: config.session.lifetime_seconds,
                failures_per_account_and_address: config.limits.sign_in_failures_per_account_and_address,
                failures_per_account: config.limits.sign_in_failures_per_account,
                failures_per_address: config.limits.sign_in_failures_per_address,
                signing_algorithm: config.tokens.signing_algorithm,
                key_wait_seconds: config.keys.publish_before_use_seconds,
                second_factor_failures_per_hour: config.limits.second_factor_failures_per_account_and_hour,
                require_second_factor: config.sign_in.require_second_factor,
                delegation_creates_users: config.delegation.create_users,
                sends_mail: !config.mail.smtp_url.is_empty(),
            }),
            clock,
            outbound,
            wake: Arc::default(),
            blocklist: Arc::new(
                BlocklistFile::open(&config.review.blocklist_file).map_err(|error| ConfigError::Invalid {
                    setting: "review.blocklist_file",
                    problem: error.to_string(),
                })?,
            ),
            api_keys: Arc::new(ApiKeys::new(database.clone())),
            database,
            tokens,
            clients,
            secret_uses: Arc::default(),
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
        tasks.spawn(examinations::run(self.clone()));
        // Checked when the server was opened.
        let mailer = Mailer::new(&config.mail.smtp_url, &config.mail.from).unwrap_or_default();
        tasks.spawn(webhooks::run(self.clone()));
        tasks.spawn(outbox::run(self.clone(), mailer));
        tasks.spawn(limiter::run(self.clone()));
        tasks.spawn(reports::run(self.clone()));
        tasks.spawn(secret_uses::run(self.clone()));
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

fn read_networks(setting: &'static str, texts: &[String]) -> Result<Vec<IpNet>, ConfigError> {
    let read = |text: &String| {
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| ConfigError::Invalid {
                setting,
                problem: format!("{text:?} is neither an address nor a network like 10.0.0.0/8"),
            })
    };
    texts.iter().map(read).collect()
}
