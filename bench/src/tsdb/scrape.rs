//! The fleet scraped by each server in turn: processor time of samples and of rules, memory with the
//! same series all the time and with others again and again, and the restart after a kill.

use std::thread::sleep;
use std::time::{Duration, Instant};

use regain_tests::process::{wait_for, write_file};
use regain_tests::program::Program;
use regain_tests::series::SERIES_PER_TARGET;
use regain_tests::server::{Server, Setup};

use super::rules;
use crate::bar::{Bar, Bars, Tally, less};
use crate::fleet::{Fleet, Mode};
use crate::measure::{Spent, Window};
use crate::settings::{Scratch, Size, now, servers};
use crate::table::{self, Figure, figure};

const TARGETS: Size = Size { variable: "TARGETS", full: 250, small: 20 };
const INTERVAL: Size = Size { variable: "SCRAPE_INTERVAL", full: 5, small: 1 };
/// The first scrapes create the series and are not what a server does all day.
const WARM_UP_SECONDS: Size = Size { variable: "WARM_UP_SECONDS", full: 20, small: 1 };
const SCRAPE_SECONDS: Size = Size { variable: "SCRAPE_SECONDS", full: 60, small: 3 };
const COMPRESSED_SECONDS: Size = Size { variable: "COMPRESSED_SECONDS", full: 20, small: 1 };
const RULE_INTERVAL: Size = Size { variable: "RULE_INTERVAL", full: 15, small: 1 };
const RULE_SECONDS: Size = Size { variable: "RULE_SECONDS", full: 45, small: 2 };
const CHURN_SECONDS: Size = Size { variable: "CHURN_SECONDS", full: 40, small: 2 };
/// How often each series is replaced while others come.
const RELEASES: u64 = 2;
/// How long to wait for the first scrapes, and for the first answer after a kill.
const LIMIT: Duration = Duration::from_mins(1);

/// The sizes of a run; times are in seconds.
#[derive(Clone, Copy)]
struct Plan {
    targets: u64,
    interval_s: u64,
    warm_up_s: u64,
    measured_s: u64,
    compressed_s: u64,
    rules: rules::Plan,
    churn_s: u64,
}

/// What one server took.
struct Measured {
    /// Microseconds of processor time for a sample in a plain body, and in a compressed one.
    plain_us: f64,
    compressed_us: f64,
    /// Milliseconds of processor time for one evaluation of a rule, where the server has rules.
    rule_ms: Option<f64>,
    /// Megabytes for 100,000 series after the plain bodies, at the highest until then, and after others
    /// have taken their places.
    rss_mb: f64,
    peak_mb: f64,
    churned_mb: f64,
    restart_ms: f64,
}

/// Runs the comparison and prints its table.
pub(super) fn run() -> anyhow::Result<Tally> {
    let plan = Plan {
        targets: TARGETS.get()?,
        interval_s: INTERVAL.get()?,
        warm_up_s: WARM_UP_SECONDS.get()?,
        measured_s: SCRAPE_SECONDS.get()?,
        compressed_s: COMPRESSED_SECONDS.get()?,
        rules: rules::Plan { interval_s: RULE_INTERVAL.get()?, seconds: RULE_SECONDS.get()? },
        churn_s: CHURN_SECONDS.get()?,
    };
    let scratch = Scratch::new("scrape")?;
    let fleet = Fleet::start(&scratch, plan.targets)?;
    let servers = servers()?;
    let (mut results, mut share) = (Vec::new(), 0.0_f64);
    for program in &servers {
        table::progress(&format!("{} scrapes {} targets", program.name(), plan.targets));
        let window = Window::open(&fleet.process)?;
        results.push(measure(*program, &scratch, &fleet, plan)?);
        share = share.max(window.spent()?.share());
    }
    let title = format!(
        "Scraping {} targets of {SERIES_PER_TARGET} series every {} s, for {} s after {} s of warming \
         up; {} rules every {} s; series replaced {RELEASES} times in {} s (the fleet takes {:.1} % of \
         a core)",
        plan.targets,
        plan.interval_s,
        plan.measured_s,
        plan.warm_up_s,
        rules::COUNT,
        plan.rules.interval_s,
        plan.churn_s,
        share * 100.0
    );
    table::compare(&title, &servers, &figures(&results))
}

fn figures(results: &[Measured]) -> Vec<Figure> {
    let memory = less((3.5, 1.4), (5.8, 2.4));
    let rules = Bars { must: Bar::Less(5.0, None), moonshot: Bar::Less(15.0, None) };
    vec![
        figure("processor time a sample, µs", results, |it| it.plain_us)
            .bars(less((4.0, 8.0), (8.0, 15.0))),
        figure("the same, compressed bodies, µs", results, |it| it.compressed_us),
        figure("processor time of a rule, ms", results, |it| it.rule_ms).bars(rules),
        figure("memory of 100k series, MB", results, |it| it.rss_mb).bars(memory),
        figure("the same at the highest, MB", results, |it| it.peak_mb),
        figure("the same after churn, MB", results, |it| it.churned_mb).bars(memory),
        figure("restart after kill -9, ms", results, |it| it.restart_ms),
    ]
}

fn measure(
    program: Program,
    scratch: &Scratch,
    fleet: &Fleet,
    plan: Plan,
) -> anyhow::Result<Measured> {
    fleet.set(Mode::Steady)?;
    let server = start(program, scratch, fleet, plan)?;
    sleep(Duration::from_secs(plan.warm_up_s));
    let (plain, plain_us) = scraped(&server, fleet, plan.measured_s)?;
    let (rss, peak) = server.process.memory_mb()?;
    fleet.set(Mode::Compressed)?;
    sleep(Duration::from_secs(plan.interval_s));
    let (_, compressed_us) = scraped(&server, fleet, plan.compressed_s)?;
    fleet.set(Mode::Steady)?;
    let rule_ms = rules::measure(&server, plan.rules, plain.share())?;
    let (since_s, life_s) = (now().as_secs(), (plan.churn_s / RELEASES).max(1));
    fleet.set(Mode::Churning { since_s, life_s })?;
    // The last release is scraped, too.
    sleep(Duration::from_secs(plan.churn_s + plan.interval_s));
    let churned = server.process.memory_mb()?.0;
    let hundred_thousands = plan.targets as f64 * SERIES_PER_TARGET as f64 / 1e5;
    Ok(Measured {
        plain_us,
        compressed_us,
        rule_ms,
        rss_mb: rss / hundred_thousands,
        peak_mb: peak / hundred_thousands,
        churned_mb: churned / hundred_thousands,
        restart_ms: restart_ms(server, plan.interval_s)?,
    })
}

/// Starts a server and waits until it has scraped everything once.
fn start(program: Program, scratch: &Scratch, fleet: &Fleet, plan: Plan) -> anyhow::Result<Server> {
    let dir = scratch.path(program.name());
    std::fs::create_dir_all(&dir)?;
    write_file(&dir.join("fleet.json"), &target_groups(fleet.port, plan.targets))?;
    let setup = Setup::new(program, &dir).config(config(plan.interval_s));
    let server = rules::prepare(setup).start()?;
    wait_for("all targets to be up", LIMIT, || {
        let up = server.number("count(up{job=\"fleet\"} == 1)")?;
        Ok(up.filter(|up| *up >= plan.targets as f64))
    })?;
    Ok(server)
}

/// What goes by while the server scrapes, and the processor time for each sample, in microseconds.
fn scraped(server: &Server, fleet: &Fleet, seconds: u64) -> anyhow::Result<(Spent, f64)> {
    let (window, served) = (Window::open(&server.process)?, fleet.served()?);
    sleep(Duration::from_secs(seconds));
    let (spent, served) = (window.spent()?, fleet.served()? - served);
    Ok((spent, spent.cpu_us(served as f64 * SERIES_PER_TARGET as f64)))
}

/// Scrapes what the file beside it names; no server is told anything that another does not know.
fn config(interval_s: u64) -> String {
    format!(
        "global:
  scrape_interval: {interval_s}s
  scrape_timeout: {interval_s}s
scrape_configs:
- job_name: fleet
  file_sd_configs:
  - files: [fleet.json]
"
    )
}

fn target_groups(port: u16, targets: u64) -> String {
    let group = |target| {
        serde_json::json!({
            "targets": [format!("127.0.0.1:{port}")],
            "labels": {
                "__metrics_path__": format!("/t/{target}"),
                "instance": format!("host-{target:03}:9100"),
            },
        })
    };
    (0..targets).map(group).collect::<serde_json::Value>().to_string()
}

/// Kills the server and starts it again: the milliseconds until it answers with data from before. The
/// first question looks back further than one scrape.
fn restart_ms(server: Server, interval_s: u64) -> anyhow::Result<f64> {
    let before = now().as_secs_f64() - 2.0 * interval_s as f64;
    let setup = server.kill()?;
    let start = Instant::now();
    let server = setup.start()?;
    wait_for("an answer after the restart", LIMIT, || {
        let found = server.query("up{job=\"fleet\"}", Some(before));
        // A server that still loads its data may refuse to answer.
        Ok(found.ok().filter(|series| !series.is_empty()))
    })?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}
