//! Measures what scraping costs: `cargo run --release -p regain-scrape --example fleet [targets] [rounds]`.
//!
//! A fleet of exporters with 1,200 series each, half of which change from scrape to scrape, is scraped every second into
//! a store that keeps nothing. The exporters have threads of their own, whose time does not count.
#![expect(clippy::print_stdout, reason = "the figures are for a person")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use regain_discovery::{StaticConfig, TargetGroup};
use regain_metrics::Registry;
use regain_model::{Labels, Timestamp};
use regain_scrape::{Clock, Job, JobConfig, ScrapeManager, ScrapeOptions};
use regain_storage::{Appendable, Appender, Committed, LaneKey, Result, SeriesRef, Value, Verdict};

const SERIES: usize = 1200;
const VARIANTS: usize = 16;
const WARM_UP_SECONDS: u64 = 3;
const EXPORTER_THREAD: &str = "exporter";

fn main() {
    let argument = |position: usize, default: u64| {
        std::env::args().nth(position).map_or(default, |text| text.parse().expect("a number"))
    };
    let (targets, rounds) = (argument(1, 250), argument(2, 10));
    let address = serve();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(measure(address, targets, rounds));
}

async fn measure(address: SocketAddr, targets: u64, rounds: u64) {
    #[expect(clippy::disallowed_methods, reason = "an example has no clock seam above it")]
    let now = || std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let registry = Registry::new();
    let options = ScrapeOptions::new(Arc::new(Nowhere), registry.clone(), Clock::new(now));
    let manager = ScrapeManager::new(options);
    let config = JobConfig {
        scrape_interval: Duration::from_secs(1),
        scrape_timeout: Duration::from_secs(1),
        enable_compression: false,
        ..JobConfig::new("fleet")
    };
    let groups = (0..targets).map(|target| {
        let labels = Labels::from_pairs([
            ("instance", format!("host-{target}:9100")),
            ("__metrics_path__", format!("/{target}")),
        ]);
        TargetGroup::new(target.to_string(), labels, [address.to_string().as_str()])
    });
    let statics = StaticConfig { groups: groups.collect() };
    let jobs = vec![Job { config, statics, files: Vec::new(), failure_log: None }];
    manager.apply(jobs, &Labels::empty()).await.expect("the job is valid");
    let resident_before = resident_kb();
    tokio::time::sleep(Duration::from_secs(WARM_UP_SECONDS)).await;
    let (cpu, began) = (cpu_seconds(), Instant::now());
    tokio::time::sleep(Duration::from_secs(rounds)).await;
    let cpu = cpu_seconds() - cpu;
    let samples = began.elapsed().as_secs_f64() * (targets * SERIES as u64) as f64;
    let failed = manager.targets()["fleet"]
        .active
        .iter()
        .filter_map(|target| target.status().last_error)
        .inspect(|error| println!("failed: {error}"))
        .count();
    println!(
        "{targets} targets, {failed} failing, {:.0} samples a second",
        samples / began.elapsed().as_secs_f64()
    );
    println!(
        "{:.0} ns of CPU per sample, {:.0} µs per scrape",
        cpu / samples * 1e9,
        cpu / samples * 1e6 * SERIES as f64
    );
    let grown = resident_kb().saturating_sub(resident_before);
    println!(
        "{} MB resident, of which {} MB came with the scrapes",
        resident_kb() / 1024,
        grown / 1024
    );
    manager.stop().await;
}

/// Is a store that takes everything and keeps nothing.
struct Nowhere;

/// Counts the series of a lane, and the samples of its batch.
#[derive(Default)]
struct Lane {
    series: u64,
    samples: u64,
}

impl Appendable for Nowhere {
    fn appender(&self, _: &LaneKey) -> Result<Box<dyn Appender>> {
        Ok(Box::new(Lane::default()))
    }
}

impl Appender for Lane {
    fn series(&mut self, _: &Labels) -> Result<SeriesRef> {
        self.series += 1;
        Ok(SeriesRef(self.series))
    }

    fn stage(&mut self, _: SeriesRef, _: Timestamp, _: f64) -> Verdict {
        self.samples += 1;
        Verdict::Accepted
    }

    fn stage_value(&mut self, _: SeriesRef, _: Timestamp, _: Timestamp, _: Value) -> Verdict {
        self.samples += 1;
        Verdict::Accepted
    }

    fn stage_row(
        &mut self,
        _: Timestamp,
        series: &[SeriesRef],
        _: &[f64],
        _: &mut Vec<(usize, Verdict)>,
    ) {
        self.samples += series.len() as u64;
    }

    fn commit(&mut self) -> Result<Committed> {
        let samples = std::mem::take(&mut self.samples);
        Ok(Committed { samples, series_created: 0 })
    }

    fn rollback(&mut self) {
        self.samples = 0;
    }
}

/// Returns the CPU time of this process without its exporters.
fn cpu_seconds() -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let ticks_of = |path: std::path::PathBuf, name: &str| {
        let stat = std::fs::read_to_string(path).ok()?;
        let (start, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        start.ends_with(name).then(|| Some(ticks(11)? + ticks(12)?))?
    };
    let tasks = std::fs::read_dir("/proc/self/task").expect("procfs is mounted");
    let exporters: f64 =
        tasks.filter_map(|task| ticks_of(task.ok()?.path().join("stat"), EXPORTER_THREAD)).sum();
    let all = ticks_of("/proc/self/stat".into(), "").expect("procfs is mounted");
    (all - exporters) / TICKS_PER_SECOND
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs is mounted");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a process has one");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Starts the fleet on one address; every connection has its thread.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a listener has an address");
    let answers: Arc<Vec<Vec<u8>>> = Arc::new((0..VARIANTS).map(answer).collect());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answers) = (stream.expect("a connection comes"), Arc::clone(&answers));
            let name = EXPORTER_THREAD.to_owned();
            let builder = std::thread::Builder::new().stack_size(64 << 10).name(name);
            // The other side hangs up at the end.
            builder.spawn(move || speak(&stream, &answers).ok()).expect("a thread starts");
        }
    });
    address
}

fn speak(stream: &TcpStream, answers: &[Vec<u8>]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let mut line = String::new();
    for answer in answers.iter().cycle() {
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
        }
        writer.write_all(answer)?;
    }
    Ok(())
}

/// Returns an answer; the number decides the values.
fn answer(number: usize) -> Vec<u8> {
    let mut body = String::new();
    for series in 0..SERIES {
        let (family, rest) = (series / 12, series % 12);
        if rest == 0 {
            let lines = format!(
                "# HELP service_requests_{family}_seconds What takes time.\n# TYPE service_requests_{family}_seconds counter\n"
            );
            body.push_str(&lines);
        }
        let changes = if series.is_multiple_of(2) { number } else { 0 };
        let value = 1000 + series * 7 + changes * (series % 90 + 1);
        let fraction = if series.is_multiple_of(3) {
            format!(".{}", (series * 31 + changes) % 97)
        } else {
            String::new()
        };
        writeln!(
            body,
            "service_requests_{family}_seconds{{method=\"GET\",path=\"/api/v1/items/{rest}\",code=\"200\",pool=\"blue\"}} {value}{fraction}"
        )
        .expect("writing to a string does not fail");
    }
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {length}\r\n\r\n"
    );
    (head + &body).into_bytes()
}
