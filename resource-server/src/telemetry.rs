//! Logs and metrics.

use std::io;

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Buckets in seconds, from a cached answer to one that waited for the database.
const BUCKETS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 10.0,
];

/// Sends log lines to standard error. `RUST_LOG` overrides the configured filter.
pub fn init_logging(config: &LogConfig) -> Result<(), String> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        _ => config.filter.clone(),
    };
    let filter = EnvFilter::try_new(&filter).map_err(|error| format!("log filter {filter}: {error}"))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match config.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    }
    .map_err(|error| error.to_string())
}

/// What Prometheus may ask for.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    /// Answered requests by route, method and status.
    pub requests: IntCounterVec,
    /// Time to answer, by route.
    pub request_seconds: HistogramVec,
    /// Tokens that were found in the cache of verified tokens.
    pub token_cache_hits: IntCounter,
    /// Tokens that were not.
    pub token_cache_misses: IntCounter,
    /// Introspection requests by outcome: `active`, `inactive`, `failed`.
    pub introspections: IntCounterVec,
    /// Requests about users and groups by outcome: `ok`, `refused`, `failed`.
    pub directory_requests: IntCounterVec,
    /// Fetches of the key set by outcome: `ok`, `failed`.
    pub jwks_fetches: IntCounterVec,
    /// 1 while the revocation feed is live.
    pub feed_live: IntGauge,
    /// Time in the database, by query.
    pub database_seconds: HistogramVec,
}

impl Metrics {
    /// A registry of its own: two servers in one process do not share figures.
    pub fn new() -> Result<Self, prometheus::Error> {
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("http_requests_total", "Answered requests"),
                &["route", "method", "status"],
            )?,
            request_seconds: HistogramVec::new(
                HistogramOpts::new("http_request_seconds", "Time to answer a request")
                    .buckets(BUCKETS.to_vec()),
                &["route"],
            )?,
            token_cache_hits: IntCounter::new("token_cache_hits_total", "Tokens found in the cache")?,
            token_cache_misses: IntCounter::new("token_cache_misses_total", "Tokens not found in the cache")?,
            introspections: IntCounterVec::new(
                Opts::new(
                    "introspections_total",
                    "Introspection requests sent to the authorization server",
                ),
                &["outcome"],
            )?,
            directory_requests: IntCounterVec::new(
                Opts::new(
                    "directory_requests_total",
                    "Requests about users and groups sent to the authorization server",
                ),
                &["outcome"],
            )?,
            jwks_fetches: IntCounterVec::new(
                Opts::new(
                    "jwks_fetches_total",
                    "Fetches of the authorization server's key set",
                ),
                &["outcome"],
            )?,
            feed_live: IntGauge::new("revocation_feed_live", "1 while the revocation feed is live")?,
            database_seconds: HistogramVec::new(
                HistogramOpts::new("database_seconds", "Time in the database").buckets(BUCKETS.to_vec()),
                &["query"],
            )?,
        };
        let registry = &metrics.registry;
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.request_seconds.clone()))?;
        registry.register(Box::new(metrics.token_cache_hits.clone()))?;
        registry.register(Box::new(metrics.token_cache_misses.clone()))?;
        registry.register(Box::new(metrics.introspections.clone()))?;
        registry.register(Box::new(metrics.directory_requests.clone()))?;
        registry.register(Box::new(metrics.jwks_fetches.clone()))?;
        registry.register(Box::new(metrics.feed_live.clone()))?;
        registry.register(Box::new(metrics.database_seconds.clone()))?;
        Ok(metrics)
    }

    /// The Prometheus text format.
    pub fn render(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
