//! Configuration: the embedded defaults, then a file, then the environment. An unknown key is an error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use token_format::catalogue::{Catalogue, CatalogueError, Permission};
use token_format::key::Algorithm;
use url::{Host, Url};

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Environment variables that are read by a name of their own.
const NAMED: [(&str, &str); 8] = [
    ("DATABASE_URL", "database_url"),
    ("REDIS_URL", "redis_url"),
    ("ISSUER_URL", "issuer_url"),
    ("LISTEN_ADDR", "listen_addr"),
    ("ALLOW_INSECURE_HTTP", "allow_insecure_http"),
    ("KEY_ENCRYPTION_KEY", "key_encryption_key"),
    ("SMTP_URL", "mail.smtp_url"),
    ("LDAP_BIND_PASSWORD", "directory.ldap.bind_password"),
];

/// The settings; `config.default.toml` documents each.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "documented in config.default.toml, where users read it"
)]
pub struct Config {
    pub issuer_url: String,
    pub listen_addr: SocketAddr,
    pub database_url: String,
    pub redis_url: String,
    pub redis_prefix: String,
    pub allow_insecure_http: bool,
    pub key_encryption_key: String,
    pub trusted_proxies: Vec<String>,
    pub cors_origins: Vec<String>,
    pub database: DatabaseConfig,
    pub session: SessionConfig,
    pub sign_in: SignInConfig,
    pub tokens: TokensConfig,
    pub keys: KeysConfig,
    pub limits: LimitsConfig,
    pub http: HttpConfig,
    pub passwords: PasswordsConfig,
    pub directory: DirectoryConfig,
    pub errors: ErrorsConfig,
    pub delegation: DelegationConfig,
    pub outbound: OutboundConfig,
    pub review: ReviewConfig,
    pub mail: MailConfig,
    pub permissions: BTreeMap<String, Permission>,
}

/// Addresses and keys of stores may hold passwords, so they are left out.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("issuer_url", &self.issuer_url)
            .field("listen_addr", &self.listen_addr)
            .finish_non_exhaustive()
    }
}

/// Section `database`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct DatabaseConfig {
    pub max_connections: u32,
}

/// Section `session`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct SessionConfig {
    pub lifetime_seconds: i64,
}

/// Section `sign_in`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct SignInConfig {
    pub require_second_factor: Requirement,
}

/// Who must have a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// Nobody: it is everybody's choice.
    Never,
    /// Those who administer the server.
    Administrators,
    /// Everybody.
    Everyone,
}

impl Requirement {
    /// Whether it holds for a user.
    pub fn holds_for(self, is_admin: bool) -> bool {
        match self {
            Self::Never => false,
            Self::Administrators => is_admin,
            Self::Everyone => true,
        }
    }
}

/// Section `tokens`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct TokensConfig {
    pub signing_algorithm: Algorithm,
    pub reuse_grace_seconds: i64,
}

/// Section `keys`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct KeysConfig {
    pub publish_before_use_seconds: i64,
    pub rotate_after_seconds: i64,
}

/// Section `limits`: counts per minute, 0 for none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct LimitsConfig {
    pub sign_in_failures_per_account_and_address: u64,
    pub sign_in_failures_per_account: u64,
    pub sign_in_failures_per_address: u64,
    pub second_factor_failures_per_account_and_hour: u64,
    pub failures_per_address: u64,
    pub token_requests_per_client: u64,
    pub introspections_per_client: u64,
}

/// Section `http`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct HttpConfig {
    pub request_timeout_seconds: u64,
    pub header_timeout_seconds: u64,
}

/// Section `passwords`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct PasswordsConfig {
    pub parallel: usize,
}

/// Section `directory`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct DirectoryConfig {
    pub mode: DirectoryMode,
    pub ldap: LdapConfig,
}

/// Where users live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DirectoryMode {
    /// In this server's database.
    Own,
    /// In an LDAP directory.
    Ldap,
}

/// Section `directory.ldap`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct LdapConfig {
    pub url: String,
    pub starttls: bool,
    pub bind_dn: String,
    pub bind_password: String,
    pub base_dn: String,
    pub filter: String,
    pub email_attribute: String,
    pub name_attribute: String,
    pub timeout_seconds: u64,
    pub max_connections: usize,
}

/// The password is left out.
impl std::fmt::Debug for LdapConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LdapConfig")
            .field("url", &self.url)
            .field("base_dn", &self.base_dn)
            .finish_non_exhaustive()
    }
}

/// Section `delegation`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct DelegationConfig {
    pub create_users: bool,
}

/// Section `outbound`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct OutboundConfig {
    pub allow_private_targets: Vec<String>,
}

/// Section `review`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct ReviewConfig {
    pub blocklist_file: String,
}

/// Section `mail`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct MailConfig {
    pub smtp_url: String,
    pub from: String,
}

/// The address of the mail server may hold a password.
impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailConfig")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// Section `errors`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct ErrorsConfig {
    pub keep_days: i64,
}

/// What is wrong with the configuration, in one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable cannot be read as settings.
    #[error("configuration: {0}")]
    Unreadable(#[from] config::ConfigError),
    /// A permission that cannot be.
    #[error("configuration: {0}")]
    Permissions(#[from] CatalogueError),
    /// A setting has a value that cannot work.
    #[error("configuration: {setting}: {problem}")]
    Invalid {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
}

impl Config {
    /// Reads the defaults, then `file`, then the environment as `variable` gives it, and checks the result.
    pub fn load(file: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut sources =
            config::Config::builder().add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(file) = file {
            sources = sources.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        sources = sources.add_source(
            config::Environment::with_prefix("ANTEROOM")
                .prefix_separator("_")
                .separator("__")
                .try_parsing(true)
                .list_separator(",")
                .with_list_parse_key("trusted_proxies")
                .with_list_parse_key("cors_origins")
                .with_list_parse_key("outbound.allow_private_targets"),
        );
        for (name, key) in NAMED {
            sources = sources.set_override_option(key, variable(name).filter(|value| !value.is_empty()))?;
        }
        let config: Self = sources.build()?.try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    /// The issuer as a URL; `check` has proven that it is one.
    pub fn issuer(&self) -> Result<Url, ConfigError> {
        Url::parse(&self.issuer_url).map_err(|error| invalid("issuer_url", error.to_string()))
    }

    /// The built-in permissions and those of the configuration.
    pub fn catalogue(&self) -> Result<Catalogue, ConfigError> {
        Ok(Catalogue::new(&self.permissions)?)
    }

    /// Whether cookies must be `Secure`.
    pub fn is_https(&self) -> bool {
        self.issuer_url.starts_with("https://")
    }

    fn check(&self) -> Result<(), ConfigError> {
        let issuer = self.issuer()?;
        self.catalogue()?;
        if self.issuer_url.ends_with('/') || issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(invalid(
                "issuer_url",
                "must have no final slash, query or fragment (RFC 8414 2)".to_owned(),
            ));
        }
        if issuer.path() != "/" {
            return Err(invalid(
                "issuer_url",
                "must have no path: give Anteroom a host name of its own".to_owned(),
            ));
        }
        let loopback = is_loopback(&issuer).ok_or_else(|| invalid("issuer_url", "has no host".to_owned()))?;
        match issuer.scheme() {
            "https" => {}
            "http" if loopback || self.allow_insecure_http => {}
            "http" => {
                return Err(invalid(
                    "issuer_url",
                    "plain http is for loopback; use https, or set ALLOW_INSECURE_HTTP=true on a test network"
                        .to_owned(),
                ));
            }
            other => return Err(invalid("issuer_url", format!("has scheme {other}, not https"))),
        }
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| self.database_url.starts_with(scheme))
        {
            return Err(invalid(
                "database_url",
                "must begin with sqlite: or postgres:".to_owned(),
            ));
        }
        if self.session.lifetime_seconds < 60 {
            return Err(invalid(
                "session.lifetime_seconds",
                "must be at least 60".to_owned(),
            ));
        }
        if !(0..=300).contains(&self.tokens.reuse_grace_seconds) {
            return Err(invalid(
                "tokens.reuse_grace_seconds",
                "must be between 0 and 300".to_owned(),
            ));
        }
        if self.directory.mode == DirectoryMode::Ldap {
            self.directory.ldap.check()?;
        }
        Ok(())
    }
}

impl LdapConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let url = Url::parse(&self.url).map_err(|error| invalid("directory.ldap.url", error.to_string()))?;
        // `ldap:` is no scheme whose hosts the URL standard looks into: an address is a name there.
        let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme() {
            _ if url.host_str().is_none_or(str::is_empty) => {
                Err(invalid("directory.ldap.url", "has no host".to_owned()))
            }
            "ldaps" => Ok(()),
            "ldap" if self.starttls || loopback => Ok(()),
            "ldap" => Err(invalid(
                "directory.ldap.url",
                "would send passwords in the clear; use ldaps://, or starttls = true".to_owned(),
            )),
            other => Err(invalid(
                "directory.ldap.url",
                format!("has scheme {other}, not ldaps"),
            )),
        }?;
        if self.base_dn.is_empty() {
            return Err(invalid("directory.ldap.base_dn", "is empty".to_owned()));
        }
        if !self.filter.contains("{email}") {
            return Err(invalid(
                "directory.ldap.filter",
                "must have {email} where the address belongs".to_owned(),
            ));
        }
        if self.timeout_seconds == 0 || self.max_connections == 0 {
            return Err(invalid(
                "directory.ldap",
                "timeout_seconds and max_connections must be at least 1".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Whether a URL leads to this machine; none when it has no host.
fn is_loopback(url: &Url) -> Option<bool> {
    Some(match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    })
}

fn invalid(setting: &'static str, problem: String) -> ConfigError {
    ConfigError::Invalid { setting, problem }
}
