//! Queries on what was pushed: the same on every server, timed and compared.

mod report;

use std::time::{Duration, Instant};

use regain_tests::answer::difference;
use regain_tests::program::Program;
use regain_tests::queries::Query;
use regain_tests::server::Server;

use crate::table;

/// A query is asked at least so often, and on until so much time has gone by: the kernel counts
/// processor time in hundredths of a second.
const RUNS_MIN: usize = 20;
const RUNS_MAX: usize = 2000;
const RUNS_TIME: Duration = Duration::from_millis(400);
/// One that takes long is asked so often at least, and then no more once so much time has gone by.
const RUNS_FEW: usize = 5;
const RUNS_TIME_MAX: Duration = Duration::from_secs(5);

/// Who is asked what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round<'a> {
    /// The servers' names with their versions.
    pub(crate) titles: &'a [String],
    /// The servers; ours is the first where it is among them.
    pub(crate) servers: &'a [Server],
    /// What they are asked.
    pub(crate) queries: &'a [Query],
}

/// Whether a server may answer from what it has answered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    /// Every answer is worked out anew.
    Off,
    /// As the server does it by default.
    On,
}

/// One query on one server.
#[derive(Clone, Debug)]
struct Timed {
    /// The first time.
    cold_ms: f64,
    p50_ms: f64,
    p95_ms: f64,
    /// Processor time of the server for one answer.
    cpu_ms: f64,
    /// What the answer does not share with Prometheus'; nothing where there is no Prometheus.
    difference: Option<String>,
}

/// Asks every server every query and prints the times, the ratios, the disagreements and the memory.
pub(crate) fn run(round: Round<'_>, span: (u64, u64), caching: Caching) -> anyhow::Result<()> {
    for server in round.servers {
        server.process.reset_peak()?;
    }
    let asked = round.queries.iter().map(|query| {
        table::progress(&format!("asking {}", query.name));
        ask_all(round, query, span, caching)
    });
    let asked = asked.collect::<anyhow::Result<Vec<_>>>()?;
    let memory = round.servers.iter().map(|server| Ok(server.process.memory_mb()?.1));
    let memory = memory.collect::<anyhow::Result<Vec<f64>>>()?;
    report::print(round, &asked, &memory, caching);
    Ok(())
}

fn ask_all(
    round: Round<'_>,
    query: &Query,
    (start_s, end_s): (u64, u64),
    caching: Caching,
) -> anyhow::Result<Vec<Timed>> {
    let path = query.path(start_s, end_s);
    let path = if caching == Caching::Off { format!("{path}&nocache=1") } else { path };
    let mut answers = Vec::new();
    let mut timed = Vec::new();
    for server in round.servers {
        let (one, answer) = ask(server, &path)?;
        timed.push(one);
        answers.push(answer);
    }
    let is_referee = |server: &Server| server.setup.program == Program::Prometheus;
    let Some(referee) = round.servers.iter().position(is_referee) else { return Ok(timed) };
    for (index, one) in timed.iter_mut().enumerate().filter(|(index, _)| *index != referee) {
        one.difference = difference(&answers[index], &answers[referee], query.is_ordered());
    }
    Ok(timed)
}

fn ask(server: &Server, path: &str) -> anyhow::Result<(Timed, serde_json::Value)> {
    let mut connection = server.connect()?;
    let start = Instant::now();
    let answer = connection.get(path)?;
    let cold_ms = milliseconds(start.elapsed());
    let answer = answer.json()?;
    if answer["status"] != "success" {
        table::complain(&format!("{}: {path}: {answer}", server.setup.program.name()));
    }
    let mut times = Vec::new();
    let (cpu, begin) = (server.process.cpu_s()?, Instant::now());
    while !is_enough(times.len(), begin.elapsed()) {
        let start = Instant::now();
        connection.get(path)?;
        times.push(milliseconds(start.elapsed()));
    }
    let cpu_ms = (server.process.cpu_s()? - cpu) * 1e3 / times.len() as f64;
    times.sort_by(f64::total_cmp);
    let (p50_ms, p95_ms) = (times[times.len() / 2 - 1], times[times.len() * 95 / 100 - 1]);
    Ok((Timed { cold_ms, p50_ms, p95_ms, cpu_ms, difference: None }, answer))
}

/// Whether a query has been asked often enough after so many runs in so much time.
fn is_enough(runs: usize, elapsed: Duration) -> bool {
    match runs {
        0..RUNS_FEW => false,
        RUNS_FEW..RUNS_MIN => elapsed >= RUNS_TIME_MAX,
        RUNS_MIN..RUNS_MAX => elapsed >= RUNS_TIME,
        RUNS_MAX.. => true,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
