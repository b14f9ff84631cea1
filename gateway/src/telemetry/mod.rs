//! What is measured and traced: counters for Prometheus, a span for each decision for OpenTelemetry, lines on standard
//! error.
//!
//! Nothing here decides anything, waits for anything, or names anything that a caller can make up: labels are words of
//! bounded sets ([`metrics`]). Traces are off unless an endpoint is configured ([`traces`]); they hold what the audit
//! record holds, arguments excepted.

pub mod metrics;
pub mod traces;

pub use metrics::Metrics;
pub use traces::Traces;

use crate::record::{Call, Record};
use serde::Deserialize;
use std::path::PathBuf;

/// `[telemetry]` of the gateway's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What is said on standard error.
    pub log: Level,
    /// Where spans are sent: the base of an OTLP/HTTP receiver, `http://127.0.0.1:4318`; absent: nowhere.
    pub otlp: Option<String>,
    /// Certificate authorities for it, PEM; absent: the public ones.
    pub otlp_ca_file: Option<PathBuf>,
    /// What spans call this gateway.
    pub service: String,
}

impl Default for Config {
    fn default() -> Config {
        Config { log: Level::Info, otlp: None, otlp_ca_file: None, service: "mcpz-gateway".to_owned() }
    }
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What keeps it from working.
    Error,
    /// And what is not as it should be.
    Warn,
    /// And what changes.
    Info,
    /// Everything.
    Debug,
}

/// Metrics and traces. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Counters.
    pub metrics: Metrics,
    /// Spans.
    pub traces: Traces,
}

impl Telemetry {
    /// Counters alone, for tests.
    pub fn quiet() -> Telemetry {
        Telemetry { metrics: Metrics::new(), traces: Traces::off() }
    }

    /// Counts a record and traces it.
    pub fn decided(&self, record: &Record) {
        self.metrics.decided(record);
        self.traces.decided(record);
    }

    /// Traces a request that was forwarded and has ended.
    pub fn called(&self, call: &Call) {
        self.traces.called(call);
    }
}

/// Starts what is configured. To be called within a tokio runtime when an endpoint is configured.
pub fn start(config: &Config) -> Result<Telemetry, String> {
    let level = match config.log {
        Level::Error => tracing::Level::ERROR,
        Level::Warn => tracing::Level::WARN,
        Level::Info => tracing::Level::INFO,
        Level::Debug => tracing::Level::DEBUG,
    };
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false);
    // Who has set up lines before, a test or an embedding program, keeps its own.
    let _ = lines.with_ansi(false).try_init();
    Ok(Telemetry { metrics: Metrics::new(), traces: Traces::start(config)? })
}
