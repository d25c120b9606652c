//! The fleet scraped by each server in turn: processor time a sample, memory, restart after a kill.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{Running, size_bytes, wait_for, write_file};
use crate::series::SERIES_PER_TARGET;
use crate::server::{Kind, Server, number_or};
use crate::table;

const TARGETS: u64 = 250;
const INTERVAL_S: u64 = 5;
/// The first scrapes create the series and are not what a server does all day.
const WARM_UP: Duration = Duration::from_secs(20);
const MEASURED_S: u64 = 60;
const ALL_UP: &str = "count(up == 1)";

struct Measured {
    title: String,
    cpu_us_per_sample: f64,
    rss_mb_per_100k: f64,
    peak_mb_per_100k: f64,
    restart_ms: f64,
    disk_mb: f64,
}

/// Runs the comparison and prints its tables: plain bodies first, then compressed ones.
pub(crate) fn run() -> anyhow::Result<()> {
    let targets = number_or("TARGETS", TARGETS)?;
    let seconds = number_or("SCRAPE_SECONDS", MEASURED_S)?;
    let work = scratch("scrape")?;
    let (mut fleet, port) = start_fleet(&work, targets)?;
    let mut results = Vec::new();
    let mut fleet_share: f64 = 0.0;
    for kind in Kind::ALL.into_iter().filter(|kind| kind.program().is_some()) {
        table::progress(&format!("{} scrapes {targets} targets", kind.title()));
        let before = (fleet.cpu_s()?, Instant::now());
        results.push(measure(kind, &work, port, targets, seconds)?);
        fleet_share =
            fleet_share.max((fleet.cpu_s()? - before.0) / before.1.elapsed().as_secs_f64());
    }
    fleet.kill()?;
    let title = format!(
        "Scraping {targets} targets of {SERIES_PER_TARGET} series every {INTERVAL_S} s for {seconds} s, \
         plain bodies (the fleet takes {:.1} % of a core)",
        fleet_share * 100.0
    );
    print(&title, &results);
    std::fs::remove_dir_all(&work)?;
    Ok(())
}

/// A fresh directory below the build's.
pub(crate) fn scratch(name: &str) -> anyhow::Result<PathBuf> {
    let dir = Path::new("target/bench").join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    Ok(dir.canonicalize()?)
}

fn start_fleet(work: &Path, targets: u64) -> anyhow::Result<(Running, u16)> {
    let port_file = work.join("fleet.port").display().to_string();
    let child = Command::new(std::env::current_exe()?)
        .args(["fleet", &port_file, &targets.to_string()])
        .stdin(Stdio::null())
        .spawn()?;
    let read = || std::fs::read_to_string(&port_file).ok()?.parse().ok();
    let port = wait_for("the fleet's port", Duration::from_secs(10), read)?;
    Ok((Running(child), port))
}

fn configuration(work: &Path, port: u16, targets: u64) -> anyhow::Result<PathBuf> {
    let mut groups = String::from("[");
    for target in 0..targets {
        let comma = if target == 0 { "" } else { "," };
        write!(
            groups,
            "{comma}{{\"targets\":[\"127.0.0.1:{port}\"],\"labels\":{{\
             \"__metrics_path__\":\"/t/{target}\",\"instance\":\"host-{target:03}:9100\"}}}}"
        )?;
    }
    groups.push(']');
    let files = work.join("fleet.json");
    write_file(&files.display().to_string(), &groups)?;
    let config = work.join("fleet.yml");
    let text = format!(
        "global:\n  scrape_interval: {INTERVAL_S}s\n  scrape_timeout: {INTERVAL_S}s\n\
         scrape_configs:\n- job_name: fleet\n  enable_compression: false\n  file_sd_configs:\n  \
         - files: ['{}']\n",
        files.display()
    );
    write_file(&config.display().to_string(), &text)?;
    Ok(config)
}

fn measure(
    kind: Kind,
    work: &Path,
    port: u16,
    targets: u64,
    seconds: u64,
) -> anyhow::Result<Measured> {
    let config = configuration(work, port, targets)?;
    let server = Server::start(kind, &work.join(format!("{kind:?}")), Some(&config))?;
    wait_for("all targets to be up", Duration::from_secs(60), || {
        server.number(ALL_UP).ok().filter(|up| *up >= targets as f64)
    })?;
    sleep(WARM_UP);
    let (cpu, start) = (server.process.cpu_s()?, Instant::now());
    sleep(Duration::from_secs(seconds));
    let (cpu, elapsed) = (server.process.cpu_s()? - cpu, start.elapsed().as_secs_f64());
    let per_scrape = server.number("avg(scrape_samples_scraped{job=\"fleet\"})")?;
    let samples = per_scrape * targets as f64 * elapsed / INTERVAL_S as f64;
    let series = targets as f64 * SERIES_PER_TARGET as f64;
    let (rss, peak) = server.process.memory_mb()?;
    let disk_mb = size_bytes(&server.data_dir()) as f64 / 1e6;
    let (_server, restart_ms) = server.crash_and_restart("count(up)")?;
    Ok(Measured {
        title: kind.title(),
        cpu_us_per_sample: cpu * 1e6 / samples,
        rss_mb_per_100k: rss * 100_000.0 / series,
        peak_mb_per_100k: peak * 100_000.0 / series,
        restart_ms,
        disk_mb,
    })
}

fn print(title: &str, results: &[Measured]) {
    let mut rows = vec![vec!["".to_owned()]];
    let Some(ours) = results.first() else { return };
    for (index, result) in results.iter().enumerate() {
        rows[0].push(result.title.clone());
        if index > 0 {
            rows[0].push("ratio".into());
        }
    }
    type Figure = (&'static str, fn(&Measured) -> f64);
    let figures: [Figure; 5] = [
        ("processor time a sample, µs", |result| result.cpu_us_per_sample),
        ("memory a 100k series, MB", |result| result.rss_mb_per_100k),
        ("highest memory a 100k series, MB", |result| result.peak_mb_per_100k),
        ("restart after kill -9, ms", |result| result.restart_ms),
        ("data directory, MB", |result| result.disk_mb),
    ];
    for (name, figure) in figures {
        let mut row = vec![name.to_owned()];
        for (index, result) in results.iter().enumerate() {
            row.push(format!("{:.2}", figure(result)));
            if index > 0 {
                row.push(table::ratio(figure(result), figure(ours)));
            }
        }
        rows.push(row);
    }
    table::print(title, &rows);
}
