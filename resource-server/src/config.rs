//! Settings: the embedded defaults, then a file, then the environment.

mod check;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Environment, File, FileFormat};
use serde::{Deserialize, Deserializer};
use token_format::catalogue::{Catalogue, CatalogueError, Permission};
use token_format::key::Algorithm;

pub use check::is_loopback;

/// The defaults, which are also the documentation of every setting.
pub const DEFAULT: &str = include_str!("../config.default.toml");

/// Short names of the environment, and the settings they stand for.
const SHORT_NAMES: [(&str, &str); 10] = [
    ("DATABASE_URL", "database.url"),
    ("ISSUER_URL", "issuer.url"),
    ("RESOURCE_URL", "server.resource_url"),
    ("LISTEN_ADDR", "server.listen_addr"),
    ("ALLOW_INSECURE_HTTP", "issuer.allow_insecure_http"),
    ("INTROSPECTION_CLIENT_ID", "introspection.client_id"),
    ("INTROSPECTION_CLIENT_SECRET", "introspection.client_secret"),
    ("LIVEKIT_URL", "livekit.url"),
    ("LIVEKIT_API_KEY", "livekit.api_key"),
    ("LIVEKIT_API_SECRET", "livekit.api_secret"),
];

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable does not parse, or names an unknown key.
    #[error("configuration: {}", one_line(.0))]
    Read(#[from] config::ConfigError),
    /// A permission that cannot be.
    #[error("configuration: {0}")]
    Permissions(#[from] CatalogueError),
    /// A value parses and makes no sense.
    #[error("configuration: {key}: {problem}")]
    Value {
        /// The setting.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// All settings; `config.default.toml` says what each one means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct Config {
    pub scope_prefix: String,
    pub server: ServerConfig,
    pub database: DatabaseConfig,
    pub issuer: IssuerConfig,
    pub jwks: JwksConfig,
    pub introspection: IntrospectionConfig,
    pub directory: DirectoryConfig,
    pub revocation_feed: RevocationFeedConfig,
    pub token_cache: TokenCacheConfig,
    pub rooms: RoomsConfig,
    pub webapp: WebappConfig,
    pub telephony: TelephonyConfig,
    pub livekit: LiveKitConfig,
    pub contact: ContactConfig,
    pub log: LogConfig,
    pub permissions: BTreeMap<String, Permission>,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct ServerConfig {
    pub listen_addr: SocketAddr,
    pub resource_url: String,
    #[serde(deserialize_with = "seconds")]
    pub header_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub request_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub body_timeout: Duration,
    pub body_limit: usize,
    pub max_connections: usize,
    #[serde(deserialize_with = "seconds")]
    pub shutdown_grace: Duration,
}

/// `[database]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct DatabaseConfig {
    pub url: Secret,
    pub max_connections: u32,
    #[serde(deserialize_with = "seconds")]
    pub acquire_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub query_timeout: Duration,
}

/// `[issuer]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct IssuerConfig {
    pub url: String,
    pub internal_url: String,
    pub allow_insecure_http: bool,
    pub algorithms: Vec<Algorithm>,
    #[serde(deserialize_with = "seconds")]
    pub timeout: Duration,
}

/// `[jwks]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct JwksConfig {
    #[serde(deserialize_with = "seconds")]
    pub min_age: Duration,
    #[serde(deserialize_with = "seconds")]
    pub max_age: Duration,
    #[serde(deserialize_with = "seconds")]
    pub min_refetch_interval: Duration,
}

/// `[introspection]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct IntrospectionConfig {
    pub client_id: String,
    pub client_secret: Secret,
    pub format: AnswerFormat,
    pub decryption_key: PathBuf,
    #[serde(deserialize_with = "seconds")]
    pub positive_ttl: Duration,
    #[serde(deserialize_with = "seconds")]
    pub negative_ttl: Duration,
    pub max_concurrent: usize,
}

/// In which form introspection is to be answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum AnswerFormat {
    /// Plain JSON (RFC 7662).
    Json,
    /// A signed JWT (RFC 9701).
    Jwt,
}

/// `[directory]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct DirectoryConfig {
    #[serde(deserialize_with = "seconds")]
    pub cache_seconds: Duration,
    pub max_concurrent: usize,
}

/// `[revocation_feed]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct RevocationFeedConfig {
    #[serde(deserialize_with = "seconds")]
    pub max_silence: Duration,
    #[serde(deserialize_with = "seconds")]
    pub retention: Duration,
}

/// `[token_cache]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct TokenCacheConfig {
    pub capacity: u64,
}

/// `[rooms]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct RoomsConfig {
    pub app_url: String,
}

/// `[webapp]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct WebappConfig {
    pub client_id: String,
    pub client_secret: Secret,
    #[serde(deserialize_with = "seconds")]
    pub session_life: Duration,
    pub meeting_url: String,
}

/// `[telephony]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct TelephonyConfig {
    pub enabled: bool,
    pub phone_number: String,
    pub default_country: String,
    pub pin_length: usize,
}

/// `[livekit]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct LiveKitConfig {
    pub url: String,
    pub api_key: String,
    pub api_secret: Secret,
    #[serde(deserialize_with = "seconds")]
    pub token_life: Duration,
}

impl LiveKitConfig {
    /// Whether meetings can be joined. The settings are all there or all absent.
    pub fn is_set(&self) -> bool {
        !self.url.is_empty()
    }
}

/// `[contact]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct ContactConfig {
    pub name: String,
    pub email: String,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each setting once")]
pub struct LogConfig {
    pub format: LogFormat,
    pub filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// A value that never shows in a log: a password, or a URL that may hold one.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Config {
    /// Reads the defaults, then `file`, then the process environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_sources(file, std::env::vars().collect())
    }

    /// Like [`Config::load`], with the environment given.
    pub fn from_sources(
        file: Option<&Path>,
        environment: std::collections::HashMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(File::from(file).format(FileFormat::Toml));
        }
        for (name, key) in SHORT_NAMES {
            let value = environment.get(name).filter(|value| !value.is_empty());
            builder = builder.set_override_option(key, value.cloned())?;
        }
        let config: Self = builder
            .add_source(
                Environment::with_prefix("ANTEROOM")
                    .prefix_separator("_")
                    .separator("__")
                    .source(Some(environment)),
            )
            .build()?
            .try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    /// Where rooms are reached, without a final slash.
    pub fn app_url(&self) -> &str {
        let url = if self.rooms.app_url.is_empty() {
            &self.server.resource_url
        } else {
            &self.rooms.app_url
        };
        url.trim_end_matches('/')
    }

    /// The start of this server's own links, without a final slash.
    pub fn resource_base(&self) -> &str {
        self.server.resource_url.trim_end_matches('/')
    }

    /// What stands before every path of this server in the address that browsers see: nothing, or
    /// `/rooms` for `https://example.org/rooms`.
    pub fn base_path(&self) -> &str {
        let base = self.resource_base();
        let host = base.find("://").map_or(0, |at| at + 3);
        base[host..].find('/').map_or("", |at| &base[host + at..])
    }

    /// Whether the addresses of rooms lead to this server.
    pub fn serves_room_pages(&self) -> bool {
        self.app_url() == self.resource_base()
    }

    /// The built-in permissions and those of the configuration.
    pub fn catalogue(&self) -> Result<Catalogue, ConfigError> {
        Ok(Catalogue::new(&self.permissions)?)
    }
}

/// The parser draws a picture of the place under its message; the message and the place are enough.
fn one_line(error: &config::ConfigError) -> String {
    let text = error.to_string();
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.contains('|'));
    lines.collect::<Vec<_>>().join(": ")
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| serde::de::Error::custom(format!("{seconds} is not a time in seconds")))
}
