//! How often, how many, how long.

use std::time::Duration;

use regain_go_format::duration;
use regain_healing::settings::{
    Backoff, Breaker, GlobalLimits, Limits, RunLimit, Storm, WINDOW_MAX,
};
use regain_yaml::Section;

use crate::value::duration_or;

/// The most things that are done at the same time.
const CONCURRENT_MAX: usize = 100;
/// The longest queue.
const QUEUE_MAX: usize = 1000;

/// A duration, which must not be zero.
pub(super) fn some_duration(
    section: &mut Section<'_>,
    name: &'static str,
    default: Duration,
) -> Duration {
    let read = duration_or(section, name, default);
    if read.is_zero() {
        section.rule(name, format!("{name} must be longer than zero"));
    }
    read
}

/// A number with bounds.
pub(super) fn number<T>(section: &mut Section<'_>, name: &'static str, default: T, max: T) -> T
where
    T: regain_yaml::Decode + PartialOrd + From<u8> + std::fmt::Display + Copy,
{
    let read = section.or(name, default);
    if read < T::from(1) || read > max {
        section.rule(name, format!("{name} must be between 1 and {max}"));
    }
    read
}

/// The section `limits` of the file.
pub(super) fn global(section: &mut Section<'_>) -> GlobalLimits {
    let default = GlobalLimits::default();
    GlobalLimits {
        concurrent: number(section, "concurrent", default.concurrent, CONCURRENT_MAX),
        max: run_limits(section, default.max),
        storm: section.section("storm", "storm", storm).unwrap_or(default.storm),
        queue: number(section, "queue", default.queue, QUEUE_MAX),
    }
}

/// The section `limits` of a remediation.
pub(super) fn own(section: &mut Section<'_>) -> Limits {
    let default = Limits::default();
    let limits = Limits {
        cooldown: duration_or(section, "cooldown", default.cooldown),
        max: run_limits(section, default.max),
        concurrent: number(section, "concurrent", default.concurrent, CONCURRENT_MAX),
        breaker: section.section("breaker", "breaker", breaker).unwrap_or(default.breaker),
    };
    if limits.cooldown > WINDOW_MAX {
        section.rule("cooldown", too_long("cooldown"));
    }
    limits
}

fn too_long(name: &str) -> String {
    let max_ms = i64::try_from(WINDOW_MAX.as_millis()).unwrap_or(i64::MAX);
    format!("{name} must not be longer than {}", duration::format(max_ms))
}

fn run_limits(section: &mut Section<'_>, default: Vec<RunLimit>) -> Vec<RunLimit> {
    if section.peek("max").is_none_or(regain_yaml::Node::is_null) {
        section.field("max");
        return default;
    }
    section.list("max", |node, mistakes| {
        Section::read(node, "max", mistakes, |section| {
            let runs = number(section, "runs", 1, 10_000);
            let per = some_duration(section, "per", Duration::from_hours(1));
            if per > WINDOW_MAX {
                section.rule("per", too_long("per"));
            }
            RunLimit { runs, per }
        })
    })
}

fn breaker(section: &mut Section<'_>) -> Breaker {
    let default = Breaker::default();
    let errors = section.or("errors", default.errors);
    if errors.is_nan() || errors <= 0.0 {
        section
            .rule("errors", "errors is a share of the runs, such as 0.5; above 1 it never opens");
    }
    let window = some_duration(section, "window", default.window);
    if window > WINDOW_MAX {
        section.rule("window", too_long("window"));
    }
    Breaker {
        errors,
        runs: number(section, "runs", default.runs, 1000),
        window,
        open_for: some_duration(section, "open_for", default.open_for),
    }
}

fn storm(section: &mut Section<'_>) -> Storm {
    let default = Storm::default();
    Storm {
        targets: number(section, "targets", default.targets, 10_000),
        within: some_duration(section, "within", default.within),
    }
}

/// The section `backoff` of a step.
pub(super) fn backoff(section: &mut Section<'_>) -> Backoff {
    let default = Backoff::default();
    let initial = some_duration(section, "initial", default.initial);
    Backoff { initial, max: some_duration(section, "max", default.max.max(initial)) }
}
