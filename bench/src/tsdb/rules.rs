//! What rules over the fleet cost a server that scrapes it.
//!
//! The rules come with a reload and go with the next, so that the processor time of scraping alone, measured
//! just before, can be taken off.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;
use regain_tests::process::write_file;
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};

use crate::measure::Window;

const FILE: &str = "rules.yml";

/// What each group of rules sums up by.
const BY: [&str; 6] = ["job", "instance", "handler", "method", "job, handler", "instance, method"];
/// The recording rules of a group, with `BY` for the labels of the group.
const RECORDED: [&str; 8] = [
    "sum by (BY) (rate(http_requests_total[5m]))",
    r#"sum by (BY) (rate(http_requests_total{code=~"5.."}[5m]))"#,
    r#"sum by (BY) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (BY) (rate(http_requests_total[5m]))"#,
    "sum by (BY) (increase(http_request_duration_seconds_count[5m]))",
    "histogram_quantile(0.99, sum by (le, BY) (rate(http_request_duration_seconds_bucket[5m])))",
    "sum by (BY) (rate(http_request_duration_seconds_sum[5m])) / sum by (BY) (rate(http_request_duration_seconds_count[5m]))",
    r#"sum by (BY) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))"#,
    "max by (BY) (max_over_time(service_queue_length[5m]))",
];
/// The alerting rules of a group; none of them ever fires.
const ALERTS: [&str; 2] = [
    r#"sum by (BY) (rate(http_requests_total{code="500"}[5m])) > 1e9"#,
    "avg by (BY) (process_open_fds) / avg by (BY) (process_max_fds) > 0.9",
];
/// How many rules there are.
pub(super) const COUNT: usize = BY.len() * (RECORDED.len() + ALERTS.len());

/// How the rules are measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The seconds between two evaluations.
    pub(super) interval_s: u64,
    /// For how many seconds, after one interval of warming up.
    pub(super) seconds: u64,
}

/// Lets a server take rules while it runs, where it has any.
pub(super) fn prepare(setup: Setup) -> Setup {
    if setup.program == Program::VictoriaMetrics {
        return setup;
    }
    let config = format!("{}rule_files: [{FILE}]\n", setup.config);
    setup.config(config).flag("--web.enable-lifecycle")
}

/// The milliseconds of processor time for one evaluation of one rule. `share` is what the server takes of
/// a core without them. Nothing for a server without rules.
pub(super) fn measure(server: &Server, plan: Plan, share: f64) -> anyhow::Result<Option<f64>> {
    if server.setup.program == Program::VictoriaMetrics {
        return Ok(None);
    }
    load(server, &text(plan.interval_s))?;
    sleep(Duration::from_secs(plan.interval_s));
    let (window, count) = (Window::open(&server.process)?, counter(server, "evaluations")?);
    sleep(Duration::from_secs(plan.seconds));
    let (spent, count) = (window.spent()?, counter(server, "evaluations")? - count);
    let (failures, name) = (counter(server, "evaluation_failures")?, server.setup.program.name());
    anyhow::ensure!(failures == 0.0, "{name}: {failures} rules failed");
    anyhow::ensure!(count > 0.0, "{name}: no rule was evaluated");
    load(server, "groups: []\n")?;
    Ok(Some((spent.cpu_s - share * spent.wall_s).max(0.0) * 1e3 / count))
}

fn load(server: &Server, rules: &str) -> anyhow::Result<()> {
    write_file(&server.setup.dir.join(FILE), rules)?;
    let answer = server.connect()?.post("/-/reload", "", b"")?;
    let name = server.setup.program.name();
    anyhow::ensure!(answer.status == 200, "{name} does not reload: {}", answer.text());
    Ok(())
}

/// A counter that the server shows about all its rules.
fn counter(server: &Server, what: &str) -> anyhow::Result<f64> {
    let start = format!("prometheus_rule_{what}_total{{");
    let mut sum = 0.0;
    for line in server.get("/metrics")?.text().lines().filter(|line| line.starts_with(&start)) {
        let (_, value) = line.rsplit_once(' ').context("a sample without a value")?;
        sum += value.parse::<f64>()?;
    }
    Ok(sum)
}

fn text(interval_s: u64) -> String {
    let mut text = "groups:\n".to_owned();
    for (group, by) in BY.iter().enumerate() {
        write!(text, "- name: by-{group}\n  interval: {interval_s}s\n  rules:\n")
            .expect("writing to a string does not fail");
        let recorded = RECORDED.iter().map(|rule| ("record", "fleet:rule", rule));
        let rules = recorded.chain(ALERTS.iter().map(|rule| ("alert", "FleetRule", rule)));
        for (index, (kind, name, rule)) in rules.enumerate() {
            let rule = rule.replace("BY", by);
            write!(text, "  - {kind}: {name}{group}_{index}\n    expr: '{rule}'\n")
                .expect("writing to a string does not fail");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_rules_as_the_title_says() {
        assert_eq!(text(15).matches("expr:").count(), COUNT);
        assert_eq!(COUNT, 60);
    }
}
