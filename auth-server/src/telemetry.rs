//! Metrics (Prometheus) and logging. The one global of the server: counters mean nothing but together.

use std::sync::LazyLock;
use std::time::Instant;

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use tracing_subscriber::EnvFilter;

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests by method, route and status.
    pub requests: IntCounterVec,
    /// Time to answer by route, seconds.
    pub latency: HistogramVec,
    /// Tokens issued by grant.
    pub tokens_issued: IntCounterVec,
    /// Sign-ins by result.
    pub sign_ins: IntCounterVec,
    /// Time the token store takes, seconds.
    pub store_time: Histogram,
    /// Time the database takes, seconds.
    pub database_time: Histogram,
    /// Connections to the database that are open.
    pub pool_size: IntGauge,
    /// Connections to the database that wait for work.
    pub pool_idle: IntGauge,
    /// Error reports that were dropped because too many came at once.
    pub dropped_reports: prometheus::IntCounter,
}

/// The process's metrics.
pub static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

impl Metrics {
    fn new() -> Self {
        let fast = vec![
            0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
        ];
        let options = |name: &str, help: &str| HistogramOpts::new(name, help).buckets(fast.clone());
        let metrics = (|| {
            prometheus::Result::Ok(Self {
                registry: Registry::new(),
                requests: IntCounterVec::new(
                    Opts::new("anteroom_requests_total", "Requests answered"),
                    &["method", "route", "status"],
                )?,
                latency: HistogramVec::new(
                    options("anteroom_request_seconds", "Time to answer"),
                    &["route"],
                )?,
                tokens_issued: IntCounterVec::new(
                    Opts::new("anteroom_tokens_issued_total", "Access tokens issued"),
                    &["grant"],
                )?,
                sign_ins: IntCounterVec::new(
                    Opts::new("anteroom_sign_ins_total", "Sign-ins attempted"),
                    &["result"],
                )?,
                store_time: Histogram::with_opts(options(
                    "anteroom_token_store_seconds",
                    "Token store calls",
                ))?,
                database_time: Histogram::with_opts(options("anteroom_database_seconds", "Database calls"))?,
                pool_size: IntGauge::new("anteroom_database_connections", "Database connections open")?,
                pool_idle: IntGauge::new("anteroom_database_connections_idle", "Database connections idle")?,
                dropped_reports: prometheus::IntCounter::new(
                    "anteroom_error_reports_dropped_total",
                    "Error reports dropped in a flood",
                )?,
            })
        })();
        #[expect(
            clippy::panic,
            reason = "the names are constants: wrong ones fail in every test"
        )]
        let metrics = metrics.unwrap_or_else(|error| panic!("metrics: {error}"));
        metrics.register();
        metrics
    }

    fn register(&self) {
        let collectors: [Box<dyn prometheus::core::Collector>; 9] = [
            Box::new(self.requests.clone()),
            Box::new(self.latency.clone()),
            Box::new(self.tokens_issued.clone()),
            Box::new(self.sign_ins.clone()),
            Box::new(self.store_time.clone()),
            Box::new(self.database_time.clone()),
            Box::new(self.pool_size.clone()),
            Box::new(self.pool_idle.clone()),
            Box::new(self.dropped_reports.clone()),
        ];
        for collector in collectors {
            if let Err(error) = self.registry.register(collector) {
                tracing::error!(%error, "metric not registered");
            }
        }
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "metrics could not be written");
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Observes the time until it is dropped.
#[derive(Debug)]
pub struct Timer {
    histogram: &'static Histogram,
    start: Instant,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.histogram.observe(self.start.elapsed().as_secs_f64());
    }
}

/// Times a database call.
pub fn database_timer() -> Timer {
    Timer {
        histogram: &METRICS.database_time,
        start: Instant::now(),
    }
}

/// Times a call to the token store.
pub fn store_timer() -> Timer {
    Timer {
        histogram: &METRICS.store_time,
        start: Instant::now(),
    }
}

/// Starts logging to standard error: `RUST_LOG` filters, JSON when it is not a terminal.
pub fn start_logging() {
    use std::io::IsTerminal;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        logging.with_target(false).try_init()
    } else {
        logging.json().flatten_event(true).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
}
