//! The query log (`global.query_log_file`): a line of JSON for each query that ends, as upstream writes it.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use regain_go_format::time::{format_rfc3339_fixed_ms, format_rfc3339_ms};
use regain_metrics::{Counter, Gauge, Registry};
use regain_model::Timestamp;
use serde::Serialize;

use super::origin::Origin;
use super::question::When;
use super::stats::Stats;
use crate::json;

/// Where lines go.
struct Sink(Mutex<Box<dyn Write + Send>>);

impl fmt::Debug for QueryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryLog").field("enabled", &self.enabled).finish_non_exhaustive()
    }
}

/// Writes a line for each query, where there is a file to write to.
pub(crate) struct QueryLog {
    sink: ArcSwapOption<Sink>,
    enabled: Gauge,
    failures: Counter,
}

/// A query that has ended.
pub(super) struct Ended<'a> {
    pub(super) query: &'a str,
    pub(super) when: When,
    pub(super) error: Option<String>,
    pub(super) stats: Stats,
    pub(super) origin: &'a Origin,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: &'static str,
    source: &'static str,
    msg: &'static str,
    params: Params<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    stats: Stats,
    // Queries are not traced: these are what upstream writes of such a query.
    #[serde(rename = "spanID")]
    span_id: &'static str,
    #[serde(rename = "traceID")]
    trace_id: &'static str,
    #[serde(rename = "httpRequest", skip_serializing_if = "Option::is_none")]
    http_request: Option<&'a super::HttpRequest>,
    #[serde(rename = "ruleGroup", skip_serializing_if = "Option::is_none")]
    rule_group: Option<RuleGroup<'a>>,
}

#[derive(Serialize)]
struct Params<'a> {
    end: String,
    query: &'a str,
    start: String,
    step: i64,
}

#[derive(Serialize)]
struct RuleGroup<'a> {
    file: &'a str,
    name: &'a str,
}

impl QueryLog {
    pub(super) fn new(registry: &Registry) -> Self {
        Self {
            sink: ArcSwapOption::empty(),
            enabled: registry
                .gauge("prometheus_engine_query_log_enabled", "State of the query log."),
            failures: registry.counter(
                "prometheus_engine_query_log_failures_total",
                "The number of query log failures.",
            ),
        }
    }

    /// Writes to `sink` from now on, or nowhere.
    pub(super) fn set(&self, sink: Option<Box<dyn Write + Send>>) {
        self.enabled.set(if sink.is_some() { 1.0 } else { 0.0 });
        self.sink.store(sink.map(|sink| Arc::new(Sink(Mutex::new(sink)))));
    }

    /// Writes the line that `ended` says, at the time `now`.
    pub(super) fn write<'a>(&self, now: Timestamp, ended: impl FnOnce() -> Ended<'a>) {
        let Some(sink) = self.sink.load_full() else { return };
        let line = Line::of(now, ended());
        let mut text = Vec::new();
        json::append_logged(&mut text, &line);
        text.push(b'\n');
        // A writer that panicked has written what it has written; the next line is one of its own.
        let written = sink.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text);
        if let Err(error) = written {
            self.failures.inc();
            tracing::error!(err = %error, "can't log query");
        }
    }
}

impl<'a> Line<'a> {
    fn of(now: Timestamp, ended: Ended<'a>) -> Self {
        let Ended { query, when, error, stats, origin } = ended;
        let (start, end, step) = match when {
            When::At(time) => (time, time, 0),
            When::Over(steps) => (steps.start, steps.end, steps.step_ms / 1000),
        };
        let text = |time: Timestamp| {
            let time = jiff::Timestamp::from_millisecond(time.0);
            time.map(format_rfc3339_fixed_ms).unwrap_or_default()
        };
        Self {
            time: format_rfc3339_ms(now.0).unwrap_or_default(),
            level: "INFO",
            source: "query_log.rs",
            msg: "promql query logged",
            params: Params { end: text(end), query, start: text(start), step },
            error,
            stats,
            span_id: "0000000000000000",
            trace_id: "00000000000000000000000000000000",
            http_request: match origin {
                Origin::Client(request) => Some(request),
                _ => None,
            },
            rule_group: match origin {
                Origin::Rule(rule) => Some(RuleGroup { file: &rule.file, name: &rule.group }),
                _ => None,
            },
        }
    }
}
