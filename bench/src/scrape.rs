//! The fleet scraped by each server in turn: processor time a sample, memory, restart after a kill.

use std::thread::sleep;
use std::time::{Duration, Instant};

use regain_tests::process::{size_bytes, wait_for, write_file};
use regain_tests::program::Program;
use regain_tests::series::SERIES_PER_TARGET;
use regain_tests::server::{Server, Setup};

use crate::fleet::{Coding, Fleet};
use crate::settings::{Scratch, now, number_or, servers};
use crate::table::{self, Figure, figure};

const TARGETS: u64 = 250;
const INTERVAL_S: u64 = 5;
/// The first scrapes create the series and are not what a server does all day.
const WARM_UP: Duration = Duration::from_secs(20);
const MEASURED_S: u64 = 60;
/// How long to wait for the first scrapes, and for the first answer after a kill.
const LIMIT: Duration = Duration::from_mins(1);
/// How far before the kill the first question after it looks: further than one scrape.
const LOOK_BACK_S: f64 = 2.0 * INTERVAL_S as f64;

/// What one server took.
struct Measured {
    /// Microseconds of processor time.
    cpu_us_per_sample: f64,
    /// Megabytes for 100,000 series at the end, and at the highest.
    rss_mb: f64,
    peak_mb: f64,
    restart_ms: f64,
    disk_mb: f64,
}

/// Runs the comparison and prints its tables: plain bodies first, then compressed ones.
pub(crate) fn run() -> anyhow::Result<()> {
    let (targets, seconds) =
        (number_or("TARGETS", TARGETS)?, number_or("SCRAPE_SECONDS", MEASURED_S)?);
    compare(targets, seconds, Coding::Plain)?;
    compare(targets, seconds.div_ceil(2), Coding::Gzip)
}

fn compare(targets: u64, seconds: u64, coding: Coding) -> anyhow::Result<()> {
    let scratch = Scratch::new("scrape")?;
    let fleet = Fleet::start(&scratch, targets, coding)?;
    let (mut titles, mut results) = (Vec::new(), Vec::new());
    let mut share: f64 = 0.0;
    for program in servers()? {
        let title = program.title()?;
        table::progress(&format!("{title} scrapes {targets} targets, {coding:?}"));
        let (cpu, start) = (fleet.process.cpu_s()?, Instant::now());
        results.push(measure(program, &scratch, &fleet, targets, seconds)?);
        share = share.max((fleet.process.cpu_s()? - cpu) / start.elapsed().as_secs_f64());
        titles.push(title);
    }
    let bodies = match coding {
        Coding::Plain => "plain bodies",
        Coding::Gzip => "compressed bodies",
    };
    let title = format!(
        "Scraping {targets} targets of {SERIES_PER_TARGET} series every {INTERVAL_S} s for {seconds} s, \
         {bodies} (the fleet takes {:.1} % of a core)",
        share * 100.0
    );
    table::compare(&title, &titles, &figures(&results));
    Ok(())
}

fn figures(results: &[Measured]) -> Vec<Figure> {
    vec![
        figure("processor time a sample, µs", results, |result| result.cpu_us_per_sample),
        figure("memory of 100k series, MB", results, |result| result.rss_mb),
        figure("highest memory of 100k series, MB", results, |result| result.peak_mb),
        figure("restart after kill -9, ms", results, |result| result.restart_ms),
        figure("data directory, MB", results, |result| result.disk_mb),
    ]
}

fn measure(
    program: Program,
    scratch: &Scratch,
    fleet: &Fleet,
    targets: u64,
    seconds: u64,
) -> anyhow::Result<Measured> {
    let dir = scratch.path(program.name());
    std::fs::create_dir_all(&dir)?;
    write_file(&dir.join("fleet.json"), &target_groups(fleet.port, targets))?;
    let server = Setup::new(program, &dir).config(CONFIG).start()?;
    wait_for("all targets to be up", LIMIT, || {
        let up = server.number("count(up{job=\"fleet\"} == 1)")?;
        Ok(up.filter(|up| *up >= targets as f64))
    })?;
    sleep(WARM_UP);
    let (cpu, served) = (server.process.cpu_s()?, fleet.served()?);
    sleep(Duration::from_secs(seconds));
    let (cpu, served) = (server.process.cpu_s()? - cpu, fleet.served()? - served);
    let (rss, peak) = server.process.memory_mb()?;
    let disk_mb = size_bytes(&server.setup.data_dir()) as f64 / 1e6;
    let hundred_thousands = targets as f64 * SERIES_PER_TARGET as f64 / 1e5;
    Ok(Measured {
        cpu_us_per_sample: cpu * 1e6 / (served as f64 * SERIES_PER_TARGET as f64),
        rss_mb: rss / hundred_thousands,
        peak_mb: peak / hundred_thousands,
        restart_ms: restart_ms(server)?,
        disk_mb,
    })
}

/// Scrapes what the file beside it names; no server is told anything that another does not know.
const CONFIG: &str = "global:
  scrape_interval: 5s
  scrape_timeout: 5s
scrape_configs:
- job_name: fleet
  file_sd_configs:
  - files: [fleet.json]
";

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

/// Kills the server and starts it again: the milliseconds until it answers with data from before.
fn restart_ms(server: Server) -> anyhow::Result<f64> {
    let before = now().as_secs_f64() - LOOK_BACK_S;
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
