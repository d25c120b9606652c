//! The fleet's data pushed by remote write, as fast as each server takes it, and then asked for.

use std::thread::sleep;
use std::time::{Duration, Instant};

use regain_tests::process::{Running, size_bytes, wait_for};
use regain_tests::push::{Push, send};
use regain_tests::queries::QUERIES;
use regain_tests::series;
use regain_tests::server::{Server, Setup};

use crate::ask::{self, Caching, Round};
use crate::settings::{Scratch, now, number_or, servers};
use crate::table::{self, Figure, figure};

const INSTANCES: u64 = 42;
const MINUTES: u64 = 360;
const STEP_S: u64 = 15;
/// A server is idle when it takes less of a core than this.
const IDLE: f64 = 0.02;
/// How long to wait until a server is idle.
const SETTLE_LIMIT: Duration = Duration::from_mins(2);
/// How long to wait for data after a kill. A server that has lost all of it never answers with any.
const RESTART_LIMIT: Duration = Duration::from_secs(30);

/// What one server took.
struct Measured {
    /// Microseconds of processor time, until the server was idle again.
    cpu_us_per_sample: f64,
    /// Microseconds until the push was answered.
    wall_us_per_sample: f64,
    /// Megabytes when idle, and at the highest.
    rss_mb: f64,
    peak_mb: f64,
}

/// What became of one server's data.
struct Kept {
    bytes_per_sample: f64,
    /// From its start after the kill to its first answer with data.
    restart_ms: f64,
    /// Instances that have lost their last sample.
    lost: f64,
}

/// What is pushed: so many instances, every step from a first to a last second.
#[derive(Clone, Copy)]
struct Plan {
    instances: u64,
    start_s: u64,
    end_s: u64,
}

impl Plan {
    /// Each instance has the fleet's series and `up`.
    fn samples(self) -> f64 {
        let rows = self.instances * ((self.end_s - self.start_s) / STEP_S);
        rows as f64 * (series::SERIES_PER_TARGET + 1) as f64
    }
}

/// Pushes to every server, asks all what was pushed, kills them, and prints the tables.
pub(crate) fn run() -> anyhow::Result<()> {
    let instances = number_or("PUSH_INSTANCES", INSTANCES)?;
    let minutes = number_or("PUSH_MINUTES", MINUTES)?;
    let end_s = now().as_secs() / STEP_S * STEP_S;
    let plan = Plan { instances, start_s: end_s - minutes * 60, end_s };
    let scratch = Scratch::new("push")?;
    let (mut titles, mut results, mut running) = (Vec::new(), Vec::new(), Vec::new());
    for program in servers()? {
        let title = program.title()?;
        table::progress(&format!("pushing {:.1} M samples to {title}", plan.samples() / 1e6));
        let server = Setup::new(program, &scratch.path(program.name())).start()?;
        results.push(measure(&server, plan)?);
        running.push(server);
        titles.push(title);
    }
    let mut figures = figures(&results);
    let round = Round { titles: &titles, servers: &running, queries: &QUERIES };
    ask::run(round, (plan.start_s, plan.end_s), Caching::Off)?;
    let kept: Vec<_> =
        running.into_iter().map(|server| crash(server, plan)).collect::<Result<_, _>>()?;
    figures.extend([
        figure("data directory, bytes a sample", &kept, |kept| kept.bytes_per_sample),
        figure("restart after kill -9, ms", &kept, |kept| kept.restart_ms),
        figure("instances without their last sample then", &kept, |kept| kept.lost),
    ]);
    let title = format!(
        "Remote write of {instances} instances, {minutes} minutes every {STEP_S} s: {:.1} M samples, \
         one connection",
        plan.samples() / 1e6
    );
    table::compare(&title, &titles, &figures);
    Ok(())
}

fn figures(results: &[Measured]) -> Vec<Figure> {
    vec![
        figure("processor time a sample, µs", results, |result| result.cpu_us_per_sample),
        figure("time a sample, µs", results, |result| result.wall_us_per_sample),
        figure("memory when idle, MB", results, |result| result.rss_mb),
        figure("highest memory, MB", results, |result| result.peak_mb),
    ]
}

fn measure(server: &Server, plan: Plan) -> anyhow::Result<Measured> {
    let cpu = server.process.cpu_s()?;
    let wall = push(server, plan)?;
    settle(&server.process)?;
    let cpu = server.process.cpu_s()? - cpu;
    let (rss_mb, peak_mb) = server.process.memory_mb()?;
    Ok(Measured {
        cpu_us_per_sample: cpu * 1e6 / plan.samples(),
        wall_us_per_sample: wall.as_secs_f64() * 1e6 / plan.samples(),
        rss_mb,
        peak_mb,
    })
}

/// Pushes everything and returns the time from the first request to the last answer, without what it
/// took to make the requests.
fn push(server: &Server, plan: Plan) -> anyhow::Result<Duration> {
    let series = series::all();
    let mut connection = server.connect()?;
    let (mut push, mut spent) = (Push::default(), Duration::ZERO);
    for seconds in (plan.start_s..plan.end_s).step_by(usize::try_from(STEP_S)?) {
        for instance in 0..plan.instances {
            push.clear();
            push.instance(&series, instance, seconds);
            let body = push.compressed()?;
            let start = Instant::now();
            let answer = send(&mut connection, &body)?;
            spent += start.elapsed();
            let (name, status) = (server.setup.program.name(), answer.status);
            anyhow::ensure!(status / 100 == 2, "{name} answers {status}: {}", answer.text());
        }
    }
    Ok(spent)
}

/// Waits until the server has nothing to do any more.
pub(crate) fn settle(process: &Running) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        let (cpu, since) = (process.cpu_s()?, Instant::now());
        sleep(Duration::from_secs(2));
        let share = (process.cpu_s()? - cpu) / since.elapsed().as_secs_f64();
        if share < IDLE || start.elapsed() > SETTLE_LIMIT {
            return Ok(());
        }
    }
}

/// Looks at the data, kills the server, starts it again and waits until it answers.
fn crash(server: Server, plan: Plan) -> anyhow::Result<Kept> {
    let bytes = size_bytes(&server.setup.data_dir());
    let middle = plan.start_s.midpoint(plan.end_s);
    let setup = server.kill()?;
    let start = Instant::now();
    let server = setup.start()?;
    let answered = wait_for("an answer after the restart", RESTART_LIMIT, || {
        let found = server.query("up", Some(middle as f64));
        // A server that still loads its data may refuse to answer.
        Ok(found.ok().filter(|series| !series.is_empty()))
    });
    let restart_ms = answered.map_or(f64::NAN, |_| start.elapsed().as_secs_f64() * 1000.0);
    // The last samples lie within a second after the last step.
    let last = format!("count_over_time(up[{STEP_S}s])");
    let left = server.query(&last, Some((plan.end_s - STEP_S + 1) as f64))?.len();
    Ok(Kept {
        bytes_per_sample: bytes as f64 / plan.samples(),
        restart_ms,
        lost: plan.instances as f64 - left as f64,
    })
}
