//! What rules count, under upstream's names.

use std::time::Duration;

use regain_metrics::{Counter, CounterVec, Gauge, GaugeVec, Histogram, Registry, Summary};

const BOUNDS: [f64; 4] = [0.01, 0.1, 1.0, 10.0];
const RULE_QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];
const GROUP_QUANTILES: [f64; 5] = [0.01, 0.05, 0.5, 0.9, 0.99];
const GROUP_LABEL: [&str; 1] = ["rule_group"];

/// Holds the metrics of a rule manager.
#[derive(Debug)]
pub(crate) struct RuleMetrics {
    rule_duration: Summary,
    rule_histogram: Histogram,
    group_duration: Summary,
    group_histogram: Histogram,
    counters: GroupCounters,
    gauges: GroupGauges,
    pub(crate) state_writes_failed: Counter,
    pub(crate) templates: TemplateCounters,
}

/// Counts the uses of templates.
#[derive(Clone, Debug)]
pub(crate) struct TemplateCounters {
    pub(crate) expanded: Counter,
    pub(crate) failed: Counter,
}

#[derive(Debug)]
struct GroupCounters {
    missed: CounterVec,
    scheduled: CounterVec,
    evaluations: CounterVec,
    failures: CounterVec,
}

#[derive(Debug)]
struct GroupGauges {
    interval: GaugeVec,
    last_evaluation: GaugeVec,
    last_duration: GaugeVec,
    last_rule_durations: GaugeVec,
    last_restore: GaugeVec,
    rules: GaugeVec,
    samples: GaugeVec,
}

/// Holds the metrics of one group.
#[derive(Clone, Debug)]
pub(crate) struct GroupMetrics {
    pub(crate) missed: Counter,
    pub(crate) scheduled: Counter,
    pub(crate) evaluations: Counter,
    pub(crate) failures: Counter,
    pub(crate) samples: Gauge,
    last_evaluation: Gauge,
    last_duration: Gauge,
    last_rule_durations: Gauge,
}

impl RuleMetrics {
    pub(crate) fn register(registry: &Registry) -> Self {
        Self {
            rule_duration: registry.summary(
                "prometheus_rule_evaluation_duration_seconds",
                "The duration for a rule to execute.",
                &RULE_QUANTILES,
            ),
            rule_histogram: registry.histogram(
                "prometheus_rule_evaluation_duration_histogram_seconds",
                "The duration for a rule to execute.",
                &BOUNDS,
            ),
            group_duration: registry.summary(
                "prometheus_rule_group_duration_seconds",
                "The duration of rule group evaluations.",
                &GROUP_QUANTILES,
            ),
            group_histogram: registry.histogram(
                "prometheus_rule_group_duration_histogram_seconds",
                "The duration of rule group evaluations.",
                &BOUNDS,
            ),
            counters: GroupCounters::register(registry),
            gauges: GroupGauges::register(registry),
            state_writes_failed: registry.counter(
                "regain_rule_alert_state_writes_failed_total",
                "Total number of times the alert state of a rule group could not be written.",
            ),
            templates: TemplateCounters {
                expanded: registry.counter(
                    "prometheus_template_text_expansions_total",
                    "The total number of template text expansions.",
                ),
                failed: registry.counter(
                    "prometheus_template_text_expansion_failures_total",
                    "The total number of template text expansion failures.",
                ),
            },
        }
    }

    /// Returns the metrics of a group, exposed from now on.
    pub(crate) fn group(&self, key: &str, interval: Duration, rules: usize) -> GroupMetrics {
        let values = [key];
        self.gauges.interval.with(&values).set(interval.as_secs_f64());
        self.gauges.rules.with(&values).set(rules as f64);
        GroupMetrics {
            missed: self.counters.missed.with(&values),
            scheduled: self.counters.scheduled.with(&values),
            evaluations: self.counters.evaluations.with(&values),
            failures: self.counters.failures.with(&values),
            samples: self.gauges.samples.with(&values),
            last_evaluation: self.gauges.last_evaluation.with(&values),
            last_duration: self.gauges.last_duration.with(&values),
            last_rule_durations: self.gauges.last_rule_durations.with(&values),
        }
    }

    /// Ends the exposition of a group's metrics.
    pub(crate) fn forget(&self, key: &str) {
        let GroupCounters { missed, scheduled, evaluations, failures } = &self.counters;
        for counter in [missed, scheduled, evaluations, failures] {
            counter.remove(&[key]);
        }
        let gauges = &self.gauges;
        for gauge in [
            &gauges.interval,
            &gauges.last_evaluation,
            &gauges.last_duration,
            &gauges.last_rule_durations,
            &gauges.last_restore,
            &gauges.rules,
            &gauges.samples,
        ] {
            gauge.remove(&[key]);
        }
    }

    pub(crate) fn rule_evaluated(&self, took: Duration) {
        self.rule_duration.observe(took.as_secs_f64());
        self.rule_histogram.observe(took.as_secs_f64());
    }

    pub(crate) fn group_evaluated(&self, took: Duration) {
        self.group_duration.observe(took.as_secs_f64());
        self.group_histogram.observe(took.as_secs_f64());
    }

    pub(crate) fn restored(&self, key: &str, took: Duration) {
        self.gauges.last_restore.with(&[key]).set(took.as_secs_f64());
    }
}

impl GroupMetrics {
    /// Notes an evaluation that began at `start`.
    pub(crate) fn evaluated(&self, start: Duration, took: Duration, rule_durations: Duration) {
        self.last_evaluation.set(start.as_secs_f64());
        self.last_duration.set(took.as_secs_f64());
        self.last_rule_durations.set(rule_durations.as_secs_f64());
    }
}

impl GroupCounters {
    fn register(registry: &Registry) -> Self {
        let counter =
            |name: &'static str, help: &'static str| registry.counter_vec(name, help, &GROUP_LABEL);
        Self {
            missed: counter(
                "prometheus_rule_group_iterations_missed_total",
                "The total number of rule group evaluations missed due to slow rule group evaluation.",
            ),
            scheduled: counter(
                "prometheus_rule_group_iterations_total",
                "The total number of scheduled rule group evaluations, whether executed or missed.",
            ),
            evaluations: counter(
                "prometheus_rule_evaluations_total",
                "The total number of rule evaluations.",
            ),
            failures: counter(
                "prometheus_rule_evaluation_failures_total",
                "The total number of rule evaluation failures.",
            ),
        }
    }
}

impl GroupGauges {
    fn register(registry: &Registry) -> Self {
        let gauge =
            |name: &'static str, help: &'static str| registry.gauge_vec(name, help, &GROUP_LABEL);
        Self {
            interval: gauge(
                "prometheus_rule_group_interval_seconds",
                "The interval of a rule group.",
            ),
            last_evaluation: gauge(
                "prometheus_rule_group_last_evaluation_timestamp_seconds",
                "The timestamp of the last rule group evaluation in seconds.",
            ),
            last_duration: gauge(
                "prometheus_rule_group_last_duration_seconds",
                "The duration of the last rule group evaluation.",
            ),
            last_rule_durations: gauge(
                "prometheus_rule_group_last_rule_duration_sum_seconds",
                "The sum of time in seconds it took to evaluate each rule in the group regardless of concurrency. This should be higher than the group duration if rules are evaluated concurrently.",
            ),
            last_restore: gauge(
                "prometheus_rule_group_last_restore_duration_seconds",
                "The duration of the last alert rules alerts restoration using the `ALERTS_FOR_STATE` series.",
            ),
            rules: gauge("prometheus_rule_group_rules", "The number of rules."),
            samples: gauge(
                "prometheus_rule_group_last_evaluation_samples",
                "The number of samples returned during the last rule group evaluation.",
            ),
        }
    }
}
