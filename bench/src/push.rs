//! The fleet's data pushed by remote write, as fast as each server takes it.

use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::bail;
use regain_remote::write::encode;

use crate::ask;
use crate::http::Connection;
use crate::process::{size_bytes, wait_for};
use crate::scrape::scratch;
use crate::series::{self, Series};
use crate::server::{Kind, Server, number_or};
use crate::table;

const INSTANCES: u64 = 42;
const MINUTES: u64 = 120;
const STEP_S: u64 = 15;
/// The timestamps of one series in a request.
const TIMES_PER_REQUEST: usize = 1;
const HEADERS: &str = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n\
                       X-Prometheus-Remote-Write-Version: 0.1.0\r\n";

struct Measured {
    title: String,
    cpu_us_per_sample: f64,
    samples_per_s: f64,
    peak_mb: f64,
    bytes_per_sample: f64,
    restart_ms: f64,
}

/// Pushes to every server, prints the table, and asks what was pushed.
pub(crate) fn run() -> anyhow::Result<()> {
    let instances = number_or("PUSH_INSTANCES", INSTANCES)?;
    let minutes = number_or("PUSH_MINUTES", MINUTES)?;
    let work = scratch("push")?;
    let end_s = now_s() / STEP_S * STEP_S;
    let start_s = end_s - minutes * 60;
    let (mut results, mut servers) = (Vec::new(), Vec::new());
    for kind in Kind::ALL.into_iter().filter(|kind| kind.program().is_some()) {
        table::progress(&format!("pushing to {}", kind.title()));
        let (measured, server) = measure(kind, &work, instances, start_s, end_s)?;
        results.push(measured);
        servers.push(server);
    }
    let samples = instances * series::SERIES_PER_TARGET as u64 * (minutes * 60 / STEP_S);
    print(instances, samples, &results);
    ask::run(&servers, start_s, end_s)?;
    drop(servers);
    std::fs::remove_dir_all(&work)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the pushed samples end now")]
fn now_s() -> u64 {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or(Duration::ZERO).as_secs()
}

fn measure(
    kind: Kind,
    work: &Path,
    instances: u64,
    start_s: u64,
    end_s: u64,
) -> anyhow::Result<(Measured, Server)> {
    let config = work.join("empty.yml");
    crate::process::write_file(&config.display().to_string(), "global: {}\n")?;
    let config = (kind != Kind::VictoriaMetrics).then_some(config.as_path());
    let server = Server::start(kind, &work.join(format!("{kind:?}")), config)?;
    let cpu = server.process.cpu_s()?;
    let (samples, sending) = push(&server, instances, start_s, end_s)?;
    let cpu = server.process.cpu_s()? - cpu;
    wait_for("the pushed samples", Duration::from_secs(60), || {
        let query = format!("count(up_marker @ {})", end_s - STEP_S);
        server.number(&query).ok().filter(|count| *count >= instances as f64)
    })?;
    let (_, peak_mb) = server.process.memory_mb()?;
    let bytes = size_bytes(&server.data_dir());
    let query = format!("up_marker @ {}", end_s - STEP_S);
    let (server, restart_ms) = server.crash_and_restart(&query)?;
    let measured = Measured {
        title: kind.title(),
        cpu_us_per_sample: cpu * 1e6 / samples as f64,
        samples_per_s: samples as f64 / sending.as_secs_f64(),
        peak_mb,
        bytes_per_sample: bytes as f64 / samples as f64,
        restart_ms,
    };
    Ok((measured, server))
}

/// Pushes everything and returns the number of samples with the time that the server took.
fn push(
    server: &Server,
    instances: u64,
    start_s: u64,
    end_s: u64,
) -> anyhow::Result<(u64, Duration)> {
    let series = series::all();
    let mut connection = Connection::open(server.port)?;
    let (mut sent, mut spent) = (0, Duration::ZERO);
    for seconds in (start_s..end_s).step_by(usize::try_from(STEP_S)?) {
        for instance in 0..instances {
            let body = request(&series, instance, seconds)?;
            let start = Instant::now();
            let answer = connection.post("/api/v1/write", HEADERS, &body)?;
            spent += start.elapsed();
            if answer.status / 100 != 2 {
                let why = String::from_utf8_lossy(&answer.body).into_owned();
                bail!("{:?} answers {}: {why}", server.kind, answer.status);
            }
            sent += (series.len() + 1) as u64 * TIMES_PER_REQUEST as u64;
        }
    }
    Ok((sent, spent))
}

fn request(series: &[Series], instance: u64, seconds: u64) -> anyhow::Result<Vec<u8>> {
    let time_ms = i64::try_from(seconds * 1000)? + i64::try_from(instance * 7 % 1000)?;
    let host = format!("host-{instance:03}:9100");
    let mut request = encode::Request::default();
    let marker = [("__name__", "up_marker"), ("instance", &host), ("job", "push")];
    request.series(&marker, &[(time_ms, 1.0)]);
    let mut labels: Vec<(&str, &str)> = Vec::new();
    for one in series {
        labels.clear();
        labels.push(("__name__", &one.name));
        labels.push(("instance", &host));
        labels.push(("job", "push"));
        labels.extend(one.labels.iter().map(|(name, value)| (*name, value.as_str())));
        labels.sort_unstable();
        request.series(&labels, &[(time_ms, one.value(instance, seconds as f64))]);
    }
    Ok(snap::raw::Encoder::new().compress_vec(request.as_bytes())?)
}

fn print(instances: u64, samples: u64, results: &[Measured]) {
    let Some(ours) = results.first() else { return };
    let mut head = vec![String::new()];
    for (index, result) in results.iter().enumerate() {
        head.push(result.title.clone());
        if index > 0 {
            head.push("ratio".into());
        }
    }
    type Figure = (&'static str, fn(&Measured) -> f64);
    let figures: [Figure; 5] = [
        ("processor time a sample, µs", |result| result.cpu_us_per_sample),
        ("samples a second", |result| result.samples_per_s),
        ("highest memory, MB", |result| result.peak_mb),
        ("data directory, bytes a sample", |result| result.bytes_per_sample),
        ("restart after kill -9, ms", |result| result.restart_ms),
    ];
    let mut rows = vec![head];
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
    let title = format!("Remote write: {instances} instances, {samples} samples, one connection");
    table::print(&title, &rows);
}
