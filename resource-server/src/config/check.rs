//! Which settings make sense, and why others do not.

use url::{Host, Url};

use super::{AnswerFormat, Config, ConfigError, LiveKitConfig};

/// The shortest secret that join tokens are signed with, in characters: as many as HMAC-SHA-256 has bytes
/// (RFC 7518 section 3.2).
const MIN_API_SECRET: usize = 32;
/// Bounds of a join token's life, in seconds. It is used at once; what it opens stays open.
const JOIN_TOKEN_LIFE: std::ops::RangeInclusive<u64> = 10..=21_600;

impl Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.catalogue()?;
        let issuer = web_url("issuer.url", &self.issuer.url)?;
        if issuer.scheme() == "http" && !is_loopback(&issuer) && !self.issuer.allow_insecure_http {
            return Err(ConfigError::Value {
                key: "issuer.url",
                problem: format!(
                    "{} is plain http and not on this machine; use https, or set ALLOW_INSECURE_HTTP=true",
                    self.issuer.url
                ),
            });
        }
        if !self.issuer.internal_url.is_empty() {
            web_url("issuer.internal_url", &self.issuer.internal_url)?;
        }
        web_url("server.resource_url", &self.server.resource_url)?;
        if !self.rooms.app_url.is_empty() {
            web_url("rooms.app_url", &self.rooms.app_url)?;
        }
        if !self.webapp.meeting_url.is_empty() {
            web_url("webapp.meeting_url", &self.webapp.meeting_url)?;
        }
        if self.webapp.client_id.is_empty() != self.webapp.client_secret.expose().is_empty() {
            return Err(value(
                "webapp.client_secret",
                "client_id and client_secret go together: set both, or none",
            ));
        }
        let has_key = !self.introspection.decryption_key.as_os_str().is_empty();
        if has_key && self.introspection.format == AnswerFormat::Json {
            return Err(value(
                "introspection.decryption_key",
                "plain answers are not encrypted: set introspection.format to \"jwt\"",
            ));
        }
        if !(4..=32).contains(&self.telephony.pin_length) {
            return Err(value("telephony.pin_length", "must be between 4 and 32"));
        }
        self.livekit.check()?;
        if self.issuer.algorithms.is_empty() {
            return Err(value("issuer.algorithms", "must name at least one algorithm"));
        }
        if self.directory.max_concurrent == 0 {
            return Err(value("directory.max_concurrent", "must be at least 1"));
        }
        if self.database.max_connections == 0 {
            return Err(value("database.max_connections", "must be at least 1"));
        }
        if self.server.max_connections == 0 {
            return Err(value("server.max_connections", "must be at least 1"));
        }
        Ok(())
    }
}

impl LiveKitConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let parts = [
            ("livekit.url", self.url.as_str()),
            ("livekit.api_key", &self.api_key),
            ("livekit.api_secret", self.api_secret.expose()),
        ];
        if let Some((key, _)) = parts.iter().find(|(_, value)| value.is_empty()) {
            if parts.iter().all(|(_, value)| value.is_empty()) {
                return Ok(());
            }
            return Err(value(
                key,
                "is missing: url, api_key and api_secret are set together, or none of them",
            ));
        }
        let url = Url::parse(&self.url).map_err(|error| value("livekit.url", &error.to_string()))?;
        let is_plain = match url.scheme() {
            "wss" | "https" => false,
            "ws" | "http" => true,
            _ => {
                return Err(value(
                    "livekit.url",
                    "must start with wss://, https://, ws:// or http://",
                ));
            }
        };
        if is_plain && !is_loopback(&url) {
            return Err(value(
                "livekit.url",
                "is not encrypted and not on this machine: join tokens would travel unprotected; use wss://",
            ));
        }
        if self.api_secret.expose().chars().count() < MIN_API_SECRET {
            return Err(value("livekit.api_secret", "must have at least 32 characters"));
        }
        if !JOIN_TOKEN_LIFE.contains(&self.token_life.as_secs()) {
            return Err(value(
                "livekit.token_life",
                "must be between 10 and 21600 seconds",
            ));
        }
        Ok(())
    }
}

/// Whether the URL's host is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn value(key: &'static str, problem: &str) -> ConfigError {
    ConfigError::Value {
        key,
        problem: problem.to_owned(),
    }
}

fn web_url(key: &'static str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|error| ConfigError::Value {
        key,
        problem: format!("{text}: {error}"),
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::Value {
            key,
            problem: format!("{text} must be an http or https URL without query and fragment"),
        });
    }
    Ok(url)
}
