//! Two hours of the fleet's data pushed by remote write, as fast as each server takes them: processor time,
//! memory of a full head, and what is left after a kill.

use std::time::{Duration, Instant};

use regain_tests::http::encode;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::push::time_of;
use regain_tests::series;
use regain_tests::server::{Server, Setup};

use crate::bar::{Tally, at_most, less};
use crate::load::{Load, STEP_S};
use crate::measure::{Window, settle};
use crate::settings::{Scratch, Size, servers};
use crate::table::{self, Figure, figure};

const INSTANCES: Size = Size { variable: "PUSH_INSTANCES", full: 84, small: 10 };
/// What is pushed first, and measured by itself.
const FIRST_MINUTES: Size = Size { variable: "PUSH_FIRST_MINUTES", full: 15, small: 2 };
/// What is pushed in all.
const MINUTES: Size = Size { variable: "PUSH_MINUTES", full: 120, small: 4 };
/// How long after it is ready again a server may take to answer. One that has lost something never gives
/// the right answer.
const RESTART_LIMIT: Duration = Duration::from_secs(10);

/// What one server took.
struct Measured {
    /// Microseconds of processor time for a sample, until the server was idle again: of the first minutes
    /// and of all.
    first_us: f64,
    all_us: f64,
    /// Microseconds until the push was answered.
    wall_us: f64,
    /// Megabytes when idle, and at the highest.
    rss_mb: f64,
    peak_mb: f64,
    crash: Crash,
}

/// What became of one server's data when it was killed after the last acknowledgement.
struct Crash {
    /// From its start to its first answer about older data, and to its first about the last samples.
    first_ms: f64,
    right_ms: f64,
    /// Acknowledged samples that it does not have any more.
    lost: f64,
}

/// Pushes to every server, kills it, counts, and prints the table.
pub(super) fn run() -> anyhow::Result<Tally> {
    let (first_s, all_s) = (FIRST_MINUTES.get()? * 60, MINUTES.get()? * 60);
    anyhow::ensure!(first_s < all_s, "PUSH_FIRST_MINUTES is to be below PUSH_MINUTES");
    let end_s = super::last_step_s();
    let instances = INSTANCES.get()?;
    let all = Load { instances, start_s: end_s - all_s, end_s, time_ms: time_of };
    let scratch = Scratch::new("push")?;
    let servers = servers()?;
    let mut results = Vec::new();
    for program in &servers {
        table::progress(&format!(
            "pushing {:.1} M samples to {}",
            all.samples() / 1e6,
            program.name()
        ));
        results.push(measure(*program, &scratch, all, first_s)?);
    }
    let title = format!(
        "Remote write of {} series, {} minutes every {STEP_S} s: {:.1} M samples, one connection",
        all.series(),
        all_s / 60,
        all.samples() / 1e6
    );
    table::compare(&title, &servers, &figures(&results))
}

fn figures(results: &[Measured]) -> Vec<Figure> {
    vec![
        figure("processor time a sample, first minutes, µs", results, |it| it.first_us)
            .bars(less((8.0, 3.0), (16.0, 6.0))),
        figure("the same, all of them, µs", results, |it| it.all_us),
        figure("time a sample, µs", results, |it| it.wall_us),
        figure("memory with all, idle, MB", results, |it| it.rss_mb)
            .bars(less((6.5, 2.5), (11.0, 4.4))),
        figure("highest memory, MB", results, |it| it.peak_mb),
        figure("first answer after kill -9, ms", results, |it| it.crash.first_ms),
        figure("first right answer, ms", results, |it| it.crash.right_ms)
            .bars(at_most(500.0, 100.0)),
        figure("acknowledged samples lost", results, |it| it.crash.lost).bars(at_most(0.0, 0.0)),
    ]
}

fn measure(
    program: Program,
    scratch: &Scratch,
    all: Load,
    first_s: u64,
) -> anyhow::Result<Measured> {
    let server = Setup::new(program, &scratch.path(program.name())).start()?;
    let middle_s = all.start_s + first_s;
    // The last step is pushed just before the kill.
    let last_s = all.end_s - STEP_S;
    let (first, rest) = (Load { end_s: middle_s, ..all }, Load { start_s: middle_s, ..all });
    let (rest, last) = (Load { end_s: last_s, ..rest }, Load { start_s: last_s, ..rest });
    let window = Window::open(&server.process)?;
    let mut answered = first.push(&server)?;
    settle(&server.process)?;
    let first_us = window.spent()?.cpu_us(first.samples());
    answered += rest.push(&server)?;
    settle(&server.process)?;
    let pushed = first.samples() + rest.samples();
    let all_us = window.spent()?.cpu_us(pushed);
    let (rss_mb, peak_mb) = server.process.memory_mb()?;
    last.push(&server)?;
    let crash = crash(server, all)?;
    Ok(Measured {
        first_us,
        all_us,
        wall_us: answered.as_secs_f64() * 1e6 / pushed,
        rss_mb,
        peak_mb,
        crash,
    })
}

/// Kills the server, starts it again, waits until it answers, and counts.
fn crash(server: Server, all: Load) -> anyhow::Result<Crash> {
    let older = all.start_s.midpoint(all.end_s) as f64;
    let setup = server.kill()?;
    let start = Instant::now();
    let server = setup.start()?;
    let mut first_ms = f64::NAN;
    let milliseconds = || start.elapsed().as_secs_f64() * 1e3;
    let right = wait_for("the last samples after the restart", RESTART_LIMIT, || {
        // A server that still loads its data may refuse to answer.
        if first_ms.is_nan() && server.query("up", Some(older)).is_ok_and(|found| !found.is_empty())
        {
            first_ms = milliseconds();
        }
        // The last samples lie within a second after the last step.
        let last = format!("count_over_time(up[{STEP_S}s])");
        let found = server.query(&last, Some((all.end_s - STEP_S + 1) as f64));
        let is_right = found.is_ok_and(|found| found.len() as u64 == all.instances);
        Ok(is_right.then(milliseconds))
    });
    let right_ms = right.unwrap_or(f64::NAN);
    Ok(Crash { first_ms, right_ms, lost: all.samples() - count(&server, all)? })
}

/// The samples that a server has, asked metric by metric: a count has no name, and without it series of
/// different metrics are the same.
fn count(server: &Server, all: Load) -> anyhow::Result<f64> {
    let mut names: Vec<_> = series::all().into_iter().map(|one| one.name).collect();
    names.push("up".to_owned());
    names.sort_unstable();
    names.dedup();
    // The window is open at its start.
    let length_s = all.end_s - all.start_s + 1;
    let mut samples = 0.0;
    for name in names {
        let query = encode(&format!("sum(count_over_time({name}[{length_s}s]))"));
        let path = format!("/api/v1/query?query={query}&time={}&nocache=1", all.end_s);
        let data = server.data(&path)?;
        // A server that has lost all of it has no result.
        let Some(value) = data["result"][0]["value"][1].as_str() else { continue };
        samples += value.parse::<f64>()?;
    }
    Ok(samples)
}
