//! Answers of the API of healing for people to read.

use super::answer::{Audit, Overview, Pause, Remediation, Run, Texts, labels};
use super::table::{Table, plain};

/// What stands where there is nothing.
const NOTHING: &str = "-";
/// The width of the names before the facts of a run.
const NAME_WIDTH: usize = 12;

/// How healing stands, with at most `runs_max` runs.
pub(super) fn overview(overview: &Overview, runs_max: usize) -> String {
    let Overview { mode, pauses, remediations, runs, waiting, storm, damage } = overview;
    let source = match mode.as_str() {
        "in_process" => "this program's own alerting",
        "webhook" => "webhooks of an Alertmanager",
        other => other,
    };
    let mut lines =
        vec![format!("Alerts come from {}; targets that wait: {waiting}.", plain(source))];
    if *storm {
        lines.push("STORM: too many targets are ill, nothing is healed".to_owned());
    }
    lines.extend(damage.iter().map(|damage| format!("DAMAGE: {}", plain(damage))));
    lines.extend(pauses.iter().map(pause));
    lines.push(String::new());
    lines.extend(remediation_table(remediations).lines());
    if !runs.is_empty() {
        lines.push(String::new());
    }
    lines.extend(run_table(runs, runs_max).lines());
    if runs.len() > runs_max {
        let more = runs.len() - runs_max;
        lines.push(format!("{more} more runs; --limit shows them"));
    }
    lines.join("\n")
}

fn pause(pause: &Pause) -> String {
    let Pause { scope, name, by, reason, since, until } = pause;
    let until = until.as_deref().unwrap_or("somebody resumes");
    let what = if name.is_empty() { scope.clone() } else { format!("{scope} {name}") };
    plain(&format!("PAUSED {what} by {by} since {since} until {until}: {reason}"))
}

fn remediation_table(remediations: &[Remediation]) -> Table {
    let mut table = Table::new(&[
        "REMEDIATION",
        "MODE",
        "MATCH",
        "TARGET",
        "STEPS",
        "COOLDOWN",
        "LIMITS",
        "RUNNING",
        "HEALED",
        "FAILED",
    ]);
    for one in remediations {
        let steps: Vec<&str> = one.steps.iter().map(|step| step.what.as_str()).collect();
        let limit = |limit: &super::answer::Limit| {
            format!("{} of {} per {}", limit.used, limit.runs, limit.per)
        };
        let mut limits: Vec<String> = one.limits.iter().map(limit).collect();
        limits.extend(one.breaker_open.then(|| "breaker open".to_owned()));
        table.push([
            &one.name,
            &one.mode,
            &one.r#match.join(","),
            &one.target.join(","),
            &steps.join(" | "),
            &one.cooldown,
            &limits.join(", "),
            &one.running.to_string(),
            &one.succeeded.to_string(),
            &one.failed.to_string(),
        ]);
    }
    table
}

fn run_table(runs: &[Run], max: usize) -> Table {
    let heads = ["RUN", "REMEDIATION", "TARGET", "STATE", "STARTED", "ENDED", "ACTION", "DETAIL"];
    let mut table = Table::new(&heads);
    // Runs that go on are shown in any case.
    let shown = runs.iter().enumerate().filter(|(at, run)| *at < max || run.ended_at.is_none());
    for (_, run) in shown {
        table.push([
            &run.id,
            &run.remediation,
            &set(&run.target),
            &state(run),
            &run.started_at,
            run.ended_at.as_deref().unwrap_or(NOTHING),
            &run.action,
            run.detail.as_deref().unwrap_or_default(),
        ]);
    }
    table
}

fn state(run: &Run) -> String {
    if run.mode == "shadow" { format!("{} (shadow)", run.state) } else { run.state.clone() }
}

/// One run with all that is known of it.
pub(super) fn run(run: &Run) -> String {
    let mut lines = Vec::new();
    let mut fact = |name: &str, text: &str| {
        if !text.is_empty() {
            lines.push(format!("{name:<NAME_WIDTH$} {}", plain(text)));
        }
    };
    fact("run", &run.id);
    fact("remediation", &run.remediation);
    fact("target", &set(&run.target));
    fact("state", &state(run));
    fact("action", &run.action);
    fact("step", &format!("{}, attempt {}", run.step + 1, run.attempt));
    fact("link", run.link.as_deref().unwrap_or_default());
    fact("detail", run.detail.as_deref().unwrap_or_default());
    fact("alert", &set(&run.alert.labels));
    for (name, text) in &run.alert.annotations {
        fact("", &format!("{name}: {text}"));
    }
    fact("firing since", &run.alert.starts_at);
    fact("started", &run.started_at);
    fact("ended", run.ended_at.as_deref().unwrap_or_default());
    let mut stages = Table::new(&["AT", "STAGE", "DETAIL"]);
    for stage in &run.stages {
        stages.push([&stage.at, &stage.state, stage.detail.as_deref().unwrap_or_default()]);
    }
    lines.push(String::new());
    lines.extend(stages.lines());
    if let Some(log) = &run.log {
        lines.extend([String::new(), "LOG".to_owned()]);
        lines.extend(log.lines().map(plain));
    }
    lines.join("\n")
}

/// Decisions, the newest first.
pub(super) fn audit(audit: &Audit) -> String {
    let heads = ["NUMBER", "AT", "DECISION", "REASON", "REMEDIATION", "TARGET", "RUN", "DETAIL"];
    let mut table = Table::new(&heads);
    for entry in &audit.entries {
        table.push([
            &entry.sequence.to_string(),
            &entry.at,
            &entry.decision,
            entry.reason.as_deref().unwrap_or(NOTHING),
            &entry.remediation,
            &set(&entry.target),
            entry.run.as_deref().unwrap_or(NOTHING),
            &entry.detail,
        ]);
    }
    let mut lines = table.lines();
    match audit.next {
        Some(next) => lines.push(format!("There is more: --before={next}")),
        None if lines.is_empty() => lines.push("Nothing was decided.".to_owned()),
        None => {}
    }
    lines.join("\n")
}

fn set(texts: &Texts) -> String {
    if texts.is_empty() { NOTHING.to_owned() } else { labels(texts).to_string() }
}
