//! Counters, gauges and histograms in the OpenMetrics text that Prometheus reads.
//!
//! A label's value is a word of the gateway's own or a name of the policy. Words are counted too: beyond
//! [`MAX_WORDS`] of a label the rest is `other`, so that no caller can fill the memory of whoever collects.

use crate::audit::Log;
use crate::control::KillSwitch;
use crate::record::{Event, Record};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What [`Metrics::render`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Most values of a label.
const MAX_WORDS: usize = 200;
/// What the rest is called.
const OTHER: &str = "other";

/// The metrics. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    decisions: Family<DecisionLabels, Counter>,
    latency: Histogram,
    credentials: Family<ReasonLabel, Counter>,
    events: Family<KindLabel, Counter>,
    reloads: Family<ResultLabel, Counter>,
    audit: Family<KindLabel, Gauge>,
    isolated: Gauge,
    everything_isolated: Gauge,
    words: Mutex<Words>,
    watched: Mutex<(Option<Log>, Option<KillSwitch>)>,
}

#[derive(Default)]
struct Words {
    servers: BTreeSet<String>,
    reasons: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    server: String,
    action: String,
    effect: String,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    /// Metrics that have counted nothing.
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("mcpz");
        let decisions = Family::default();
        let latency = Histogram::new(exponential_buckets(0.000_001, 4.0, 12));
        let (credentials, events) = (Family::default(), Family::default());
        let (reloads, audit) = (Family::default(), Family::default());
        let (isolated, everything_isolated) = (Gauge::default(), Gauge::default());
        registry.register("decisions", "Messages that were decided", decisions.clone());
        registry.register("decision_seconds", "From a whole message taken up to its decision", latency.clone());
        registry.register("credentials_refused", "Credentials that were refused", credentials.clone());
        registry.register("events", "Records of other kinds than decisions", events.clone());
        registry.register("reloads", "Bundles that were loaded or refused", reloads.clone());
        registry.register("audit_records", "Audit records since the start, by what became of them", audit.clone());
        registry.register("isolated", "Subjects that are isolated", isolated.clone());
        registry.register(
            "everything_isolated",
            "1 when the kill switch's state cannot be read",
            everything_isolated.clone(),
        );
        let inner = Inner {
            registry,
            decisions,
            latency,
            credentials,
            events,
            reloads,
            audit,
            isolated,
            everything_isolated,
            words: Mutex::default(),
            watched: Mutex::default(),
        };
        Metrics { inner: Arc::new(inner) }
    }

    /// Reads these whenever metrics are written.
    pub fn watch(&self, log: Log, kill: KillSwitch) {
        *self.inner.watched.lock().unwrap_or_else(PoisonError::into_inner) = (Some(log), Some(kill));
    }

    /// Counts a record.
    pub fn decided(&self, record: &Record) {
        match record.event {
            Event::Decision => {
                let labels = DecisionLabels {
                    server: self.word(&record.server, |words| &mut words.servers),
                    action: record.action.unwrap_or_default().to_owned(),
                    effect: record.effect.to_owned(),
                    reason: self.word(&record.reason, |words| &mut words.reasons),
                };
                self.inner.decisions.get_or_create(&labels).inc();
                // Seconds of a few microseconds: exact enough for a bucket.
                let microseconds = u32::try_from(record.latency_us).unwrap_or(u32::MAX);
                self.inner.latency.observe(f64::from(microseconds) / 1e6);
            }
            Event::Credential => {
                let reason = self.word(&record.reason, |words| &mut words.reasons);
                self.inner.credentials.get_or_create(&ReasonLabel { reason }).inc();
            }
            Event::Reload => self.reloaded("loaded"),
            Event::ReloadRefused => self.reloaded("refused"),
            other => {
                self.inner.events.get_or_create(&KindLabel { kind: other.name() }).inc();
            }
        }
    }

    /// The text that is collected, of type [`CONTENT_TYPE`].
    pub fn render(&self) -> String {
        self.refresh();
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.inner.registry);
        text
    }

    fn reloaded(&self, result: &'static str) {
        self.inner.reloads.get_or_create(&ResultLabel { result }).inc();
    }

    fn refresh(&self) {
        let watched = self.inner.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = &watched.0 {
            let stats = log.stats();
            let rows = [
                ("written", stats.written),
                ("flushes", stats.flushes),
                ("failed", stats.failures),
                ("lost", stats.lost),
            ];
            for (kind, count) in rows {
                self.inner.audit.get_or_create(&KindLabel { kind }).set(i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
        if let Some(kill) = &watched.1 {
            let count = kill.entries(crate::audit::clock::now_ms()).len();
            self.inner.isolated.set(i64::try_from(count).unwrap_or(i64::MAX));
            self.inner.everything_isolated.set(i64::from(kill.problem().is_some()));
        }
    }

    /// A label's value: the word, or `other` when it is none or there are too many.
    fn word(&self, text: &str, of: impl Fn(&mut Words) -> &mut BTreeSet<String>) -> String {
        let is_word = |text: &str| {
            text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        };
        if !is_word(text) {
            return OTHER.to_owned();
        }
        let mut words = self.inner.words.lock().unwrap_or_else(PoisonError::into_inner);
        let known = of(&mut words);
        if !known.contains(text) {
            if known.len() >= MAX_WORDS {
                return OTHER.to_owned();
            }
            known.insert(text.to_owned());
        }
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(server: &str, reason: &str) -> Record {
        let mut record = Record::event(Event::Decision, 0, reason);
        record.server = server.to_owned();
        record.action = Some("call");
        record.effect = "deny";
        record.latency_us = 3;
        record
    }

    #[test]
    fn decisions_are_counted_by_words_of_the_policy() {
        let metrics = Metrics::new();
        metrics.decided(&record("payments", "forbidden"));
        metrics.clone().decided(&record("payments", "forbidden"));
        metrics.decided(&Record::event(Event::ReloadRefused, 0, "bundle"));
        metrics.decided(&Record::event(Event::Cut, 0, "isolated"));
        metrics.decided(&Record::event(Event::Credential, 0, "token_expired"));
        let text = metrics.render();
        for line in [
            "mcpz_decisions_total{server=\"payments\",action=\"call\",effect=\"deny\",reason=\"forbidden\"} 2",
            "mcpz_events_total{kind=\"cut\"} 1",
            "mcpz_reloads_total{result=\"refused\"} 1",
            "mcpz_credentials_refused_total{reason=\"token_expired\"} 1",
            "mcpz_decision_seconds_count 2",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn made_up_names_do_not_make_labels() {
        let metrics = Metrics::new();
        for number in 0..1000 {
            metrics.decided(&record(&format!("server-{number}"), "forbidden"));
        }
        metrics.decided(&record("a\"b\n", "for bidden"));
        let text = metrics.render();
        let lines = text.lines().filter(|line| line.starts_with("mcpz_decisions_total")).count();
        assert!(lines <= MAX_WORDS + 2, "{lines}");
        assert!(text.contains("server=\"other\",action=\"call\",effect=\"deny\",reason=\"other\""));
    }

    #[test]
    fn the_kill_switch_is_seen() {
        let (metrics, kill) = (Metrics::new(), KillSwitch::in_memory());
        metrics.watch(Log::disabled(), kill);
        let text = metrics.render();
        assert!(text.contains("mcpz_isolated 0") && text.contains("mcpz_everything_isolated 0"), "{text}");
    }
}
