//! What healing counts about itself.

use std::time::Duration;

use regain_metrics::{Counter, CounterVec, Gauge, GaugeVec, HistogramVec, Registry};

use crate::machine::{Machine, Record};
use crate::settings::Mode;

/// The bounds of how long runs take, in seconds.
const DURATION_BOUNDS: [f64; 10] =
    [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];

/// The metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    decisions: CounterVec,
    runs: CounterVec,
    duration: HistogramVec,
    live: GaugeVec,
    breaker_open: GaugeVec,
    waiting: Gauge,
    storm: Gauge,
    paused: Gauge,
    pub(crate) journal_errors: Counter,
    pub(crate) journal_damage: Counter,
    pub(crate) escalations: CounterVec,
}

impl Metrics {
    /// Registers the metrics.
    pub(crate) fn new(registry: &Registry) -> Self {
        Self {
            decisions: registry.counter_vec(
                "regain_healing_decisions_total",
                "Decisions of the healing engine, those not to act included, by reason.",
                &["decision", "reason"],
            ),
            runs: registry.counter_vec(
                "regain_healing_runs_total",
                "Runs that have ended, by the state that they ended in.",
                &["remediation", "state"],
            ),
            duration: registry.histogram_vec(
                "regain_healing_run_duration_seconds",
                "How long runs took, from their intent to their end.",
                &["remediation"],
                &DURATION_BOUNDS,
            ),
            live: registry.gauge_vec(
                "regain_healing_runs_live",
                "Runs that go on.",
                &["remediation"],
            ),
            breaker_open: registry.gauge_vec(
                "regain_healing_breaker_open",
                "Whether the breaker of the remediation keeps it from acting.",
                &["remediation"],
            ),
            waiting: registry.gauge("regain_healing_queue_length", "Targets that want healing."),
            storm: registry.gauge(
                "regain_healing_storm",
                "Whether nothing is healed because too many targets want it.",
            ),
            paused: registry
                .gauge("regain_healing_paused", "Pauses of the healing engine that hold."),
            journal_errors: registry.counter(
                "regain_healing_journal_errors_total",
                "Writes to the journal that have failed; nothing is begun without them.",
            ),
            journal_damage: registry.counter(
                "regain_healing_journal_damage_total",
                "Places in the journal that were not as they had been written.",
            ),
            escalations: registry.counter_vec(
                "regain_healing_escalations_total",
                "Attempts to tell a receiver, by result.",
                &["result"],
            ),
        }
    }

    /// Counts what is written.
    pub(crate) fn count(&self, records: &[Record]) {
        for record in records {
            match record {
                Record::Entry(entry) => {
                    let reason = entry.reason.map_or("", crate::machine::Reason::as_str);
                    self.decisions.with(&[entry.decision.as_str(), reason]).inc();
                }
                Record::Tally(tally) if tally.mode == Mode::Auto => {
                    self.runs.with(&[&*tally.remediation, tally.state.as_str()]).inc();
                    let length = Duration::try_from(tally.ended.duration_since(tally.started));
                    let seconds = length.unwrap_or_default().as_secs_f64();
                    self.duration.with(&[&*tally.remediation]).observe(seconds);
                }
                _ => {}
            }
        }
    }

    /// Shows how the machine stands.
    pub(crate) fn show(&self, machine: &Machine) {
        let names: Vec<&str> = machine.settings().list.iter().map(|one| &*one.name).collect();
        let flag = |on: bool| if on { 1.0 } else { 0.0 };
        for vector in [&self.live, &self.breaker_open] {
            vector.retain(|values| values.iter().all(|name| names.contains(&name.as_str())));
        }
        for name in names {
            let live = machine.live().filter(|run| *run.remediation == *name).count();
            self.live.with(&[name]).set(live as f64);
            let open = machine.open_breakers().any(|(open, _)| **open == *name);
            self.breaker_open.with(&[name]).set(flag(open));
        }
        self.waiting.set(machine.waiting() as f64);
        self.storm.set(flag(machine.in_storm()));
        self.paused.set(machine.pauses().count() as f64);
    }
}
